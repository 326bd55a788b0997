import { Double } from '#pdata';
import { Duration, Id, isList, Time, type Value } from '../values.ts';
import type { Json } from './edit.ts';

/** Values as JSON: doubles that are whole as `{ double }`, moments and durations by their text. */
export function plain(value: Value | { error: string }): Json {
  if (value instanceof Double) return { double: value.value };
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, plain(item)]));
  if (value instanceof Time) return { ns: String(value.ns), zone: value.zone };
  if (value instanceof Duration) return { duration: String(value.ns) };
  if (value instanceof Id) return { [value.kind]: value.hex };
  if (isList(value as Value)) return (value as readonly Value[]).map(plain);
  return value as Json;
}
