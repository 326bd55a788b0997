/** Requests to the server's Prometheus API, with its kinds of failure as those of the console. */
import type { ExplainedQuery } from '#api/types.ts';
import { ApiFailure, type Params, queryString } from './api.ts';
import type { PromLabels } from './promql/legend.ts';
import { noteSpending } from './spending.ts';

const BASE = '/prometheus/api/v1';
/** A query may take two minutes there; a person has gone by then. */
const DEADLINE_MS = 60_000;

/** Seconds since the epoch, and a number as text. */
export type PromPoint = readonly [seconds: number, value: string];
export type PromHistogramPoint = readonly [
  seconds: number,
  value: { readonly count: string; readonly sum: string; readonly buckets?: readonly unknown[] },
];

export interface PromSeries {
  readonly metric: PromLabels;
  readonly value?: PromPoint;
  readonly histogram?: PromHistogramPoint;
  readonly values?: readonly PromPoint[];
  readonly histograms?: readonly PromHistogramPoint[];
}

export type PromResult =
  | { readonly resultType: 'vector' | 'matrix'; readonly result: readonly PromSeries[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: PromPoint };

export interface PromExemplars {
  readonly seriesLabels: PromLabels;
  readonly exemplars: readonly { readonly labels: PromLabels; readonly value: string; readonly timestamp: number }[];
}

/** Why an answer is empty, and what to do about it. */
export interface NoDataReason {
  readonly kind: string;
  /** Without a full stop. */
  readonly text: string;
  /** The part of the query to blame. Offsets are UTF-16, `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** What there is no such thing of: a metric's name, or a label and a value. */
  readonly metric?: string;
  readonly label?: string;
  readonly value?: string;
  /** What there is, the nearest first. */
  readonly suggestions?: readonly string[];
  /** The newest sample that is outside of the range. */
  readonly nearestMs?: number;
}

export interface PromAnswer<T> {
  readonly data: T;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly noData: readonly NoDataReason[];
  readonly explain?: ExplainedQuery | undefined;
  /** From the request to the whole of the answer. */
  readonly tookMs: number;
}

interface Body<T> {
  readonly status: 'success' | 'error';
  readonly data?: T;
  readonly error?: string;
  readonly errorType?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly noData?: readonly NoDataReason[];
  readonly explain?: ExplainedQuery;
}

/** Throws `ApiFailure`; an aborted request rejects with the signal's reason. */
export async function askPrometheus<T>(path: string, params: Params, signal?: AbortSignal): Promise<PromAnswer<T>> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const sentMs = performance.now();
  try {
    const response = await fetch(`${BASE}${path}${queryString(params)}`, {
      headers: { accept: 'application/json' },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    noteSpending(response.headers.get('server-timing'));
    const body = await bodyOf<T>(response);
    if (body.data === undefined || !response.ok) throw failureOf(body, response.status);
    const { data, warnings = [], infos = [], noData = [], explain } = body;
    return { data, warnings, infos, noData, explain, tookMs: performance.now() - sentMs };
  } catch (cause) {
    if (signal?.aborted || cause instanceof ApiFailure) throw cause;
    if (deadline.aborted)
      throw new ApiFailure(
        {
          code: 'timeout',
          message: `no answer within ${DEADLINE_MS / 1000} s`,
          hint: 'Choose a shorter range, or narrow the selectors.',
        },
        0,
      );
    throw new ApiFailure(
      { code: 'unreachable', message: 'the server does not answer', hint: 'Check that signalbox is running.' },
      0,
    );
  }
}

async function bodyOf<T>(response: Response): Promise<Body<T>> {
  try {
    return (await response.json()) as Body<T>;
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    // A proxy's page, say.
    return { status: 'error', error: `the server answered ${response.status} ${response.statusText}`.trim() };
  }
}

/** Prometheus' kinds of errors, in the words of the console. */
const CODES: Readonly<Record<string, string>> = {
  bad_data: 'bad_query',
  execution: 'bad_query',
  unavailable: 'store_unavailable',
  timeout: 'timeout',
};

function failureOf({ error = 'the server gave no answer', errorType = '' }: Body<unknown>, status: number): ApiFailure {
  return new ApiFailure({ code: CODES[errorType] ?? 'internal', message: error }, status);
}

/** A value as Prometheus writes it. */
export function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}
