import { type AttributeCursor, type AttributeKey, attributeKey, textAt, VALUE_STRING } from '#pdata';
import type { Expression } from '../expression.ts';
import { type Key, storable, valueIn, withValue } from '../keys.ts';
import type { Place } from '../place.ts';
import { attributesMap, prepareValue, valueAt } from '../read-value.ts';
import { fail, typeName, type Value } from '../values.ts';

/** Attributes as a whole, or the one that `keys` lead to. */
export function attributesPath(cursorAt: (at: Place) => AttributeCursor, keys: readonly Key[]): Expression {
  if (keys.length === 0) return wholePath(cursorAt);
  const [first] = keys as [Key];
  return typeof first.constant === 'string' && keys.length === 1
    ? attributePath(cursorAt, first.constant)
    : indexedPath(cursorAt, keys);
}

function wholePath(cursorAt: (at: Place) => AttributeCursor): Expression {
  return {
    get: (at) => attributesMap(cursorAt(at), at.chunk.arena),
    set: (at, value) => {
      if (value !== null && !(value instanceof Map)) fail(`expects map but got ${typeName(value)}`);
      const attributes = cursorAt(at);
      attributes.clear();
      if (value === null) return;
      for (const [key, item] of value as ReadonlyMap<string, Value>) setAttribute(at, attributes, key, item);
    },
    attributes: cursorAt,
  };
}

function attributePath(cursorAt: (at: Place) => AttributeCursor, name: string): Expression {
  const key = attributeKey(name);
  return {
    get: (at) => {
      return attributeAt(at, cursorAt(at), key);
    },
    set: (at, value) => setKnown(at, cursorAt(at), key, value),
    equalsText: (at, bytes) => cursorAt(at).equalsText(key, bytes),
    attributes: cursorAt,
    attribute: key,
  };
}

function indexedPath(cursorAt: (at: Place) => AttributeCursor, keys: readonly Key[]): Expression {
  const [first] = keys as [Key];
  const nameAt = (at: Place): string => {
    const name = first.constant ?? first.get(at);
    return typeof name === 'string' ? name : fail(`attributes are indexed by a string, not by ${typeName(name)}`);
  };
  return {
    get: (at) => {
      const key = attributeKey(nameAt(at));
      const found = attributeAt(at, cursorAt(at), key);
      return found === null ? null : valueIn(found, keys, 1, at);
    },
    set: (at, value) => {
      const key = attributeKey(nameAt(at));
      const current = attributeAt(at, cursorAt(at), key);
      // What the keys are made of may move the cursor.
      const next = withValue(current, keys, 1, value, at);
      setKnown(at, cursorAt(at), key, next);
    },
  };
}

/** null where the owner doesn't have the key. */
function attributeAt(at: Place, attributes: AttributeCursor, key: AttributeKey): Value {
  const row = attributes.find(key);
  if (row < 0) return null;
  const { found } = attributes;
  return valueAt(at.chunk.arena, found.type[row]!, found.at[row]!, found.length[row]!);
}

export function setAttribute(at: Place, attributes: AttributeCursor, name: string, value: Value): void {
  setKnown(at, attributes, attributeKey(name), value);
}

function setKnown(at: Place, attributes: AttributeCursor, key: AttributeKey, value: Value): void {
  if (typeof value === 'string') {
    const { chunk } = at;
    attributes.setPrepared(key, { type: VALUE_STRING, at: chunk.appendText(value), length: chunk.lastTextLength });
    return;
  }
  attributes.setPrepared(key, prepareValue(at.chunk, storable(value)));
}

/** The keys of the owner that the cursor stands on. */
export function keysOf(attributes: AttributeCursor, arena: Uint8Array): string[] {
  const { table, owner } = attributes;
  const keys: string[] = [];
  for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
    keys.push(textAt(arena, table.keyAt[row]!, table.keyLength[row]!));
  }
  return keys;
}
