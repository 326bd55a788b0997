import {
  type AttributeCursor,
  type AttributeKey,
  attributeKey,
  type Chunk,
  VALUE_BYTES,
  VALUE_EMPTY,
  VALUE_STRING,
} from '#pdata';

/** Attributes made ready to be set on resources. */
export type PreparedAttributes = readonly { readonly key: AttributeKey; readonly value: string }[];

/** Labels may be called anything, but most are called the same on all pods. */
const KEYS_LIMIT = 4096;
const keys = new Map<string, AttributeKey>();

function preparedKey(name: string): AttributeKey {
  let key = keys.get(name);
  if (key === undefined) {
    if (keys.size >= KEYS_LIMIT) keys.clear();
    key = attributeKey(name);
    keys.set(name, key);
  }
  return key;
}

export function prepare(attributes: ReadonlyMap<string, string>): PreparedAttributes {
  return Array.from(attributes, ([name, value]) => ({ key: preparedKey(name), value }));
}

/** Whether the attribute is there and prints as something: what is not may be set. */
export function isSet(attributes: AttributeCursor, key: AttributeKey, chunk: Chunk): boolean {
  const { table, owner } = attributes;
  const row = table.find(chunk.arena, owner, key);
  if (row < 0) return false;
  const type = table.type[row]!;
  if (type === VALUE_EMPTY) return false;
  return (type !== VALUE_STRING && type !== VALUE_BYTES) || table.length[row]! > 0;
}

/** Sets those that are not set yet. */
export function setMissing(attributes: AttributeCursor, prepared: PreparedAttributes, chunk: Chunk): void {
  for (const { key, value } of prepared) {
    if (!isSet(attributes, key, chunk)) attributes.set(key, value);
  }
}
