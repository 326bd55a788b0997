import { z } from 'zod';
import { describe } from './object.ts';
import { TypedScalar } from './scalar.ts';

/** Values as Prometheus' own configuration has them, which takes other spellings than otelcol's. */

/** Any scalar, as a text: the values of labels may be written as numbers. */
export function scalarText(defaultValue?: string): z.ZodType<string> {
  const schema = z.any().transform((value, context) => {
    if (typeof value === 'string') return value;
    const isScalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
    if (isScalar || value instanceof TypedScalar) return String(value);
    const found = value === undefined || value === null ? 'is required' : `expected a text, got ${describe(value)}`;
    context.addIssue({ code: 'custom', message: found });
    return z.NEVER;
  });
  const typed = schema.meta({ typeName: 'text', json: { type: ['string', 'number', 'boolean'] } });
  return defaultValue === undefined ? typed : typed.default(defaultValue);
}

const UNITS_MS: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const DURATION = /^(?:(\d+)(y))?(?:(\d+)(w))?(?:(\d+)(d))?(?:(\d+)(h))?(?:(\d+)(m))?(?:(\d+)(s))?(?:(\d+)(ms))?$/;

/** A duration of Prometheus (model.ParseDuration): `15s`, `1h30m`, `1d`. Undefined where it is none. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return undefined;
  let ms = 0;
  for (let i = 1; i < match.length; i += 2) {
    if (match[i] !== undefined) ms += Number(match[i]) * UNITS_MS[match[i + 1]!]!;
  }
  return ms;
}

export function printPrometheusDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS_MS)) {
    const count = Math.floor(rest / size);
    // Weeks and years only where nothing is left of them.
    if (count === 0 || ((unit === 'y' || unit === 'w') && rest % size !== 0)) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** In milliseconds. */
export function prometheusDuration(): z.ZodType<number> {
  const schema = z.any().transform((value, context) => {
    const ms = typeof value === 'string' ? parsePrometheusDuration(value) : value === 0 ? 0 : undefined;
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: `expected a duration such as 15s or 1h30m, got ${describe(value)}` });
    return z.NEVER;
  });
  return schema.meta({ typeName: 'duration', json: { type: 'string' }, printDefault: printPrometheusDuration });
}

const POWERS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** A size as Prometheus reads it: `10MB` and `10MiB` are both 10 * 1024 * 1024 bytes. */
export function prometheusSize(): z.ZodType<number> {
  const schema = z.any().transform((value, context) => {
    if (value === 0 || value === '0') return 0;
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([KMGTPE]?)i?B$/.exec(value) : null;
    if (match !== null) return Math.round(Number(match[1]) * 1024 ** POWERS.indexOf(match[2]!));
    context.addIssue({ code: 'custom', message: `expected a size such as 10MB, got ${describe(value)}` });
    return z.NEVER;
  });
  return schema.meta({ typeName: 'size', json: { type: ['string', 'integer'] } }).default(0);
}
