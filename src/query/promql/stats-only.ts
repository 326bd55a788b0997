import { childrenOf, type PromExpr, type VectorSelector } from '#lang/promql';
import { EMPTY_HISTOGRAM, isReset } from './histogram/index.ts';
import type { HistogramSamples, StoredSeries } from './source.ts';

/** Selectors whose histograms are asked for their count and sum only: Prometheus leaves their buckets out, and looks for resets itself. */

const NEEDS_COUNTS = new Set([
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
  'timestamp',
  'start_timestamp',
  'absent',
]);
const NEEDS_BUCKETS = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'histogram_stddev',
  'histogram_stdvar',
  'changes',
]);

/** The selectors of an expression for which counts are enough. */
export function statsOnlySelectors(expr: PromExpr): ReadonlySet<VectorSelector> {
  const found = new Set<VectorSelector>();
  walk(expr, [], (selector, path) => {
    if (isStatsOnly(path)) found.add(selector);
  });
  return found;
}

/** From the inside out: what is outside decides last, but what needs buckets decides at once. */
function isStatsOnly(path: readonly PromExpr[]): boolean {
  let isEnough = false;
  for (const node of path.toReversed()) {
    const needsBuckets =
      node.kind === 'subquery' ||
      (node.kind === 'call' && NEEDS_BUCKETS.has(node.name)) ||
      (node.kind === 'aggregation' && node.operator === 'count_values') ||
      (node.kind === 'binary' && ['</', '>/', '==', '!='].includes(node.operator));
    if (needsBuckets) return false;
    if (node.kind === 'call' && NEEDS_COUNTS.has(node.name)) isEnough = true;
  }
  return isEnough;
}

function walk(
  expr: PromExpr,
  path: readonly PromExpr[],
  visit: (selector: VectorSelector, path: readonly PromExpr[]) => void,
): void {
  if (expr.kind === 'selector') visit(expr, path);
  for (const child of childrenOf(expr)) walk(child, [...path, expr], visit);
}

/** Count and sum alone, with a hint for each histogram that has none: whether its counter began anew since the one before. */
export function statsOf(series: StoredSeries): StoredSeries {
  const { histograms } = series;
  if (histograms === undefined) return series;
  const values: HistogramSamples['values'] = histograms.values.map((histogram, i) => {
    const previous = histograms.values[i - 1];
    const { schema, count, sum } = histogram;
    const isKnown = histogram.hint !== 'unknown' || previous === undefined;
    const hint = isKnown ? histogram.hint : isReset(histogram, previous) ? 'reset' : 'not-reset';
    return { ...EMPTY_HISTOGRAM, schema, count, sum, hint };
  });
  return { ...series, histograms: { ...histograms, values } };
}
