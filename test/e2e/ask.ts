import { eventually, type RunningSignalbox } from '../lib/signalbox.ts';

/** Reads an answer that must be a success. */
export async function getJson<T = unknown>(url: string): Promise<T> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${text}`);
  return JSON.parse(text) as T;
}

export type ConsoleApi = <T = unknown>(path: string, query?: Readonly<Record<string, string | number>>) => Promise<T>;

/** Asks the console API of an instance. */
export function consoleApi(box: RunningSignalbox): ConsoleApi {
  return (path, query = {}) => {
    const parameters = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
    return getJson(`${box.consoleUrl}/api/console/${path}?${new URLSearchParams(parameters)}`);
  };
}

/** How many spans of a trace the store has. */
export async function spanCount(box: RunningSignalbox, traceId: string): Promise<number> {
  return Number(await box.query(`SELECT count() FROM signalbox.spans WHERE trace_id = unhex('${traceId}')`));
}

/** Waits until a trace is in the store with so many spans, and can be asked for by its id. */
export async function isStored(box: RunningSignalbox, traceId: string, count = 1): Promise<void> {
  await eventually(`${count} spans`, async () => {
    if ((await spanCount(box, traceId)) < count) return undefined;
    const places = await box.query(`SELECT count() FROM signalbox.traces WHERE trace_id = unhex('${traceId}')`);
    return places !== '0' || undefined;
  });
  const found = await spanCount(box, traceId);
  if (found !== count) throw new Error(`${found} spans of trace ${traceId} in place of ${count}`);
}

/** Rows as objects: 64-bit integers and what JSON has no number for are texts. */
export async function readRows<T = Record<string, unknown>>(box: RunningSignalbox, sql: string): Promise<T[]> {
  const settings = 'output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1';
  const text = await box.query(`${sql} FORMAT JSONEachRow SETTINGS ${settings}`);
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as T);
}
