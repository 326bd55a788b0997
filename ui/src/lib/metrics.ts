/** What can be asked of a metric, by its type. */
import type { MetricSummary } from '#api/types.ts';

type Choice = readonly [aggregation: string, note: string];

const GAUGE: readonly Choice[] = [
  ['avg', 'mean of the series'],
  ['sum', 'all series added up'],
  ['min', 'smallest'],
  ['max', 'largest'],
  ['count', 'number of series'],
];
const COUNTER: readonly Choice[] = [
  ['rate', 'per second'],
  ['increase', 'per bucket'],
];
const LEVEL: readonly Choice[] = [
  ['sum', 'all series added up'],
  ['avg', 'mean of the series'],
  ['min', 'smallest'],
  ['max', 'largest'],
];
const HISTOGRAM: readonly Choice[] = [
  ['heatmap', 'counts by value'],
  ['p50', 'median'],
  ['p90', 'of 100, 90 are below'],
  ['p95', 'of 100, 95 are below'],
  ['p99', 'of 100, 99 are below'],
  ['avg', 'mean'],
  ['rate', 'observations per second'],
  ['count', 'observations per bucket'],
  ['sum', 'values added up'],
];

export function aggregationsOf({ type, monotonic }: MetricSummary): readonly Choice[] {
  if (type === 'gauge') return GAUGE;
  if (type === 'sum') return monotonic ? COUNTER : LEVEL;
  return HISTOGRAM;
}

/** The server's choice when none is asked for (src/api/console/types.ts). */
export function defaultAggregation({ type, monotonic }: MetricSummary): string {
  if (type === 'gauge') return 'avg';
  if (type === 'sum') return monotonic ? 'rate' : 'sum';
  return 'p95';
}

export function typeText({ type, monotonic, temporality }: MetricSummary): string {
  const kind =
    type === 'sum'
      ? monotonic
        ? 'Counter'
        : 'Up-down counter'
      : type === 'exponential_histogram'
        ? 'Exponential histogram'
        : `${type[0]!.toUpperCase()}${type.slice(1)}`;
  return temporality === 'unspecified' ? kind : `${kind}, ${temporality}`;
}

/** The values of the labels, or the metric's name for a single series. One label needs no key beside it. */
export function seriesLabel(labels: Readonly<Record<string, string>>, metricName: string): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return metricName;
  if (entries.length === 1) return entries[0]![1] || '(none)';
  return entries.map(([key, value]) => `${key}=${value || '(none)'}`).join(' ');
}
