/**
 * Samples in the order of time, each time once. They come in runs that are in order: the store's threads, and its parts, hand over the samples
 * of some hours each. What is in order already is given back as it is.
 */
export function mergedRuns(
  timesMs: Float64Array,
  values: Float64Array,
): { readonly timesMs: Float64Array; readonly values: Float64Array } {
  let ends = endsOfRuns(timesMs);
  if (ends.length <= 1) return { timesMs, values };
  const behindEachOther = runsInOrder(timesMs, ends);
  if (behindEachOther !== undefined) return copied(timesMs, values, behindEachOther);
  let from: Pair = [timesMs, values];
  let to: Pair = [new Float64Array(timesMs.length), new Float64Array(timesMs.length)];
  for (let isFirst = true; ends.length > 1; isFirst = false) {
    const next: number[] = [];
    for (let run = 0, begin = 0; run < ends.length; run += 2) {
      const middle = ends[run]!;
      const end = ends[run + 1] ?? middle;
      mergeTwo(from, to, begin, middle, end);
      next.push(end);
      begin = end;
    }
    ends = next;
    // The samples as they came stay as they are.
    [from, to] = [to, isFirst ? [new Float64Array(timesMs.length), new Float64Array(timesMs.length)] : from];
  }
  return withoutRepeats(from);
}

interface TimedRun {
  readonly begin: number;
  readonly end: number;
}

/** The runs by time, where each lies behind the one before as a whole; undefined where they overlap. */
function runsInOrder(timesMs: Float64Array, ends: readonly number[]): readonly TimedRun[] | undefined {
  const runs = ends
    .map((end, run): TimedRun => ({ begin: run === 0 ? 0 : ends[run - 1]!, end }))
    .sort((a, b) => timesMs[a.begin]! - timesMs[b.begin]!);
  const isBehind = ({ begin }: TimedRun, i: number): boolean =>
    i === 0 || timesMs[begin]! > timesMs[runs[i - 1]!.end - 1]!;
  return runs.every(isBehind) ? runs : undefined;
}

function copied(
  timesMs: Float64Array,
  values: Float64Array,
  runs: readonly TimedRun[],
): { readonly timesMs: Float64Array; readonly values: Float64Array } {
  const times = new Float64Array(timesMs.length);
  const numbers = new Float64Array(timesMs.length);
  let at = 0;
  for (const { begin, end } of runs) {
    times.set(timesMs.subarray(begin, end), at);
    numbers.set(values.subarray(begin, end), at);
    at += end - begin;
  }
  return { timesMs: times, values: numbers };
}

type Pair = readonly [timesMs: Float64Array, values: Float64Array];

/** Behind the last sample of each run; a time that is there twice begins another. */
function endsOfRuns(timesMs: Float64Array): number[] {
  const ends: number[] = [];
  for (let i = 1; i < timesMs.length; i++) if (timesMs[i]! <= timesMs[i - 1]!) ends.push(i);
  if (timesMs.length > 0) ends.push(timesMs.length);
  return ends;
}

/** `[begin, middle)` and `[middle, end)` become one run at the same place of `to`. */
function mergeTwo([times, values]: Pair, [toTimes, toValues]: Pair, begin: number, middle: number, end: number): void {
  let left = begin;
  let right = middle;
  for (let at = begin; at < end; at++) {
    const isLeft = right >= end || (left < middle && times[left]! <= times[right]!);
    const source = isLeft ? left++ : right++;
    toTimes[at] = times[source]!;
    toValues[at] = values[source]!;
  }
}

/** Of those at one time the first stays. */
function withoutRepeats([times, values]: Pair): { readonly timesMs: Float64Array; readonly values: Float64Array } {
  let count = 0;
  for (let i = 0; i < times.length; i++) {
    if (count > 0 && times[i] === times[count - 1]) continue;
    times[count] = times[i]!;
    values[count] = values[i]!;
    count++;
  }
  return { timesMs: times.subarray(0, count), values: values.subarray(0, count) };
}
