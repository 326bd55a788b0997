/**
 * Hashes for tables whose keys come from outside. Whoever can choose keys that fall on one place makes a table slow, so the hash has a key of
 * its own in every process, and a structure for which no keys are known that collide whatever that key is: HalfSipHash-1-3 with 32 bits
 * (Aumasson, Bernstein: "SipHash: a fast short-input PRF"; Linux uses the same for such tables). Multiplying and shifting, as the usual
 * fast hashes do, is not enough: for those, differences that cancel under every seed are known.
 *
 * Nothing of it is stored or sent.
 */

export interface HashKey {
  readonly low: number;
  readonly high: number;
}

function randomKey(): HashKey {
  const [low, high] = crypto.getRandomValues(new Int32Array(2));
  return { low: low!, high: high! };
}

/** The key of this process. */
export const HASH_KEY: HashKey = randomKey();

/** A table in which a key would lie further than this from its place does without it, so that no lookup takes longer. */
export const PROBE_LIMIT = 128;

const INIT_2 = 0x6c796765;
const INIT_3 = 0x74656462;

/** The hash of `bytes[at, at + length)`: a signed 32-bit integer. */
export function keyedHash(bytes: Uint8Array, at: number, length: number, key: HashKey): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = INIT_2 ^ v0;
  let v3 = INIT_3 ^ v1;
  const last = at + (length & ~3);
  for (; at < last; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  // The last word has the rest and the length; three rounds follow.
  let word = length << 24;
  const rest = length & 3;
  if (rest > 0) word |= bytes[at]!;
  if (rest > 1) word |= bytes[at + 1]! << 8;
  if (rest > 2) word |= bytes[at + 2]! << 16;
  for (let step = 0; step < 4; step++) {
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (step === 0) v2 ^= 0xff;
    word = 0;
  }
  return v1 ^ v3;
}

/** The same hash of bytes that a view has. */
export function keyedHashIn(view: DataView, at: number, length: number, key: HashKey): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = INIT_2 ^ v0;
  let v3 = INIT_3 ^ v1;
  const last = at + (length & ~3);
  for (; at < last; at += 4) {
    const word = view.getInt32(at, true);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  let word = length << 24;
  const rest = length & 3;
  if (rest > 0) word |= view.getUint8(at);
  if (rest > 1) word |= view.getUint8(at + 1) << 8;
  if (rest > 2) word |= view.getUint8(at + 2) << 16;
  for (let step = 0; step < 4; step++) {
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (step === 0) v2 ^= 0xff;
    word = 0;
  }
  return v1 ^ v3;
}

/** The hash of an id of up to four 32-bit words. The length is not in it: use it for ids of one length. */
export function keyedHashOfWords(word0: number, word1: number, word2: number, word3: number, key: HashKey): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = INIT_2 ^ v0;
  let v3 = INIT_3 ^ v1;
  for (let step = 0; step < 7; step++) {
    let word = 0;
    if (step === 0) word = word0;
    else if (step === 1) word = word1;
    else if (step === 2) word = word2;
    else if (step === 3) word = word3;
    else if (step === 4) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
