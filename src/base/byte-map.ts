import { HASH_KEY, type HashKey, keyedHashIn, PROBE_LIMIT } from './keyed-hash.ts';

const NO_PLACE = -1;

/**
 * Values by keys that are ranges of bytes, without a string per lookup: open addressing with linear probing, at most half full. Keys come from
 * outside, so the hash has a key of its own, what the keys take is bounded, and a key that finds no place near its own is not taken.
 *
 *   slots    entry + 1, 0 for empty; an entry lies at hash & mask or in the run behind it
 *   entries  hash, value, and the key's bytes in `store[starts[entry], starts[entry + 1])`
 */
export class ByteMap<V> {
  readonly #limitBytes: number;
  readonly #hashKey: HashKey;
  #slots: Int32Array<ArrayBuffer> = new Int32Array(256);
  #hashes: number[] = [];
  #values: V[] = [];
  #starts: number[] = [0];
  #store = new Uint8Array(4096);
  #storeView = new DataView(this.#store.buffer);
  /** Of the array that was asked for last: callers have one for all their keys. */
  #asked = new Uint8Array(0);
  #askedView = new DataView(this.#asked.buffer);
  /** No key lies further from its place. */
  #reach = 0;

  /** `limitBytes`: what all keys together may take. */
  constructor(limitBytes: number, hashKey: HashKey = HASH_KEY) {
    this.#limitBytes = limitBytes;
    this.#hashKey = hashKey;
  }

  get size(): number {
    return this.#values.length;
  }

  values(): readonly V[] {
    return this.#values;
  }

  /** The value of the key `bytes[0, length)`. */
  get(bytes: Uint8Array<ArrayBuffer>, length: number): V | undefined {
    const view = this.#viewOf(bytes);
    const hash = keyedHashIn(view, 0, length, this.#hashKey);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let distance = 0; distance <= this.#reach; distance++) {
      const entry = slots[(hash + distance) & mask]! - 1;
      if (entry < 0) return undefined;
      if (this.#hashes[entry] === hash && this.#hasKey(entry, view, length)) return this.#values[entry];
    }
    return undefined;
  }

  /** Adds a key that is not there. Returns whether there was room. */
  add(bytes: Uint8Array<ArrayBuffer>, length: number, value: V): boolean {
    const start = this.#starts[this.size]!;
    if (start + length > this.#limitBytes) return false;
    const hash = keyedHashIn(this.#viewOf(bytes), 0, length, this.#hashKey);
    if ((this.size + 1) * 2 > this.#slots.length) this.#grow();
    if (this.#distanceToFree(hash) === NO_PLACE) return false;
    if (start + length > this.#store.length) {
      this.#store = enlarged(this.#store, start + length);
      this.#storeView = new DataView(this.#store.buffer);
    }
    this.#store.set(bytes.subarray(0, length), start);
    this.#hashes.push(hash);
    this.#values.push(value);
    this.#starts.push(start + length);
    this.#place(this.size - 1);
    return true;
  }

  /** Removes the entries whose value doesn't pass. */
  keep(passes: (value: V) => boolean): void {
    const { size } = this;
    let kept = 0;
    for (let entry = 0; entry < size; entry++) {
      const value = this.#values[entry]!;
      if (!passes(value)) continue;
      const [from, to] = [this.#starts[entry]!, this.#starts[entry + 1]!];
      const start = this.#starts[kept]!;
      this.#store.copyWithin(start, from, to);
      this.#hashes[kept] = this.#hashes[entry]!;
      this.#values[kept] = value;
      this.#starts[++kept] = start + to - from;
    }
    if (kept === size) return;
    this.#hashes.length = kept;
    this.#values.length = kept;
    this.#starts.length = kept + 1;
    this.#placeAll();
  }

  #viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#askedView;
  }

  #hasKey(entry: number, asked: DataView, length: number): boolean {
    const start = this.#starts[entry]!;
    if (this.#starts[entry + 1]! - start !== length) return false;
    const store = this.#storeView;
    const words = length & ~3;
    let i = 0;
    for (; i < words; i += 4) if (store.getInt32(start + i, true) !== asked.getInt32(i, true)) return false;
    for (; i < length; i++) if (store.getUint8(start + i) !== asked.getUint8(i)) return false;
    return true;
  }

  #distanceToFree(hash: number): number {
    const slots = this.#slots;
    for (let distance = 0; distance <= PROBE_LIMIT; distance++) {
      if (slots[(hash + distance) & (slots.length - 1)] === 0) return distance;
    }
    return NO_PLACE;
  }

  #place(entry: number): void {
    const hash = this.#hashes[entry]!;
    const slots = this.#slots;
    let distance = 0;
    while (slots[(hash + distance) & (slots.length - 1)] !== 0) distance++;
    slots[(hash + distance) & (slots.length - 1)] = entry + 1;
    if (distance > this.#reach) this.#reach = distance;
  }

  #placeAll(): void {
    this.#slots.fill(0);
    this.#reach = 0;
    for (let entry = 0; entry < this.size; entry++) this.#place(entry);
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#placeAll();
  }
}

function enlarged(store: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(Math.max(length, store.length * 2));
  next.set(store);
  return next;
}
