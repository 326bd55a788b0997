/** Traces and spans. */
import type { TimeGrid } from './common.ts';

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type SpanStatus = 'unset' | 'ok' | 'error';

export interface TraceFacts {
  readonly traceId: string;
  /** The root span's; of the earliest span where the root is missing, and then `rootMissing`. */
  readonly rootService: string;
  readonly rootOperation: string;
  readonly rootMissing: boolean;
  readonly spanCount: number;
  readonly errorCount: number;
  /** All services of the trace. */
  readonly serviceCount: number;
  /** At most 50 of them, sorted. */
  readonly services: readonly string[];
}

/** How many traces match, over time and by status: each at the time of its first matching span. */
export interface TraceCounts {
  readonly total: number;
  readonly grid: TimeGrid;
  readonly okCounts: readonly number[];
  readonly errorCounts: readonly number[];
}

/** One entry per span in each column. */
export interface TraceSpanColumns<Column = readonly number[]> {
  /** 16 hex digits per span, one after the other without a gap: the id of row i is `ids.slice(16 * i, 16 * i + 16)`. */
  readonly ids: string;
  /** Row of the parent, -1 for a root, -2 for a span whose parent is not in the store. */
  readonly parent: Column;
  /** Index into `services`. */
  readonly service: Column;
  /** Index into `names`. */
  readonly name: Column;
  /** Index into `hints`. */
  readonly hint: Column;
  /** Offset from the trace's start. */
  readonly startNs: Column;
  readonly durationNs: Column;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer (OTLP's numbers). */
  readonly kind: Column;
  /** 0 unset, 1 ok, 2 error (OTLP's numbers). */
  readonly status: Column;
}

/** The events of all spans, at most 20,000: row `row[i]` had an event at `timeNs[i]` from the trace's start, called `names[name[i]]`. */
export interface TraceEventColumns {
  readonly row: readonly number[];
  readonly timeNs: readonly number[];
  readonly name: readonly number[];
  readonly names: readonly string[];
}

/** A span elsewhere that links to another. */
export interface LinkingSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
}

/** What is not whole of a span: full sizes in bytes of attributes, counts of events and links, and whether other texts end in an ellipsis. */
export interface SpanCut {
  readonly attributes?: number;
  readonly resource?: number;
  readonly events?: number;
  readonly links?: number;
  readonly texts?: true;
}

/** Matching spans by the values of a field, those with the most spans first; at most 100 groups. */
export interface SpanGroups {
  readonly groups: readonly SpanGroup[];
  /** How many there are in all. */
  readonly groupCount: number;
  readonly spanCount: number;
}

export interface SpanGroup {
  /** Empty for spans that have none; at most 300 characters. */
  readonly value: string;
  readonly count: number;
  readonly errorCount: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
}

/** All matching spans by start and duration. */
export interface SpanHeatmap {
  readonly grid: TimeGrid;
  /** From the shortest to the longest, without gaps: how many spans of `[lowerNs, upperNs)` began in each bucket of time. */
  readonly lines: readonly {
    readonly lowerNs: number;
    readonly upperNs: number;
    readonly counts: readonly number[];
    readonly errorCounts: readonly number[];
  }[];
  readonly spanCount: number;
}
