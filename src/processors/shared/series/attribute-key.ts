import type { KeyBytes } from '#base';
import { type AnyValue, type AttributeTable, anyValueAt, Double, UNKNOWN_KEY, VALUE_ARRAY, VALUE_KVLIST } from '#pdata';

/** Rows of the attributes that are being written, in the order of their keys. */
const order: number[] = [];

/**
 * Adds the attributes of an owner to a key, so that two owners have the same bytes if and only if they have the same attributes, in whatever
 * order these stand. Of numbers inside of lists and maps only the value counts.
 */
export function writeAttributesTo(key: KeyBytes, arena: Uint8Array, table: AttributeTable, owner: number): void {
  const from = table.from[owner]!;
  const count = table.to[owner]! - from;
  // Most often they come in the same order each time, and there are few: nothing is faster than sorting them in.
  for (let i = 0; i < count; i++) {
    let place = i;
    while (place > 0 && isBefore(arena, table, from + i, order[place - 1]!)) {
      order[place] = order[place - 1]!;
      place--;
    }
    order[place] = from + i;
  }
  key.number(count);
  for (let i = 0; i < count; i++) writeAttribute(key, arena, table, order[i]!);
}

/** By the numbers of their keys in this process; keys that have none come first, by their bytes. */
function isBefore(arena: Uint8Array, table: AttributeTable, one: number, other: number): boolean {
  const id = table.keyId[one]!;
  const otherId = table.keyId[other]!;
  if (id !== UNKNOWN_KEY || otherId !== UNKNOWN_KEY) return id < otherId;
  return Buffer.compare(keyBytes(arena, table, one), keyBytes(arena, table, other)) < 0;
}

function keyBytes(arena: Uint8Array, table: AttributeTable, row: number): Uint8Array {
  return arena.subarray(table.keyAt[row]!, table.keyAt[row]! + table.keyLength[row]!);
}

function writeAttribute(key: KeyBytes, arena: Uint8Array, table: AttributeTable, row: number): void {
  const id = table.keyId[row]!;
  key.number(id);
  if (id === UNKNOWN_KEY) key.range(arena, table.keyAt[row]!, table.keyLength[row]!);
  const type = table.type[row]!;
  key.number(type);
  const at = table.at[row]!;
  const length = table.length[row]!;
  if (type === VALUE_KVLIST || type === VALUE_ARRAY) key.text(textOf(anyValueAt(arena, type, at, length)));
  else key.range(arena, at, length);
}

/** A text that is the same for equal values alone, whatever the order of a map. */
function textOf(value: AnyValue): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (value instanceof Double) return `d${value.value}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  const entries = Object.keys(value).sort();
  return `{${entries.map((name) => `${JSON.stringify(name)}:${textOf(value[name]!)}`).join(',')}}`;
}
