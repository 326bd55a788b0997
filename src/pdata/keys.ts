import { equalAt, HASH_KEY, type HashKey, keyedHash, PROBE_LIMIT } from '#base';

/**
 * The dictionary of attribute keys: bytes to small integers, shared by the whole process, so that a lookup compares one integer.
 * It is bounded, because keys come from outside: when it is full a new key gets UNKNOWN_KEY and is compared by its bytes.
 * Keys that the configuration names are interned when the pipeline is built, before traffic can fill it.
 *
 * A new key that collides with too many others gets UNKNOWN_KEY as well, so that no lookup takes long.
 *
 *   slots   open addressing, one entry per slot: id + 1, 0 for empty
 *   id      starts[id] .. starts[id + 1] in `store` are the key's bytes
 */
export const UNKNOWN_KEY = -1;

const KEY_LIMIT = 32_768;
const STORE_LIMIT_BYTES = 2 * 1024 * 1024;
const KEY_LENGTH_LIMIT_BYTES = 512;

const encoder = new TextEncoder();

export class KeyDictionary {
  readonly #keyLimit: number;
  readonly #hashKey: HashKey;
  #slots: Int32Array<ArrayBuffer> = new Int32Array(2048);
  #hashes: Int32Array<ArrayBuffer> = new Int32Array(1024);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(1025);
  /** No key lies further from its place. */
  #reach = 0;
  #store: Uint8Array = new Uint8Array(16 * 1024);
  #count = 0;

  constructor(keyLimit: number = KEY_LIMIT, hashKey: HashKey = HASH_KEY) {
    this.#keyLimit = keyLimit;
    this.#hashKey = hashKey;
  }

  get size(): number {
    return this.#count;
  }

  /** The id of the key in `bytes[at, at + length)`, adding it while there is room; else UNKNOWN_KEY. */
  intern(bytes: Uint8Array, at: number, length: number): number {
    const hash = keyedHash(bytes, at, length, this.#hashKey);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let distance = 0; distance <= this.#reach; distance++) {
      const id = slots[(hash + distance) & mask]! - 1;
      if (id < 0) break;
      if (this.#hashes[id] === hash && this.equals(id, bytes, at, length)) return id;
    }
    return this.#add(hash, bytes, at, length);
  }

  #add(hash: number, bytes: Uint8Array, at: number, length: number): number {
    if (
      this.#count >= this.#keyLimit ||
      length > KEY_LENGTH_LIMIT_BYTES ||
      this.#starts[this.#count]! + length > STORE_LIMIT_BYTES
    ) {
      return UNKNOWN_KEY;
    }
    this.#makeRoom(length);
    if (distanceToFree(this.#slots, hash, PROBE_LIMIT) > PROBE_LIMIT) return UNKNOWN_KEY;
    const id = this.#count++;
    const start = this.#starts[id]!;
    this.#store.set(bytes.subarray(at, at + length), start);
    this.#starts[id + 1] = start + length;
    this.#hashes[id] = hash;
    this.#place(id);
    return id;
  }

  /** Whether key `id` is exactly these bytes. */
  equals(id: number, bytes: Uint8Array, at: number, length: number): boolean {
    const start = this.#starts[id]!;
    return this.#starts[id + 1]! - start === length && equalAt(this.#store, start, bytes, at, length);
  }

  /** A copy of the key's bytes. */
  bytes(id: number): Uint8Array {
    return this.#store.slice(this.#starts[id]!, this.#starts[id + 1]!);
  }

  /** The key's text. */
  text(id: number): string {
    return new TextDecoder().decode(this.#store.subarray(this.#starts[id]!, this.#starts[id + 1]!));
  }

  #makeRoom(length: number): void {
    if (this.#count + 1 >= this.#hashes.length) {
      this.#hashes = grown(this.#hashes);
      this.#starts = grown(this.#starts);
    }
    const end = this.#starts[this.#count]! + length;
    while (end > this.#store.length) {
      const store = new Uint8Array(this.#store.length * 2);
      store.set(this.#store);
      this.#store = store;
    }
    if ((this.#count + 1) * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2);
      this.#reach = 0;
      for (let id = 0; id < this.#count; id++) this.#place(id);
    }
  }

  #place(id: number): void {
    const hash = this.#hashes[id]!;
    const distance = distanceToFree(this.#slots, hash, Number.POSITIVE_INFINITY);
    this.#slots[(hash + distance) & (this.#slots.length - 1)] = id + 1;
    if (distance > this.#reach) this.#reach = distance;
  }
}

/** More than `limit` where none is nearer. */
function distanceToFree(slots: Int32Array, hash: number, limit: number): number {
  let distance = 0;
  while (distance <= limit && slots[(hash + distance) & (slots.length - 1)] !== 0) distance++;
  return distance;
}

function grown<T extends Int32Array | Uint32Array>(array: T): T {
  const next = new (array.constructor as new (length: number) => T)(array.length * 2);
  next.set(array);
  return next;
}

export const attributeKeys: KeyDictionary = new KeyDictionary();

/** An attribute key made ready for lookups: keep it in a constant or in the component, don't make one per item. */
export interface AttributeKey {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly id: number;
}

/** Prepares an attribute key, for example `const HTTP_ROUTE = attributeKey('http.route')`. */
export function attributeKey(text: string): AttributeKey {
  const bytes = encoder.encode(text);
  return { text, bytes, id: attributeKeys.intern(bytes, 0, bytes.length) };
}
