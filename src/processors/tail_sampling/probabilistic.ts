import { FNV64_OFFSET_HIGH, FNV64_OFFSET_LOW, fnv1a64Update, type Hash64 } from '#base';

const DEFAULT_HASH_SALT = 'default-hash-seed';
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/**
 * Whether a trace id falls under the percentage: FNV-1a-64 of salt and id is at most percentage / 100 * (2^64 - 1). Bit for bit what
 * otelcol-contrib decides, so that collectors of both kinds keep the same traces
 * (processor/tailsamplingprocessor/internal/sampling/probabilistic.go).
 */
export function probabilisticSampler(percentage: number, salt: string): (traceId: Uint8Array) => boolean {
  const bytes = new TextEncoder().encode(salt === '' ? DEFAULT_HASH_SALT : salt);
  const start: Hash64 = { high: FNV64_OFFSET_HIGH, low: FNV64_OFFSET_LOW };
  fnv1a64Update(start, bytes, 0, bytes.length);
  const threshold = thresholdOf(percentage / 100);
  const thresholdHigh = Number(threshold >> 32n);
  const thresholdLow = Number(threshold & 0xffff_ffffn);
  const hash: Hash64 = { high: 0, low: 0 };
  return (traceId) => {
    hash.high = start.high;
    hash.low = start.low;
    fnv1a64Update(hash, traceId, 0, traceId.length);
    return hash.high < thresholdHigh || (hash.high === thresholdHigh && hash.low <= thresholdLow);
  };
}

/**
 * ratio * (2^64 - 1) as Go's big.Float computes it: the product rounded to 64 significant bits, ties to even, then cut to a whole
 * number within uint64.
 */
export function thresholdOf(ratio: number): bigint {
  if (!(ratio > 0)) return 0n;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, ratio);
  const word = view.getBigUint64(0);
  const exponentBits = Number((word >> 52n) & 0x7ffn);
  const fraction = word & 0xf_ffff_ffff_ffffn;
  // ratio = mantissa * 2^exponent
  const mantissa = exponentBits === 0 ? fraction : fraction | (1n << 52n);
  let exponent = Math.max(1, exponentBits) - 1075;
  let product = mantissa * MAX_UINT64;
  const excess = product.toString(2).length - 64;
  if (excess > 0) {
    const half = 1n << BigInt(excess - 1);
    const rest = product & ((half << 1n) - 1n);
    product >>= BigInt(excess);
    if (rest > half || (rest === half && (product & 1n) === 1n)) product += 1n;
    exponent += excess;
  }
  const whole = exponent >= 0 ? product << BigInt(exponent) : product >> BigInt(-exponent);
  return whole > MAX_UINT64 ? MAX_UINT64 : whole;
}
