/**
 * CityHash128 of version 1.0.2, which ClickHouse keeps as the checksum of its compressed blocks. Later versions of CityHash
 * give other numbers. Matches ClickHouse's contrib/cityhash102.
 *
 * Arithmetic is on 64-bit lanes: V8 turns `BigInt.asUintN(64, a * b)` into machine instructions.
 */
const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const FOLD = 0x9ddfea08eb382d69n;

/** The 16 bytes of the hash as they stand before a block: the low word first, each in little-endian order. */
export function cityHash128(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length;
  let pair: Pair;
  if (length >= 16) pair = seeded(view, 16, word(view, 0) ^ K3, word(view, 8));
  else if (length >= 8) {
    pair = seeded(view, length, word(view, 0) ^ multiply(BigInt(length), K0), word(view, length - 8) ^ K1);
  } else pair = seeded(view, 0, K0, K1);
  const hash = new DataView(new ArrayBuffer(16));
  hash.setBigUint64(0, pair[0], true);
  hash.setBigUint64(8, pair[1], true);
  return new Uint8Array(hash.buffer);
}

type Pair = readonly [low: bigint, high: bigint];

/** Hashes what stands from `from` on, beginning with a state of two words. */
function seeded(view: DataView, from: number, low: bigint, high: bigint): Pair {
  return view.byteLength - from < 128 ? short(view, from, low, high) : long(view, from, low, high);
}

function short(view: DataView, from: number, low: bigint, high: bigint): Pair {
  const end = view.byteLength;
  const length = end - from;
  let a = low;
  let b = high;
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = multiply(mix(multiply(a, K1)), K1);
    c = add(multiply(b, K1), upTo16(view, from));
    d = mix(add(a, length >= 8 ? word(view, from) : c));
  } else {
    c = fold(add(word(view, end - 8), K1), a);
    d = fold(add(b, BigInt(length)), add(c, word(view, end - 16)));
    a = add(a, d);
    let at = from;
    do {
      a = multiply(a ^ multiply(mix(multiply(word(view, at), K1)), K1), K1);
      b ^= a;
      c = multiply(c ^ multiply(mix(multiply(word(view, at + 8), K1)), K1), K1);
      d ^= c;
      at += 16;
    } while (at < end - 16);
  }
  a = fold(a, c);
  b = fold(d, b);
  return [a ^ b, fold(b, a)];
}

function upTo16(view: DataView, from: number): bigint {
  const length = view.byteLength - from;
  const end = view.byteLength;
  if (length > 8) {
    const last = word(view, end - 8);
    return fold(word(view, from), rotate(add(last, BigInt(length)), length)) ^ last;
  }
  if (length >= 4) {
    const first = BigInt(view.getUint32(from, true));
    return fold(add(BigInt(length), first << 3n), BigInt(view.getUint32(end - 4, true)));
  }
  if (length === 0) return K2;
  const first = view.getUint8(from) + view.getUint8(from + (length >> 1)) * 256;
  const last = length + view.getUint8(end - 1) * 4;
  return multiply(mix(multiply(BigInt(first), K2) ^ multiply(BigInt(last), K3)), K2);
}

/** The state of a long input: two accumulators of two words each, and three words that rotate. */
interface State {
  x: bigint;
  y: bigint;
  z: bigint;
  vLow: bigint;
  vHigh: bigint;
  wLow: bigint;
  wHigh: bigint;
}

function long(view: DataView, from: number, low: bigint, high: bigint): Pair {
  const end = view.byteLength;
  const z = multiply(BigInt(end - from), K1);
  const vLow = add(multiply(rotate(high ^ K1, 49), K1), word(view, from));
  const state: State = {
    x: low,
    y: high,
    z,
    vLow,
    vHigh: add(multiply(rotate(vLow, 42), K1), word(view, from + 8)),
    wLow: add(multiply(rotate(add(high, z), 35), K1), low),
    wHigh: multiply(rotate(add(low, word(view, from + 88)), 53), K1),
  };
  let at = from;
  for (; end - at >= 128; at += 128) {
    roll(view, at, state);
    roll(view, at + 64, state);
  }
  state.y = add(state.y, add(multiply(rotate(state.wLow, 37), K0), state.z));
  state.x = add(state.x, multiply(rotate(add(state.vLow, state.z), 49), K0));
  // The rest in pieces of 32 bytes, from the end on; the last piece may reach back into what was hashed before.
  for (let done = 32; done - 32 < end - at; done += 32) tail(view, end - done, state);
  const x = fold(state.x, state.vLow);
  const y = fold(state.y, state.wLow);
  return [add(fold(add(x, state.vHigh), state.wHigh), y), fold(add(x, state.wHigh), add(y, state.vHigh))];
}

function roll(view: DataView, at: number, state: State): void {
  const x = multiply(rotate(add(add(state.x, state.y), add(state.vLow, word(view, at + 16))), 37), K1) ^ state.wHigh;
  const y = multiply(rotate(add(add(state.y, state.vHigh), word(view, at + 48)), 42), K1) ^ state.vLow;
  const z = rotate(state.z ^ state.wLow, 33);
  [state.vLow, state.vHigh] = weak(view, at, multiply(state.vHigh, K1), add(x, state.wLow));
  [state.wLow, state.wHigh] = weak(view, at + 32, add(z, state.wHigh), y);
  state.x = z;
  state.y = y;
  state.z = x;
}

function tail(view: DataView, at: number, state: State): void {
  state.y = add(multiply(rotate(BigInt.asUintN(64, state.y - state.x), 42), K0), state.vHigh);
  state.wLow = add(state.wLow, word(view, at + 16));
  state.x = add(multiply(rotate(state.x, 49), K0), state.wLow);
  state.wLow = add(state.wLow, state.vLow);
  [state.vLow, state.vHigh] = weak(view, at, state.vLow, state.vHigh);
}

/** 32 bytes and two words into two words. */
function weak(view: DataView, at: number, first: bigint, second: bigint): Pair {
  const last = word(view, at + 24);
  const a = add(first, word(view, at));
  const b = rotate(add(add(second, a), last), 21);
  const sum = add(a, add(word(view, at + 8), word(view, at + 16)));
  return [add(sum, last), add(add(b, rotate(sum, 44)), a)];
}

function fold(low: bigint, high: bigint): bigint {
  const a = mix(multiply(low ^ high, FOLD));
  return multiply(mix(multiply(high ^ a, FOLD)), FOLD);
}

function word(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true);
}

function add(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a + b);
}

function multiply(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a * b);
}

function mix(value: bigint): bigint {
  return value ^ (value >> 47n);
}

function rotate(value: bigint, count: number): bigint {
  const shift = BigInt(count);
  return (value >> shift) | BigInt.asUintN(64, value << (64n - shift));
}
