import { StartError } from '#base';
import { UsageError } from '../usage.ts';

/** What the server says to a query, as Prometheus' API has it. */
export interface PromSeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly points: readonly PromPoint[];
}

export interface PromPoint {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** As the server wrote it: `NaN`, `+Inf`, a number; of a native histogram its count and sum. */
  readonly text: string;
  /** NaN for a histogram. */
  readonly value: number;
}

export interface PromAnswer {
  readonly series: readonly PromSeries[];
  readonly notes: readonly string[];
  /** The body, unchanged. */
  readonly json: string;
}

type JsonPoint = readonly [number, string | { readonly count: string; readonly sum: string }];
interface JsonSeries {
  readonly metric?: Readonly<Record<string, string>>;
  readonly value?: JsonPoint;
  readonly histogram?: JsonPoint;
  readonly values?: readonly JsonPoint[];
  readonly histograms?: readonly JsonPoint[];
}
interface JsonAnswer {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly data?: { readonly resultType: string; readonly result: readonly JsonSeries[] | JsonPoint };
}

/** Asks a server. Throws StartError where none answers. */
export async function askText(
  url: string,
  path: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw asStartError(url, error, init.signal);
  }
}

/** Asks a server whose answer goes on. Throws StartError where none answers. */
export async function openAnswer(url: string, path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, { signal });
  } catch (error) {
    throw asStartError(url, error, signal);
  }
}

function asStartError(url: string, error: unknown, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return error;
  const { cause } = error as { cause?: { code?: string } };
  return new StartError(
    `no server answers at ${url}${cause?.code === undefined ? '' : ` (${cause.code})`}`,
    'signalbox up starts one; --server URL names another',
  );
}

/** Asks a server in PromQL's form. Throws StartError where none answers, UsageError with its words where it refuses. */
export async function askPrometheus(
  url: string,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<PromAnswer> {
  const { status, text: json } = await askText(url, path, { method: 'POST', body: new URLSearchParams(form) });
  const answer = parsed(json);
  if (answer?.status !== 'success')
    throw new UsageError(answer?.error ?? `${url} is no Prometheus: it answered ${status}`);
  const { data, warnings = [], infos = [] } = answer;
  return { series: seriesOf(data!), notes: [...warnings, ...infos], json };
}

function parsed(json: string): JsonAnswer | undefined {
  try {
    return JSON.parse(json) as JsonAnswer;
  } catch {
    return undefined;
  }
}

export function seriesOf({ resultType, result }: NonNullable<JsonAnswer['data']>): PromSeries[] {
  if (resultType === 'scalar' || resultType === 'string')
    return [{ labels: new Map(), points: [pointOf(result as JsonPoint)] }];
  return (result as readonly JsonSeries[]).map(({ metric = {}, value, histogram, values = [], histograms = [] }) => ({
    labels: new Map(Object.entries(metric)),
    points: [value, histogram, ...values, ...histograms]
      .filter((point) => point !== undefined)
      .map(pointOf)
      .sort((a, b) => a.timeMs - b.timeMs),
  }));
}

function pointOf([seconds, value]: JsonPoint): PromPoint {
  const timeMs = seconds * 1000;
  if (typeof value !== 'string')
    return { timeMs, text: `histogram of ${value.count}, sum ${value.sum}`, value: Number.NaN };
  const number = Number(value.replace(/^\+?Inf$/, 'Infinity').replace(/^-Inf$/, '-Infinity'));
  return { timeMs, text: value, value: number };
}
