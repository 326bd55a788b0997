/** Metrics, their labels, and their values over time. */
import type { Series, TimeGrid } from './common.ts';

export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';

export type Temporality = 'unspecified' | 'delta' | 'cumulative';

export interface MetricSummary {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  readonly description: string;
  readonly monotonic: boolean;
  readonly temporality: Temporality;
  readonly seriesCount: number;
  readonly services: readonly string[];
  readonly newestMs: number;
}

export interface MetricLabel {
  readonly key: string;
  readonly scope: 'resource' | 'item';
  readonly valueCount: number;
  readonly values: readonly string[];
}

export interface MetricSeries {
  readonly type: MetricType;
  readonly unit: string;
  readonly labels: { readonly [key: string]: string };
  readonly values: Series;
  readonly last: number | null;
  readonly max: number | null;
}

export interface Exemplar {
  readonly timeMs: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

export interface MetricResult {
  readonly metric: MetricSummary;
  readonly aggregation: string;
  /** UCUM unit of the values, for example `s`, `By`, `1/s`. */
  readonly unit: string;
  readonly grid: TimeGrid;
  readonly series: readonly MetricSeries[];
  /** Series beyond the 50 largest are folded into a count. */
  readonly foldedCount: number;
  /** Series under this name of another kind, with which the aggregation does not go. */
  readonly leftOutCount: number;
  readonly exemplars: readonly Exemplar[];
  /** An expression that asks the same over windows of 5 min; absent where PromQL has no words for it. */
  readonly promql?: string;
}
