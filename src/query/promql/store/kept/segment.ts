/**
 * The samples of one series in one block of time, in some bytes: when the counter began, then times, then values. Times are one interval or
 * differences of differences, values differences of whole numbers, where all of them are some whole number through the same power of ten; else
 * doubles as they are. A scraped counter takes two to three bytes a sample.
 */

/** Where a segment can lie; smaller numbers are free for other meanings. */
export const FIRST_PLACE = 8;

/** How values are written: a power of ten that makes all of them whole, or one of these. */
const MOST_DIGITS = 6;
const ALL_SAME = 7;
const DOUBLES = 8;

/** A whole number and its difference to another one are doubles without a loss, in zigzag too. */
const MAX_WHOLE = 2 ** 50;
/** The most that a varint of them takes. */
const VARINT_BYTES = 8;
const POWERS: readonly number[] = Array.from({ length: MOST_DIGITS + 1 }, (_, digits) => 10 ** digits);

export interface SegmentSamples {
  /** Whole milliseconds, ascending. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** Puts segments behind each other. */
export class SegmentWriter {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #length = FIRST_PLACE;

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Of samples `[from, to)`, at least one; times are kept as differences to `blockMs`. Gives the place where it lies; how many samples it has is for the
   * asker to know.
   */
  add({ timesMs, values }: SegmentSamples, from: number, to: number, blockMs: number, startMs: number): number {
    const count = to - from;
    this.#reserve(4 * VARINT_BYTES + count * (VARINT_BYTES + Float64Array.BYTES_PER_ELEMENT));
    const place = this.#length;
    this.#double(startMs);
    this.#varint(timesMs[from]! - blockMs);
    if (count > 1) this.#times(timesMs, from, to);
    this.#values(values, from, to);
    return place;
  }

  #times(timesMs: Float64Array, from: number, to: number): void {
    const interval = timesMs[from + 1]! - timesMs[from]!;
    let isSteady = true;
    for (let i = from + 2; isSteady && i < to; i++) isSteady = timesMs[i]! - timesMs[i - 1]! === interval;
    this.#varint(2 * interval + (isSteady ? 1 : 0));
    if (isSteady) return;
    let before = interval;
    for (let i = from + 2; i < to; i++) {
      const next = timesMs[i]! - timesMs[i - 1]!;
      this.#signed(next - before);
      before = next;
    }
  }

  #values(values: Float64Array, from: number, to: number): void {
    const form = formOf(values, from, to);
    this.#bytes[this.#length++] = form;
    if (form === ALL_SAME) this.#double(values[from]!);
    else if (form === DOUBLES) for (let i = from; i < to; i++) this.#double(values[i]!);
    else {
      const power = POWERS[form]!;
      let before = 0;
      for (let i = from; i < to; i++) {
        const whole = Math.round(values[i]! * power);
        this.#signed(whole - before);
        before = whole;
      }
    }
  }

  /** Gives back what was reserved and not needed; whether that was something. */
  trim(): boolean {
    const isLonger = this.#bytes.length > this.#length;
    if (isLonger) this.#moveTo(this.#length);
    return isLonger;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted > this.#bytes.length) this.#moveTo(Math.max(wanted, Math.ceil(this.#bytes.length * GROWTH)));
  }

  #moveTo(capacity: number): void {
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, Math.min(this.#length, this.#bytes.length)));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #double(value: number): void {
    this.#view.setFloat64(this.#length, value, true);
    this.#length += Float64Array.BYTES_PER_ELEMENT;
  }

  #signed(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      // Of numbers beyond 32 bits, too.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }
}

const GROWTH = 1.5;

function formOf(values: Float64Array, from: number, to: number): number {
  const first = values[from]!;
  let isSame = true;
  for (let i = from + 1; isSame && i < to; i++) isSame = Object.is(values[i], first);
  if (isSame) return ALL_SAME;
  let digits = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    while (!isWhole(value, POWERS[digits]!)) if (++digits > MOST_DIGITS) return DOUBLES;
  }
  // More digits may be too many for one that needed fewer.
  for (let i = from; i < to; i++) if (!isWhole(values[i]!, POWERS[digits]!)) return DOUBLES;
  return digits;
}

/** Whether a value is a whole number through this power of ten, to the last bit. */
function isWhole(value: number, power: number): boolean {
  // Of a negative zero nothing would be left but the zero.
  const whole = Math.round(value * power) + 0;
  return Math.abs(whole) <= MAX_WHOLE && Object.is(whole / power, value);
}

/** Reads what a SegmentWriter has written. */
export class SegmentReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Behind what was read last. */
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** When the counter of the segment at this place began. */
  startAt(place: number): number {
    return this.#view.getFloat64(place, true);
  }

  /** Its samples, which are so many, from `to` on in these arrays. Gives where they end. */
  read(place: number, count: number, blockMs: number, { timesMs, values }: SegmentSamples, to: number): number {
    const end = to + count;
    this.#at = place + Float64Array.BYTES_PER_ELEMENT;
    const firstMs = blockMs + this.#varint();
    timesMs[to] = firstMs;
    if (count > 1) this.#times(firstMs, timesMs, to + 1, end);
    const form = this.#bytes[this.#at++]!;
    if (form === ALL_SAME) values.fill(this.#double(), to, end);
    else if (form === DOUBLES) for (let i = to; i < end; i++) values[i] = this.#double();
    else this.#wholes(POWERS[form]!, values, to, end);
    return end;
  }

  #times(firstMs: number, timesMs: Float64Array, from: number, to: number): void {
    const head = this.#varint();
    let interval = Math.floor(head / 2);
    let time = firstMs;
    if (head % 2 === 1) {
      for (let i = from; i < to; i++) timesMs[i] = time += interval;
      return;
    }
    timesMs[from] = time += interval;
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = from + 1; i < to; i++) {
      const byte = bytes[at]!;
      if (byte <= 0x7f) {
        interval += (byte >>> 1) ^ -(byte & 1);
        at++;
      } else {
        this.#at = at;
        interval += this.#signed();
        at = this.#at;
      }
      timesMs[i] = time += interval;
    }
    this.#at = at;
  }

  #wholes(power: number, values: Float64Array, from: number, to: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let whole = 0;
    for (let i = from; i < to; i++) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      if (first <= 0x7f) {
        whole += (first >>> 1) ^ -(first & 1);
        at++;
      } else if (second <= 0x7f) {
        const both = (first & 0x7f) | (second << 7);
        whole += (both >>> 1) ^ -(both & 1);
        at += 2;
      } else {
        this.#at = at;
        whole += this.#signed();
        at = this.#at;
      }
      values[i] = whole;
    }
    this.#at = at;
    if (power > 1) for (let i = from; i < to; i++) values[i] = values[i]! / power;
  }

  #double(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += Float64Array.BYTES_PER_ELEMENT;
    return value;
  }

  #signed(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte <= 0x7f) return value;
      scale *= 0x80;
    }
  }
}
