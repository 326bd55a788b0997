import { FLOAT, type StepSeries } from './matrix.ts';

/**
 * Aggregations of series that have floats and no histograms: series by series, so that memory is read in the order in which it lies, where step
 * by step each look would be at another series. The numbers are those of the other way, to the last bit: a step sees its values in the same order.
 */

export function hasOnlyFloats(members: readonly StepSeries[]): boolean {
  return members.every(({ histograms }) => histograms === undefined);
}

/** Adds up as KahanSum does. */
export function sumFloats(members: readonly StepSeries[], { kinds, floats }: StepSeries): void {
  const compensations = new Float64Array(floats.length);
  for (const member of members) addFloats(member, kinds, floats, compensations);
  for (let step = 0; step < floats.length; step++) floats[step]! += compensations[step]!;
}

function addFloats(member: StepSeries, kinds: Uint8Array, sums: Float64Array, compensations: Float64Array): void {
  const { kinds: ownKinds, floats } = member;
  for (let step = 0; step < sums.length; step++) {
    if (ownKinds[step] !== FLOAT) continue;
    const value = floats[step]!;
    if (kinds[step] !== FLOAT) {
      kinds[step] = FLOAT;
      sums[step] = value;
      continue;
    }
    const sum = sums[step]!;
    const total = sum + value;
    if (!Number.isFinite(total)) compensations[step] = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensations[step]! += sum - total + value;
    else compensations[step]! += value - total + sum;
    sums[step] = total;
  }
}

/** Means, as Mean has them while sums are finite; `meanAt` is asked for the other steps. */
export function averageFloats(
  members: readonly StepSeries[],
  result: StepSeries,
  meanAt: (step: number) => number,
): void {
  const { kinds, floats } = result;
  const compensations = new Float64Array(floats.length);
  for (const member of members) addFloats(member, kinds, floats, compensations);
  const counts = countsOf(members, floats.length);
  for (let step = 0; step < floats.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const count = counts[step]!;
    floats[step] = Number.isFinite(floats[step]!) ? floats[step]! / count + compensations[step]! / count : meanAt(step);
  }
}

/** How many series have a value, of each step. */
export function countsOf(members: readonly StepSeries[], steps: number): Uint32Array {
  const counts = new Uint32Array(steps);
  for (const { kinds } of members) for (let step = 0; step < steps; step++) if (kinds[step] !== 0) counts[step]!++;
  return counts;
}

/**
 * Per step the places of the `ks[step]` members that come first, best first: the largest, or the smallest. NaN comes behind all others, and of equal
 * ones the first. A row of `most` places per step, -1 behind the last.
 */
export function firstFloats(
  members: readonly StepSeries[],
  ks: ArrayLike<number>,
  most: number,
  isLargest: boolean,
): Int32Array {
  const places = new Int32Array(ks.length * most).fill(-1);
  const values = new Float64Array(ks.length * most);
  const counts = new Uint32Array(ks.length);
  for (let member = 0; member < members.length; member++) {
    const { kinds, floats } = members[member]!;
    for (let step = 0; step < ks.length; step++) {
      const k = ks[step]!;
      if (kinds[step] !== FLOAT || k < 1) continue;
      const value = isLargest ? floats[step]! : -floats[step]!;
      const first = step * most;
      const count = counts[step]!;
      if (count === k && !isAhead(value, values[first + k - 1]!)) continue;
      let at = count === k ? k - 1 : count;
      if (count < k) counts[step] = count + 1;
      for (; at > 0 && isAhead(value, values[first + at - 1]!); at--) {
        values[first + at] = values[first + at - 1]!;
        places[first + at] = places[first + at - 1]!;
      }
      values[first + at] = value;
      places[first + at] = member;
    }
  }
  return places;
}

function isAhead(value: number, other: number): boolean {
  return value > other || (Number.isNaN(other) && !Number.isNaN(value));
}
