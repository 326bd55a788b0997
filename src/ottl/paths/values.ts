import type { Expression } from '../expression.ts';
import { type Key, storable, valueIn, withValue } from '../keys.ts';
import type { Place } from '../place.ts';
import { copyOf, fail, typeName, type Value, type ValueMap } from '../values.ts';

/** A map that is read and set as a whole: the metadata of a metric. */
export function mapPath(
  read: (at: Place) => ValueMap,
  write: (at: Place, map: ValueMap) => void,
  keys: readonly Key[],
): Expression {
  if (keys.length === 0) {
    return {
      get: read,
      set: (at, value) => {
        if (value !== null && !(value instanceof Map)) fail(`expects map but got ${typeName(value)}`);
        write(at, (value ?? new Map()) as ValueMap);
      },
    };
  }
  return {
    get: (at) => valueIn(read(at), keys, 0, at),
    set: (at, value) => write(at, withValue(read(at), keys, 0, value, at) as ValueMap),
  };
}

/** The scratch space of an item. */
export function cachePath(keys: readonly Key[]): Expression {
  if (keys.length === 0) {
    return {
      get: (at) => at.cache(),
      set: (at, value) => {
        if (value !== null && !(value instanceof Map)) fail(`expects map but got ${typeName(value)}`);
        const next = value === null ? new Map<string, Value>() : (copyOf(value) as ValueMap);
        const cache = at.cache();
        cache.clear();
        for (const [key, item] of next) cache.set(key, item);
      },
    };
  }
  return {
    get: (at) => valueIn(at.cache(), keys, 0, at),
    set: (at, value) => {
      withValue(at.cache(), keys, 0, storable(value), at);
    },
  };
}

/** What is known of the sender: texts by name. */
export function senderPath(read: (at: Place) => Value, keys: readonly Key[], name: string): Expression {
  const set = (): void => fail(`${name} can not be changed`);
  return { get: keys.length === 0 ? read : (at) => valueIn(read(at), keys, 0, at), set };
}
