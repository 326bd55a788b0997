import { z } from 'zod';
import { describe, TypedScalar } from '#config';
import { type AnyValue, Double } from '#pdata';

/** The value of an attribute in the type that it is written in: `1.0` is a double, 9007199254740993 keeps its last digit. */
export const attributeValue: z.ZodType<AnyValue | undefined> = z.unknown().transform((value, context) => {
  const result = configured(value);
  if (result !== undefined || value === undefined) return result;
  context.addIssue({
    code: 'custom',
    message: `expected a text, number or boolean, got ${describe(value)}; put it in quotes`,
  });
  return z.NEVER;
});

/** Undefined for a date: attributes have no such type. */
function configured(value: unknown): AnyValue | undefined {
  if (value instanceof TypedScalar) return value.kind === 'float' ? new Double(value.number) : undefined;
  // As otelcol: what only fits without a sign becomes negative.
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  if (Array.isArray(value)) {
    const items = value.map(configured);
    return items.includes(undefined) ? undefined : (items as AnyValue[]);
  }
  if (typeof value !== 'object' || value === null) return value as AnyValue | undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, configured(item)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : (Object.fromEntries(entries) as AnyValue);
}
