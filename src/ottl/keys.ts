import type { Getter } from './expression.ts';
import type { Place } from './place.ts';
import { copyOf, Duration, fail, Id, isInt, isList, Parts, Time, typeName, type Value } from './values.ts';

/** A key between brackets, compiled. */
export interface Key {
  /** undefined where it is worked out for each item. */
  readonly constant: string | number | bigint | undefined;
  readonly get: Getter;
}

/** A list is not made longer than this by setting one of its items. */
const NEW_LIST_LIMIT = 10_000;

function textKey(key: Key, at: Place): string {
  const value = key.constant ?? key.get(at);
  return typeof value === 'string' ? value : fail(`a map is indexed by a string, not by ${typeName(value)}`);
}

function indexKey(key: Key, at: Place): number {
  const value = key.constant ?? key.get(at);
  return isInt(value) ? Number(value) : fail(`a list is indexed by an int, not by ${typeName(value)}`);
}

function boundedIndex(key: Key, at: Place, count: number): number {
  const index = indexKey(key, at);
  return index >= 0 && index < count ? index : fail(`index ${index} out of bounds`);
}

/** Of paths: a key that a map doesn't have is nil. `from`: keys before have been used. */
export function valueIn(value: Value, keys: readonly Key[], from: number, at: Place): Value {
  let found = value;
  for (let i = from; i < keys.length; i++) {
    if (found instanceof Map) {
      const next = found.get(textKey(keys[i]!, at));
      if (next === undefined) return null;
      found = next;
    } else if (isList(found)) found = found[boundedIndex(keys[i]!, at, found.length)]!;
    else fail(`${typeName(found)} can not be indexed`);
  }
  return found;
}

/** Of converters and parameters of lambdas: a key that a map doesn't have is an error. */
export function itemOf(value: Value, keys: readonly Key[], at: Place): Value {
  let found = value;
  for (const key of keys) {
    const index = key.constant ?? key.get(at);
    if (typeof index === 'string') {
      if (!(found instanceof Map)) fail(`${typeName(found)} can not be indexed by a string`);
      found = (found as ReadonlyMap<string, Value>).get(index) ?? missing(found as ReadonlyMap<string, Value>, index);
    } else if (isInt(index)) {
      const count =
        isList(found) || found instanceof Uint8Array
          ? found.length
          : fail(`${typeName(found)} can not be indexed by an int`);
      if (index < 0 || index >= count) fail(`index ${index} out of bounds`);
      found = (found as readonly Value[] | Uint8Array)[Number(index)]!;
    } else fail(`a key is a string or an int, not ${typeName(index)}`);
  }
  return found;
}

function missing(map: ReadonlyMap<string, Value>, key: string): Value {
  return map.has(key) ? null : fail(`key "${key}" not found in map`);
}

/** What `current` is once the value that the keys lead to is `next`. Changes maps in place. */
export function withValue(current: Value, keys: readonly Key[], from: number, next: Value, at: Place): Value {
  if (from === keys.length) return storable(next);
  const key = keys[from]!;
  if (current instanceof Map) {
    const name = textKey(key, at);
    const inner = current.get(name) ?? null;
    current.set(name, withValue(inner, keys, from + 1, next, at));
    return current;
  }
  if (isList(current)) {
    const items = [...current];
    const index = boundedIndex(key, at, items.length);
    items[index] = withValue(items[index]!, keys, from + 1, next, at);
    return items;
  }
  if (current !== null) fail(`${typeName(current)} can not be indexed`);
  return newContainer(key, keys, from, next, at);
}

/** What holds a value under a key where there was nothing. */
function newContainer(key: Key, keys: readonly Key[], from: number, next: Value, at: Place): Value {
  const index = key.constant ?? key.get(at);
  if (typeof index === 'string') return new Map([[index, withValue(null, keys, from + 1, next, at)]]);
  if (!isInt(index)) fail(`a key is a string or an int, not ${typeName(index)}`);
  if ((index as number) < 0 || (index as number) > NEW_LIST_LIMIT) fail(`index ${index} out of bounds`);
  const items: Value[] = new Array(Number(index)).fill(null);
  items.push(withValue(null, keys, from + 1, next, at));
  return items;
}

/** What attributes, bodies and caches can hold, as a copy of its own. */
export function storable(value: Value): Value {
  if (value instanceof Time || value instanceof Duration || value instanceof Id || value instanceof Parts) {
    fail(`a ${typeName(value)} can not be set here`);
  }
  return copyOf(value);
}
