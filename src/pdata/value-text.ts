import type { KeyBytes } from '#base';
import { type AnyValue, Double } from './any-value.ts';
import { readInt64AsNumber } from './protobuf.ts';
import { anyValueAt } from './read-values.ts';
import { VALUE_INT, VALUE_STRING } from './value-types.ts';

/** A value as text, as otelcol's pcommon.Value.AsString writes it: JSON for lists and maps, base64 for bytes. */
export function valueText(value: AnyValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Double) return String(value);
  return typeof value === 'object' ? valueJson(value) : String(value);
}

/** A value as JSON with exact 64-bit ints, and maps with sorted keys as Go writes them. */
export function valueJson(value: AnyValue): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `"${valueText(value)}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Double) return JSON.stringify(value.value);
  if (Array.isArray(value)) return `[${value.map(valueJson).join(',')}]`;
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${valueJson(value[key]!)}`);
  return `{${entries.join(',')}}`;
}

/** Writes the text of an attribute's value, whose type and payload lie in the arena, to a key: without a string for texts and small numbers. */
export function writeValueText(key: KeyBytes, arena: Uint8Array, type: number, at: number, length: number): void {
  // Status codes, ports: what most numbers are.
  const number = type === VALUE_INT ? readInt64AsNumber(arena, at) : -1;
  if (type === VALUE_STRING) key.range(arena, at, length);
  else if (number >= 0 && number < 1e6) key.digits(number);
  else key.text(valueText(anyValueAt(arena, type, at, length)));
}
