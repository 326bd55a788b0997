import { ArenaWriter } from '#pdata';
import type { ExposedExemplar, ExposedLabel, NativeBuckets } from '../prometheus/exposition.ts';
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

/** A prometheus.WriteRequest (prompb/remote.proto), remote write 1.0. */
export function encodeWriteRequest(
  series: Iterable<WrittenSeries>,
  metadata: Iterable<WrittenMetadata> = [],
): Uint8Array {
  const out = new ArenaWriter(4096);
  for (const { labels, samples, exemplars, histograms } of series) {
    const mark = out.begin(1);
    writeLabels(out, labels);
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
  return out.finish();
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
    writeRefs(body, labels);
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
  for (const symbol of symbols.texts) head.bytesField(4, encoder.encode(symbol));
  return Buffer.concat([head.view(), body.view()]);
}

const encoder = new TextEncoder();

/** The first is always the empty text. */
class Symbols {
  readonly #refs = new Map<string, number>([['', 0]]);

  refOf(text: string): number {
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
  out.varint64(BigInt(timestampMs));
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
