import { ByteMap, KeyBytes } from '#base';
import type { ArenaWriter, Batch, Chunk } from '#pdata';
import {
  type GroupParts,
  type ResourceParts,
  regrouped,
  resourceParts,
  type ScopeParts,
  scopeParts,
  writeItemOf,
} from '#wire';
import { writeAttributesTo } from '../shared/series/attribute-key.ts';

/** The field of records in a scope. */
const RECORDS = 2;
/** Keys of one batch can't take more than it has. */
const KEYS_LIMIT_BYTES = Number.MAX_SAFE_INTEGER;

/** A scope with records of whatever chunks. */
class Scope implements ScopeParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  readonly #chunks: Chunk[] = [];
  readonly #rows: number[] = [];

  constructor({ message, beside }: GroupParts) {
    this.message = message;
    this.beside = beside;
  }

  add(chunk: Chunk, row: number): this {
    this.#chunks.push(chunk);
    this.#rows.push(row);
    return this;
  }

  writeItems(out: ArenaWriter): void {
    for (const [i, chunk] of this.#chunks.entries()) writeItemOf(out, chunk, this.#rows[i]!, RECORDS);
  }
}

/** Each record with a resource and a scope of its own, so that a change of them for one is none for another. */
export function flattened(batch: Batch): Batch {
  const resources: ResourceParts[] = [];
  for (const chunk of batch.chunks) {
    const resourceOf = remembering((index) => resourceParts(chunk, index));
    const scopeOf = remembering((index) => scopeParts(chunk, index));
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      const scope = new Scope(scopeOf(chunk.scopeOf(row))).add(chunk, row);
      resources.push({ ...resourceOf(chunk.resourceOf(row)), scopes: [scope] });
    }
  }
  return regrouped(batch, resources);
}

function remembering<T>(make: (index: number) => T): (index: number) => T {
  const known = new Map<number, T>();
  return (index) => {
    let value = known.get(index);
    if (value === undefined) {
      value = make(index);
      known.set(index, value);
    }
    return value;
  };
}

/** Records with equal resources under one of them, and so for scopes: the opposite of `flattened`. */
export function grouped(batch: Batch): Batch {
  const key = new KeyBytes();
  const resources = new ByteMap<Resource>(KEYS_LIMIT_BYTES);
  const order: Resource[] = [];
  for (const chunk of batch.chunks) {
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      const index = chunk.resourceOf(row);
      key.length = 0;
      const parts = resourceParts(chunk, index);
      key.number(parts.beside.length);
      key.range(parts.beside, 0, parts.beside.length);
      writeAttributesTo(key, chunk.arena, chunk.resourceAttributes.table, index);
      let resource = resources.get(key.bytes, key.length);
      if (resource === undefined) {
        resource = new Resource(parts);
        resources.add(key.bytes, key.length, resource);
        order.push(resource);
      }
      resource.scopeOf(key, chunk, chunk.scopeOf(row)).add(chunk, row);
    }
  }
  return regrouped(batch, order);
}

class Resource implements ResourceParts {
  readonly message: Uint8Array;
  readonly beside: Uint8Array;
  readonly scopes: Scope[] = [];
  readonly #byKey = new ByteMap<Scope>(KEYS_LIMIT_BYTES);

  constructor({ message, beside }: GroupParts) {
    this.message = message;
    this.beside = beside;
  }

  scopeOf(key: KeyBytes, chunk: Chunk, index: number): Scope {
    const parts = scopeParts(chunk, index);
    key.length = 0;
    key.text(chunk.scopeName(index));
    key.text(chunk.scopeVersion(index));
    key.number(parts.beside.length);
    key.range(parts.beside, 0, parts.beside.length);
    writeAttributesTo(key, chunk.arena, chunk.scopeAttributes.table, index);
    let scope = this.#byKey.get(key.bytes, key.length);
    if (scope === undefined) {
      scope = new Scope(parts);
      this.#byKey.add(key.bytes, key.length, scope);
      this.scopes.push(scope);
    }
    return scope;
  }
}
