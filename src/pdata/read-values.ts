import { type AnyValue, Double } from './any-value.ts';
import { AttributeTable } from './attribute-table.ts';
import { attributeKeys } from './keys.ts';
import { cursor, readDouble, readInt64, readInt64AsNumber, readVarint32, skipValue, WIRE_BYTES } from './protobuf.ts';
import { textAt } from './text.ts';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DEPTH_LIMIT,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
} from './value-types.ts';

/**
 * Reads the KeyValue message in `arena[at, end)` into row `row` of `table`, which must have room. `guess` is the table row of the
 * attribute that stood at the same position of the previous owner: its key is most often the same, and comparing is cheaper than
 * hashing. -1 for no guess.
 */
export function readKeyValue(
  table: AttributeTable,
  arena: Uint8Array,
  row: number,
  at: number,
  end: number,
  guess: number,
): void {
  readKeyValueAt(table, arena, row, at, end);
  table.keyId[row] = keyIdOf(table, arena, table.keyAt[row]!, table.keyLength[row]!, guess);
}

/** The same without the key's id. */
export function readKeyValueAt(table: AttributeTable, arena: Uint8Array, row: number, at: number, end: number): void {
  table.entryAt[row] = at;
  let keyAt = at + 2;
  let keyLength = arena[at + 1]!;
  const valueAt = keyAt + keyLength;
  const rest = end - valueAt - 2;
  // What every SDK writes: key, then value, both shorter than 128 bytes.
  if (
    arena[at] === 0x0a &&
    keyLength < 0x80 &&
    rest > 0 &&
    arena[valueAt] === 0x12 &&
    arena[valueAt + 1] === rest &&
    rest < 0x80
  ) {
    const tag = arena[valueAt + 2]!;
    if (tag === 0x0a && rest > 1 && arena[valueAt + 3] === rest - 2) {
      table.type[row] = VALUE_STRING;
      table.at[row] = valueAt + 4;
      table.length[row] = rest - 2;
    } else if (isScalar(arena, tag, valueAt + 3, end)) {
      table.type[row] = tag >>> 3;
      table.at[row] = valueAt + 3;
      table.length[row] = rest - 1;
    } else {
      readAnyValue(arena, valueAt + 2, end);
      table.type[row] = value.type;
      table.at[row] = value.at;
      table.length[row] = value.length;
    }
    table.keyAt[row] = keyAt;
    table.keyLength[row] = keyLength;
    return;
  }
  keyAt = at;
  keyLength = 0;
  value.type = VALUE_EMPTY;
  value.at = end;
  value.length = 0;
  while (at < end) {
    const tag = arena[at]!;
    if (tag === 0x0a) {
      keyLength = arena[at + 1]!;
      keyAt = at + 2;
      if (keyLength >= 0x80) {
        keyLength = readVarint32(arena, at + 1);
        keyAt = cursor.at;
      }
      at = keyAt + keyLength;
    } else if (tag === 0x12) {
      let length = arena[at + 1]!;
      let from = at + 2;
      if (length >= 0x80) {
        length = readVarint32(arena, at + 1);
        from = cursor.at;
      }
      at = from + length;
      readAnyValue(arena, from, at);
    } else {
      const unknown = readVarint32(arena, at);
      at = skipValue(arena, cursor.at, unknown & 7);
    }
  }
  table.keyAt[row] = keyAt;
  table.keyLength[row] = keyLength;
  table.type[row] = value.type;
  table.at[row] = value.at;
  table.length[row] = value.length;
}

/** Whether an AnyValue with this first tag is one bool, int or double whose payload is exactly arena[at, end). */
function isScalar(arena: Uint8Array, tag: number, at: number, end: number): boolean {
  if (tag === 0x21) return end - at === 8;
  if ((tag !== 0x18 && tag !== 0x10) || at >= end) return false;
  const last = end - 1;
  while (at < last && arena[at]! >= 0x80) at++;
  return at === last && arena[last]! < 0x80;
}

function keyIdOf(table: AttributeTable, arena: Uint8Array, keyAt: number, keyLength: number, guess: number): number {
  if (guess >= 0 && table.keyLength[guess] === keyLength) {
    const guessAt = table.keyAt[guess]!;
    let i = 0;
    while (i < keyLength && arena[guessAt + i] === arena[keyAt + i]) i++;
    if (i === keyLength) return table.keyId[guess]!;
  }
  return attributeKeys.intern(arena, keyAt, keyLength);
}

/** What readAnyValue found. */
export const value: { type: number; at: number; length: number } = { type: VALUE_EMPTY, at: 0, length: 0 };

/** Reads the AnyValue message in `arena[at, end)` into `value`: the type and where its payload lies. The last field wins. */
export function readAnyValue(arena: Uint8Array, at: number, end: number): void {
  const length = end - at;
  if (length > 1 && arena[at] === 0x0a && arena[at + 1] === length - 2) {
    value.type = VALUE_STRING;
    value.at = at + 2;
    value.length = length - 2;
    return;
  }
  readAnyValueFields(arena, at, end);
}

function readAnyValueFields(arena: Uint8Array, at: number, end: number): void {
  value.type = VALUE_EMPTY;
  value.at = end;
  value.length = 0;
  while (at < end) {
    const tag = readVarint32(arena, at);
    at = cursor.at;
    const field = tag >>> 3;
    const next = skipValue(arena, at, tag & 7);
    if (field >= VALUE_STRING && field <= VALUE_BYTES) {
      value.type = field;
      if ((tag & 7) === WIRE_BYTES) {
        value.length = readVarint32(arena, at);
        value.at = cursor.at;
      } else {
        value.at = at;
        value.length = next - at;
      }
    }
    at = next;
  }
}

/** How a reader has what JavaScript has no form of its own for. Its values hold null, texts, booleans, numbers, bigints, Uint8Arrays and arrays. */
export interface ValueForm<V, M extends V> {
  double(value: number): V;
  newMap(): M;
  put(map: M, key: string, value: V): void;
}

type ObjectMap = { [key: string]: AnyValue };

const inObjects = {
  newMap: (): ObjectMap => Object.create(null) as ObjectMap,
  put(map: ObjectMap, key: string, value: AnyValue): void {
    map[key] = value;
  },
};
const PLAIN: ValueForm<AnyValue, ObjectMap> = { ...inObjects, double: (value) => value };
const EXACT: ValueForm<AnyValue, ObjectMap> = { ...inObjects, double: (value) => new Double(value) };

/** The value of the given type and payload as a JavaScript value. Doubles are numbers, also whole ones. */
export function anyValueAt(arena: Uint8Array, type: number, at: number, length: number): AnyValue {
  return formedValueAt(PLAIN, arena, type, at, length);
}

/** The same with a Double for each double, so that it keeps its type where it is written again. */
export function exactValueAt(arena: Uint8Array, type: number, at: number, length: number): AnyValue {
  return formedValueAt(EXACT, arena, type, at, length);
}

/** The same in a form of the reader's own. */
export function formedValueAt<V, M extends V>(
  form: ValueForm<V, M>,
  arena: Uint8Array,
  type: number,
  at: number,
  length: number,
): V {
  return valueAt(arena, type, at, length, 0, form) as V;
}

type AnyForm = ValueForm<unknown, unknown>;

/** `depth` guards the recursion. */
function valueAt(arena: Uint8Array, type: number, at: number, length: number, depth: number, form: AnyForm): unknown {
  switch (type) {
    case VALUE_STRING:
      return textAt(arena, at, length);
    case VALUE_BOOL:
      return readVarint32(arena, at) !== 0;
    case VALUE_INT: {
      const number = readInt64AsNumber(arena, at);
      return Number.isSafeInteger(number) ? number : readInt64(arena, at);
    }
    case VALUE_DOUBLE:
      return form.double(readDouble(arena, at));
    case VALUE_BYTES:
      return arena.slice(at, at + length);
    case VALUE_ARRAY:
      return depth < VALUE_DEPTH_LIMIT ? arrayAt(arena, at, at + length, depth, form) : null;
    case VALUE_KVLIST:
      return depth < VALUE_DEPTH_LIMIT ? mapAt(arena, at, at + length, depth, form) : null;
    default:
      return null;
  }
}

function arrayAt(arena: Uint8Array, from: number, end: number, depth: number, form: AnyForm): unknown[] {
  const items: unknown[] = [];
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readAnyValue(arena, cursor.at, at);
    items.push(valueAt(arena, value.type, value.at, value.length, depth + 1, form));
  }
  return items;
}

function mapAt(arena: Uint8Array, from: number, end: number, depth: number, form: AnyForm): unknown {
  const map = form.newMap();
  const scratch = new AttributeTable(1, 1);
  for (let at = from; at < end; ) {
    const tag = readVarint32(arena, at);
    const start = cursor.at;
    at = skipValue(arena, start, tag & 7);
    if (tag !== 0x0a) continue;
    readVarint32(arena, start);
    readKeyValue(scratch, arena, 0, cursor.at, at, -1);
    const key = textAt(arena, scratch.keyAt[0]!, scratch.keyLength[0]!);
    form.put(map, key, valueAt(arena, scratch.type[0]!, scratch.at[0]!, scratch.length[0]!, depth + 1, form));
  }
  return map;
}

/** Reads the KeyValues in field `field` of the message in `arena[from, to)` as the attributes of `owner`. */
export function readAttributes(
  table: AttributeTable,
  arena: Uint8Array,
  owner: number,
  from: number,
  to: number,
  field: number,
  previousOwner: number,
): void {
  let guess = previousOwner < 0 ? -1 : table.from[previousOwner]!;
  const guessEnd = previousOwner < 0 ? -1 : table.to[previousOwner]!;
  table.from[owner] = table.count;
  const wanted = (field << 3) | 2;
  let at = from;
  while (at < to) {
    let tag = arena[at++]!;
    if (tag >= 0x80) {
      tag = readVarint32(arena, at - 1);
      at = cursor.at;
    }
    if (tag === wanted) {
      let length = arena[at++]!;
      if (length >= 0x80) {
        length = readVarint32(arena, at - 1);
        at = cursor.at;
      }
      table.reserve();
      readKeyValue(table, arena, table.count, at, at + length, guess < guessEnd ? guess : -1);
      table.count++;
      at += length;
      guess++;
    } else {
      at = skipValue(arena, at, tag & 7);
    }
  }
  table.to[owner] = table.count;
}
