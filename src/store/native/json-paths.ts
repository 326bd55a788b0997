import { attributeKeys, UNKNOWN_KEY } from '#pdata';
import type { TypedPath } from '../schema/index.ts';
import { JsonPath } from './json-path.ts';
import { type TypedColumn, typedColumnOf } from './typed-paths.ts';

/** What follows when nothing is known about it. */
const NONE = -1;
const RECENT_BITS = 10;
const RECENT_MASK = (1 << RECENT_BITS) - 1;
/** Keys this short are rare, and never guessed. */
const SHORT_BYTES = 4;

/**
 * Which attribute keys have paths of their own in a JSON column, and finding an attribute's path by the bytes of its key. Keys get paths as
 * they come while there is room. When a block had more keys than that, the next block's paths are those that most of its rows had: a path
 * costs the store a file or more in each part, so in a flood of keys hardly any should become one. Ids of keys are those of the process's
 * dictionary; keys that it doesn't know (it is bounded) never have paths.
 *
 *   slot        index of a path, those with a type of their own first; -1 for a key without one
 *   followers   per slot, and last for the start of a row: the slot that came behind it the last time. Most often it comes again, and
 *               comparing one key is cheaper than hashing.
 *   recent      at two places by bits of a key: the slot of one with these bits. Records that do not all have the same keys follow no order, but
 *               have few keys: comparing one is still cheaper.
 *   keys        four bytes at a step: words[starts[slot]..] and the last four bytes, which overlap them, in lastWords[slot]
 */
export class JsonPaths {
  readonly #limit: number;
  /** Those with a type of their own have the first slots, always. */
  readonly typed: readonly TypedColumn[];
  readonly #typedKeys: readonly { readonly id: number; readonly key: Uint8Array }[];
  #paths: JsonPath[] = [];
  #all: (TypedColumn | JsonPath)[] = [];
  /** By key id. */
  #slotOf: Int32Array = new Int32Array(0);
  readonly #followers: Int32Array;
  readonly #recent = new Int32Array(1 << RECENT_BITS).fill(NONE);
  /** The start of a row, as a place in `followers`. */
  readonly #start: number;
  #previous: number;
  readonly #lengths: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #lastWords: Uint32Array;
  #words: Uint32Array = new Uint32Array(256);
  #wordCount = 0;
  /** Keys without a path: by key id, how often the block has them. */
  readonly #others = new Map<number, number>();
  /** The block before had more keys than the limit. */
  #isFlooded = false;

  constructor(limit: number, typedPaths: readonly TypedPath[]) {
    this.#limit = limit;
    const slots = limit + typedPaths.length;
    this.#followers = new Int32Array(slots + 1).fill(NONE);
    this.#start = slots;
    this.#previous = slots;
    this.#lengths = new Uint32Array(slots);
    this.#starts = new Uint32Array(slots);
    this.#lastWords = new Uint32Array(slots);
    this.typed = typedPaths.map(typedColumnOf);
    this.#typedKeys = typedPaths.map(({ path }) => {
      const key = new TextEncoder().encode(path);
      return { id: attributeKeys.intern(key, 0, key.length), key };
    });
    this.#clear();
  }

  /** By slot. */
  get all(): readonly (TypedColumn | JsonPath)[] {
    return this.#all;
  }

  /** Those without a type of their own that some row of the block has. */
  used(): JsonPath[] {
    return this.#paths.filter((path) => path.end > 0);
  }

  beginRow(): void {
    this.#previous = this.#start;
  }

  /** The slot of the next attribute of a row by the bytes of its key. `view` is a view of `arena`. */
  find(arena: Uint8Array, view: DataView, at: number, length: number): number {
    const guess = this.#followers[this.#previous]!;
    if (guess >= 0 && this.#lengths[guess] === length && this.#isKey(guess, view, at, length)) {
      this.#previous = guess;
      return guess;
    }
    if (length < SHORT_BYTES) return this.findById(attributeKeys.intern(arena, at, length));
    const mixed = mixedBits(view.getUint32(at, true), view.getUint32(at + length - 4, true), length);
    const place = mixed & RECENT_MASK;
    const otherPlace = (mixed >>> RECENT_BITS) & RECENT_MASK;
    let slot = this.#recentSlot(place, view, at, length);
    if (slot < 0) slot = this.#recentSlot(otherPlace, view, at, length);
    if (slot < 0) {
      slot = this.findById(attributeKeys.intern(arena, at, length));
      this.#recent[this.#recent[place]! < 0 ? place : otherPlace] = slot;
      return slot;
    }
    this.#followers[this.#previous] = slot;
    this.#previous = slot;
    return slot;
  }

  /** The slot that a place remembers, if it is this key's. */
  #recentSlot(place: number, view: DataView, at: number, length: number): number {
    const slot = this.#recent[place]!;
    return slot >= 0 && this.#lengths[slot] === length && this.#isKey(slot, view, at, length) ? slot : NONE;
  }

  #isKey(slot: number, view: DataView, at: number, length: number): boolean {
    if (length < SHORT_BYTES) return false;
    const words = this.#words;
    let word = this.#starts[slot]!;
    const last = at + length - 4;
    for (; at < last; at += 4) if (view.getUint32(at, true) !== words[word++]) return false;
    return view.getUint32(last, true) === this.#lastWords[slot];
  }

  /** The same by the key's id; UNKNOWN_KEY has no path. */
  findById(id: number): number {
    let slot = NONE;
    if (id >= 0) slot = id < this.#slotOf.length ? this.#slotOf[id]! : NONE;
    if (slot < 0) slot = this.#admit(id);
    if (slot < 0) this.#others.set(id, (this.#others.get(id) ?? 0) + 1);
    else {
      this.#followers[this.#previous] = slot;
      this.#previous = slot;
    }
    return slot;
  }

  #admit(id: number): number {
    if (id < 0 || this.#isFlooded || this.#paths.length >= this.#limit) return NONE;
    return this.#add(new JsonPath(id, attributeKeys.bytes(id)));
  }

  #add(path: JsonPath): number {
    this.#paths.push(path);
    return this.#addSlot(path, path.id, path.key);
  }

  #addSlot(path: TypedColumn | JsonPath, id: number, key: Uint8Array): number {
    const slot = this.#all.push(path) - 1;
    if (id >= this.#slotOf.length) {
      const slotOf = new Int32Array(Math.max(256, id * 2)).fill(NONE);
      slotOf.set(this.#slotOf);
      this.#slotOf = slotOf;
    }
    this.#slotOf[id] = slot;
    this.#followers[slot] = NONE;
    this.#addKey(slot, key);
    return slot;
  }

  /** Forgets all but the paths with a type of their own. */
  #clear(): void {
    this.#paths = [];
    this.#all = [];
    this.#slotOf.fill(NONE);
    this.#followers.fill(NONE);
    this.#recent.fill(NONE);
    this.#wordCount = 0;
    for (const [i, { id, key }] of this.#typedKeys.entries()) this.#addSlot(this.typed[i]!, id, key);
  }

  #addKey(slot: number, key: Uint8Array): void {
    const { length } = key;
    this.#lengths[slot] = length;
    this.#starts[slot] = this.#wordCount;
    if (this.#wordCount + length > this.#words.length) {
      const words = new Uint32Array((this.#wordCount + length) * 2);
      words.set(this.#words);
      this.#words = words;
    }
    const view = new DataView(key.buffer, key.byteOffset, length);
    for (let i = 0; i + 4 <= length; i += 4) this.#words[this.#wordCount++] = view.getUint32(i, true);
    this.#lastWords[slot] = length < 4 ? 0 : view.getUint32(length - 4, true);
  }

  /** Forgets the rows of the block, of which there were `rowCount`, but not what they teach about keys. */
  reset(rowCount: number): void {
    if (this.#others.size > 0) this.#choose(rowCount);
    else this.#isFlooded = false;
    for (const path of this.#all) path.reset();
    this.#others.clear();
  }

  #choose(rowCount: number): void {
    const used = this.used();
    this.#isFlooded = used.length + this.#others.size > this.#limit;
    const leastRows = this.#isFlooded ? 1 + rowCount / 1000 : 0;
    const known = new Map(this.#paths.map((path) => [path.id, path]));
    const rowCounts = new Map(this.#others);
    rowCounts.delete(UNKNOWN_KEY);
    for (const path of used) rowCounts.set(path.id, path.countRows());
    const chosen = [...rowCounts].filter(([, count]) => count > leastRows);
    chosen.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    this.#clear();
    for (const [id] of chosen.slice(0, this.#limit))
      this.#add(known.get(id) ?? new JsonPath(id, attributeKeys.bytes(id)));
  }
}

function mixedBits(first: number, last: number, length: number): number {
  const mixed = Math.imul(first ^ Math.imul(last ^ length, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
