/** XXH3 by Yann Collet, with seed 0 and the default secret: 64 and 128 bits. */

const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);
const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;
const MX1 = 0x165667919e3779f9n;
const MX2 = 0x9fb21c651e98df25n;
const STRIPE = 64;
const SECRET_STEP = 8;
const STRIPES_PER_BLOCK = Math.floor((192 - STRIPE) / SECRET_STEP);
const BLOCK = STRIPE * STRIPES_PER_BLOCK;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const rotated = (value: bigint, bits: bigint): bigint => u64((value << bits) | (value >> (64n - bits)));

class Input {
  readonly length: number;
  readonly #bytes: Buffer;
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
  }
  byte(at: number): bigint {
    return BigInt(this.#bytes[at]!);
  }
  r32(at: number): bigint {
    return BigInt(this.#bytes.readUInt32LE(at));
  }
  r64(at: number): bigint {
    return this.#bytes.readBigUInt64LE(at);
  }
}

const s32 = (at: number): bigint => BigInt(SECRET.readUInt32LE(at));
const s64 = (at: number): bigint => SECRET.readBigUInt64LE(at);

function byteSwapped(value: bigint, bytes: number): bigint {
  let result = 0n;
  for (let i = 0; i < bytes; i++) result = (result << 8n) | ((value >> BigInt(i * 8)) & 0xffn);
  return result;
}

function folded(one: bigint, other: bigint): bigint {
  const product = one * other;
  return u64(product) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  const hash = u64((value ^ (value >> 37n)) * MX1);
  return hash ^ (hash >> 32n);
}

/** That of XXH64. */
function avalanche64(value: bigint): bigint {
  let hash = u64((value ^ (value >> 33n)) * P64_2);
  hash = u64((hash ^ (hash >> 29n)) * P64_3);
  return hash ^ (hash >> 32n);
}

function mix16(input: Input, at: number, secret: number): bigint {
  return folded(input.r64(at) ^ s64(secret), input.r64(at + 8) ^ s64(secret + 8));
}

export function xxh3(bytes: Uint8Array): bigint {
  const input = new Input(bytes);
  const { length } = input;
  if (length === 0) return avalanche64(s64(56) ^ s64(64));
  if (length <= 3) return avalanche64(combined3(input) ^ (s32(0) ^ s32(4)));
  if (length <= 8) return short8(input);
  if (length <= 16) return short16(input);
  const size = BigInt(length);
  if (length <= 128) {
    let sum = u64(size * P64_1);
    for (let i = Math.floor((length - 1) / 32); i >= 0; i--) {
      sum = u64(sum + mix16(input, i * 16, i * 32));
      sum = u64(sum + mix16(input, length - (i + 1) * 16, i * 32 + 16));
    }
    return avalanche(sum);
  }
  if (length <= 240) {
    let sum = u64(size * P64_1);
    for (let i = 0; i < 8; i++) sum = u64(sum + mix16(input, i * 16, i * 16));
    sum = avalanche(sum);
    const rounds = Math.floor(length / 16);
    for (let i = 8; i < rounds; i++) sum = u64(sum + mix16(input, i * 16, (i - 8) * 16 + 3));
    return avalanche(u64(sum + mix16(input, length - 16, 136 - 17)));
  }
  return mergedLanes(accumulated(input), 11, u64(size * P64_1));
}

function combined3(input: Input): bigint {
  const { length } = input;
  const first = input.byte(0);
  const middle = input.byte(length >> 1);
  const last = input.byte(length - 1);
  return (first << 16n) | (middle << 24n) | last | (BigInt(length) << 8n);
}

function short8(input: Input): bigint {
  const { length } = input;
  const size = BigInt(length);
  const both = input.r32(length - 4) + (input.r32(0) << 32n);
  let hash = both ^ (s64(8) ^ s64(16));
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n);
  hash = u64(hash * MX2);
  hash ^= (hash >> 35n) + size;
  hash = u64(hash * MX2);
  return hash ^ (hash >> 28n);
}

function short16(input: Input): bigint {
  const { length } = input;
  const low = input.r64(0) ^ (s64(24) ^ s64(32));
  const high = input.r64(length - 8) ^ (s64(40) ^ s64(48));
  return avalanche(u64(BigInt(length) + byteSwapped(low, 8) + high + folded(low, high)));
}

/** The eight lanes of long inputs. */
function accumulated(input: Input): bigint[] {
  const lanes = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1];
  const { length } = input;
  const blocks = Math.floor((length - 1) / BLOCK);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < STRIPES_PER_BLOCK; i++) stripe(lanes, input, block * BLOCK + i * STRIPE, i * SECRET_STEP);
    for (let i = 0; i < 8; i++) {
      const lane = lanes[i]!;
      lanes[i] = u64((lane ^ (lane >> 47n) ^ s64(192 - STRIPE + i * 8)) * P32_1);
    }
  }
  const stripes = Math.floor((length - 1 - BLOCK * blocks) / STRIPE);
  for (let i = 0; i < stripes; i++) stripe(lanes, input, blocks * BLOCK + i * STRIPE, i * SECRET_STEP);
  stripe(lanes, input, length - STRIPE, 192 - STRIPE - 7);
  return lanes;
}

function stripe(lanes: bigint[], input: Input, at: number, secret: number): void {
  for (let i = 0; i < 8; i++) {
    const value = input.r64(at + i * 8);
    const key = value ^ s64(secret + i * 8);
    lanes[i ^ 1] = u64(lanes[i ^ 1]! + value);
    lanes[i] = u64(lanes[i]! + u32(key) * (key >> 32n));
  }
}

function mergedLanes(lanes: readonly bigint[], secret: number, start: bigint): bigint {
  let result = start;
  for (let i = 0; i < 4; i++) {
    result = u64(result + folded(lanes[i * 2]! ^ s64(secret + i * 16), lanes[i * 2 + 1]! ^ s64(secret + i * 16 + 8)));
  }
  return avalanche(result);
}

/** The high and the low half. */
export function xxh3x128(bytes: Uint8Array): [bigint, bigint] {
  const input = new Input(bytes);
  const { length } = input;
  if (length === 0) return [avalanche64(s64(80) ^ s64(88)), avalanche64(s64(64) ^ s64(72))];
  if (length <= 3) return tiny128(input);
  if (length <= 8) return short128(input);
  if (length <= 16) return middle128(input);
  if (length <= 240) return long128(input);
  const lanes = accumulated(input);
  const size = BigInt(length);
  const low = mergedLanes(lanes, 11, u64(size * P64_1));
  const high = mergedLanes(lanes, 192 - 64 - 11, u64(~(size * P64_2)));
  return [high, low];
}

function tiny128(input: Input): [bigint, bigint] {
  const low = combined3(input);
  const swapped = byteSwapped(low, 4);
  const high = u32((swapped << 13n) | (swapped >> 19n));
  return [avalanche64(high ^ (s32(8) ^ s32(12))), avalanche64(low ^ (s32(0) ^ s32(4)))];
}

function short128(input: Input): [bigint, bigint] {
  const { length } = input;
  const size = BigInt(length);
  const keyed = (input.r32(0) + (input.r32(length - 4) << 32n)) ^ (s64(16) ^ s64(24));
  const product = keyed * u64(P64_1 + (size << 2n));
  let low = u64(product);
  let high = u64((product >> 64n) + u64(low << 1n));
  low ^= high >> 3n;
  low = u64((low ^ (low >> 35n)) * MX2);
  low ^= low >> 28n;
  high = avalanche(high);
  return [high, low];
}

function middle128(input: Input): [bigint, bigint] {
  const { length } = input;
  const lowKey = s64(32) ^ s64(40);
  const highKey = s64(48) ^ s64(56);
  const first = input.r64(0);
  let last = input.r64(length - 8);
  const product = (first ^ last ^ lowKey) * P64_1;
  let low = u64(u64(product) + (BigInt(length - 1) << 54n));
  let high = product >> 64n;
  last ^= highKey;
  high = u64(high + last + u32(last) * (P32_2 - 1n));
  low ^= byteSwapped(high, 8);
  const second = low * P64_2;
  const top = u64((second >> 64n) + u64(high * P64_2));
  return [avalanche(top), avalanche(u64(second))];
}

function long128(input: Input): [bigint, bigint] {
  const { length } = input;
  const size = BigInt(length);
  let low = u64(size * P64_1);
  let high = 0n;
  const mix = (one: number, other: number, secret: number): void => {
    low = u64(low + mix16(input, one, secret)) ^ u64(input.r64(other) + input.r64(other + 8));
    high = u64(high + mix16(input, other, secret + 16)) ^ u64(input.r64(one) + input.r64(one + 8));
  };
  if (length <= 128) {
    for (let i = Math.floor((length - 1) / 32); i >= 0; i--) mix(i * 16, length - (i + 1) * 16, i * 32);
  } else {
    for (let i = 0; i < 4; i++) mix(i * 32, i * 32 + 16, i * 32);
    low = avalanche(low);
    high = avalanche(high);
    const rounds = Math.floor(length / 32);
    for (let i = 4; i < rounds; i++) mix(i * 32, i * 32 + 16, 3 + (i - 4) * 32);
    mix(length - 16, length - 32, 136 - 17 - 16);
  }
  const sum = u64(low + high);
  const other = u64(u64(low * P64_1) + u64(high * P64_4) + u64(size * P64_2));
  return [u64(-avalanche(other)), avalanche(sum)];
}
