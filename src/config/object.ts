import { z } from 'zod';
import { nearest } from '#base';
import { peel } from './facts.ts';
import { TypedScalar } from './scalar.ts';

export type Shape = Readonly<Record<string, z.ZodType>>;
/** What an object of this shape parses to. */
export type ShapeOutput<S extends Shape> = z.output<z.ZodObject<S, z.core.$strict>>;

/** The shape that parses to `Output`, one schema per key; optional keys have optional schemas. */
export type ShapeOf<Output> = {
  readonly [K in keyof Output]-?: undefined extends Output[K]
    ? z.ZodOptional<z.ZodType<Exclude<Output[K], undefined>>>
    : z.ZodType<Output[K]>;
};

/**
 * An object with these keys and no others. Absent and `null` blocks count as empty, and a key whose value is `null` as absent, unless
 * its schema takes an empty block (`grpc:` alone turns a protocol on), as otelcol reads them; so is a text in place of a list. An unknown
 * key is refused with the nearest known one. Spread shapes to put blocks on one level: `strictObject({ ...grpcClientShape(), ...deliveryShape() })`.
 */
export function strictObject<S extends Shape>(shape: S): z.ZodType<ShapeOutput<S>> {
  const known = Object.keys(shape);
  // Found when something is read: a schema may go round in a circle.
  let lists: ReadonlySet<string> | undefined;
  const read = (value: unknown): unknown => {
    lists ??= new Set(known.filter((key) => peel(shape[key]!).item !== undefined));
    return withLists(withoutNulls(value, shape), lists);
  };
  const object = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        const { keys } = issue as { keys: string[] };
        return keys.map((key, i) => unknownKeyMessage(key, i < GUESSES_LIMIT ? known : [])).join('\n');
      }
      return issue.code === 'invalid_type' ? `expected a map, got ${describe(issue.input)}` : undefined;
    },
  });
  return z.preprocess(read, object) as unknown as z.ZodType<ShapeOutput<S>>;
}

/** Looking for the nearest key takes its time; who has more unknown ones than this has put something else there. */
const GUESSES_LIMIT = 100;

/** One line per unknown key, in the words of otelcol; src/config/issues.ts gives each its own place. */
export function unknownKeyMessage(key: string, known: readonly string[]): string {
  if (known.length === 0) return `has invalid keys: ${key}`;
  const near = nearest(key, known);
  if (near !== undefined) return `has invalid keys: ${key} (did you mean "${near}"?)`;
  const valid = known.length <= 12 ? ` (valid keys: ${known.join(', ')})` : '';
  return `has invalid keys: ${key}${valid}`;
}

/** A value as an error message names it: its type, and the value where it is short. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof TypedScalar) return String(value);
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `"${value.length > 80 ? `${value.slice(0, 80)}…` : value}"`;
  return String(value);
}

/** A value whose key takes a secret: its type alone. */
export function describeSecret(value: unknown): string {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || value instanceof TypedScalar;
  if (isNumber) return 'a number';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? 'true or false' : describe(value);
}

function withoutNulls(value: unknown, shape: Shape): unknown {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  if (value instanceof TypedScalar) return value.number;
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null && Object.hasOwn(shape, key) && !takesEmptyBlock(shape[key]!)) continue;
    result[key] = entry;
  }
  return result;
}

/** A text where a list of values is wanted is the list of what stands between its commas, as otelcol reads it. */
function withLists(value: unknown, lists: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const block = value as Record<string, unknown>;
  for (const key of lists) {
    const entry = block[key];
    if (typeof entry === 'string') block[key] = entry === '' ? [] : entry.split(',');
  }
  return block;
}

/** A schema that reads `null` as an empty block either succeeds or complains about a key inside of it. */
function takesEmptyBlock(schema: z.ZodType): boolean {
  const result = schema.safeParse(null);
  return result.success || result.error.issues.some((issue) => issue.path.length > 0);
}
