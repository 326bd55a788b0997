/** The figures of a line, for the legend: of full buckets, because the one that is still filling shows neither a drop nor a peak. */
import { ABSENT } from '../../lib/format.ts';
import type { Numbers } from '../../lib/frame.ts';

type Format = (value: number) => string;

/** Last and largest value. Where only the bucket that is still filling has one, it is shown as the last, and marked. */
export function figuresOf(
  values: Numbers,
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
