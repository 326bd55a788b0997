import { DecodeError, openMetricsNumber } from '#base';
import type { ExponentialPoint } from '../build/metrics-builder.ts';
import { ProtoReader } from '../proto-reader.ts';
import {
  denseSide,
  MAX_SCALE,
  MIN_SCALE,
  type NativeSide,
  newSide,
  readSpan,
  wholeCount,
  withinLimits,
} from './native-histogram.ts';
import { ScrapeLimit } from './scrape-limit.ts';
import type { Nativeness } from './scrape-metrics.ts';
import type { LabelPairs } from './text-entries.ts';

export interface ProtobufExemplar {
  readonly labels: LabelPairs;
  readonly value: number;
  /** NaN where it has none. */
  readonly timestampMs: number;
}
export interface ProtobufSample {
  /** The name of the metric first, as `__name__`. */
  readonly labels: LabelPairs;
  readonly value: number;
  readonly timestampMs: number;
  /** When the series began; 0 where that isn't said. */
  readonly createdMs: number;
  readonly exemplars: readonly ProtobufExemplar[];
  readonly nativeness: Nativeness;
  readonly native: ExponentialPoint | undefined;
}
export interface ProtobufSink {
  family(name: string, type: string, help: string, unit: string): void;
  sample(sample: ProtobufSample): void;
  readonly takesNative: boolean;
  readonly takesClassicToo: boolean;
  readonly bucketLimit: number;
  readonly maxScale: number;
}

const TYPES = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];
const NO_EXEMPLARS: readonly ProtobufExemplar[] = [];

/**
 * Reads the protobuf format of Prometheus: messages io.prometheus.client.MetricFamily (client_model@v0.6.2), each behind its length. What is a
 * family there is told as the series that the text format has for it.
 */
export function readPrometheusProtobuf(body: Uint8Array, sink: ProtobufSink): void {
  // Each length in front of a message is read as a field without a tag would be: by hand.
  for (let at = 0; at < body.length; ) {
    const { from, to } = delimited(body, at);
    readFamily(body, from, to, sink);
    at = to;
  }
}

function delimited(body: Uint8Array, start: number): { readonly from: number; readonly to: number } {
  let length = 0;
  let scale = 1;
  for (let at = start; at < Math.min(body.length, start + 5); at++) {
    const byte = body[at]!;
    length += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    if (at + 1 + length > body.length) break;
    return { from: at + 1, to: at + 1 + length };
  }
  throw new DecodeError('a length that passes the end of the body', start);
}

function readFamily(body: Uint8Array, from: number, to: number, sink: ProtobufSink): void {
  let name = '';
  let help = '';
  let type = 0;
  let unit = '';
  const head = new ProtoReader(body, from, to);
  while (head.next()) {
    if (head.field === 1) name = head.text();
    else if (head.field === 2) help = head.text();
    else if (head.field === 3) type = head.uint32();
    else if (head.field === 5) unit = head.text();
    else head.skip();
  }
  const typeName = TYPES[type];
  if (name === '' || typeName === undefined)
    throw new DecodeError('a family without a name or of an unknown type', from);
  sink.family(name, typeName, help, unit);
  const family = new ProtoReader(body, from, to);
  while (family.next()) {
    if (family.field === 4) new MetricReader(name, sink).read(family.message());
    else family.skip();
  }
}

class MetricReader {
  readonly #name: string;
  readonly #sink: ProtobufSink;
  readonly #labels: [string, string][] = [];
  #timestampMs = Number.NaN;
  #createdMs = 0;

  constructor(name: string, sink: ProtobufSink) {
    this.#name = name;
    this.#sink = sink;
  }

  read(metric: ProtoReader): void {
    let kind = 0;
    let data: ProtoReader | undefined;
    while (metric.next()) {
      if (metric.field === 1) this.#labels.push(readLabel(metric.message()));
      else if (metric.field === 6) this.#timestampMs = metric.int();
      else if (metric.field <= 7) {
        kind = metric.field;
        data = metric.message();
      } else metric.skip();
    }
    if (data === undefined) return;
    if (kind === 4) this.#summary(data);
    else if (kind === 7) this.#histogram(data);
    else this.#number(data);
  }

  /** A Gauge, Counter or Untyped. */
  #number(data: ProtoReader): void {
    let value = 0;
    let exemplars = NO_EXEMPLARS;
    while (data.next()) {
      if (data.field === 1) value = data.double();
      else if (data.field === 2) exemplars = [readExemplar(data.message())];
      else if (data.field === 3) this.#createdMs = readTimestampMs(data.message());
      else data.skip();
    }
    this.#sample('', value, exemplars);
  }

  #summary(data: ProtoReader): void {
    let count = 0n;
    let sum = 0;
    const quantiles: [number, number][] = [];
    while (data.next()) {
      if (data.field === 1) count = data.uint64();
      else if (data.field === 2) sum = data.double();
      else if (data.field === 3) quantiles.push(readPair(data.message()));
      else if (data.field === 4) this.#createdMs = readTimestampMs(data.message());
      else data.skip();
    }
    this.#sample('_count', Number(count));
    this.#sample('_sum', sum);
    for (const [quantile, value] of quantiles) {
      this.#sample('', value, NO_EXEMPLARS, ['quantile', openMetricsNumber(quantile)]);
    }
  }

  #histogram(data: ProtoReader): void {
    const histogram = new HistogramReader();
    histogram.read(data);
    this.#createdMs = histogram.createdMs;
    const takesNative = this.#sink.takesNative && histogram.isNative;
    if (takesNative) this.#native(histogram);
    if (takesNative && !this.#sink.takesClassicToo) return;
    this.#sample('_count', histogram.count);
    this.#sample('_sum', histogram.sum);
    let hasInfinity = false;
    for (const { bound, count, exemplar } of histogram.buckets) {
      hasInfinity ||= bound === Infinity;
      const exemplars = exemplar === undefined ? NO_EXEMPLARS : [exemplar];
      this.#sample('_bucket', count, exemplars, ['le', openMetricsNumber(bound)]);
    }
    if (!hasInfinity) this.#sample('_bucket', histogram.count, NO_EXEMPLARS, ['le', '+Inf']);
  }

  #native(histogram: HistogramReader): void {
    const { bucketLimit, maxScale } = this.#sink;
    const native = withinLimits(histogram.point(), maxScale, bucketLimit);
    if (native === undefined) throw new ScrapeLimit(`a histogram of more buckets than ${bucketLimit}`);
    const exemplars = [
      ...histogram.exemplars,
      ...histogram.buckets.flatMap(({ exemplar }) => (exemplar === undefined ? [] : [exemplar])),
    ];
    this.#sink.sample({ ...this.#base('', undefined), value: 0, exemplars, nativeness: 'exponential', native });
  }

  #sample(suffix: string, value: number, exemplars = NO_EXEMPLARS, extra?: [string, string]): void {
    this.#sink.sample({ ...this.#base(suffix, extra), value, exemplars, nativeness: 'classic', native: undefined });
  }

  #base(
    suffix: string,
    extra: [string, string] | undefined,
  ): Pick<ProtobufSample, 'labels' | 'timestampMs' | 'createdMs'> {
    const labels: [string, string][] = [['__name__', this.#name + suffix], ...this.#labels];
    if (extra !== undefined) labels.push(extra);
    return { labels, timestampMs: this.#timestampMs, createdMs: this.#createdMs };
  }
}

/** A Histogram, with integers or with floats (fields 4, 8, 11, 14 and the float counts of buckets). */
class HistogramReader {
  count = 0;
  sum = 0;
  createdMs = 0;
  #scale = 0;
  #zeroThreshold = 0;
  #zeroCount = 0;
  readonly buckets: { bound: number; count: number; exemplar: ProtobufExemplar | undefined }[] = [];
  readonly exemplars: ProtobufExemplar[] = [];
  readonly #positive = newSide();
  readonly #negative = newSide();

  /** As Prometheus tells: by a span, or by the zero bucket. */
  get isNative(): boolean {
    return (
      this.#positive.offsets.length > 0 ||
      this.#negative.offsets.length > 0 ||
      this.#zeroThreshold > 0 ||
      this.#zeroCount > 0
    );
  }

  read(data: ProtoReader): void {
    while (data.next()) {
      switch (data.field) {
        case 1:
          this.count = Number(data.uint64()) || this.count;
          break;
        case 2:
          this.sum = data.double();
          break;
        case 3:
          this.buckets.push(readBucket(data.message()));
          break;
        case 4:
          this.count = data.double() || this.count;
          break;
        case 5:
          this.#scale = data.sint32();
          break;
        case 6:
          this.#zeroThreshold = data.double();
          break;
        case 7:
          this.#zeroCount = Number(data.uint64()) || this.#zeroCount;
          break;
        case 8:
          this.#zeroCount = data.double() || this.#zeroCount;
          break;
        case 15:
          this.createdMs = readTimestampMs(data.message());
          break;
        case 16:
          this.exemplars.push(readExemplar(data.message()));
          break;
        default:
          readSides(data, this.#negative, this.#positive);
      }
    }
  }

  point(): ExponentialPoint {
    if (this.#scale < MIN_SCALE || this.#scale > MAX_SCALE) {
      throw new DecodeError(`a native histogram with the schema ${this.#scale}`);
    }
    return {
      count: wholeCount(this.count),
      sum: this.sum,
      scale: this.#scale,
      zeroCount: wholeCount(this.#zeroCount),
      zeroThreshold: this.#zeroThreshold,
      positive: denseSide(this.#positive),
      negative: denseSide(this.#negative),
    };
  }
}

function readSides(data: ProtoReader, negative: NativeSide, positive: NativeSide): void {
  if (data.field === 9) readSpan(negative, data.message());
  else if (data.field === 10) data.sint64s(negative.deltas);
  else if (data.field === 11) data.doubles(negative.counts);
  else if (data.field === 12) readSpan(positive, data.message());
  else if (data.field === 13) data.sint64s(positive.deltas);
  else if (data.field === 14) data.doubles(positive.counts);
  else data.skip();
}

function readBucket(bucket: ProtoReader): { bound: number; count: number; exemplar: ProtobufExemplar | undefined } {
  let count = 0;
  let bound = 0;
  let exemplar: ProtobufExemplar | undefined;
  while (bucket.next()) {
    if (bucket.field === 1) count = Number(bucket.uint64()) || count;
    else if (bucket.field === 2) bound = bucket.double();
    else if (bucket.field === 3) exemplar = readExemplar(bucket.message());
    else if (bucket.field === 4) count = bucket.double() || count;
    else bucket.skip();
  }
  return { bound, count, exemplar };
}

function readExemplar(message: ProtoReader): ProtobufExemplar {
  const labels: [string, string][] = [];
  let value = 0;
  let timestampMs = Number.NaN;
  while (message.next()) {
    if (message.field === 1) labels.push(readLabel(message.message()));
    else if (message.field === 2) value = message.double();
    else if (message.field === 3) timestampMs = readTimestampMs(message.message());
    else message.skip();
  }
  return { labels, value, timestampMs };
}

/** google.protobuf.Timestamp. */
function readTimestampMs(message: ProtoReader): number {
  let seconds = 0;
  let nanos = 0;
  while (message.next()) {
    if (message.field === 1) seconds = message.int();
    else if (message.field === 2) nanos = message.int();
    else message.skip();
  }
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

function readLabel(message: ProtoReader): [string, string] {
  let name = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) name = message.text();
    else if (message.field === 2) value = message.text();
    else message.skip();
  }
  return [name, value];
}

/** A Quantile. */
function readPair(message: ProtoReader): [number, number] {
  let first = 0;
  let second = 0;
  while (message.next()) {
    if (message.field === 1) first = message.double();
    else if (message.field === 2) second = message.double();
    else message.skip();
  }
  return [first, second];
}
