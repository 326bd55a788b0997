/** Values of rules and their limits, in the unit that the names of the metrics tell. */
import { formatNumber } from '../format.ts';
import { formatOf } from '../frame.ts';
import { unitOfQuery } from '../promql/unit.ts';
import type { Condition } from './condition.ts';

/** `expr` may compare the value: that keeps it. */
export function measuredText(expr: string, value: number): string {
  if (Number.isNaN(value)) return 'not a number';
  const unit = unitOfQuery(expr);
  // A rate of rare things would be per minute, and a limit of a rule is per second.
  return unit === '' || unit.includes('{') || !Number.isFinite(value)
    ? formatNumber(value)
    : formatOf({ unit }).format(value);
}

/** As it is written, where no unit is known or it is no number. */
export function limitText({ measured, limit, limitText: written }: Condition): string {
  if (limit === undefined || limit === 0) return written;
  const text = measuredText(measured, limit);
  return text === formatNumber(limit) ? written : text;
}
