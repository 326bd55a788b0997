/** MurmurHash3 by Austin Appleby, with seed 0. */

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length >>> 2;
  let hash = 0;
  const mixed = (block: number): number => Math.imul(rotated(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
  for (let i = 0; i < blocks; i++)
    hash = (Math.imul(rotated(hash ^ mixed(view.getInt32(i * 4, true)), 13), 5) + 0xe6546b64) | 0;
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks * 4; i--) tail = (tail << 8) | bytes[i]!;
  hash ^= mixed(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated64 = (value: bigint, bits: bigint): bigint => u64((value << bits) | (value >> (64n - bits)));

/** The variant of 128 bits for 64-bit machines, as two numbers. */
export function murmur3x64(bytes: Uint8Array): [bigint, bigint] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length >>> 4;
  let h1 = 0n;
  let h2 = 0n;
  const mixed1 = (block: bigint): bigint => u64(rotated64(u64(block * C1), 31n) * C2);
  const mixed2 = (block: bigint): bigint => u64(rotated64(u64(block * C2), 33n) * C1);
  for (let i = 0; i < blocks; i++) {
    h1 ^= mixed1(view.getBigUint64(i * 16, true));
    h1 = u64(u64(rotated64(h1, 27n) + h2) * 5n + 0x52dce729n);
    h2 ^= mixed2(view.getBigUint64(i * 16 + 8, true));
    h2 = u64(u64(rotated64(h2, 31n) + h1) * 5n + 0x38495ab5n);
  }
  const tail = (from: number, to: number): bigint => {
    let value = 0n;
    for (let i = Math.min(to, bytes.length) - 1; i >= from; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return value;
  };
  const rest = blocks * 16;
  h2 ^= mixed2(tail(rest + 8, rest + 16));
  h1 ^= mixed1(tail(rest, rest + 8));
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  h1 = finished(h1);
  h2 = finished(h2);
  h1 = u64(h1 + h2);
  return [h1, u64(h2 + h1)];
}

function finished(value: bigint): bigint {
  let hash = u64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  hash = u64((hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return hash ^ (hash >> 33n);
}
