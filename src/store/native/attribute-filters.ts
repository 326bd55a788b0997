import { PROBE_LIMIT } from '#base';
import { FILTER_BITS, FILTER_PROBES, probe } from '../schema/index.ts';
import type { AttributeHashes, KindHash } from './attribute-hashes.ts';
import type { ByteSink } from './byte-sink.ts';

/** A filter takes no more: where spans have many different attributes it is less exact. */
const MOST_BYTES_PER_SPAN = 8;
/** With fewer for each attribute a filter would hardly leave anything out. */
const LEAST_BITS = 4;

/**
 * Makes filters of attributes, one for each group of spans (schema/attribute-filter.ts). One that is empty says nothing: there are more different
 * attributes than it could tell apart.
 */
export class AttributeFilters {
  /** The hashes, group by group. */
  #hashes = new Uint32Array(4096);
  /** Hashes of a group that were seen; 0 is a free place. */
  #seen = new Uint32Array(4096);

  /** Writes a String per group. `groupOf`: of each row. `spanCounts`: of each group. */
  write(
    sink: ByteSink,
    hashes: AttributeHashes,
    groupOf: Int32Array,
    spanCounts: Uint32Array,
    groupCount: number,
  ): void {
    const starts = this.#group(hashes, groupOf, groupCount);
    for (let group = 0; group < groupCount; group++) {
      const from = starts[group]!;
      const count = this.#distinct(from, starts[group + 1]!);
      const byteLength = lengthOf(count, spanCounts[group]!);
      sink.varint(byteLength);
      const at = sink.take(byteLength);
      sink.bytes.fill(0, at, at + byteLength);
      if (byteLength > 0) setBits(sink.bytes, at, byteLength, this.#hashes, from, count);
    }
  }

  /** Sorts hashes by group. Gives where each group's begin, and at the end how many there are. */
  #group({ rows, hashes, count, kinds }: AttributeHashes, groupOf: Int32Array, groupCount: number): Uint32Array {
    const starts = new Uint32Array(groupCount + 1);
    for (let i = 0; i < count; i++) starts[groupOf[rows[i]!]! + 1]!++;
    for (const kind of kinds) forGroups(kind, groupOf, (group) => starts[group + 1]!++);
    for (let group = 0; group < groupCount; group++) starts[group + 1]! += starts[group]!;
    const total = starts[groupCount]!;
    if (this.#hashes.length < total) this.#hashes = new Uint32Array(total * 2);
    const next = starts.slice();
    for (let i = 0; i < count; i++) this.#hashes[next[groupOf[rows[i]!]!]!++] = hashes[i]!;
    for (const kind of kinds) forGroups(kind, groupOf, (group) => (this.#hashes[next[group]!++] = kind.hash));
    return starts;
  }

  /** Moves the different ones of the hashes in [from, to) to their beginning. Gives how many they are. */
  #distinct(from: number, to: number): number {
    const size = 1 << Math.max(4, 33 - Math.clz32(to - from));
    if (this.#seen.length < size) this.#seen = new Uint32Array(size);
    const [hashes, seen, mask] = [this.#hashes, this.#seen, size - 1];
    seen.fill(0, 0, size);
    let end = from;
    for (let i = from; i < to; i++) {
      const hash = hashes[i]! === 0 ? 1 : hashes[i]!;
      let place = hash & mask;
      let distance = 0;
      // Where all places near its own are taken it counts as one more.
      while (seen[place] !== 0 && seen[place] !== hash && distance < PROBE_LIMIT) place = (hash + ++distance) & mask;
      if (seen[place] === hash) continue;
      if (seen[place] === 0) seen[place] = hash;
      hashes[end++] = hashes[i]!;
    }
    return end - from;
  }
}

/** The groups of the rows of a kind, some perhaps several times. */
function forGroups({ from, to }: KindHash, groupOf: Int32Array, take: (group: number) => void): void {
  let last = -1;
  for (let row = from; row < to; row++) {
    if (groupOf[row] === last) continue;
    last = groupOf[row]!;
    take(last);
  }
}

/** A filter of nothing is a byte without bits. */
function lengthOf(count: number, spanCount: number): number {
  const bits = Math.min(count * FILTER_BITS, spanCount * MOST_BYTES_PER_SPAN * 8);
  return bits < count * LEAST_BITS ? 0 : Math.max(1, Math.ceil(bits / 8));
}

function setBits(
  bytes: Uint8Array,
  at: number,
  byteLength: number,
  hashes: Uint32Array,
  from: number,
  count: number,
): void {
  for (let i = from; i < from + count; i++) {
    for (let index = 0; index < FILTER_PROBES; index++) {
      const place = probe(hashes[i]!, index);
      bytes[at + ((place >>> 3) % byteLength)]! |= 1 << (place & 7);
    }
  }
}
