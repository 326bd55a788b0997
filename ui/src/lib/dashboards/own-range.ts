import type { Dashboard } from '#dashboards';
import { calendarRange, type RangeSearch, rangeToSearch, readFixedRange } from '../time-range.ts';

/**
 * The range that a dashboard is made for, as search parameters: two times relative to now, such as `now-6h` or `now/d`, or fixed ones. None where it is
 * the console's own, or can't be read.
 */
export function ownRangeSearch({ from, to }: Pick<Dashboard, 'from' | 'to'>, nowMs: number): RangeSearch {
  const range = calendarRange(`${from}..${to}`, nowMs) ?? readFixedRange(from, to);
  return range === undefined ? {} : rangeToSearch(range);
}
