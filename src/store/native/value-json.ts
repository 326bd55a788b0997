import { isUtf8 } from 'node:buffer';
import {
  type AnyValue,
  type AttributeTable,
  cursor,
  readAnyValue,
  readDouble,
  readInt64,
  readInt64AsNumber,
  readKeyValue,
  readVarint32,
  skipValue,
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DEPTH_LIMIT,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
  value,
} from '#pdata';
import type { ByteSink } from './byte-sink.ts';
import { scratchTable } from './scratch.ts';

/**
 * OTLP values as JSON text, so that nothing is lost and a human can read it: attributes of events, links, scopes and exemplars, nested
 * values, and log bodies that are not text.
 *
 *   string "a" · int 5 · double 5.0 or 1e21 (always with a point or an exponent) · bool true · empty null · array [..] · map {..}
 *   bytes {"$bytes":"base64"} · NaN {"$double":"NaN"} (also Infinity, -Infinity) · text that is not UTF-8 {"$utf8":"base64"}
 *   A key of a map that begins with $ gets one more $; a key that is not UTF-8 is written as "$utf8:base64".
 *   Keys that occur twice are written twice.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = '0123456789abcdef';

/** Writes the value of the given type and payload (as in AttributeTable) to `sink`. */
export function writeValueJson(
  sink: ByteSink,
  arena: Uint8Array,
  type: number,
  at: number,
  length: number,
  depth = 0,
): void {
  if (type === VALUE_STRING) writeText(sink, arena, at, length);
  else if (type === VALUE_BOOL) sink.ascii(readVarint32(arena, at) !== 0 ? 'true' : 'false');
  else if (type === VALUE_INT) sink.ascii(intText(arena, at));
  else if (type === VALUE_DOUBLE) writeDouble(sink, readDouble(arena, at));
  else if (type === VALUE_BYTES) writeBase64(sink, '$bytes', arena, at, length);
  else if (type === VALUE_ARRAY && depth < VALUE_DEPTH_LIMIT) writeArray(sink, arena, at, at + length, depth);
  else if (type === VALUE_KVLIST && depth < VALUE_DEPTH_LIMIT) writeMap(sink, arena, at, at + length, depth);
  else sink.ascii('null');
}

/** Writes the attributes of one owner as a JSON object; `{}` where it has none. */
export function writeAttributesJson(sink: ByteSink, arena: Uint8Array, table: AttributeTable, owner: number): void {
  sink.ascii('{');
  const from = table.from[owner]!;
  const to = table.to[owner]!;
  for (let row = from; row < to; row++) {
    if (row > from) sink.ascii(',');
    writeKey(sink, arena, table.keyAt[row]!, table.keyLength[row]!);
    writeValueJson(sink, arena, table.type[row]!, table.at[row]!, table.length[row]!);
  }
  sink.ascii('}');
}

function intText(arena: Uint8Array, at: number): string {
  const number = readInt64AsNumber(arena, at);
  return Number.isSafeInteger(number) ? String(number) : readInt64(arena, at).toString();
}

function writeDouble(sink: ByteSink, number: number): void {
  if (!Number.isFinite(number)) {
    sink.ascii(`{"$double":"${number}"}`);
    return;
  }
  const text = Object.is(number, -0) ? '-0' : String(number);
  sink.ascii(/[.e]/.test(text) ? text : `${text}.0`);
}

function writeBase64(sink: ByteSink, key: string, arena: Uint8Array, at: number, length: number): void {
  sink.ascii(`{"${key}":"${base64(arena, at, length)}"}`);
}

function base64(arena: Uint8Array, at: number, length: number): string {
  return Buffer.from(arena.buffer, arena.byteOffset + at, length).toString('base64');
}

function writeText(sink: ByteSink, arena: Uint8Array, at: number, length: number): void {
  if (!isUtf8(arena.subarray(at, at + length))) {
    writeBase64(sink, '$utf8', arena, at, length);
    return;
  }
  sink.byte(QUOTE);
  writeEscaped(sink, arena, at, length);
  sink.byte(QUOTE);
}

/** UTF-8 with JSON's escapes. At most six bytes come from one. */
function writeEscaped(sink: ByteSink, arena: Uint8Array, at: number, length: number): void {
  sink.reserve(length * 6);
  const { bytes } = sink;
  let to = sink.length;
  for (let i = at; i < at + length; i++) {
    const byte = arena[i]!;
    if (byte === QUOTE || byte === BACKSLASH) {
      bytes[to++] = BACKSLASH;
      bytes[to++] = byte;
    } else if (byte >= 0x20) {
      bytes[to++] = byte;
    } else {
      bytes[to++] = BACKSLASH;
      bytes[to++] = 0x75;
      bytes[to++] = 0x30;
      bytes[to++] = 0x30;
      bytes[to++] = HEX.charCodeAt(byte >> 4);
      bytes[to++] = HEX.charCodeAt(byte & 15);
    }
  }
  sink.length = to;
}

function writeKey(sink: ByteSink, arena: Uint8Array, at: number, length: number): void {
  sink.byte(QUOTE);
  if (!isUtf8(arena.subarray(at, at + length))) sink.ascii(`$utf8:${base64(arena, at, length)}`);
  else {
    if (length > 0 && arena[at] === 0x24) sink.ascii('$');
    writeEscaped(sink, arena, at, length);
  }
  sink.ascii('":');
}

function writeArray(sink: ByteSink, arena: Uint8Array, from: number, end: number, depth: number): void {
  sink.ascii('[');
  let isFirst = true;
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    if (!isFirst) sink.ascii(',');
    isFirst = false;
    readVarint32(arena, start);
    readAnyValue(arena, cursor.at, at);
    writeValueJson(sink, arena, value.type, value.at, value.length, depth + 1);
  }
  sink.ascii(']');
}

function writeMap(sink: ByteSink, arena: Uint8Array, from: number, end: number, depth: number): void {
  sink.ascii('{');
  let isFirst = true;
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    if (!isFirst) sink.ascii(',');
    isFirst = false;
    readVarint32(arena, start);
    const table = scratchTable();
    readKeyValue(table, arena, 0, cursor.at, at, -1);
    const type = table.type[0]!;
    const valueAt = table.at[0]!;
    const valueLength = table.length[0]!;
    writeKey(sink, arena, table.keyAt[0]!, table.keyLength[0]!);
    writeValueJson(sink, arena, type, valueAt, valueLength, depth + 1);
  }
  sink.ascii('}');
}

/** Reads what writeValueJson wrote. Whole numbers beyond 2^53 become bigints; text that was not UTF-8 gets U+FFFD. */
export function parseValueJson(text: string): AnyValue {
  const reviver = (_key: string, item: unknown, context?: { readonly source?: string }): unknown =>
    typeof item === 'number' && !Number.isSafeInteger(item) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : item;
  return fromJson(JSON.parse(text, reviver));
}

function fromJson(item: unknown): AnyValue {
  if (Array.isArray(item)) return item.map(fromJson);
  if (typeof item !== 'object' || item === null) return item as AnyValue;
  const entries = Object.entries(item);
  const [key, content] = entries[0] ?? ['', ''];
  if (entries.length === 1 && typeof content === 'string') {
    if (key === '$bytes') return new Uint8Array(Buffer.from(content, 'base64'));
    if (key === '$double') return Number(content);
    if (key === '$utf8') return Buffer.from(content, 'base64').toString('utf8');
  }
  const map = Object.create(null) as { [key: string]: AnyValue };
  for (const [name, entry] of entries) map[fromJsonKey(name)] = fromJson(entry);
  return map;
}

function fromJsonKey(name: string): string {
  if (name.startsWith('$utf8:')) return Buffer.from(name.slice(6), 'base64').toString('utf8');
  return name.startsWith('$') ? name.slice(1) : name;
}
