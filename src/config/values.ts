import { z } from 'zod';
import { nearest } from '#base';
import { parseDuration, printDuration } from './duration.ts';
import { describe, describeSecret } from './object.ts';
import { TypedScalar } from './scalar.ts';
import { Secret } from './secret.ts';

/**
 * Schemas of single values. Each takes its default, and parses into the unit that its name says. Without a default the value is
 * required; wrap in `.optional()` where it may be absent.
 */

/** Durations in Go's syntax to milliseconds. A bare number counts nanoseconds, as in otelcol. */
export function duration(defaultMs?: number): z.ZodType<number> {
  const schema = z.any().transform((value, context) => {
    const count = asNumber(value);
    if (Number.isSafeInteger(count)) return count! / 1e6;
    const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
    if (parsed !== undefined && 'ms' in parsed) return parsed.ms;
    context.addIssue({
      code: 'custom',
      message: isAbsent(value)
        ? REQUIRED
        : (parsed?.error ?? `expected a duration such as 10s or 1m30s, got ${describe(value)}`),
    });
    return z.NEVER;
  });
  const json = { anyOf: [{ type: 'string', pattern: DURATION_PATTERN }, { type: 'integer' }] };
  return withDefault(schema.meta({ typeName: 'duration', json, printDefault: printShortly }), defaultMs);
}

/** `2h`, where Go prints `2h0m0s`. */
const printShortly = (ms: number): string =>
  printDuration(ms)
    .replace(/(?<=[hm])0s$/, '')
    .replace(/(?<=h)0m$/, '');

/** Go's syntax, for editors. */
const DURATION_PATTERN = '^[+-]?(0|(\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h))+$';

/** Durations that must not be negative. */
export function positiveDuration(defaultMs?: number): z.ZodType<number> {
  const schema = duration().refine((ms) => ms >= 0, { error: 'must not be negative' });
  return withDefault(schema, defaultMs);
}

/** A whole number within [min, max]. */
export function integer(
  defaultValue?: number,
  limits: { readonly min?: number; readonly max?: number } = {},
): z.ZodType<number> {
  return withDefault(numberBetween(true, limits), defaultValue);
}

/** Any finite number within [min, max]. */
export function number(
  defaultValue?: number,
  limits: { readonly min?: number; readonly max?: number } = {},
): z.ZodType<number> {
  return withDefault(numberBetween(false, limits), defaultValue);
}

/** A percentage, 0 to 100. */
export function percentage(defaultValue?: number): z.ZodType<number> {
  return number(defaultValue, { min: 0, max: 100 });
}

/** A number of the configuration, however it was written; undefined for anything else. */
function asNumber(value: unknown): number | undefined {
  if (value instanceof TypedScalar && value.kind === 'float') return value.number;
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function numberBetween(whole: boolean, limits: { readonly min?: number; readonly max?: number }): z.ZodType<number> {
  const { min = -Infinity, max = Infinity } = limits;
  const schema = z.any().transform((value, context) => {
    const found = asNumber(value);
    const message = isAbsent(value)
      ? REQUIRED
      : found === undefined || !Number.isFinite(found) || (whole && !Number.isSafeInteger(found))
        ? `expected a ${whole ? 'whole number' : 'number'}, got ${describe(value)}`
        : found < min || found > max
          ? `must be ${rangeText(min, max)}, got ${describe(value)}`
          : undefined;
    if (message === undefined) return found!;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  const json = {
    type: whole ? 'integer' : 'number',
    ...(min !== -Infinity && { minimum: min }),
    ...(max !== Infinity && { maximum: max }),
  };
  return schema.meta({ typeName: whole ? 'whole number' : 'number', json });
}

function rangeText(min: number, max: number): string {
  if (max === Infinity) return `at least ${min}`;
  return min === -Infinity ? `at most ${max}` : `between ${min} and ${max}`;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1000,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 1024,
  kib: 1024,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
  ti: 1024 ** 4,
  tib: 1024 ** 4,
};

/** A size in bytes: a number, or a text with a unit (`64MiB`, `10GB`). */
export function size(defaultBytes?: number): z.ZodType<number> {
  const schema = z.any().transform((value, context) => {
    const bytes = asNumber(value);
    if (Number.isSafeInteger(bytes) && bytes! >= 0) return bytes!;
    const match = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(value) : null;
    const factor = match && SIZE_UNITS[match[2]!.toLowerCase()];
    if (match && factor) return Math.round(Number(match[1]) * factor);
    const message = isAbsent(value) ? REQUIRED : `expected a size such as 64MiB, got ${describe(value)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  const json = {
    anyOf: [
      { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*[a-zA-Z]*\\s*$' },
      { type: 'integer', minimum: 0 },
    ],
  };
  return withDefault(schema.meta({ typeName: 'size', json, printDefault: printSize }), defaultBytes);
}

/** The largest unit that gives a whole number: 16777216 is `16MiB`. */
function printSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const count = bytes / SIZE_UNITS[unit.toLowerCase()]!;
    if (count >= 1 && Number.isInteger(count)) return `${count}${unit}`;
  }
  return String(bytes);
}

/** Any text. A value that comes from one `${…}` keeps its spelling (src/config/issues.ts), a bare number is refused as in otelcol. */
export function text(defaultValue?: string): z.ZodType<string> {
  const schema = z.string({
    error: (issue) =>
      isAbsent(issue.input) ? REQUIRED : `expected a text, got ${describe(issue.input)}; put it in quotes`,
  });
  return withDefault(schema, defaultValue);
}

export function boolean(defaultValue?: boolean): z.ZodType<boolean> {
  const schema = z.boolean({
    error: (issue) => (isAbsent(issue.input) ? REQUIRED : `expected true or false, got ${describe(issue.input)}`),
  });
  return withDefault(schema, defaultValue);
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], defaultValue?: NoInfer<T>): z.ZodType<T> {
  const schema = z.any().transform((value, context) => {
    if (typeof value === 'string' && (words as readonly string[]).includes(value)) return value as T;
    const near = typeof value === 'string' ? nearest(value, words) : undefined;
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    context.addIssue({
      code: 'custom',
      message: isAbsent(value)
        ? REQUIRED
        : `must be one of ${words.map((word) => `"${word}"`).join(', ')}, got ${describe(value)}${hint}`,
    });
    return z.NEVER;
  }) as z.ZodType<T>;
  const typeName = words.map((word) => `\`${word === '' ? '""' : word}\``).join(', ');
  return withDefault(schema.meta({ typeName, json: { enum: words } }), defaultValue);
}

/** As `oneOf`, in upper case, too: otelcol's levels are read like that. */
export function level<const T extends string>(words: readonly T[], defaultValue: NoInfer<T>): z.ZodType<T> {
  const lowered = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);
  return z.preprocess(lowered, oneOf(words, defaultValue)) as unknown as z.ZodType<T>;
}

/** A list; absent means empty. */
export function list<T>(item: z.ZodType<T>, defaultValue: readonly T[] = []): z.ZodType<readonly T[]> {
  const schema = z.array(item, { error: (issue) => `expected a list, got ${describe(issue.input)}` });
  return withDefault(schema as z.ZodType<readonly T[]>, defaultValue);
}

/** A text that prints as [REDACTED]. What was found in its place may be one, too, and is not repeated. */
export function secret(): z.ZodType<Secret> {
  return z
    .string({
      error: (issue) =>
        isAbsent(issue.input) ? REQUIRED : `expected a text, got ${describeSecret(issue.input)}; put it in quotes`,
    })
    .transform((value) => new Secret(value))
    .meta({ typeName: 'secret text', json: { type: 'string', writeOnly: true } });
}

/** A map with any keys. */
export function mapOf<T>(value: z.ZodType<T>): z.ZodType<ReadonlyMap<string, T>> {
  const schema = z.record(z.string(), value, { error: (issue) => `expected a map, got ${describe(issue.input)}` });
  return z
    .preprocess(
      (input) => input ?? {},
      schema.transform((record) => new Map(Object.entries(record)) as ReadonlyMap<string, T>),
    )
    .default(new Map());
}

export interface Header {
  readonly name: string;
  readonly value: Secret;
}

/** HTTP headers or gRPC metadata: a map, or a list of `{ name, value }`. Values are secrets. */
export function headers(): z.ZodType<readonly Header[]> {
  const schema = z.any().transform((value, context): readonly Header[] => {
    const result: Header[] = [];
    const add = (name: unknown, content: unknown, path: (string | number)[]): void => {
      if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z:-]+$/.test(name)) {
        context.addIssue({ code: 'custom', path, message: `not a header name: ${describe(name)}` });
      } else if (typeof content !== 'string') {
        const message = `expected a text for header "${name}", got ${describeSecret(content)}; put it in quotes`;
        context.addIssue({ code: 'invalid_type', expected: 'string', input: content, path, message });
      } else {
        result.push({ name, value: new Secret(content) });
      }
    };
    if (Array.isArray(value)) {
      value.forEach((entry: unknown, i) => {
        if (isNameAndValue(entry)) add(entry.name, entry.value ?? '', [i, 'value']);
        else context.addIssue({ code: 'custom', path: [i], message: headerHint(entry) });
      });
    } else if (typeof value === 'object' && value !== null && !(value instanceof TypedScalar)) {
      for (const [name, content] of Object.entries(value)) add(name, content ?? '', [name]);
    } else if (value !== undefined && value !== null) {
      context.addIssue({
        code: 'custom',
        message: `expected a map or a list of headers, got ${describeSecret(value)}`,
      });
    }
    return result;
  });
  const pair = { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } };
  const json = {
    anyOf: [
      { type: 'object', additionalProperties: { type: ['string', 'null'] } },
      { type: 'array', items: pair },
    ],
  };
  return schema.meta({ typeName: 'map of secret texts', json }).default([]);
}

function isNameAndValue(entry: unknown): entry is { readonly name: unknown; readonly value?: unknown } {
  if (typeof entry !== 'object' || entry === null || !('name' in entry)) return false;
  return Object.keys(entry).every((key) => key === 'name' || key === 'value');
}

/** How what was meant is written. Values are secrets and not repeated. */
function headerHint(entry: unknown): string {
  const isMap = typeof entry === 'object' && entry !== null;
  const name =
    typeof entry === 'string' ? /^([^\s:=]+)\s*[:=]/.exec(entry)?.[1] : isMap ? Object.keys(entry)[0] : undefined;
  const found = isMap
    ? 'other keys'
    : Array.isArray(entry)
      ? 'a list'
      : typeof entry === 'string'
        ? 'a text'
        : describeSecret(entry);
  return `expected name and value of a header, got ${found}; write {name: ${name ?? '…'}, value: …}, or a map in place of the list`;
}

/** `host:port`, as Go's net.SplitHostPort reads it: the host may be empty (all addresses) or in brackets. */
export function parseHostPort(endpoint: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(endpoint);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: match[1] ?? match[2]!, port };
}

/** The address that a server listens on: `host:port`, or a path for the transport `unix`. */
export function listenAddress(defaultValue?: string): z.ZodType<string> {
  const schema = text().refine((value) => value.startsWith('/') || parseHostPort(value) !== undefined, {
    error: (issue) => `expected host:port, got ${describe(issue.input)}`,
  });
  return withDefault(schema, defaultValue);
}

const REQUIRED = 'is required';

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function withDefault<T>(schema: z.ZodType<T>, defaultValue: T | undefined): z.ZodType<T> {
  return defaultValue === undefined ? schema : schema.default(defaultValue as never);
}
