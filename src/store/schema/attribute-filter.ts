/**
 * Bloom filters of attributes: which keys and values the spans of a row of `request_slots` may have. The writer makes them, and a search for an
 * attribute asks them which spans to read. Both call what stands here; the engine only looks at bits.
 *
 * An attribute is a hash of 32 bits of its key and value. Texts are told from numbers. A whole number is one hash, whichever of OTLP's types it
 * has, because comparisons do not tell 5 from 5.0. Other numbers, truth values, maps and bytes are not in the filters; of a list its elements are.
 * That a key has values of some kind beside texts is a hash of its own, so that a search need not look for such values where there are none.
 *
 *   probe(hash, i)  for i below FILTER_PROBES: bit (probe & 7) of the byte at (probe >>> 3) % length
 */

/** For each different attribute. Others may be written from one day to the next: a filter's length says it. */
export const FILTER_BITS = 16;
/** Bits that an attribute sets: 0.1 % of other attributes seem to be there. Stored filters hold for this number alone. */
export const FILTER_PROBES = 6;
/** So much of a text counts, and how long it is. */
const TEXT_BYTES = 256;

const SEED = 0x2f0b4c47;
const number = new Float64Array(1);
const numberWords = new Uint32Array(number.buffer);

function mixWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
  return Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64;
}

function finish(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Of the key in `bytes[at, at + length)`: what the hash of an attribute begins with. */
export function hashKey(bytes: Uint8Array, at: number, length: number): number {
  return hashText(SEED, bytes, at, length);
}

/** Of an attribute whose value is the text in `bytes[at, at + length)`. */
export function hashText(keyHash: number, bytes: Uint8Array, at: number, length: number): number {
  let hash = mixWord(keyHash, length);
  const end = at + Math.min(length, TEXT_BYTES);
  let place = at;
  for (; place + 4 <= end; place += 4) {
    const word = bytes[place]! | (bytes[place + 1]! << 8) | (bytes[place + 2]! << 16) | (bytes[place + 3]! << 24);
    hash = mixWord(hash, word);
  }
  let rest = 0;
  for (; place < end; place++) rest = (rest << 8) | bytes[place]!;
  return finish(mixWord(hash, rest));
}

/** Of an attribute whose value is a whole number, rounded to a double where it is too large for one. */
export function hashNumber(keyHash: number, value: number): number {
  // Minus zero equals zero.
  number[0] = value + 0;
  return finish(mixWord(mixWord(~keyHash, numberWords[0]!), numberWords[1]!));
}

/** Kinds of values, beside texts, that a comparison may equal. A list: of texts or of integers. */
export type FilterKind = 'int' | 'double' | 'list';
const KIND_WORDS: { readonly [kind in FilterKind]: number } = { int: 1, double: 2, list: 3 };

/** That a key has values of a kind. */
export function hashKind(keyHash: number, kind: FilterKind): number {
  return finish(mixWord(keyHash ^ 0x5bd1e995, KIND_WORDS[kind]));
}

/** One of the places of a hash in a filter. */
export function probe(hash: number, index: number): number {
  return (hash + Math.imul(index, finish(hash ^ SEED) | 1)) >>> 0;
}
