import {
  type AnyValue,
  type AttributeTable,
  anyValueAt,
  type Chunk,
  findField,
  type HeadRanges,
  readDouble,
  textAt,
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
} from '#pdata';

/** How values, times and attributes are printed: as otelcol's debug exporter prints them. */

const TYPE_NAME: Readonly<Record<number, string>> = {
  [VALUE_STRING]: 'Str',
  [VALUE_BOOL]: 'Bool',
  [VALUE_INT]: 'Int',
  [VALUE_DOUBLE]: 'Double',
  [VALUE_ARRAY]: 'Slice',
  [VALUE_KVLIST]: 'Map',
  [VALUE_BYTES]: 'Bytes',
};

/** A value without its type: texts as they are, arrays and maps as JSON. */
export function plainValue(arena: Uint8Array, type: number, at: number, length: number): string {
  if (type === VALUE_DOUBLE) return String(readDouble(arena, at));
  const value = anyValueAt(arena, type, at, length);
  if (value === null) return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? JSON.stringify(value, forJson) : String(value);
}

/** An id as hex; zeros alone are none. */
export function idText(hex: string): string {
  return /^0*$/.test(hex) ? '' : hex;
}

function forJson(_key: string, value: AnyValue): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // Go writes the keys of a map in order.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A value with its type, `Str(shop)`. */
export function typedValue(arena: Uint8Array, type: number, at: number, length: number): string {
  return `${TYPE_NAME[type] ?? 'Empty'}(${plainValue(arena, type, at, length)})`;
}

/** Calls `visit` with the key and the value's place of each attribute of an owner. */
function eachAttribute(
  table: AttributeTable,
  arena: Uint8Array,
  owner: number,
  visit: (key: string, type: number, at: number, length: number) => void,
): void {
  for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
    const key = textAt(arena, table.keyAt[row]!, table.keyLength[row]!);
    visit(key, table.type[row]!, table.at[row]!, table.length[row]!);
  }
}

/** `     -> key: Str(value)`, one line per attribute. */
export function attributeLines(table: AttributeTable, arena: Uint8Array, owner: number, indent = '     '): string[] {
  const lines: string[] = [];
  eachAttribute(table, arena, owner, (key, type, at, length) => {
    lines.push(`${indent}-> ${key}: ${typedValue(arena, type, at, length)}`);
  });
  return lines;
}

/** `key=value key=value`. */
export function attributeWords(table: AttributeTable, arena: Uint8Array, owner: number): string[] {
  const words: string[] = [];
  eachAttribute(table, arena, owner, (key, type, at, length) => {
    words.push(`${key}=${plainValue(arena, type, at, length)}`);
  });
  return words;
}

const NS_PER_SECOND = 1_000_000_000n;

/** A time as Go prints it: `2020-02-11 20:26:13.000000789 +0000 UTC`. */
export function printTime(ns: bigint): string {
  const date = new Date(Number(ns / NS_PER_SECOND) * 1000);
  const nanos = String(ns % NS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const seconds = Number.isNaN(date.getTime())
    ? String(ns / NS_PER_SECOND)
    : date.toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}${nanos === '' ? '' : `.${nanos}`} +0000 UTC`;
}

/** The schema URL among the fields of a resource's or scope's group; it has number 3 in all of them. */
export function schemaUrl(chunk: Chunk, head: HeadRanges, owner: number): string {
  for (let range = head.from[owner]!; range < head.to[owner]!; range++) {
    const found = findField(chunk.arena, head.start[range]!, head.end[range]!, 3);
    if (found !== undefined) return textAt(chunk.arena, found.at, found.length);
  }
  return '';
}
