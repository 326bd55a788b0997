/** How much one question may look at. */
import { parseTraceql, type TraceqlError, type TraceqlQuery } from '#lang/traceql';
import { QueryError, type ReadOptions } from '../reader/index.ts';

/** Of all spans that are looked at outside of the store. */
export const MAX_SPANS = 2_000_000;
/** Of traces that are looked at one by one. */
export const MAX_TRACES = 200_000;
/** Spans of one trace; of a larger one the first are looked at. */
export const MAX_TRACE_SPANS = 200_000;
/** Read at once. */
export const SPANS_AT_ONCE = 50_000;
export const TRACES_AT_ONCE = 500;
/** Sets of spans that one trace is divided into: each of them is asked by itself what the stages behind ask. */
export const MAX_GROUPS = 10_000;
export const MAX_SERIES = 10_000;
/** Samples of all series together. */
export const MAX_SAMPLES = 1_000_000;
/** A question that takes longer than one statement may. */
const TIMEOUT_MS = 20_000;
/** For how long the thread may be held before others get their turn. */
const TURN_MS = 15;

/** Parses a query. Throws QueryError `bad_query` with the place of the mistake. */
export function readQuery(query: string): TraceqlQuery {
  try {
    return parseTraceql(query);
  } catch (error) {
    throw badQuery(error, query);
  }
}

/** The error of a query that can't be read, or of one that means nothing here. */
export function badQuery(error: unknown, query: string): unknown {
  if (!(error instanceof Error) || error.name !== 'TraceqlError') return error;
  const { place } = error as TraceqlError;
  return new QueryError('bad_query', error.message, { query, start: place.start, end: place.end, cause: error });
}

export const NARROW = 'narrow the time range, or add a condition that fewer spans meet, as resource.service.name = "…"';

export function tooMuch(what: string): QueryError {
  return new QueryError('too_large', `the query has to look at more than ${what}`, { hint: NARROW });
}

/** One question: when it has to end, and what it has looked at. */
export class Budget {
  readonly options: ReadOptions;
  readonly #endMs: number;
  readonly #caller: AbortSignal | undefined;
  #turnMs: number = performance.now();
  spans = 0;
  traces = 0;
  bytes = 0;

  constructor(options: ReadOptions = {}) {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#endMs = performance.now() + timeoutMs;
    this.#caller = options.signal;
    this.options = options;
  }

  get isOver(): boolean {
    return performance.now() > this.#endMs || this.spans >= MAX_SPANS || this.traces >= MAX_TRACES;
  }

  /** What stopped it, in words. */
  get reason(): string {
    if (this.spans >= MAX_SPANS) return `${MAX_SPANS} spans`;
    return this.traces >= MAX_TRACES ? `${MAX_TRACES} traces` : 'the time allows';
  }

  /** Throws QueryError where no more may be looked at. */
  check(): void {
    if (performance.now() > this.#endMs)
      throw new QueryError('timeout', 'the query takes longer than it may', { hint: NARROW });
    if (this.isOver) throw tooMuch(this.reason);
  }

  /** Ends the work of a caller who has gone, and lets others have their turn. */
  async pause(): Promise<void> {
    this.#caller?.throwIfAborted();
    if (performance.now() - this.#turnMs < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#turnMs = performance.now();
  }
}
