import { DecodeError } from '#base';
import {
  copyBytes,
  METRIC_GAUGE,
  METRIC_SUM,
  NUMBER_POINT,
  type PointChunk,
  PROMETHEUS_SCOPE,
  putVarint,
  TEMPORALITY_CUMULATIVE,
  unfilledBytes,
  varintLength,
} from '#pdata';
import { decodeMetrics } from '../otlp/decode-metrics.ts';
import type { KnownSamples } from './known-samples.ts';

/** More labels, or samples, of a series are for another reader. */
export const MAX_LABELS = 128;
export const MAX_SAMPLES = 4096;
/** Of all points, where each has the labels of its series. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What a sample, or a metric, takes at most besides labels and texts. */
const POINT_BYTES = 48;
const METRIC_BYTES = 64;
const FIRST_BYTES = 256;
/** What is kept for the next request. */
const KEPT_BYTES = 4 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

const encoder = new TextEncoder();
const scopeName = encoder.encode(PROMETHEUS_SCOPE);

/** Tags: number << 3 | wire type. */
const TAG = {
  group: 0x0a,
  resource: 0x0a,
  scopes: 0x12,
  scope: 0x0a,
  metric: 0x12,
  name: 0x0a,
  description: 0x12,
  unit: 0x1a,
  temporality: 0x10,
  monotonic: 0x18,
  point: 0x0a,
  attribute: (NUMBER_POINT.attributes << 3) | 2,
  start: (NUMBER_POINT.start << 3) | 1,
  time: (NUMBER_POINT.time << 3) | 1,
  asDouble: (NUMBER_POINT.asDouble << 3) | 1,
  flags: NUMBER_POINT.flags << 3,
  key: 0x0a,
  value: 0x12,
  text: 0x0a,
} as const;
/** A length that is known only later takes so many bytes, padded: up to 2^28 - 1. */
const LATE_LENGTH_BYTES = 4;
const FIXED_FIELD_BYTES = 9;
const FLAG_FIELD_BYTES = 2;
const NS_PER_MS = 1_000_000;
const WORD = 0x1_0000_0000;

/** What a metric says besides its name. Texts that are not there have the length 0. */
export interface MetricHead {
  isCounter: boolean;
  helpAt: number;
  helpLength: number;
  unitAt: number;
  unitLength: number;
}

/**
 * Points of Prometheus' own series (PROMETHEUS_SCOPE), from the bytes of a request straight to those of OTLP: no text is made, and no object for
 * a label or a sample. After `begin` a reader fills in series by series and calls `add`; its buffers serve the next request. Series come
 * metric by metric, so that each change of the name begins another one.
 *
 *   labels    nameAt nameLength labelAt labelLength    places in the request, [0, labelCount), without __name__
 *   samples   valueAt timesMs startsMs                 [0, sampleCount); a value is 8 bytes in the request, at 0 where it is 0
 */
export class OwnSamples {
  /** Of all series. */
  count = 0;
  labelCount = 0;
  readonly nameAt: Uint32Array = new Uint32Array(MAX_LABELS);
  readonly nameLength: Uint32Array = new Uint32Array(MAX_LABELS);
  readonly labelAt: Uint32Array = new Uint32Array(MAX_LABELS);
  readonly labelLength: Uint32Array = new Uint32Array(MAX_LABELS);
  sampleCount = 0;
  readonly valueAt: Uint32Array = new Uint32Array(MAX_SAMPLES);
  readonly timesMs: Float64Array = new Float64Array(MAX_SAMPLES);
  readonly startsMs: Float64Array = new Float64Array(MAX_SAMPLES);
  metricAt = 0;
  metricLength = 0;
  readonly head: MetricHead = { isCounter: false, helpAt: 0, helpLength: 0, unitAt: 0, unitLength: 0 };

  readonly #maxBytes: number;
  #source: Uint8Array = NO_BYTES;
  #words: DataView = new DataView(NO_BYTES.buffer);
  #out: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  #at = 0;
  #groupAt = 0;
  #scopesAt = 0;
  /** Where the lengths of the metric and its data are to be written; 0 while none is open. */
  #openAt = 0;
  #dataAt = 0;
  /** The name of the metric that is open. */
  #openNameAt = 0;
  #openNameLength = 0;
  readonly #openHead: MetricHead = { isCounter: false, helpAt: 0, helpLength: 0, unitAt: 0, unitLength: 0 };

  /** Takes `moreBytes` than the usual limit. */
  constructor(moreBytes = 0) {
    this.#maxBytes = MAX_BYTES + moreBytes;
  }

  /** Begins with the series of another request. */
  begin(source: Uint8Array): void {
    this.count = 0;
    this.#openAt = 0;
    this.#at = 0;
    this.#source = source;
    this.#words = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.#reserve(source.length * 2 + FIRST_BYTES);
    this.#groupAt = this.#begin(TAG.group);
    this.#out[this.#at++] = TAG.resource;
    this.#out[this.#at++] = 0;
    this.#scopesAt = this.#begin(TAG.scopes);
    this.#out[this.#at++] = TAG.scope;
    this.#at = putVarint(this.#out, this.#at, 2 + scopeName.length);
    this.#putText(TAG.name, scopeName, 0, scopeName.length);
  }

  /** Adds the series that was filled in. Throws a DecodeError where that is too much. */
  add(): void {
    const { labelCount, sampleCount } = this;
    let attributesBytes = 0;
    for (let i = 0; i < labelCount; i++) {
      if (this.labelLength[i] !== 0) attributesBytes += attributeSize(this.nameLength[i]!, this.labelLength[i]!);
    }
    const { helpLength, unitLength } = this.head;
    this.#reserve(
      sampleCount * (attributesBytes + POINT_BYTES) + this.metricLength + helpLength + unitLength + METRIC_BYTES,
    );
    if (!this.#isOpen()) this.#openMetric();
    let attributesAt = 0;
    for (let i = 0; i < sampleCount; i++) {
      const valueAt = this.valueAt[i]!;
      const startMs = this.startsMs[i]!;
      const isStale = valueAt !== 0 && this.#isStale(valueAt);
      const size =
        attributesBytes +
        FIXED_FIELD_BYTES +
        (startMs > 0 ? FIXED_FIELD_BYTES : 0) +
        (isStale ? FLAG_FIELD_BYTES : FIXED_FIELD_BYTES);
      const out = this.#out;
      out[this.#at++] = TAG.point;
      this.#at = putVarint(out, this.#at, size);
      if (i === 0) {
        attributesAt = this.#at;
        this.#putAttributes();
      } else {
        copyBytes(out, attributesAt, attributesAt + attributesBytes, out, this.#at);
        this.#at += attributesBytes;
      }
      if (startMs > 0) this.#putTime(TAG.start, startMs);
      this.#putTime(TAG.time, this.timesMs[i]!);
      if (isStale) {
        out[this.#at++] = TAG.flags;
        out[this.#at++] = 1;
        continue;
      }
      out[this.#at++] = TAG.asDouble;
      if (valueAt === 0) out.fill(0, this.#at, this.#at + 8);
      else copyBytes(this.#source, valueAt, valueAt + 8, out, this.#at);
      this.#at += 8;
    }
    this.count += sampleCount;
  }

  /** Appends the samples that were filled in to those of known series. */
  addKnown(known: KnownSamples, low: number, high: number, metric: number): void {
    const { sampleCount } = this;
    known.reserve(sampleCount);
    const { ids, metrics, timesMs, startsMs, valueWords, flags } = known;
    let at = known.count;
    for (let i = 0; i < sampleCount; i++, at++) {
      const valueAt = this.valueAt[i]!;
      ids[at * 2] = low;
      ids[at * 2 + 1] = high;
      metrics[at] = metric;
      timesMs[at] = this.timesMs[i]!;
      startsMs[at] = this.startsMs[i]!;
      const isStale = valueAt !== 0 && this.#isStale(valueAt);
      valueWords[at * 2] = valueAt === 0 ? 0 : this.#words.getUint32(valueAt, true);
      valueWords[at * 2 + 1] = valueAt === 0 ? 0 : this.#words.getUint32(valueAt + 4, true);
      flags[at] = isStale ? 1 : 0;
    }
    known.count = at;
  }

  /** All points, in memory of their own. */
  chunk(): PointChunk {
    this.#closeMetric();
    this.#end(this.#scopesAt);
    this.#end(this.#groupAt);
    const body = unfilledBytes(this.#at);
    body.set(this.#out.subarray(0, this.#at));
    return decodeMetrics(body).chunk;
  }

  /** Gives back what a large request needed, and forgets the request. */
  end(): void {
    this.#source = NO_BYTES;
    this.#words = new DataView(NO_BYTES.buffer);
    if (this.#out.length <= KEPT_BYTES) return;
    this.#out = NO_BYTES;
    this.#view = new DataView(NO_BYTES.buffer);
  }

  #isStale(at: number): boolean {
    return this.#words.getUint32(at, true) === 2 && this.#words.getUint32(at + 4, true) === 0x7ff0_0000;
  }

  #isOpen(): boolean {
    const { head } = this;
    const open = this.#openHead;
    return (
      this.#openAt !== 0 &&
      this.#openNameLength === this.metricLength &&
      head.isCounter === open.isCounter &&
      head.helpAt === open.helpAt &&
      head.helpLength === open.helpLength &&
      head.unitAt === open.unitAt &&
      head.unitLength === open.unitLength &&
      sameBytes(this.#source, this.#openNameAt, this.metricAt, this.metricLength)
    );
  }

  #openMetric(): void {
    this.#closeMetric();
    const { isCounter, helpAt, helpLength, unitAt, unitLength } = this.head;
    this.#openNameAt = this.metricAt;
    this.#openNameLength = this.metricLength;
    Object.assign(this.#openHead, this.head);
    this.#openAt = this.#begin(TAG.metric);
    this.#putText(TAG.name, this.#source, this.metricAt, this.metricLength);
    if (helpLength > 0) this.#putText(TAG.description, this.#source, helpAt, helpLength);
    if (unitLength > 0) this.#putText(TAG.unit, this.#source, unitAt, unitLength);
    this.#dataAt = this.#begin(((isCounter ? METRIC_SUM : METRIC_GAUGE) << 3) | 2);
    if (!isCounter) return;
    this.#out[this.#at++] = TAG.temporality;
    this.#out[this.#at++] = TEMPORALITY_CUMULATIVE;
    this.#out[this.#at++] = TAG.monotonic;
    this.#out[this.#at++] = 1;
  }

  #closeMetric(): void {
    if (this.#openAt === 0) return;
    this.#end(this.#dataAt);
    this.#end(this.#openAt);
    this.#openAt = 0;
  }

  #putAttributes(): void {
    const out = this.#out;
    const source = this.#source;
    let at = this.#at;
    for (let i = 0; i < this.labelCount; i++) {
      const length = this.labelLength[i]!;
      if (length === 0) continue;
      const nameLength = this.nameLength[i]!;
      const valueSize = 1 + varintLength(length) + length;
      out[at++] = TAG.attribute;
      at = putVarint(out, at, 1 + varintLength(nameLength) + nameLength + 1 + varintLength(valueSize) + valueSize);
      out[at++] = TAG.key;
      at = putVarint(out, at, nameLength);
      copyBytes(source, this.nameAt[i]!, this.nameAt[i]! + nameLength, out, at);
      at += nameLength;
      out[at++] = TAG.value;
      at = putVarint(out, at, valueSize);
      out[at++] = TAG.text;
      at = putVarint(out, at, length);
      copyBytes(source, this.labelAt[i]!, this.labelAt[i]! + length, out, at);
      at += length;
    }
    this.#at = at;
  }

  /** Nanoseconds of milliseconds below 2^53, in two words. */
  #putTime(tag: number, ms: number): void {
    const high = Math.floor(ms / WORD);
    const low = (ms - high * WORD) * NS_PER_MS;
    const carry = Math.floor(low / WORD);
    this.#out[this.#at] = tag;
    this.#view.setUint32(this.#at + 1, low - carry * WORD, true);
    this.#view.setUint32(this.#at + 5, high * NS_PER_MS + carry, true);
    this.#at += FIXED_FIELD_BYTES;
  }

  #putText(tag: number, bytes: Uint8Array, from: number, length: number): void {
    this.#out[this.#at++] = tag;
    this.#at = putVarint(this.#out, this.#at, length);
    copyBytes(bytes, from, from + length, this.#out, this.#at);
    this.#at += length;
  }

  /** Opens a message; gives where its length belongs. */
  #begin(tag: number): number {
    this.#out[this.#at] = tag;
    this.#at += 1 + LATE_LENGTH_BYTES;
    return this.#at - LATE_LENGTH_BYTES;
  }

  #end(lengthAt: number): void {
    let rest = this.#at - lengthAt - LATE_LENGTH_BYTES;
    for (let i = 0; i < LATE_LENGTH_BYTES - 1; i++) {
      this.#out[lengthAt + i] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#out[lengthAt + LATE_LENGTH_BYTES - 1] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed > this.#maxBytes)
      throw new DecodeError(`more than ${this.#maxBytes} bytes with the labels of each sample; send fewer at a time`);
    if (needed <= this.#out.length) return;
    const larger = unfilledBytes(Math.max(needed, this.#out.length * 2));
    larger.set(this.#out.subarray(0, this.#at));
    this.#out = larger;
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }
}

/** Of a KeyValue with a text, with its tag and length. */
function attributeSize(nameLength: number, length: number): number {
  const valueSize = 1 + varintLength(length) + length;
  const size = 1 + varintLength(nameLength) + nameLength + 1 + varintLength(valueSize) + valueSize;
  return 1 + varintLength(size) + size;
}

function sameBytes(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  if (a === b) return true;
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
