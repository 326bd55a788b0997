import type { StoreReader } from './store-reader.ts';

/**
 * What ids name that are hashes of it, as those of bounds and resources are: an id never means anything else, so what was read once is not asked for
 * again. Kept for the readers that keep series, of all tenants of a store, each with its own; what was read longest ago goes first.
 */
export class KeptById<Value> {
  readonly #maxBytes: number;
  readonly #bytesOf: (value: Value) => number;
  readonly #stores = new WeakMap<object, KeptValues<Value>>();

  /** Per store no more than `maxBytes`, as `bytesOf` says it of a value. */
  constructor(maxBytes: number, bytesOf: (value: Value) => number) {
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
  }

  /** What is known of these ids, each once, and which of them are to be read. */
  find<Id extends string | number | bigint>(
    reader: StoreReader,
    ids: Iterable<Id>,
  ): { readonly found: Map<Id, Value>; readonly missing: readonly Id[] } {
    const kept = reader.keepsSeries ? this.#stores.get(reader.store)?.values : undefined;
    const found = new Map<Id, Value>();
    const missing: Id[] = [];
    for (const id of new Set(ids)) {
      const entry = kept?.get(keyOf(reader, id));
      if (entry === undefined) missing.push(id);
      else found.set(id, entry.value);
    }
    return { found, missing };
  }

  keep(reader: StoreReader, id: string | number | bigint, value: Value): void {
    if (!reader.keepsSeries) return;
    let store = this.#stores.get(reader.store);
    if (store === undefined) {
      store = { values: new Map(), bytes: 0 };
      this.#stores.set(reader.store, store);
    }
    const key = keyOf(reader, id);
    const bytes = ENTRY_BYTES + this.#bytesOf(value);
    store.bytes += bytes - (store.values.get(key)?.bytes ?? 0);
    store.values.set(key, { value, bytes });
    for (const [oldest, entry] of store.values) {
      if (store.bytes <= this.#maxBytes) break;
      store.values.delete(oldest);
      store.bytes -= entry.bytes;
    }
  }
}

interface KeptValues<Value> {
  readonly values: Map<string, { readonly value: Value; readonly bytes: number }>;
  bytes: number;
}

/** The key, and the place in the table. */
const ENTRY_BYTES = 150;

function keyOf({ tenant }: StoreReader, id: string | number | bigint): string {
  return `${id} ${tenant}`;
}
