/**
 * Consistent probability sampling (OpenTelemetry's "TraceState: Probability Sampling", OTEP 235; otelcol-contrib pkg/sampling@v0.159.0).
 * An item has 56 bits of randomness, from its trace id or `rv`; it is kept where these are not below the threshold `th`.
 */

const DIGITS = 14;
/** One more than the largest randomness. As a threshold it keeps nothing. */
export const NEVER_SAMPLE: bigint = 1n << 56n;
export const ALWAYS_SAMPLE: bigint = 0n;
const SCALE = 2 ** 56;
export const PROBABILITY_MIN: number = 1 / SCALE;

/** The threshold for a probability, with so many significant hex digits; NEVER_SAMPLE for one that is too small. */
export function thresholdOf(probability: number, precisionDigits: number): bigint {
  if (!(probability >= PROBABILITY_MIN)) return NEVER_SAMPLE;
  if (probability >= 1) return ALWAYS_SAMPLE;
  // Digits that are all 0 or all f in front don't count.
  const leading = Math.max(leadingDigits(probability), leadingDigits(1 - probability));
  const digits = Math.min(DIGITS, precisionDigits + leading);
  const threshold = NEVER_SAMPLE - BigInt(Math.round(probability * SCALE));
  const shift = BigInt(4 * (DIGITS - digits));
  return shift === 0n ? threshold : ((threshold + (1n << (shift - 1n))) >> shift) << shift;
}

const exponent = new DataView(new ArrayBuffer(8));

function leadingDigits(fraction: number): number {
  exponent.setFloat64(0, fraction);
  const exponentOf2 = ((exponent.getUint16(0) >> 4) & 0x7ff) - 1022;
  return Math.trunc(exponentOf2 / -4);
}

export function probabilityOf(threshold: bigint): number {
  return Number(NEVER_SAMPLE - threshold) / SCALE;
}

/** As in `th:…`, without zeros behind; '' for NEVER_SAMPLE. */
export function thresholdText(threshold: bigint): string {
  if (threshold === ALWAYS_SAMPLE) return '0';
  return threshold === NEVER_SAMPLE ? '' : randomnessText(threshold).replace(/0+$/, '');
}

/** Undefined where the text is no threshold. */
export function parseThreshold(text: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,14}$/.test(text) ? BigInt(`0x${text.padEnd(DIGITS, '0')}`) : undefined;
}

/** As in `rv:…`. */
export function randomnessText(randomness: bigint): string {
  return randomness.toString(16).padStart(DIGITS, '0');
}

/** Undefined where the text is no randomness. */
export function parseRandomness(text: string): bigint | undefined {
  return /^[0-9a-fA-F]{14}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** The last 56 bits of the trace id at `at`. */
export function randomnessOfTraceId(bytes: Uint8Array, at: number): bigint {
  const high = (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!;
  const low = ((bytes[at + 12]! << 24) | (bytes[at + 13]! << 16) | (bytes[at + 14]! << 8) | bytes[at + 15]!) >>> 0;
  return BigInt(high * 0x1_0000_0000 + low);
}

/** A W3C trace state, as far as sampling looks at it. Everything else is kept as it is. */
export class SamplingState {
  randomness: bigint | undefined = undefined;
  threshold: bigint | undefined = undefined;
  readonly #ownFields: readonly string[];
  readonly #others: readonly string[];

  private constructor(ownFields: readonly string[], others: readonly string[]) {
    this.#ownFields = ownFields;
    this.#others = others;
  }

  static empty(): SamplingState {
    return new SamplingState([], []);
  }

  /** Undefined where the text is no trace state, or what it says of sampling is none. */
  static parse(text: string): SamplingState | undefined {
    if (text === '') return SamplingState.empty();
    if (text.length > TEXT_LENGTH_MAX) return undefined;
    const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
    if (members.length >= MEMBERS_MAX) return undefined;
    const others: string[] = [];
    let own = '';
    for (const member of members) {
      if (member === '') continue;
      if (!MEMBER.test(member)) return undefined;
      if (member.startsWith('ot=')) own = member.slice(3);
      else others.push(member);
    }
    return SamplingState.#ofOwn(own, others);
  }

  static #ofOwn(own: string, others: readonly string[]): SamplingState | undefined {
    if (own === '') return new SamplingState([], others);
    if (own.length > OWN_LENGTH_MAX) return undefined;
    const fields = own.split(';');
    if (!fields.every((field) => OWN_FIELD.test(field))) return undefined;
    const isSampling = (field: string): boolean => field.startsWith('rv:') || field.startsWith('th:');
    const state = new SamplingState(
      fields.filter((field) => !isSampling(field)),
      others,
    );
    for (const field of fields.filter(isSampling)) {
      const value = field.slice(3);
      const parsed = field.startsWith('rv:') ? parseRandomness(value) : parseThreshold(value);
      if (parsed === undefined) return undefined;
      if (field.startsWith('rv:')) state.randomness = parsed;
      else state.threshold = parsed;
    }
    return state;
  }

  /** How many items this one stands for; 0 where that isn't known. */
  get adjustedCount(): number {
    return this.threshold === undefined ? 0 : 1 / probabilityOf(this.threshold);
  }

  toString(): string {
    const own = [...this.#ownFields];
    if (this.threshold !== undefined) own.unshift(`th:${thresholdText(this.threshold)}`);
    if (this.randomness !== undefined) own.unshift(`rv:${randomnessText(this.randomness)}`);
    const members = own.length === 0 ? this.#others : [`ot=${own.join(';')}`, ...this.#others];
    return members.join(',');
  }
}

const TEXT_LENGTH_MAX = 1024;
const MEMBERS_MAX = 32;
const OWN_LENGTH_MAX = 256;
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const OWN_FIELD = /^[a-z][a-z0-9]*:[a-zA-Z0-9._-]*$/;
