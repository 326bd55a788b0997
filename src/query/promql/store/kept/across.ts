import type { TimeRange } from '../../../source/index.ts';
import type { SeriesRow } from '../series.ts';
import { BLOCK_MS, type KeptBlock, type KeptDetails, NONE, ODD, UNKNOWN } from './kept-block.ts';
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
  readonly startsMs: Float64Array;
  readonly staleMs: Float64Array | undefined;
}

/** Keeps the samples of a series in these blocks, which may lie apart, where it isn't known yet: it has no others there. */
export function keepSeries(series: WholeSeries, number: number, blocks: readonly KeptBlock[]): void {
  const { timesMs, startsMs, staleMs } = series;
  let from = 0;
  for (const block of blocks) {
    const endMs = block.fromMs + BLOCK_MS;
    while (from < timesMs.length && timesMs[from]! < block.fromMs) from++;
    let to = from;
    while (to < timesMs.length && timesMs[to]! < endMs) to++;
    const ends = staleMs === undefined ? [] : Array.from(staleMs).filter((ms) => ms >= block.fromMs && ms < endMs);
    if (block.placeOf(number) === UNKNOWN && (ends.length > 0 || from < to)) {
      if (ends.length === 0 && haveOneStart(startsMs, from, to)) block.keep(number, series, from, to, startsMs[from]!);
      else block.keepOdd(number, series, from, to, ends);
    }
    from = to;
  }
}

function haveOneStart(startsMs: Float64Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (startsMs[i] !== startsMs[from]) return false;
  return true;
}

/** Of these rows there is no more than what was kept. */
export function noteRest(rows: readonly SeriesRow[], metric: KeptMetric, blocks: readonly KeptBlock[]): void {
  for (const { id } of rows) {
    const number = metric.numberOf(id);
    for (const block of blocks) if (block.placeOf(number) === UNKNOWN) block.noteNone(number);
  }
}

/** How many samples a series has in these blocks. */
export function countIn(blocks: readonly KeptBlock[], number: number): number {
  let count = 0;
  for (const block of blocks) count += block.countOf(number);
  return count;
}

/** When the counter began; `odd` where samples differ in that or the series ended, undefined where it has no samples. */
export function startIn(blocks: readonly KeptBlock[], number: number): number | 'odd' | undefined {
  let startMs: number | undefined;
  for (const block of blocks) {
    const place = block.placeOf(number);
    if (place === NONE || place === UNKNOWN) continue;
    if (place === ODD) return 'odd';
    const ownMs = block.startAt(place);
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
  range: TimeRange,
  into: SegmentSamples,
  begin: number,
): { readonly from: number; readonly to: number; readonly end: number } {
  let end = begin;
  for (const block of blocks) if (block.countOf(number) > 0) end = block.read(number, into, end);
  return { ...placesIn(into.timesMs, begin, end, range), end };
}

/** All that is known of a series, odd or not; undefined where only the store can tell. */
export function detailsIn(
  blocks: readonly KeptBlock[],
  number: number,
  { fromMs, toMs }: TimeRange,
): WholeSeries | undefined {
  const details: KeptDetails[] = [];
  let count = 0;
  for (const block of blocks) {
    const own = block.detailsOf(number);
    if (own === undefined) return undefined;
    details.push(own);
    for (const run of own.runs) count += run.count;
  }
  const into = { timesMs: new Float64Array(count), values: new Float64Array(count) };
  const startsMs = new Float64Array(count);
  let end = 0;
  blocks.forEach((block, i) => {
    for (const run of details[i]!.runs) {
      const begin = end;
      end = block.readRun(run, into, begin);
      startsMs.fill(block.startAt(run.place), begin, end);
    }
  });
  const { from, to } = placesIn(into.timesMs, 0, count, { fromMs, toMs });
  const staleMs = details.flatMap((each) => each.staleMs.filter((ms) => ms >= fromMs && ms < toMs));
  return {
    timesMs: into.timesMs.subarray(from, to),
    values: into.values.subarray(from, to),
    startsMs: startsMs.subarray(from, to),
    staleMs: staleMs.length === 0 ? undefined : Float64Array.from(staleMs),
  };
}

function placesIn(timesMs: Float64Array, begin: number, end: number, { fromMs, toMs }: TimeRange) {
  let from = begin;
  let to = end;
  while (from < to && timesMs[from]! < fromMs) from++;
  while (from < to && timesMs[to - 1]! >= toMs) to--;
  return { from, to };
}

/** Whether details are needed to tell what it is. */
export function isOdd({ startsMs, staleMs }: WholeSeries): boolean {
  return staleMs !== undefined || !haveOneStart(startsMs, 0, startsMs.length);
}
