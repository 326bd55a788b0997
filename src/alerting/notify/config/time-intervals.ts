import { z } from 'zod';
import { describe, list, strictObject, text } from '#config';
import {
  isTimeZone,
  type NumberRange,
  parseDays,
  parseMonths,
  parseTimes,
  parseWeekdays,
  parseYears,
  type TimeInterval,
} from '../time-interval.ts';

export interface NamedIntervals {
  readonly name: string;
  readonly intervals: readonly TimeInterval[];
}

/** One range. Numbers may be written without quotes: `days_of_month: [1]`. */
function range(parse: (text: string) => NumberRange | string): z.ZodType<NumberRange> {
  return z.any().transform((value: unknown, context) => {
    const isScalar = typeof value === 'string' || typeof value === 'number';
    const found = isScalar ? parse(String(value)) : `expected a text, got ${describe(value)}`;
    if (typeof found !== 'string') return found;
    context.addIssue({ code: 'custom', message: found });
    return z.NEVER;
  });
}

const timeRange = strictObject({
  start_time: text('').describe('`09:00`'),
  end_time: text('').describe('`17:00`, and `24:00` for the end of the day'),
}).transform((raw, context): NumberRange => {
  const found = parseTimes(raw.start_time, raw.end_time);
  if (typeof found !== 'string') return found;
  context.addIssue({ code: 'custom', message: found });
  return z.NEVER;
});

/** A list that, where it is given and empty, nothing is in. */
function given<T>(item: z.ZodType<T>): z.ZodOptional<z.ZodArray<z.ZodType<T>>> {
  return z.array(item, { error: (issue) => `expected a list, got ${describe(issue.input)}` }).optional();
}

const interval: z.ZodType<TimeInterval> = strictObject({
  times: given(timeRange).describe('of the day'),
  weekdays: given(range(parseWeekdays)).describe('`monday:friday`'),
  days_of_month: given(range(parseDays)).describe('`1:5`, and from its end `-3:-1`'),
  months: given(range(parseMonths)).describe('`january:march`, `4:6`'),
  years: given(range(parseYears)).describe('`2026:2028`'),
  location: text()
    .refine(isTimeZone, { error: (issue) => `unknown time zone ${describe(issue.input)}` })
    .optional()
    .describe('a time zone; UTC without it'),
}).transform((raw) => ({
  times: raw.times,
  weekdays: raw.weekdays,
  daysOfMonth: raw.days_of_month,
  months: raw.months,
  years: raw.years,
  location: raw.location,
}));

export const namedIntervalsSchema: z.ZodType<NamedIntervals> = strictObject({
  name: text('').refine((name) => name !== '', { error: 'missing name in time interval' }),
  time_intervals: list(interval).describe('any of them'),
}).transform((raw) => ({ name: raw.name, intervals: raw.time_intervals }));
