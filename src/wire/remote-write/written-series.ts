import type { ExposedExemplar, ExposedLabel, NativeBuckets } from '../prometheus/exposition.ts';

/** A series as Prometheus's remote write sends it, whichever version. */
export interface WrittenSeries {
  /** In the order of their names, `__name__` among them. */
  readonly labels: readonly ExposedLabel[];
  readonly samples: WrittenSample[];
  readonly histograms: WrittenHistogram[];
  readonly exemplars: ExposedExemplar[];
  readonly metadata: WrittenMetadata;
}

export interface WrittenSample {
  readonly value: number;
  readonly timestampMs: number;
  /** There is no value any more: written as the NaN that means that. */
  readonly isStale: boolean;
}

export interface WrittenHistogram {
  readonly count: bigint;
  readonly sum: number;
  readonly isStale: boolean;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: bigint;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
  /** Bounds of buckets, of the schema CUSTOM_BUCKETS. */
  readonly customValues: readonly number[];
  readonly timestampMs: number;
}

export const CUSTOM_BUCKETS = -53;

export interface WrittenMetadata {
  readonly family: string;
  /** METRIC_TYPE of both versions. */
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

export const WRITTEN_TYPE = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  summary: 5,
  info: 6,
  stateset: 7,
} as const;
