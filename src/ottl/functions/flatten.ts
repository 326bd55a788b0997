import { isList, type Value, type ValueMap } from '../values.ts';

/** The entries of nested maps and lists, under keys joined by dots (pkg/ottl/ottlfuncs/func_flatten.go). */
export function flattened(map: ValueMap, prefix: string, depthLimit: number, resolvesConflicts: boolean): ValueMap {
  const flattener = new Flattener(depthLimit, resolvesConflicts);
  flattener.map(map, prefix, 0);
  return flattener.result;
}

class Flattener {
  readonly result: ValueMap = new Map();
  readonly #depthLimit: number;
  readonly #resolvesConflicts: boolean;
  readonly #conflicts = new Map<string, number>();

  constructor(depthLimit: number, resolvesConflicts: boolean) {
    this.#depthLimit = depthLimit;
    this.#resolvesConflicts = resolvesConflicts;
  }

  map(map: ValueMap, prefix: string, depth: number): void {
    const start = prefix === '' ? '' : `${prefix}.`;
    for (const [key, value] of map) this.#value(`${start}${key}`, value, depth);
  }

  #value(key: string, value: Value, depth: number): void {
    if (value instanceof Map && depth < this.#depthLimit) this.map(value, key, depth + 1);
    else if (isList(value) && depth < this.#depthLimit) this.#list(value, key, depth);
    else this.#put(key, key, value);
  }

  #list(list: readonly Value[], key: string, depth: number): void {
    list.forEach((item, index) => {
      const isNested = depth + 1 < this.#depthLimit;
      if (item instanceof Map && isNested) this.map(item, `${key}.${index}`, depth + 2);
      else if (isList(item) && isNested) this.#nested(item, `${key}.${index}`, depth + 2);
      else this.#put(key, `${key}.${index}`, item);
    });
  }

  /** A list in a list: contrib joins its indexes to the key without a dot. */
  #nested(list: readonly Value[], key: string, depth: number): void {
    list.forEach((item, index) => {
      this.#value(`${key}${index}`, item, depth + 1);
    });
  }

  /** Conflicts are counted under the key of the whole list. */
  #put(key: string, numbered: string, value: Value): void {
    if (!this.#resolvesConflicts) {
      this.result.set(numbered, value);
      return;
    }
    if (!this.result.has(key)) {
      this.#conflicts.set(key, 0);
      this.result.set(key, value);
      return;
    }
    const count = this.#conflicts.get(key) ?? 0;
    this.#conflicts.set(key, count + 1);
    this.result.set(`${key}.${count}`, value);
  }
}
