import { fnv1a32 } from '#base';
import { ALWAYS_SAMPLE, NEVER_SAMPLE, probabilityOf, thresholdOf } from '#pdata';
import type { ProbabilisticSamplerConfig } from './config.ts';

/** What an item says of sampling so far. */
export interface Carrier {
  randomness: bigint | undefined;
  threshold: bigint | undefined;
}

export interface Decision {
  readonly isKept: boolean;
  /** Where the randomness came from: the label `policy` of the processor's counters. */
  readonly policy: string;
  /** What the item is to say from now on; undefined where it stays as it is. */
  readonly carrier: Carrier | undefined;
}

/** Who knows an item's randomness: a hash of its own, its trace id, or nothing. */
export interface Source {
  readonly policy: string;
  readonly randomness: bigint;
}

/** Raises or lowers a threshold for one item. */
export type Priority = bigint | undefined;

/** Passes every threshold below NEVER_SAMPLE. */
const ALL: bigint = NEVER_SAMPLE - 1n;
const MISSING: Source = { policy: 'missing_randomness', randomness: ALL };

const HASH_BITS_MASK = 0x3fff;
const HASH_BUCKETS = 0x4000;

/** The decision itself, of spans and of log records alike (sampler_mode.go, commonShouldSampleLogic). */
export class Decider {
  readonly #config: ProbabilisticSamplerConfig;
  readonly #mode: ProbabilisticSamplerConfig['mode'] | 'never';
  readonly #ratio: number;
  readonly #threshold: bigint;
  readonly #hashed = new Uint8Array(4 + 1024);

  constructor(config: ProbabilisticSamplerConfig) {
    this.#config = config;
    new DataView(this.#hashed.buffer).setUint32(0, config.hashSeed, true);
    // In 32 bits and cut, as always, so that collectors of all versions keep the same.
    const percentage = Math.fround(Math.min(100, config.percentage));
    const accepted = Math.trunc(Math.fround(percentage * Math.fround(HASH_BUCKETS / 100)));
    this.#ratio = percentage / 100;
    const isNever = percentage === 0 || (config.mode === 'hash_seed' && accepted === 0);
    this.#mode = isNever ? 'never' : config.mode;
    this.#threshold =
      config.mode === 'hash_seed'
        ? BigInt(HASH_BUCKETS - accepted) << 42n
        : thresholdOf(this.#ratio, config.precisionDigits);
  }

  get hashes(): boolean {
    return this.#mode === 'hash_seed';
  }

  /** 14 bits that decide, and others for whoever samples next. */
  hash(bytes: Uint8Array, from: number, to: number): bigint {
    const length = to - from;
    const input =
      length <= 1024 ? this.#hashed : Buffer.concat([this.#hashed.subarray(0, 4), bytes.subarray(from, to)]);
    if (input === this.#hashed) for (let i = 0; i < length; i++) input[4 + i] = bytes[from + i]!;
    const hash = fnv1a32(input, 0, 4 + length);
    const bucket = hash & HASH_BITS_MASK;
    const unused = hash >>> 18;
    const mixed = (unused ^ (unused << 10)) >>> 0;
    return (BigInt(HASH_BUCKETS - 1 - bucket) << 42n) | (BigInt(mixed) << 14n) | BigInt(bucket);
  }

  /** `carrier` has what can be read of the item; `isReadable` says whether that is everything. */
  decide(
    carrier: Carrier,
    isReadable: boolean,
    source: Source | undefined,
    { priority, marksMissing }: { readonly priority: Priority; readonly marksMissing: boolean },
  ): Decision {
    const found = this.#look(carrier, isReadable, source, marksMissing);
    const failed = this.#config.failClosed ? NEVER_SAMPLE : ALWAYS_SAMPLE;
    let threshold = found.isSound ? this.#thresholdFor(found.carrier) : failed;
    let { policy } = found.source;
    if (priority !== undefined) {
      threshold = priority;
      policy = 'sampling_priority';
    }
    const isKept = threshold <= found.source.randomness;
    if (isKept && found.carrier !== undefined) {
      const { threshold: before } = found.carrier;
      // A share that is smaller already is not made larger.
      if (before === undefined || before <= threshold) found.carrier.threshold = threshold;
    }
    return { isKept, policy, carrier: isKept ? found.carrier : undefined };
  }

  #look(
    carrier: Carrier,
    isReadable: boolean,
    source: Source | undefined,
    marksMissing: boolean,
  ): { readonly source: Source; readonly carrier: Carrier | undefined; readonly isSound: boolean } {
    if (this.#mode === 'never') {
      return { source: { policy: 'sampling_priority', randomness: ALL }, carrier, isSound: isReadable };
    }
    if (this.#mode === 'hash_seed') {
      const own = source ?? MISSING;
      // Who samples consistently is not to be sampled by hashes too.
      if (!isReadable || carrier.randomness !== undefined || carrier.threshold !== undefined) {
        return { source: own, carrier: undefined, isSound: false };
      }
      if (source !== undefined || marksMissing) carrier.randomness = own.randomness;
      return { source: own, carrier, isSound: source !== undefined };
    }
    if (!isReadable) return { source: MISSING, carrier: undefined, isSound: false };
    const own =
      carrier.randomness === undefined
        ? (source ?? MISSING)
        : { policy: 'sampling_randomness', randomness: carrier.randomness };
    if (own === MISSING) return { source: own, carrier, isSound: false };
    const isInconsistent = carrier.threshold !== undefined && carrier.threshold > own.randomness;
    if (isInconsistent) carrier.threshold = undefined;
    return { source: own, carrier, isSound: !isInconsistent };
  }

  #thresholdFor(carrier: Carrier | undefined): bigint {
    const before = carrier?.threshold;
    switch (this.#mode) {
      case 'never':
        return NEVER_SAMPLE;
      case 'proportional': {
        const incoming = before === undefined ? 1 : probabilityOf(before);
        return thresholdOf(incoming * this.#ratio, this.#config.precisionDigits);
      }
      case 'equalizing':
        return before !== undefined && this.#threshold < before ? before : this.#threshold;
      case 'hash_seed':
        return this.#threshold;
    }
  }
}
