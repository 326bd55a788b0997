import type { TimeRange } from '../../../source/index.ts';
import type { SeriesRow } from '../series.ts';
import { BLOCK_MS, type KeptBlock, NONE, ODD, UNKNOWN } from './kept-block.ts';
import type { KeptMetric } from './kept-samples.ts';
import type { SegmentSamples } from './segment.ts';

/** Series across the blocks of a range, which lie one behind the other. */

/** Blocks, one behind the other, of which some rows lack some. */
export interface Gap {
  readonly blocks: readonly KeptBlock[];
  readonly rows: readonly SeriesRow[];
  readonly range: TimeRange;
}

export function gapsOf(rows: readonly SeriesRow[], metric: KeptMetric, blocks: readonly KeptBlock[]): Gap[] {
  const numbers = rows.map(({ id }) => metric.numberOf(id));
  const runs: KeptBlock[][] = [];
  let isInGap = false;
  for (const block of blocks) {
    const hasAll = numbers.every((number) => block.placeOf(number) !== UNKNOWN);
    if (!hasAll && isInGap) runs.at(-1)!.push(block);
    else if (!hasAll) runs.push([block]);
    isInGap = !hasAll;
  }
  return runs.map((run) => ({
    blocks: run,
    rows: rows.filter((_, i) => run.some((block) => block.placeOf(numbers[i]!) === UNKNOWN)),
    range: { fromMs: run[0]!.fromMs, toMs: run.at(-1)!.fromMs + BLOCK_MS },
  }));
}

/** Samples of a series by time, and when it ended. */
export interface WholeSeries extends SegmentSamples {
  readonly startsMs: Float64Array | undefined;
  readonly staleMs: Float64Array | undefined;
}

/** Keeps the samples of a series, which are all that it has in these blocks, where it isn't known yet. */
export function keepSeries(series: WholeSeries, number: number, blocks: readonly KeptBlock[]): void {
  const { timesMs, staleMs } = series;
  let from = 0;
  for (const block of blocks) {
    const endMs = block.fromMs + BLOCK_MS;
    let to = from;
    while (to < timesMs.length && timesMs[to]! < endMs) to++;
    const ends = staleMs?.some((ms) => ms >= block.fromMs && ms < endMs) ?? false;
    if (block.placeOf(number) === UNKNOWN && (ends || from < to)) {
      const startMs = ends ? undefined : oneStart(series.startsMs!, from, to);
      if (startMs === undefined) block.note(number, ODD);
      else block.keep(number, series, from, to, startMs);
    }
    from = to;
  }
}

/** Undefined where they differ. */
function oneStart(startsMs: Float64Array, from: number, to: number): number | undefined {
  const startMs = startsMs[from]!;
  for (let i = from + 1; i < to; i++) if (startsMs[i] !== startMs) return undefined;
  return startMs;
}

/** Of these rows there is no more than what was kept. */
export function noteRest(rows: readonly SeriesRow[], metric: KeptMetric, blocks: readonly KeptBlock[]): void {
  for (const { id } of rows) {
    const number = metric.numberOf(id);
    for (const block of blocks) if (block.placeOf(number) === UNKNOWN) block.note(number, NONE);
  }
}

/** How many samples a series has in these blocks. */
export function countIn(blocks: readonly KeptBlock[], number: number): number {
  let count = 0;
  for (const block of blocks) count += block.countOf(number);
  return count;
}

/** When the counter began; `odd` where only details tell, undefined where it has no samples. */
export function startIn(blocks: readonly KeptBlock[], number: number): number | 'odd' | undefined {
  let startMs: number | undefined;
  for (const block of blocks) {
    const place = block.placeOf(number);
    if (place === NONE || place === UNKNOWN) continue;
    if (place === ODD) return 'odd';
    const ownMs = block.startOf(number);
    startMs ??= ownMs;
    if (ownMs !== startMs) return 'odd';
  }
  return startMs;
}

/**
 * Puts the samples of a series that is not odd into these arrays, from `begin` on. Gives where those of the range begin and end, and where free
 * room begins.
 */
export function unpack(
  blocks: readonly KeptBlock[],
  number: number,
  { fromMs, toMs }: TimeRange,
  into: SegmentSamples,
  begin: number,
): { readonly from: number; readonly to: number; readonly end: number } {
  let end = begin;
  for (const block of blocks) if (block.countOf(number) > 0) end = block.read(number, into, end);
  let from = begin;
  let to = end;
  while (from < to && into.timesMs[from]! < fromMs) from++;
  while (from < to && into.timesMs[to - 1]! >= toMs) to--;
  return { from, to, end };
}
