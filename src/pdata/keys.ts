import { equalAt, fnv1a32 } from '#base';

/**
 * The dictionary of attribute keys: bytes to small integers, shared by the whole process, so that a lookup compares one integer.
 * It is bounded, because keys come from outside: when it is full a new key gets UNKNOWN_KEY and is compared by its bytes.
 * Keys that the configuration names are interned when the pipeline is built, before traffic can fill it.
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
  #slots: Int32Array = new Int32Array(2048);
  #hashes: Uint32Array = new Uint32Array(1024);
  #starts: Uint32Array = new Uint32Array(1025);
  #store: Uint8Array = new Uint8Array(16 * 1024);
  #count = 0;

  constructor(keyLimit: number = KEY_LIMIT) {
    this.#keyLimit = keyLimit;
  }

  get size(): number {
    return this.#count;
  }

  /** The id of the key in `bytes[at, at + length)`, adding it while there is room; else UNKNOWN_KEY. */
  intern(bytes: Uint8Array, at: number, length: number): number {
    const hash = fnv1a32(bytes, at, at + length);
    let slots = this.#slots;
    let slot = hash & (slots.length - 1);
    for (;;) {
      const id = slots[slot]! - 1;
      if (id < 0) break;
      if (this.#hashes[id] === hash && this.equals(id, bytes, at, length)) return id;
      slot = (slot + 1) & (slots.length - 1);
    }
    if (
      this.#count >= this.#keyLimit ||
      length > KEY_LENGTH_LIMIT_BYTES ||
      this.#starts[this.#count]! + length > STORE_LIMIT_BYTES
    ) {
      return UNKNOWN_KEY;
    }
    this.#makeRoom(length);
    slots = this.#slots;
    slot = hash & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    const id = this.#count++;
    const start = this.#starts[id]!;
    this.#store.set(bytes.subarray(at, at + length), start);
    this.#starts[id + 1] = start + length;
    this.#hashes[id] = hash;
    slots[slot] = id + 1;
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
      const slots = new Int32Array(this.#slots.length * 2);
      for (let id = 0; id < this.#count; id++) {
        let slot = this.#hashes[id]! & (slots.length - 1);
        while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
        slots[slot] = id + 1;
      }
      this.#slots = slots;
    }
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(array.length * 2);
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
