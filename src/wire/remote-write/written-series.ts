import type { ExposedExemplar, NativeBuckets } from '../prometheus/exposition.ts';

/** A series as Prometheus's remote write sends it, whichever version. */
export interface WrittenSeries {
  /** As `encodeLabels` writes them. */
  readonly labels: Uint8Array;
  readonly samples: readonly WrittenSample[];
  readonly histograms: readonly WrittenHistogram[];
  readonly exemplars: readonly ExposedExemplar[];
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
