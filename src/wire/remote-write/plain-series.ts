import { DecodeError } from '#base';
import { contentEnd, nextOffset, skip, varint } from '../otlp/check.ts';
import { MAX_LABELS, MAX_SAMPLES, type OwnSamples } from './own-samples.ts';
import { MIN_TIME_MS } from './own-series.ts';

/** Where the symbols of a request of version 2 stand in its bytes. */
export interface SymbolPlaces {
  readonly count: number;
  readonly at: Uint32Array;
  readonly length: Uint32Array;
}

/** What names a series in the bytes of a request: `view` at [at, at + length). */
export interface SeriesKey {
  view: DataView;
  at: number;
  length: number;
}

/** Begins the key of a series of version 2: no tag of version 1 is like it. */
const V2_KEY = -1;
/** Key words in front of those of labels: V2_KEY, type, help, unit. */
const HEAD_WORDS = 4;

const NAME = Uint8Array.from('__name__', (letter) => letter.charCodeAt(0));
const COUNTER = 1;

/** Tags of prometheus.TimeSeries and its parts: number << 3 | wire type. */
const V1 = { label: 0x0a, sample: 0x12, name: 0x0a, value: 0x12 } as const;
/** Tags of io.prometheus.write.v2.TimeSeries. */
const V2 = { labels: 0x0a, sample: 0x12, metadata: 0x2a, created: 0x30 } as const;
const METADATA = { type: 0x08, help: 0x18, unit: 0x20 } as const;
const SAMPLE = { value: 0x09, time: 0x10, start: 0x18 } as const;

/**
 * Finds what a series is made of, where that is plain: a name, labels sorted by theirs, samples whose times are in order with the limits, nothing
 * else. Fills in `samples`, which then adds it. What isn't plain is somebody else's: then `read…` gives false. Throws a DecodeError.
 */
export class PlainSeries {
  readonly #bytes: Uint8Array;
  readonly #samples: OwnSamples;
  readonly #maxTimeMs: number;
  /** Behind what was read last. */
  #at = 0;
  /** The name before, for the order. */
  #lastAt = 0;
  #lastLength = -1;
  #hasName = false;
  /** Of the series that `findV1` or `findV2` looked at. */
  readonly key: SeriesKey;
  readonly #view: DataView;
  readonly #words = new Int32Array(HEAD_WORDS + MAX_LABELS * 2);
  readonly #wordsView = new DataView(this.#words.buffer);

  constructor(bytes: Uint8Array, samples: OwnSamples, maxTimeMs: number) {
    this.#bytes = bytes;
    this.#samples = samples;
    this.#maxTimeMs = maxTimeMs;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.key = { view: this.#view, at: 0, length: 0 };
  }

  /** Finds what names the prometheus.TimeSeries in bytes[from, to), and reads its samples. False where it isn't plain. */
  findV1(from: number, to: number): boolean {
    const bytes = this.#bytes;
    this.#begin();
    let at = from;
    while (at < to && bytes[at] === V1.label) at = contentEnd(bytes, at + 1, to);
    const { key } = this;
    key.view = this.#view;
    key.at = from;
    key.length = at - from;
    while (at < to) {
      if (bytes[at] !== V1.sample) return false;
      const end = contentEnd(bytes, at + 1, to);
      if (!this.#readSample(nextOffset(), end)) return false;
      at = end;
    }
    return this.#samples.sampleCount > 0;
  }

  /** The same of an io.prometheus.write.v2.TimeSeries. `numbers`: per symbol the number that all requests know it by, 0 for none. */
  findV2(from: number, to: number, numbers: Uint32Array): boolean {
    const bytes = this.#bytes;
    const samples = this.#samples;
    const words = this.#words;
    this.#begin();
    words.fill(0, 0, HEAD_WORDS);
    words[0] = V2_KEY;
    let count = HEAD_WORDS;
    let createdMs = 0;
    for (let at = from; at < to; ) {
      const tag = bytes[at]!;
      if (tag === V2.created) {
        createdMs = this.#int(at + 1, to);
        at = this.#at;
        continue;
      }
      if (tag !== V2.labels && tag !== V2.sample && tag !== V2.metadata) return false;
      const end = contentEnd(bytes, at + 1, to);
      at = nextOffset();
      if (tag === V2.sample) {
        if (!this.#readSample(at, end)) return false;
        at = end;
      } else if (tag === V2.metadata) {
        if (!this.#numberMetadata(at, end, numbers)) return false;
        at = end;
      }
      for (; at < end; at = nextOffset()) {
        const number = numbers[varint(bytes, at, end)] ?? 0;
        if (number === 0 || count === words.length) return false;
        words[count++] = number;
      }
    }
    const { key } = this;
    key.view = this.#wordsView;
    key.at = 0;
    key.length = count * 4;
    return samples.sampleCount > 0 && this.#startAt(createdMs, words[1] === COUNTER);
  }

  /** Gives samples the start of their series, or none. False for one that no series has. */
  #startAt(createdMs: number, isCounter: boolean): boolean {
    if (createdMs < 0) return false;
    const { sampleCount, startsMs } = this.#samples;
    for (let i = 0; i < sampleCount; i++) {
      if (!isCounter) startsMs[i] = 0;
      else if (startsMs[i] === 0) startsMs[i] = createdMs;
    }
    return true;
  }

  /** Puts what metadata says in front of the key. False for what isn't plain. */
  #numberMetadata(from: number, to: number, numbers: Uint32Array): boolean {
    const bytes = this.#bytes;
    for (let at = from; at < to; at = nextOffset()) {
      const tag = bytes[at]!;
      if (tag !== METADATA.type && tag !== METADATA.help && tag !== METADATA.unit) return false;
      const value = varint(bytes, at + 1, to);
      const word = tag === METADATA.type ? value : (numbers[value] ?? 0);
      if (word === 0 && tag !== METADATA.type) return false;
      this.#words[tag === METADATA.type ? 1 : tag === METADATA.help ? 2 : 3] = word;
    }
    return true;
  }

  /** The prometheus.TimeSeries in bytes[from, to). */
  readV1(from: number, to: number): boolean {
    const bytes = this.#bytes;
    this.#begin();
    for (let at = from; at < to; ) {
      const tag = bytes[at]!;
      if (tag !== V1.label && tag !== V1.sample) return false;
      const end = contentEnd(bytes, at + 1, to);
      const isPlain = tag === V1.label ? this.#readLabel(nextOffset(), end) : this.#readSample(nextOffset(), end);
      if (!isPlain) return false;
      at = end;
    }
    return this.#hasName && this.#samples.sampleCount > 0;
  }

  /** The io.prometheus.write.v2.TimeSeries in bytes[from, to). */
  readV2(from: number, to: number, symbols: SymbolPlaces): boolean {
    const bytes = this.#bytes;
    const samples = this.#samples;
    this.#begin();
    let createdMs = 0;
    for (let at = from; at < to; ) {
      const tag = bytes[at]!;
      if (tag === V2.created) {
        createdMs = this.#int(at + 1, to);
        at = this.#at;
        continue;
      }
      if (tag !== V2.labels && tag !== V2.sample && tag !== V2.metadata) return false;
      const end = contentEnd(bytes, at + 1, to);
      const begin = nextOffset();
      if (tag === V2.labels ? !this.#readReferences(begin, end, symbols) : false) return false;
      if (tag === V2.sample && !this.#readSample(begin, end)) return false;
      if (tag === V2.metadata) this.#readMetadata(begin, end, symbols);
      at = end;
    }
    return this.#hasName && samples.sampleCount > 0 && this.#startAt(createdMs, samples.head.isCounter);
  }

  #begin(): void {
    const samples = this.#samples;
    samples.labelCount = 0;
    samples.sampleCount = 0;
    const { head } = samples;
    head.isCounter = false;
    head.helpLength = 0;
    head.unitLength = 0;
    this.#hasName = false;
    this.#lastLength = -1;
  }

  /** Label: name = 1, value = 2. */
  #readLabel(from: number, to: number): boolean {
    const bytes = this.#bytes;
    if (bytes[from] !== V1.name || from >= to) return false;
    const nameEnd = contentEnd(bytes, from + 1, to);
    const nameAt = nextOffset();
    // One without a value is none.
    if (nameEnd === to) return this.#addLabel(nameAt, nameEnd - nameAt, nameEnd, 0);
    if (bytes[nameEnd] !== V1.value) return false;
    const end = contentEnd(bytes, nameEnd + 1, to);
    return end === to && this.#addLabel(nameAt, nameEnd - nameAt, nextOffset(), end - nextOffset());
  }

  /** References to names and values in turn, packed. */
  #readReferences(from: number, to: number, symbols: SymbolPlaces): boolean {
    const bytes = this.#bytes;
    for (let at = from; at < to; ) {
      const name = symbolOf(symbols, varint(bytes, at, to), at);
      at = nextOffset();
      if (at >= to) throw new DecodeError('an odd number of references to labels', at);
      const value = symbolOf(symbols, varint(bytes, at, to), at);
      at = nextOffset();
      if (!this.#addLabel(symbols.at[name]!, symbols.length[name]!, symbols.at[value]!, symbols.length[value]!))
        return false;
    }
    return true;
  }

  /** False for a name that isn't behind the one before. */
  #addLabel(nameAt: number, nameLength: number, valueAt: number, valueLength: number): boolean {
    const samples = this.#samples;
    if (nameLength === 0 || samples.labelCount === MAX_LABELS) return false;
    if (this.#lastLength >= 0 && !isBefore(this.#bytes, this.#lastAt, this.#lastLength, nameAt, nameLength))
      return false;
    this.#lastAt = nameAt;
    this.#lastLength = nameLength;
    if (isName(this.#bytes, nameAt, nameLength)) {
      samples.metricAt = valueAt;
      samples.metricLength = valueLength;
      this.#hasName = valueLength > 0;
      return true;
    }
    const i = samples.labelCount++;
    samples.nameAt[i] = nameAt;
    samples.nameLength[i] = nameLength;
    samples.labelAt[i] = valueAt;
    samples.labelLength[i] = valueLength;
    return true;
  }

  /** Sample: value = 1, timestamp = 2, start_timestamp = 3 (version 2). */
  #readSample(from: number, to: number): boolean {
    const bytes = this.#bytes;
    const samples = this.#samples;
    let valueAt = 0;
    let timeMs = 0;
    let startMs = 0;
    for (let at = from; at < to; ) {
      const tag = bytes[at]!;
      if (tag === SAMPLE.value) {
        valueAt = at + 1;
        at = skip(bytes, at + 1, to, tag);
      } else if (tag === SAMPLE.time || tag === SAMPLE.start) {
        const ms = this.#int(at + 1, to);
        if (tag === SAMPLE.time) timeMs = ms;
        else startMs = ms;
        at = this.#at;
      } else return false;
    }
    if (timeMs < MIN_TIME_MS || timeMs > this.#maxTimeMs || startMs < 0 || samples.sampleCount === MAX_SAMPLES)
      return false;
    const i = samples.sampleCount++;
    samples.valueAt[i] = valueAt;
    samples.timesMs[i] = timeMs;
    samples.startsMs[i] = startMs;
    return true;
  }

  /** Metadata: type = 1, help_ref = 3, unit_ref = 4. */
  #readMetadata(from: number, to: number, symbols: SymbolPlaces): void {
    const bytes = this.#bytes;
    const { head } = this.#samples;
    for (let at = from; at < to; ) {
      const tag = bytes[at]!;
      if (tag !== METADATA.type && tag !== METADATA.help && tag !== METADATA.unit) {
        const unknown = varint(bytes, at, to);
        at = skip(bytes, nextOffset(), to, unknown);
        continue;
      }
      const value = varint(bytes, at + 1, to);
      at = nextOffset();
      if (tag === METADATA.type) head.isCounter = value === COUNTER;
      else {
        const symbol = symbolOf(symbols, value, at);
        head[tag === METADATA.help ? 'helpAt' : 'unitAt'] = symbols.at[symbol]!;
        head[tag === METADATA.help ? 'helpLength' : 'unitLength'] = symbols.length[symbol]!;
      }
    }
  }

  /** An int64 of up to 2^49; -1 for what is larger, or less than 0. Its end stands in the field that says where reading goes on. */
  #int(from: number, to: number): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (from + i >= to) throw new DecodeError('a varint that does not end', from);
      const byte = bytes[from + i]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.#at = from + i + 1;
        return i < EXACT_BYTES ? value : -1;
      }
      scale *= 128;
    }
    throw new DecodeError('varint longer than 10 bytes', from);
  }
}

const MAX_VARINT_BYTES = 10;
const EXACT_BYTES = 7;

function symbolOf({ count }: SymbolPlaces, reference: number, at: number): number {
  if (reference >= count) throw new DecodeError(`symbol ${reference} of ${count}`, at);
  return reference;
}

function isName(bytes: Uint8Array, at: number, length: number): boolean {
  if (length !== NAME.length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== NAME[i]) return false;
  return true;
}

function isBefore(bytes: Uint8Array, a: number, aLength: number, b: number, bLength: number): boolean {
  const length = Math.min(aLength, bLength);
  for (let i = 0; i < length; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!;
    if (difference !== 0) return difference < 0;
  }
  return aLength < bLength;
}
