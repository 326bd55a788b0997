import {
  ArenaWriter,
  type AttributeCursor,
  Double,
  formedValueAt,
  type PreparedValue,
  textAt,
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DEPTH_LIMIT,
  VALUE_DOUBLE,
  VALUE_EMPTY,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
  type ValueForm,
} from '#pdata';
import { EvaluationError, fail, float64, isInt, isList, typeName, type Value, type ValueMap } from './values.ts';

const FORM: ValueForm<Value, ValueMap> = {
  double: float64,
  newMap: () => new Map(),
  put(map, key, value) {
    map.set(key, value);
  },
};

/** The value with this VALUE_* type and payload. */
export function valueAt(arena: Uint8Array, type: number, at: number, length: number): Value {
  return formedValueAt(FORM, arena, type, at, length);
}

/** All attributes of the owner that the cursor stands on. */
export function attributesMap(attributes: AttributeCursor, arena: Uint8Array): ValueMap {
  const map: ValueMap = new Map();
  const { table, owner } = attributes;
  for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
    const key = textAt(arena, table.keyAt[row]!, table.keyLength[row]!);
    map.set(key, valueAt(arena, table.type[row]!, table.at[row]!, table.length[row]!));
  }
  return map;
}

const writer = new ArenaWriter(256);

/** A value as attributes and bodies hold it, with its payload as bytes that are valid until the next call. */
export function payloadOf(value: Value): { readonly type: number; readonly bytes: Uint8Array } {
  writer.reset();
  const type = valueType(value);
  writePayload(type, value, 0);
  return { type, bytes: writer.view() };
}

/** Writes a value behind what the arena holds. */
export function prepareValue(holder: { append(bytes: Uint8Array): number }, value: Value): PreparedValue {
  const { type, bytes } = payloadOf(value);
  return { type, at: holder.append(bytes), length: bytes.length };
}

function valueType(value: Value): number {
  if (value === null) return VALUE_EMPTY;
  if (typeof value === 'string') return VALUE_STRING;
  if (typeof value === 'boolean') return VALUE_BOOL;
  if (isInt(value)) return VALUE_INT;
  if (typeof value === 'number' || value instanceof Double) return VALUE_DOUBLE;
  if (value instanceof Uint8Array) return VALUE_BYTES;
  if (value instanceof Map) return VALUE_KVLIST;
  if (isList(value)) return VALUE_ARRAY;
  throw new EvaluationError(`a ${typeName(value)} can not be set here`);
}

function writePayload(type: number, value: Value, depth: number): void {
  if (depth > VALUE_DEPTH_LIMIT) fail(`a value is nested deeper than ${VALUE_DEPTH_LIMIT} levels`);
  switch (type) {
    case VALUE_STRING:
      writer.raw(Buffer.from(value as string));
      return;
    case VALUE_BOOL:
      writer.varint(value === true ? 1 : 0);
      return;
    case VALUE_INT:
      if (typeof value === 'number' && value >= 0) writer.varint(value);
      else writer.varint64(BigInt(value as number | bigint));
      return;
    case VALUE_DOUBLE:
      writer.double(value instanceof Double ? value.value : (value as number));
      return;
    case VALUE_BYTES:
      writer.raw(value as Uint8Array);
      return;
    case VALUE_ARRAY:
      for (const item of value as readonly Value[]) writeAny(1, item, depth + 1);
      return;
    case VALUE_KVLIST:
      for (const [key, item] of value as ValueMap) writeEntry(1, key, item, depth + 1);
      return;
  }
}

function writeEntry(field: number, key: string, value: Value, depth: number): void {
  const mark = writer.begin(field);
  writer.textField(1, key);
  writeAny(2, value, depth);
  writer.end(mark);
}

function writeAny(field: number, value: Value, depth: number): void {
  const mark = writer.begin(field);
  const type = valueType(value);
  if (type === VALUE_BOOL || type === VALUE_INT) writer.tag(type, 0);
  else if (type === VALUE_DOUBLE) writer.tag(type, 1);
  if (type === VALUE_EMPTY || type === VALUE_BOOL || type === VALUE_INT || type === VALUE_DOUBLE)
    writePayload(type, value, depth);
  else {
    const inner = writer.begin(type);
    writePayload(type, value, depth);
    writer.end(inner);
  }
  writer.end(mark);
}
