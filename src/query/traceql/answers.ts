/** What TraceQL is asked, and what it answers: as Tempo's API has it, before it is JSON. Ids are hex; times are ns since the epoch. */
import type { StoredValue } from '../reader/index.ts';

/** What every question has. Spans that start in `[startNs, endNs)` are looked at. */
export interface TraceqlQuestion {
  readonly query: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface TraceqlSearch extends TraceqlQuestion {
  /** Of traces. */
  readonly limit: number;
  /** Of spans in a span set; 0 is no limit but that of the engine. */
  readonly spansPerSpanSet: number;
}

/** A field under the name that an answer has for it: `http.method`, `service.name`, `duration`. */
export interface FoundAttribute {
  readonly key: string;
  readonly value: StoredValue;
}

export interface FoundSpan {
  readonly spanId: string;
  /** Where the query asks for it. */
  readonly name: string | undefined;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** Fields that the query's conditions, `by` and `select` name. */
  readonly attributes: readonly FoundAttribute[];
}

export interface FoundSpanSet {
  /** The earliest ones, by start. */
  readonly spans: readonly FoundSpan[];
  /** How many there are. */
  readonly matched: number;
  /** What a pipeline says of the set: `by(…)`, `count()`, `avg(duration)`. */
  readonly attributes: readonly FoundAttribute[];
}

export interface FoundTraceByQuery {
  readonly traceId: string;
  /** Empty where no root is stored. */
  readonly rootService: string;
  readonly rootName: string;
  readonly isRootMissing: boolean;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** At least one. */
  readonly spanSets: readonly FoundSpanSet[];
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
}

/** What a question looked at. */
export interface Inspected {
  readonly bytes: number;
  readonly traces: number;
  readonly spans: number;
}

export interface TraceqlSearchAnswer {
  /** The newest first. */
  readonly traces: readonly FoundTraceByQuery[];
  readonly inspected: Inspected;
  /** What a limit left unread, in words; empty where the answer is whole. */
  readonly warnings: readonly string[];
}

export interface TraceqlRange extends TraceqlQuestion {
  readonly stepNs: bigint;
  /** At most so many per series; 0 for none. */
  readonly exemplars: number;
}

export interface MetricExemplar {
  /** `trace:id`, and the labels of its series. */
  readonly labels: readonly FoundAttribute[];
  /** Durations in seconds. */
  readonly value: number;
  readonly timestampMs: number;
}

export interface SpanSeries {
  readonly labels: readonly FoundAttribute[];
  /** As Prometheus writes them: `{"resource.service.name"="orders"}`. */
  readonly promLabels: string;
  /** Durations in seconds; in order of time, without those that have no value. */
  readonly samples: readonly { readonly timestampMs: number; readonly value: number }[];
  readonly exemplars: readonly MetricExemplar[];
}

export interface TraceqlRangeAnswer {
  readonly series: readonly SpanSeries[];
  readonly inspected: Inspected;
  readonly warnings: readonly string[];
}

export interface TraceqlInstantAnswer {
  readonly series: readonly (Omit<SpanSeries, 'samples' | 'exemplars'> & { readonly value: number })[];
  readonly inspected: Inspected;
  readonly warnings: readonly string[];
}

/** A question of the values of an attribute, as completion asks it. */
export interface TraceqlValues extends TraceqlQuestion {
  /** `resource.service.name`, `.http.method`, `name`, `span:kind`. `query` may be empty, or a filter that the spans must meet. */
  readonly attribute: string;
  readonly limit: number;
}

/** A value's type as Tempo names it. */
export type ValueTypeName = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'keyword';

export interface FoundValue {
  readonly type: ValueTypeName;
  readonly value: string;
}
