import { type Reducer, reduceStrictly } from './reduce.ts';
import { type Result, type Results, resultOf, type SeriesItem } from './values.ts';

/** Points at even times, each of what lies before it. */

/** What stands where nothing lies: the value before, the value after, or none. */
export const UPSAMPLERS = ['pad', 'backfilling', 'fillna'] as const;
export type Upsampler = (typeof UPSAMPLERS)[number];

export interface ResampleNode {
  readonly kind: 'resample';
  readonly refId: string;
  readonly of: string;
  readonly windowMs: number;
  readonly downsampler: Reducer;
  readonly upsampler: Upsampler;
  /** Before the time of the evaluation. */
  readonly fromMs: number;
  readonly toMs: number;
}

const POINTS_MAX = 100_000;

export function resampleResult(node: ResampleNode, results: Results, timeMs: number): Result {
  const input = resultOf(results, node.of);
  if (input.kind !== 'series') throw new Error(`resample: ${node.of} gives numbers, and only series have points`);
  return { kind: 'series', items: input.items.map((series) => resample(series, node, timeMs)) };
}

function resample(series: SeriesItem, node: ResampleNode, nowMs: number): SeriesItem {
  const { windowMs, downsampler, upsampler } = node;
  const [fromMs, toMs] = [nowMs - node.fromMs, nowMs - node.toMs];
  if (toMs < fromMs || (toMs - fromMs) / windowMs > POINTS_MAX)
    throw new Error(`resample: the range does not hold 1 to ${POINTS_MAX} windows`);
  const timesMs: number[] = [];
  const values: (number | null)[] = [];
  let at = 0;
  let last: number | null = null;
  for (let timeMs = fromMs; timeMs <= toMs; timeMs += windowMs) {
    const first = at;
    while (at < series.timesMs.length && series.timesMs[at]! <= timeMs) at++;
    const within = series.values.slice(first, at);
    timesMs.push(timeMs);
    if (within.length > 0) {
      values.push(reduceStrictly(within, downsampler));
      last = within.at(-1)!;
    } else values.push(upsampler === 'pad' ? last : upsampler === 'backfilling' ? (series.values[at] ?? null) : null);
  }
  return { labels: series.labels, timesMs, values };
}
