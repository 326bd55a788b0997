import { ArenaWriter, cursor, readVarint32 } from '#pdata';
import type { ExposedExemplar, ExposedLabel, NativeBuckets } from '../prometheus/exposition.ts';
import { latin1 } from '../prometheus/text-bytes.ts';
import type { WrittenHistogram, WrittenMetadata, WrittenSample, WrittenSeries } from './written-series.ts';

/** The NaN that means "no value any more" (prometheus/model/value). JavaScript keeps no payload of a NaN. */
export const STALE_NAN = 0x7ff0000000000002n;

const HISTOGRAM = {
  count: 1,
  sum: 3,
  schema: 4,
  zeroThreshold: 5,
  zeroCount: 6,
  negativeSpans: 8,
  negativeDeltas: 9,
  positiveSpans: 11,
  positiveDeltas: 12,
  timestamp: 15,
  customValues: 16,
} as const;

/**
 * Labels as remote write 1.0 has them in a TimeSeries: a series says them again and again, so they are made once and kept. `labels` are in the order
 * of their names, `__name__` among them.
 */
export function encodeLabels(labels: readonly ExposedLabel[]): Uint8Array {
  labelWriter.reset();
  writeLabels(labelWriter, labels);
  return labelWriter.finish();
}

/** What a series with one sample takes besides its labels, at most. */
const SAMPLE_BYTES = 40;
const labelWriter = new ArenaWriter(1024);

/** A prometheus.WriteRequest (prompb/remote.proto), remote write 1.0. */
export function encodeWriteRequest(
  series: readonly WrittenSeries[],
  metadata: Iterable<WrittenMetadata> = [],
): Uint8Array {
  // Room for a sample each, so that a large request is not copied as it grows.
  const bytes = series.reduce((sum, { labels }) => sum + labels.length + SAMPLE_BYTES, 4096);
  const out = new ArenaWriter(bytes);
  for (const { labels, samples, exemplars, histograms } of series) {
    const mark = out.begin(1);
    out.raw(labels);
    for (const sample of samples) writeSample(out, 2, sample);
    for (const exemplar of exemplars) writeExemplar(out, 3, exemplar, writeLabels);
    for (const histogram of histograms) writeHistogram(out, 4, histogram);
    out.end(mark);
  }
  for (const { family, type, help, unit } of metadata) {
    const mark = out.begin(3);
    out.uintField(1, type);
    out.textField(2, family);
    out.textField(4, help);
    out.textField(5, unit);
    out.end(mark);
  }
  return out.take();
}

/** An io.prometheus.write.v2.Request, remote write 2.0: texts stand once, at its beginning. */
export function encodeWriteRequest2(series: readonly WrittenSeries[]): Uint8Array {
  const symbols = new Symbols();
  const body = new ArenaWriter(4096);
  const writeRefs = (out: ArenaWriter, labels: readonly ExposedLabel[]): void => {
    const refs = labels.flatMap(([name, value]) => [symbols.refOf(name), symbols.refOf(value)]);
    if (refs.length === 0) return;
    const mark = out.begin(1);
    for (const ref of refs) out.varint(ref);
    out.end(mark);
  };
  for (const { labels, samples, exemplars, histograms, metadata } of series) {
    const mark = body.begin(5);
    writeLabelRefs(body, labels, symbols);
    for (const sample of samples) writeSample(body, 2, sample);
    for (const histogram of histograms) writeHistogram(body, 3, histogram);
    for (const exemplar of exemplars) writeExemplar(body, 4, exemplar, writeRefs);
    const about = body.begin(5);
    body.uintField(1, metadata.type);
    body.uintField(3, symbols.refOf(metadata.help));
    body.uintField(4, symbols.refOf(metadata.unit));
    body.end(about);
    body.end(mark);
  }
  const head = new ArenaWriter(4096);
  for (const symbol of symbols.texts) head.bytesField(4, Buffer.from(symbol, 'latin1'));
  return Buffer.concat([head.view(), body.view()]);
}

/** Texts by their bytes in UTF-8, a character for each. The first is always the empty one. */
class Symbols {
  readonly #refs = new Map<string, number>([['', 0]]);

  refOf(text: string): number {
    return this.refOfBytes(Buffer.from(text).toString('latin1'));
  }

  refOfBytes(text: string): number {
    let ref = this.#refs.get(text);
    if (ref === undefined) {
      ref = this.#refs.size;
      this.#refs.set(text, ref);
    }
    return ref;
  }

  get texts(): Iterable<string> {
    return this.#refs.keys();
  }
}

/** The labels of `encodeLabels` as numbers of their texts. */
function writeLabelRefs(out: ArenaWriter, labels: Uint8Array, symbols: Symbols): void {
  if (labels.length === 0) return;
  const mark = out.begin(1);
  for (const [name, value] of labelTexts(labels)) {
    out.varint(symbols.refOfBytes(name));
    out.varint(symbols.refOfBytes(value));
  }
  out.end(mark);
}

/** Of each label its name and value, a character for each byte. */
function* labelTexts(labels: Uint8Array): Generator<readonly [name: string, value: string]> {
  for (let at = 0; at < labels.length; ) {
    const end = readVarint32(labels, at + 1) + cursor.at;
    const texts: [string, string] = ['', ''];
    for (at = cursor.at; at < end; ) {
      const field = labels[at]! >>> 3;
      const to = readVarint32(labels, at + 1) + cursor.at;
      texts[field - 1] = latin1(labels, cursor.at, to);
      at = to;
    }
    yield texts;
  }
}

function writeLabels(out: ArenaWriter, labels: readonly ExposedLabel[]): void {
  for (const [name, value] of labels) {
    const mark = out.begin(1);
    out.textField(1, name);
    out.textField(2, value);
    out.end(mark);
  }
}

function writeSample(out: ArenaWriter, field: number, { value, timestampMs, isStale }: WrittenSample): void {
  const mark = out.begin(field);
  writeValue(out, 1, value, isStale);
  writeMs(out, 2, timestampMs);
  out.end(mark);
}

function writeValue(out: ArenaWriter, field: number, value: number, isStale: boolean): void {
  if (isStale) out.fixed64Field(field, STALE_NAN);
  else if (value !== 0) out.doubleField(field, value);
}

function writeMs(out: ArenaWriter, field: number, timestampMs: number): void {
  if (timestampMs === 0) return;
  out.tag(field, 0);
  // A time before 1970 is a negative int64, which takes ten bytes.
  if (timestampMs > 0) out.varint(timestampMs);
  else out.varint64(BigInt(timestampMs));
}

function writeExemplar(
  out: ArenaWriter,
  field: number,
  { labels, value, timeNs }: ExposedExemplar,
  writeTheLabels: (out: ArenaWriter, labels: readonly ExposedLabel[]) => void,
): void {
  const mark = out.begin(field);
  writeTheLabels(out, labels);
  writeValue(out, 2, value, false);
  writeMs(out, 3, Number(timeNs / 1_000_000n));
  out.end(mark);
}

/** The same message in both versions. */
function writeHistogram(out: ArenaWriter, field: number, histogram: WrittenHistogram): void {
  const mark = out.begin(field);
  out.tag(HISTOGRAM.count, 0);
  out.varint64(histogram.isStale ? STALE_NAN : histogram.count);
  writeValue(out, HISTOGRAM.sum, histogram.sum, histogram.isStale);
  out.sintField(HISTOGRAM.schema, histogram.schema);
  if (histogram.zeroThreshold !== 0) out.doubleField(HISTOGRAM.zeroThreshold, histogram.zeroThreshold);
  out.tag(HISTOGRAM.zeroCount, 0);
  out.varint64(histogram.zeroCount);
  writeBuckets(out, histogram.negative, HISTOGRAM.negativeSpans, HISTOGRAM.negativeDeltas);
  writeBuckets(out, histogram.positive, HISTOGRAM.positiveSpans, HISTOGRAM.positiveDeltas);
  writeMs(out, HISTOGRAM.timestamp, histogram.timestampMs);
  if (histogram.customValues.length > 0) {
    const values = out.begin(HISTOGRAM.customValues);
    for (const value of histogram.customValues) out.double(value);
    out.end(values);
  }
  out.end(mark);
}

function writeBuckets(out: ArenaWriter, { spans, deltas }: NativeBuckets, spanField: number, deltaField: number): void {
  for (const { offset, length } of spans) {
    const mark = out.begin(spanField);
    out.sintField(1, offset);
    out.uintField(2, length);
    out.end(mark);
  }
  if (deltas.length === 0) return;
  const mark = out.begin(deltaField);
  for (const delta of deltas) out.varint64((delta << 1n) ^ (delta >> 63n));
  out.end(mark);
}
