/** What was pushed a while ago, so that an entry that comes again is taken as the one that is there: clients repeat a push whose answer they lost. */
import { HASH_KEY, keyedHash } from '#base';
import { Batch, type Chunk } from '#pdata';

/** Entries that are known at least, and of those before them as many again at most. */
const KNOWN_ENTRIES = 200_000;

const OTHER_KEY = { low: ~HASH_KEY.high, high: HASH_KEY.low ^ 0x5bd1e995 };
/** Of 53 bits of a number, what lies above the 21 of the second hash. */
const UPPER = 2 ** 21;

/**
 * As Loki's ingester compares an entry with those that it still holds: the same labels, time, line and structured metadata are one entry. Entries are
 * known by 53 bits of keyed hashes: two different ones of 400,000 are taken for the same once in 20,000 million.
 */
export class RecentEntries {
  #known = new Set<number>();
  #before: ReadonlySet<number> = new Set();

  /** Without entries that are known, or stand in the batch before; `remember` is to be called when these are stored. */
  fresh(batch: Batch): { readonly batch: Batch; remember(): void } {
    const added = new Set<number>();
    const chunks = batch.chunks.map((chunk) => this.#freshOf(chunk, added));
    return { batch: new Batch(batch.signal, chunks, batch.context), remember: () => this.#remember(added) };
  }

  #freshOf(chunk: Chunk, added: Set<number>): Chunk {
    const rows = new Uint32Array(chunk.count);
    const owners = new Int32Array(chunk.layout.resourceStart.length);
    for (let owner = 0; owner < owners.length; owner++) owners[owner] = ownerHash(chunk, owner);
    let count = 0;
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const key = entryKey(chunk, row, owners);
      if (added.has(key) || this.#known.has(key) || this.#before.has(key)) continue;
      added.add(key);
      rows[count++] = row;
    }
    return count === chunk.count ? chunk : chunk.select(rows.slice(0, count));
  }

  #remember(keys: ReadonlySet<number>): void {
    for (const key of keys) this.#known.add(key);
    if (this.#known.size < KNOWN_ENTRIES) return;
    this.#before = this.#known;
    this.#known = new Set();
  }
}

function ownerHash({ arena, layout }: Chunk, resource: number): number {
  const from = layout.resourceStart[resource]!;
  return keyedHash(arena, from, layout.resourceEnd[resource]! - from, HASH_KEY);
}

function entryKey({ arena, layout }: Chunk, row: number, owners: Int32Array): number {
  const from = layout.rowStart[row]!;
  const length = layout.rowEnd[row]! - from;
  const owner = owners[layout.scopeResource[layout.rowScope[row]!]!]!;
  const one = keyedHash(arena, from, length, HASH_KEY) ^ owner;
  const other = keyedHash(arena, from, length, OTHER_KEY) ^ Math.imul(owner, 0x9e3779b1);
  return (one >>> 0) * UPPER + ((other >>> 0) % UPPER);
}
