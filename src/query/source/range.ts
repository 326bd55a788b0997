/** A range of time, and when items lie in it. */
import { raw, type Sql, sql, timeMs } from '../sql/index.ts';

/** `[fromMs, toMs)`, ms since the epoch. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whether a column, `time`, lies in the range. */
export function inRange(range: TimeRange, time: Sql = raw('time')): Sql {
  return sql`${time} >= ${timeMs(range.fromMs)} AND ${time} < ${timeMs(range.toMs)}`;
}

/** Wider on both sides. */
export function padded(range: TimeRange, paddingMs: number): TimeRange {
  return { fromMs: Math.max(0, range.fromMs - paddingMs), toMs: range.toMs + paddingMs };
}
