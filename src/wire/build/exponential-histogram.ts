import type { ExponentialSide } from '#pdata';
import type { ExponentialPoint } from './metrics-builder.ts';

const SCALE_MAX = 20;
const SCALE_MIN = -10;
const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);
/** Of the smallest and the largest normal double. */
const EXPONENT_MIN = -1022;
const EXPONENT_MAX = 1023;

/**
 * Values that are not negative, as an exponential histogram of at most `sizeMax` buckets. It begins at scale 20 and halves its resolution
 * whenever the values would need more buckets (OpenTelemetry's data model, "Exponential Histogram"; otelcol uses
 * lightstep/go-expohisto, which does the same).
 */
export class ExponentialHistogram implements ExponentialPoint {
  readonly #sizeMax: number;
  readonly zeroThreshold = 0;
  readonly negative: ExponentialSide = { offset: 0, counts: new BigUint64Array(0) };
  #scale = SCALE_MAX;
  count = 0;
  sum = 0;
  #zeroCount = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Bucket `first + i` has `counts[i]`. */
  #first = 0;
  #counts: number[] = [];

  constructor(sizeMax: number) {
    this.#sizeMax = Math.max(2, sizeMax);
  }

  /** 0 where there are no values but zeros: then it says nothing. */
  get scale(): number {
    return this.#counts.length === 0 ? 0 : this.#scale;
  }

  get zeroCount(): bigint {
    return BigInt(this.#zeroCount);
  }

  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get positive(): ExponentialSide {
    const counts = BigUint64Array.from(this.#counts, BigInt);
    return { offset: counts.length === 0 ? 0 : this.#first, counts };
  }

  /** Adds a finite value that is not negative, `times` times. */
  add(value: number, times: number): void {
    if (times === 0) return;
    this.count += times;
    this.sum += value * times;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) {
      this.#zeroCount += times;
      return;
    }
    let bucket = bucketOf(value, this.#scale);
    const excess = this.#excessOf(bucket);
    if (excess > 0) {
      this.#coarsen(excess);
      bucket = bucketOf(value, this.#scale);
    }
    this.#reach(bucket);
    this.#counts[bucket - this.#first] = this.#counts[bucket - this.#first]! + times;
  }

  clear(): void {
    this.#scale = SCALE_MAX;
    this.count = 0;
    this.sum = 0;
    this.#zeroCount = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.#first = 0;
    this.#counts = [];
  }

  /** By how many scales the histogram must become coarser, so that this bucket has room. */
  #excessOf(bucket: number): number {
    if (this.#counts.length === 0) return 0;
    let low = Math.min(bucket, this.#first);
    let high = Math.max(bucket, this.#first + this.#counts.length - 1);
    let excess = 0;
    while (high - low >= this.#sizeMax && this.#scale - excess > SCALE_MIN) {
      low >>= 1;
      high >>= 1;
      excess++;
    }
    return excess;
  }

  #coarsen(by: number): void {
    const first = this.#first >> by;
    const counts: number[] = [];
    for (let i = 0; i < this.#counts.length; i++) {
      const target = ((this.#first + i) >> by) - first;
      counts[target] = (counts[target] ?? 0) + this.#counts[i]!;
    }
    this.#first = first;
    this.#counts = counts;
    this.#scale -= by;
  }

  #reach(bucket: number): void {
    if (this.#counts.length === 0) this.#first = bucket;
    if (bucket < this.#first) {
      this.#counts = [...new Array<number>(this.#first - bucket).fill(0), ...this.#counts];
      this.#first = bucket;
    }
    while (this.#counts.length <= bucket - this.#first) this.#counts.push(0);
  }
}

/** The bucket of a positive value: bucket i has the values above base^i, up to and with base^(i + 1), where base is 2^(2^-scale). */
function bucketOf(value: number, scale: number): number {
  double[0] = value;
  const exponent = ((words[1]! >>> 20) & 0x7ff) - 1023;
  // Smaller than normal ones: they share the lowest bucket.
  if (exponent < EXPONENT_MIN) return scale > 0 ? EXPONENT_MIN * 2 ** scale - 1 : (EXPONENT_MIN - 1) >> -scale;
  const isPowerOfTwo = (words[1]! & 0xf_ffff) === 0 && words[0] === 0;
  if (scale <= 0) return (isPowerOfTwo ? exponent - 1 : exponent) >> -scale;
  const perPower = 2 ** scale;
  if (isPowerOfTwo) return exponent * perPower - 1;
  // The logarithm may be off by a little: the result stays between the powers of two around the value.
  const bucket = Math.floor(Math.log(value) * Math.LOG2E * perPower);
  const lowest = exponent * perPower;
  const highest = exponent >= EXPONENT_MAX ? (EXPONENT_MAX + 1) * perPower - 1 : lowest + perPower - 1;
  return Math.min(Math.max(bucket, lowest), highest);
}
