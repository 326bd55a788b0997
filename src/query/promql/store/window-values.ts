import type { Table } from '../../reader/index.ts';
import type { WindowGroup, WindowSeries } from '../source.ts';
import type { WindowShape } from './window-sql.ts';

/** From the arrays of an answer to a value per step. */

/** The values of one series. */
export interface StepValues {
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly hasAny: boolean;
}

/** Of each row of an answer, from its column `grid`. */
export function* stepValues(table: Table, shape: WindowShape, steps: number): Generator<StepValues> {
  const { ends, values, isNull } = table.lists('grid');
  let from = 0;
  for (const end of ends) {
    yield shape.kind === 'steps'
      ? copied(values, isNull!, from, steps)
      : slidden(values, isNull!, from, steps, shape.perWindow, shape.pick);
    from = end;
  }
}

function copied(all: ArrayLike<number>, isNull: Uint8Array, from: number, steps: number): StepValues {
  const values = new Float64Array(steps);
  const present = new Uint8Array(steps);
  let hasAny = false;
  for (let step = 0; step < steps; step++) {
    if (isNull[from + step] !== 0) continue;
    values[step] = all[from + step]!;
    present[step] = 1;
    hasAny = true;
  }
  return { values, present, hasAny };
}

/** Windows of several buckets: the largest or smallest of them, or 1 where there is any. */
function slidden(
  all: ArrayLike<number>,
  isNull: Uint8Array,
  from: number,
  steps: number,
  perWindow: number,
  pick: 'max' | 'min' | 'any',
): StepValues {
  const values = new Float64Array(steps);
  const present = new Uint8Array(steps);
  const sign = pick === 'min' ? -1 : 1;
  let hasAny = false;
  let best = -1;
  for (let step = 0; step < steps; step++) {
    const first = from + step;
    const end = first + perWindow;
    let next = end - 1;
    if (best < first) {
      best = -1;
      next = first;
    }
    for (; next < end; next++) {
      if (isNull[next] !== 0) continue;
      if (best < 0 || sign * all[next]! >= sign * all[best]! || Number.isNaN(all[best]!)) best = next;
    }
    if (best < 0) continue;
    values[step] = pick === 'any' ? 1 : all[best]!;
    present[step] = 1;
    hasAny = true;
  }
  return { values, present, hasAny };
}

/** A sum may have lost so many of its digits to values of the other sign. */
const MAX_LOSS = 1000;

/**
 * Whether a sum is as good as one in TypeScript, to 1e-12 of itself: it is made with Kahan's compensation, which is off by 2^-52 of
 * the values' sizes at most.
 */
export function isGoodSum(sum: number, size: number): boolean {
  return Number.isFinite(sum) && Number.isFinite(size) && size <= MAX_LOSS * Math.abs(sum);
}

/** The groups of an answer; undefined where a sum has lost too much. `labels` are those of each place. */
export function groupValues(
  table: Table,
  { operator }: WindowGroup,
  labels: readonly WindowSeries['labels'][],
  steps: number,
): WindowSeries[] | undefined {
  if (table.rowCount === 0) return [];
  const places = table.vector('place');
  const counts = table.lists('counts');
  const sums = table.has('sums') ? table.lists('sums') : undefined;
  const sizes = table.has('sizes') ? table.lists('sizes') : undefined;
  const extremes = table.has('extremes') ? table.lists('extremes') : undefined;
  const found: WindowSeries[] = [];
  let from = 0;
  for (let row = 0; row < table.rowCount; row++) {
    const values = new Float64Array(steps);
    const present = new Uint8Array(steps);
    let hasAny = false;
    for (let step = 0; step < steps; step++) {
      const at = from + step;
      const count = counts.values[at]!;
      if (count === 0) continue;
      if (sums !== undefined) {
        const sum = sums.values[at]!;
        if (sum !== 0 ? !isGoodSum(sum, sizes!.values[at]!) : sizes!.values[at] !== 0) return undefined;
        values[step] = operator === 'avg' ? sum / count : sum;
      } else if (extremes !== undefined) {
        values[step] = extremes.values[at]!;
      } else {
        values[step] = operator === 'group' ? 1 : count;
      }
      present[step] = 1;
      hasAny = true;
    }
    from += steps;
    if (hasAny) found.push({ labels: labels[places[row]!]!, values, present });
  }
  return found;
}
