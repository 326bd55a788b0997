import { readFileSync } from 'node:fs';
import { startSignalbox } from '../lib/signalbox.ts';

/** Cases of LogQL and TraceQL through the whole program: telemetry goes in by its own protocol, and requests are asked of the API. */

/** A file: what is sent first, and what is asked then. */
export interface CaseFile {
  /** An OTLP request as JSON (`resourceLogs`, `resourceSpans`, `resourceMetrics`), one of Loki's pushes (`streams`), or a list of such. */
  readonly load: object | readonly object[];
  readonly requests: readonly CaseRequest[];
}

export interface CaseRequest {
  /** From the root: `/loki/api/v1/query_range`. */
  readonly path: string;
  readonly params?: { readonly [name: string]: string | number | readonly string[] };
  /** Default 200. */
  readonly status?: number;
  /** The answer's JSON has these fields with these values; a list has as many items, in any order where they are streams or series. */
  readonly expected?: unknown;
}

export interface Outcome {
  readonly request: string;
  readonly error: string | undefined;
}

type Running = Awaited<ReturnType<typeof startSignalbox>>;

/** A machine under load needs minutes. */
const STORED_LIMIT_MS = 300_000;
const PAUSE_MS = 100;

/** Requests that are asked at a time. */
const AT_A_TIME = 4;

/**
 * Each file gets a store of its own. `base`: where the API's paths begin, for requests that do not say it. With `every`, of so many requests the first is
 * asked. Rejects for a file that is none.
 */
export async function runCases(
  file: string,
  base = '',
  { every = 1 }: { every?: number } = {},
): Promise<readonly Outcome[]> {
  const { load, requests } = JSON.parse(readFileSync(file, 'utf8')) as CaseFile;
  if (!Array.isArray(requests)) throw new Error(`${file}: no list of requests`);
  const signalbox = await startSignalbox();
  try {
    const loads = Array.isArray(load) ? (load as readonly object[]) : [load];
    let items = 0;
    for (const each of loads) items += await send(signalbox, each);
    await stored(signalbox, items - repeatedIn(loads));
    const asked = requests.filter((_, place) => place % every === 0);
    const outcomes: Outcome[] = [];
    let next = 0;
    const ask = async (): Promise<void> => {
      while (next < asked.length) {
        const place = next++;
        const request = asked[place]!;
        outcomes[place] = await outcomeOf(signalbox, { ...request, path: withBase(request.path, base) });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, ask));
    return outcomes;
  } finally {
    await signalbox.stop();
  }
}

function withBase(path: string, base: string): string {
  return path.startsWith(`${base}/`) ? path : base + path;
}

const OTLP_PATHS: Readonly<Record<string, string>> = {
  resourceLogs: '/v1/logs',
  resourceSpans: '/v1/traces',
  resourceMetrics: '/v1/metrics',
};

/** Gives the number of log records and spans in it. */
async function send(signalbox: Running, load: object): Promise<number> {
  const kind = Object.keys(load).find((key) => key === 'streams' || key in OTLP_PATHS);
  if (kind === undefined) throw new Error(`a load has one of streams, ${Object.keys(OTLP_PATHS).join(', ')}`);
  const url = kind === 'streams' ? `${signalbox.consoleUrl}/loki/api/v1/push` : signalbox.otlpUrl + OTLP_PATHS[kind];
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(load) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the load was refused: ${answer.status} ${text}`);
  return countOf(load, kind);
}

/** Where the items of a request are, from its root. */
const ITEMS: Readonly<Record<string, readonly string[]>> = {
  streams: ['values'],
  resourceLogs: ['scopeLogs', 'logRecords'],
  resourceSpans: ['scopeSpans', 'spans'],
  resourceMetrics: [],
};

function countOf(load: object, kind: string): number {
  let found = listAt(load, kind);
  for (const key of ITEMS[kind]!) found = found.flatMap((each) => listAt(each, key));
  return ITEMS[kind]!.length === 0 ? 0 : found.length;
}

/** Of pushes to Loki, the entries that are there already: they stay one. */
function repeatedIn(loads: readonly object[]): number {
  const known = new Set<string>();
  let repeated = 0;
  for (const load of loads)
    for (const { stream, values } of listAt(load, 'streams') as readonly { stream: object; values: unknown[] }[])
      for (const value of values) {
        const key = JSON.stringify([Object.entries(stream).sort(), value]);
        if (known.has(key)) repeated++;
        known.add(key);
      }
  return repeated;
}

function listAt(value: object, key: string): readonly object[] {
  const list = (value as Record<string, unknown>)[key];
  return Array.isArray(list) ? (list as readonly object[]) : [];
}

async function stored(signalbox: Running, items: number): Promise<void> {
  const untilMs = performance.now() + STORED_LIMIT_MS;
  const count = (table: string): Promise<string> =>
    signalbox.query(`SELECT count() FROM signalbox.${table}`).catch(() => '0');
  for (;;) {
    const found = Number(await count('logs')) + Number(await count('spans'));
    if (found >= items) return;
    if (performance.now() > untilMs) throw new Error(`of ${items} items ${found} were stored within five minutes`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function outcomeOf(
  signalbox: Running,
  { path, params = {}, status = 200, expected }: CaseRequest,
): Promise<Outcome> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [value]) query.append(name, String(each));
  const request = `${path}?${query}`;
  const answer = await fetch(`${signalbox.consoleUrl}${request}`);
  const text = await answer.text();
  if (answer.status !== status)
    return { request, error: `status ${answer.status} instead of ${status}: ${text.slice(0, 500)}` };
  if (expected === undefined) return { request, error: undefined };
  try {
    return { request, error: differenceOf(JSON.parse(text), expected, '$') };
  } catch {
    const isText = typeof expected === 'string' && text.includes(expected);
    return { request, error: isText ? undefined : `no JSON: ${text.slice(0, 500)}` };
  }
}

/** The first place where an answer has not what is expected; it may have more. */
export function differenceOf(found: unknown, expected: unknown, place: string): string | undefined {
  if (Array.isArray(expected)) return listDifference(found, expected, place);
  if (typeof expected === 'object' && expected !== null) {
    if (typeof found !== 'object' || found === null) return `${place}: ${shown(found)} instead of ${shown(expected)}`;
    // Labels are all or nothing.
    if (/\.(?:stream|metric)$/.test(place)) {
      const extra = Object.keys(found).find((key) => !(key in expected));
      if (extra !== undefined) return `${place}: has ${extra} too, in ${shown(found)}`;
    }
    for (const [key, value] of Object.entries(expected)) {
      const difference = differenceOf((found as Record<string, unknown>)[key], value, `${place}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return isEqual(found, expected) ? undefined : `${place}: ${shown(found)} instead of ${shown(expected)}`;
}

function listDifference(found: unknown, expected: readonly unknown[], place: string): string | undefined {
  if (!Array.isArray(found)) return `${place}: ${shown(found)} instead of a list`;
  if (found.length !== expected.length)
    return `${place}: ${found.length} items instead of ${expected.length}: ${shown(found)}`;
  const inOrder = firstDifference(found, expected, place);
  if (inOrder === undefined || !expected.every((item) => typeof item === 'object' && !Array.isArray(item)))
    return inOrder;
  // Streams and series have no order of their own.
  const left = [...found];
  for (const item of expected) {
    const at = left.findIndex((each) => differenceOf(each, item, `${place}[]`) === undefined);
    if (at < 0) return inOrder;
    left.splice(at, 1);
  }
  return undefined;
}

function firstDifference(found: readonly unknown[], expected: readonly unknown[], place: string): string | undefined {
  for (const [i, item] of expected.entries()) {
    const difference = differenceOf(found[i], item, `${place}[${i}]`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Numbers, also those in texts, to within the last bits of a double. */
function isEqual(found: unknown, expected: unknown): boolean {
  if (found === expected) return true;
  const isNumber = (value: unknown): boolean =>
    typeof value === 'number' ||
    (typeof value === 'string' && value.length < 18 && /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/.test(value));
  if (!isNumber(found) || !isNumber(expected) || typeof found !== typeof expected) return false;
  const [a, b] = [Number(found), Number(expected)];
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
