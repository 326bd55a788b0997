/** The figures of a line, for the legend: of full buckets, because the one that is still filling shows neither a drop nor a peak. */
import type { TimeGrid } from '#api/types.ts';
import { ABSENT } from './format.ts';

type Values = readonly (number | null)[];
type Format = (value: number) => string;

/** The last bucket of the grid reaches past now. */
export function isPartial(grid: TimeGrid, nowMs: number): boolean {
  return grid.startMs + grid.count * grid.stepMs > nowMs;
}

/** Last and largest value. Where only the bucket that is still filling has one, it is shown as the last, and marked. */
export function figuresOf(
  values: Values,
  format: Format,
  partial: boolean,
): { readonly last: string; readonly max: string } {
  let last: number | undefined;
  let max: number | undefined;
  const fullCount = partial ? values.length - 1 : values.length;
  for (let i = 0; i < fullCount; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    last = value;
    if (max === undefined || value > max) max = value;
  }
  if (last !== undefined && max !== undefined) return { last: format(last), max: format(max) };
  const filling = partial ? values.at(-1) : undefined;
  return { last: typeof filling === 'number' ? `${format(filling)} so far` : ABSENT, max: ABSENT };
}
