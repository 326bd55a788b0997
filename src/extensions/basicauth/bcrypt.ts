import { timingSafeEqual } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Checking passwords against bcrypt's hashes (Provos, Mazières: "A Future-Adaptable Password Scheme", USENIX 1999): Blowfish whose key schedule is run
 * 2^cost times over password and salt. Node has none. It takes tens of milliseconds at the usual cost of 10, so it gives way to others in between.
 *
 *   $2y$10$ 22 characters of salt, 31 of hash
 */
const FORMAT = /^\$2[abxy]?\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const RADIX_64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TEXT = 'OrpheanBeholderScryDoubt';
/** The last byte of the 24 is not in the hash. */
const HASH_BYTES = 23;
const SALT_BYTES = 16;
const P_WORDS = 18;
const S_WORDS = 4 * 256;
const TURN_MS = 4;

export function isBcrypt(hash: string): boolean {
  return FORMAT.test(hash);
}

export async function bcryptMatches(password: string, hash: string): Promise<boolean> {
  const [, cost = '', salt = '', expected = ''] = FORMAT.exec(hash) ?? [];
  const rounds = 2 ** Number(cost);
  if (salt === '' || Number(cost) < 4 || Number(cost) > 31) return false;
  const saltWords = wordsOf(decode(salt, SALT_BYTES), 4);
  // The key ends with a zero byte, and is repeated until it fills the words.
  const saltKey = Int32Array.from({ length: P_WORDS }, (_, i) => saltWords[i % 4]!);
  const keyWords = wordsOf(Buffer.concat([Buffer.from(password), Buffer.of(0)]), P_WORDS);
  const state = new Blowfish();
  state.expand(keyWords, saltWords);
  let turnEndsMs = performance.now() + TURN_MS;
  for (let round = 0; round < rounds; round++) {
    state.expand(keyWords, NO_SALT);
    state.expand(saltKey, NO_SALT);
    if (performance.now() < turnEndsMs) continue;
    await nextTurn();
    turnEndsMs = performance.now() + TURN_MS;
  }
  return timingSafeEqual(state.encrypt64(Buffer.from(TEXT)).subarray(0, HASH_BYTES), decode(expected, HASH_BYTES));
}

const NO_SALT = new Int32Array(4);

/** Big-endian words of the bytes, from the start again where they end. */
function wordsOf(bytes: Uint8Array, count: number): Int32Array {
  const words = new Int32Array(count);
  for (let i = 0; i < count * 4; i++) words[i >> 2] = (words[i >> 2]! << 8) | bytes[i % bytes.length]!;
  return words;
}

function decode(text: string, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const character of text) {
    bits = ((bits << 6) | RADIX_64.indexOf(character)) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    if (at < byteLength) bytes[at++] = bits >> bitCount;
  }
  return bytes;
}

class Blowfish {
  readonly #p: Int32Array;
  readonly #s: Int32Array;
  readonly #block = new Int32Array(2);

  constructor() {
    const words = piWords();
    this.#p = words.slice(0, P_WORDS);
    this.#s = words.slice(P_WORDS);
  }

  /** Mixes a key of 18 words, and a salt of 4, into the state. */
  expand(key: Int32Array, salt: Int32Array): void {
    const p = this.#p;
    const block = this.#block;
    for (let i = 0; i < P_WORDS; i++) p[i]! ^= key[i]!;
    block.fill(0);
    let from = 0;
    for (const words of [p, this.#s]) {
      for (let i = 0; i < words.length; i += 2) {
        block[0]! ^= salt[from]!;
        block[1]! ^= salt[from + 1]!;
        from ^= 2;
        this.#encrypt();
        words[i] = block[0]!;
        words[i + 1] = block[1]!;
      }
    }
  }

  /** The text of 8-byte blocks, each encrypted 64 times. */
  encrypt64(text: Buffer): Buffer {
    const out = Buffer.from(text);
    for (let at = 0; at < out.length; at += 8) {
      this.#block[0] = out.readInt32BE(at);
      this.#block[1] = out.readInt32BE(at + 4);
      for (let i = 0; i < 64; i++) this.#encrypt();
      out.writeInt32BE(this.#block[0]!, at);
      out.writeInt32BE(this.#block[1]!, at + 4);
    }
    return out;
  }

  #encrypt(): void {
    const p = this.#p;
    const s = this.#s;
    let left = this.#block[0]! ^ p[0]!;
    let right = this.#block[1]!;
    for (let i = 1; i < 17; i += 2) {
      right ^= mixed(s, left) ^ p[i]!;
      left ^= mixed(s, right) ^ p[i + 1]!;
    }
    this.#block[0] = right ^ p[17]!;
    this.#block[1] = left;
  }
}

/** Blowfish's F. */
function mixed(s: Int32Array, word: number): number {
  const sum = (s[word >>> 24]! + s[256 + ((word >>> 16) & 255)]!) | 0;
  return ((sum ^ s[512 + ((word >>> 8) & 255)]!) + s[768 + (word & 255)]!) | 0;
}

let pi: Int32Array | undefined;

/** The first bits behind the point of pi: what Blowfish begins with. Made once, in some milliseconds: π = 16 arctan 1/5 - 4 arctan 1/239. */
function piWords(): Int32Array {
  if (pi !== undefined) return pi;
  const count = P_WORDS + S_WORDS;
  const guardBits = 64;
  const one = 1n << BigInt(count * 32 + guardBits);
  const arctan = (inverse: bigint): bigint => {
    const square = inverse * inverse;
    let term = one / inverse;
    let sum = term;
    for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
      term /= square;
      sum += (sign * term) / n;
    }
    return sum;
  };
  const hex = ((16n * arctan(5n) - 4n * arctan(239n) - 3n * one) >> BigInt(guardBits))
    .toString(16)
    .padStart(count * 8, '0');
  pi = Int32Array.from({ length: count }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16) | 0);
  return pi;
}
