import { type Instant, NO_INSTANT, parseInstant } from '#alerting/notify';
import { SchemaError } from './errors.ts';

/** Reads JSON of a request; mistakes are said as go-openapi says them. */

export function readJson(body: Buffer, name: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    const why =
      body.length === 0
        ? `${name} in body is required`
        : `parsing ${name} body from "" failed, because ${String(error)}`;
    throw new SchemaError(body.length === 0 ? 602 : 400, why);
  }
}

export function objectOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(place, 'an object');
}

export function listOf(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(place, 'a list');
}

export function textIn(object: Readonly<Record<string, unknown>>, name: string, place: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw wrong(`${place}${name}`, 'a text');
}

export function flagIn(object: Readonly<Record<string, unknown>>, name: string, place: string): boolean | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw wrong(`${place}${name}`, 'true or false');
}

export function required<T>(value: T | undefined, place: string): T {
  if (value === undefined) throw new SchemaError(602, `${place} in body is required`);
  return value;
}

/** Names and texts. */
export function labelsIn(
  object: Readonly<Record<string, unknown>>,
  name: string,
  place: string,
): readonly (readonly [string, string])[] | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  return Object.entries(objectOf(value, `${place}${name}`)).map(([key, text]) => {
    if (typeof text !== 'string') throw wrong(`${place}${name}.${key}`, 'a text');
    return [key, text] as const;
  });
}

/** An empty text is no time. */
export function timeIn(object: Readonly<Record<string, unknown>>, name: string, place: string): Instant | undefined {
  const text = textIn(object, name, place);
  if (text === undefined) return undefined;
  if (text === '') return NO_INSTANT;
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  throw wrong(`${place}${name}`, 'a time by RFC 3339');
}

function wrong(place: string, what: string): SchemaError {
  return new SchemaError(400, `parsing ${place} body from "" failed, because it is no ${what.replace(/^an? /, '')}`);
}
