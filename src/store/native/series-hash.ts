import type { AttributeTable } from '#pdata';

/** The result of the last call of a function here: two 32-bit words. */
export const hash: { low: number; high: number } = { low: 0, high: 0 };

/**
 * Hashes a byte range to 64 bits in two lanes of 32-bit arithmetic, after the pattern of MurmurHash3. Part of the stored series ids: a
 * change of this function makes every series a new one.
 */
export function hashRange(bytes: Uint8Array, at: number, length: number, seed: number): void {
  hashIn(viewOf(bytes), at, length, seed);
}

/** The same of bytes that a view has. */
export function hashIn(view: DataView, at: number, length: number, seed: number): void {
  let low = seed ^ length;
  let high = Math.imul(seed, 0x9e3779b1) ^ length;
  const end = at + length;
  const wordsEnd = at + (length & ~3);
  while (at < wordsEnd) {
    const word = view.getInt32(at, true);
    at += 4;
    let mixed = Math.imul(word, 0xcc9e2d51);
    mixed = (mixed << 15) | (mixed >>> 17);
    low ^= Math.imul(mixed, 0x1b873593);
    low = Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64;
    mixed = Math.imul(word, 0x239b961b);
    mixed = (mixed << 16) | (mixed >>> 16);
    high ^= Math.imul(mixed, 0xab0e9789);
    high = Math.imul((high << 17) | (high >>> 15), 5) + 0x561ccd1b;
  }
  let tail = 0;
  for (let shift = 0; at < end; shift += 8) tail |= view.getUint8(at++) << shift;
  low ^= Math.imul(tail, 0xcc9e2d51);
  high ^= Math.imul(tail, 0x38b34ae5);
  low = (low + high) | 0;
  high = (high + low) | 0;
  low = finish(low);
  high = finish(high);
  hash.low = (low + high) >>> 0;
  hash.high = (high + hash.low) >>> 0;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** MurmurHash3's finalizer: every bit of the input reaches every bit of the output. */
function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

const SEED_KEY = 0x5161_0001;

/**
 * Hashes the attributes of an owner whatever their order: the sum of a hash of each. Key, type and value go in, so 1, 1.0 and "1" differ.
 */
export function hashAttributes(arena: Uint8Array, table: AttributeTable, owner: number): void {
  const view = viewOf(arena);
  let low = 0;
  let high = 0;
  const end = table.to[owner]!;
  for (let row = table.from[owner]!; row < end; row++) {
    hashAttribute(view, table.keyAt[row]!, table.keyLength[row]!, table.type[row]!, table.at[row]!, table.length[row]!);
    low = (low + hash.low) | 0;
    high = (high + hash.high) | 0;
  }
  hash.low = low >>> 0;
  hash.high = high >>> 0;
}

/** One attribute: its key, the VALUE_* type and the payload of its value. */
export function hashAttribute(
  view: DataView,
  keyAt: number,
  keyLength: number,
  type: number,
  at: number,
  length: number,
): void {
  hashIn(view, keyAt, keyLength, SEED_KEY);
  hashIn(view, at, length, hash.low ^ Math.imul(hash.high, 0x85ebca6b) ^ type);
}

/** Mixes one more 64-bit hash into a running one, in order. */
export function combine(low: number, high: number, nextLow: number, nextHigh: number): void {
  const mixedLow = finish(Math.imul(low ^ nextLow, 0x9e3779b1) + nextHigh);
  const mixedHigh = finish((Math.imul(high, 0x85ebca77) ^ nextHigh) + mixedLow);
  hash.low = (mixedLow + Math.imul(high, 31)) >>> 0;
  hash.high = mixedHigh >>> 0;
}
