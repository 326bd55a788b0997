/** Non-cryptographic hashes over byte ranges, in 32-bit arithmetic only. */

/** FNV-1a, 32 bit, of `bytes[from, to)`. Returns an unsigned 32-bit integer. */
export function fnv1a32(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

/** The two 32-bit words of a 64-bit hash. */
export interface Hash64 {
  high: number;
  low: number;
}

export const FNV64_OFFSET_HIGH = 0xcbf29ce4;
export const FNV64_OFFSET_LOW = 0x84222325;

/**
 * FNV-1a, 64 bit, of `bytes[from, to)`, continued from the state in `state`, which is updated in place.
 * The prime is 2^40 + 0x1b3, so hash * prime = (hash << 40) + hash * 0x1b3, done on 16-bit limbs.
 */
export function fnv1a64Update(state: Hash64, bytes: Uint8Array, from: number, to: number): void {
  let high = state.high >>> 0;
  let low = state.low >>> 0;
  for (let i = from; i < to; i++) {
    low = (low ^ bytes[i]!) >>> 0;
    const low0 = (low & 0xffff) * 0x1b3;
    const low1 = (low >>> 16) * 0x1b3 + (low0 >>> 16);
    const nextHigh = Math.imul(high, 0x1b3) + Math.floor(low1 / 0x10000) + (low << 8);
    low = (((low1 & 0xffff) << 16) | (low0 & 0xffff)) >>> 0;
    high = nextHigh >>> 0;
  }
  state.high = high;
  state.low = low;
}
