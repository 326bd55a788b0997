import { ArenaWriter } from '#pdata';
import type {
  ExposedExemplar,
  ExposedFamily,
  ExposedHistogram,
  ExposedLabel,
  ExposedSample,
  ExposedSummary,
  FamilyType,
  NativeBuckets,
} from './exposition.ts';

/** Numbers of io.prometheus.client.MetricType, and of the field of a Metric that holds its value. */
const TYPES: Readonly<Record<FamilyType, { readonly number: number; readonly field: number }>> = {
  counter: { number: 0, field: 3 },
  gauge: { number: 1, field: 2 },
  summary: { number: 2, field: 4 },
  untyped: { number: 3, field: 5 },
  histogram: { number: 4, field: 7 },
};
const TIMESTAMP_MS = 6;
const SUMMARY = { count: 1, sum: 2, quantiles: 3, created: 4 } as const;
const HISTOGRAM = {
  count: 1,
  sum: 2,
  buckets: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  negativeSpans: 9,
  negativeDeltas: 10,
  positiveSpans: 12,
  positiveDeltas: 13,
  created: 15,
  exemplars: 16,
} as const;
/** What Go's zero time is in seconds: a native histogram whose beginning is unknown says this. */
const GO_ZERO_SECONDS = -62_135_596_800n;

/** io.prometheus.client.MetricFamily messages, each behind its length. One piece a family: a reader needs it whole. */
export function* writePrometheusProtobuf(families: Iterable<ExposedFamily>): Generator<Uint8Array> {
  const out = new ArenaWriter(4096);
  const length = new ArenaWriter(16);
  for (const family of families) {
    out.reset();
    writeFamily(out, family);
    length.reset();
    length.varint(out.length);
    yield Buffer.concat([length.view(), out.view()]);
  }
}

function writeFamily(out: ArenaWriter, { name, help, type, samples }: ExposedFamily): void {
  text(out, 1, name);
  text(out, 2, help);
  number(out, 3, TYPES[type].number);
  for (const sample of samples) {
    const mark = out.begin(4);
    writeLabels(out, sample.labels.pairs);
    // In the order of the field numbers, as Go's protobuf writes them.
    const { field } = TYPES[type];
    if (field < TIMESTAMP_MS) writeValue(out, type, sample);
    if (sample.timestampMs !== undefined) {
      out.tag(TIMESTAMP_MS, 0);
      out.varint64(BigInt(sample.timestampMs));
    }
    if (field > TIMESTAMP_MS) writeValue(out, type, sample);
    out.end(mark);
  }
}

function writeValue(out: ArenaWriter, type: FamilyType, sample: ExposedSample): void {
  const mark = out.begin(TYPES[type].field);
  if (sample.histogram !== undefined) writeHistogram(out, sample.histogram, sample.createdNs);
  else if (sample.summary !== undefined) writeSummary(out, sample.summary, sample.createdNs);
  else {
    out.doubleField(1, sample.value);
    if (type === 'counter') {
      if (sample.exemplar !== undefined) writeExemplar(out, 2, sample.exemplar);
      writeTime(out, 3, sample.createdNs);
    }
  }
  out.end(mark);
}

function writeSummary(
  out: ArenaWriter,
  { count, sum, quantiles }: ExposedSummary,
  createdNs: bigint | undefined,
): void {
  count64(out, SUMMARY.count, count);
  out.doubleField(SUMMARY.sum, sum);
  for (const { quantile, value } of quantiles) {
    const mark = out.begin(SUMMARY.quantiles);
    out.doubleField(1, quantile);
    out.doubleField(2, value);
    out.end(mark);
  }
  writeTime(out, SUMMARY.created, createdNs);
}

function writeHistogram(out: ArenaWriter, histogram: ExposedHistogram, createdNs: bigint | undefined): void {
  const { native } = histogram;
  count64(out, HISTOGRAM.count, histogram.count);
  out.doubleField(HISTOGRAM.sum, histogram.sum);
  for (const { cumulativeCount, upperBound, exemplar } of histogram.buckets) {
    const mark = out.begin(HISTOGRAM.buckets);
    count64(out, 1, cumulativeCount);
    out.doubleField(2, upperBound);
    if (exemplar !== undefined) writeExemplar(out, 3, exemplar);
    out.end(mark);
  }
  if (native === undefined) {
    writeTime(out, HISTOGRAM.created, createdNs);
    return;
  }
  signed(out, HISTOGRAM.schema, native.schema);
  out.doubleField(HISTOGRAM.zeroThreshold, native.zeroThreshold);
  count64(out, HISTOGRAM.zeroCount, native.zeroCount);
  writeBuckets(out, native.negative, HISTOGRAM.negativeSpans, HISTOGRAM.negativeDeltas);
  writeBuckets(out, native.positive, HISTOGRAM.positiveSpans, HISTOGRAM.positiveDeltas);
  if (createdNs === undefined) writeSeconds(out, HISTOGRAM.created, GO_ZERO_SECONDS, 0);
  else writeTime(out, HISTOGRAM.created, createdNs);
  for (const exemplar of native.exemplars) writeExemplar(out, HISTOGRAM.exemplars, exemplar);
}

function writeBuckets(out: ArenaWriter, { spans, deltas }: NativeBuckets, spanField: number, deltaField: number): void {
  for (const { offset, length } of spans) {
    const mark = out.begin(spanField);
    signed(out, 1, offset);
    number(out, 2, length);
    out.end(mark);
  }
  for (const delta of deltas) {
    out.tag(deltaField, 0);
    out.varint64((delta << 1n) ^ (delta >> 63n));
  }
}

function writeExemplar(out: ArenaWriter, field: number, { labels, value, timeNs }: ExposedExemplar): void {
  const mark = out.begin(field);
  writeLabels(out, labels);
  out.doubleField(2, value);
  writeTime(out, 3, timeNs);
  out.end(mark);
}

function writeLabels(out: ArenaWriter, labels: readonly ExposedLabel[]): void {
  for (const [name, value] of labels) {
    const mark = out.begin(1);
    text(out, 1, name);
    text(out, 2, value);
    out.end(mark);
  }
}

/** A google.protobuf.Timestamp. */
function writeTime(out: ArenaWriter, field: number, timeNs: bigint | undefined): void {
  if (timeNs !== undefined) writeSeconds(out, field, timeNs / 1_000_000_000n, Number(timeNs % 1_000_000_000n));
}

function writeSeconds(out: ArenaWriter, field: number, seconds: bigint, nanos: number): void {
  const mark = out.begin(field);
  if (seconds !== 0n) {
    out.tag(1, 0);
    out.varint64(seconds);
  }
  out.uintField(2, nanos);
  out.end(mark);
}

// The messages are of proto2: what is set is written, also where it is 0 or empty.

function text(out: ArenaWriter, field: number, value: string): void {
  const mark = out.begin(field);
  out.text(value);
  out.end(mark);
}

function number(out: ArenaWriter, field: number, value: number): void {
  out.tag(field, 0);
  out.varint(value);
}

function signed(out: ArenaWriter, field: number, value: number): void {
  number(out, field, ((value << 1) ^ (value >> 31)) >>> 0);
}

function count64(out: ArenaWriter, field: number, value: bigint): void {
  out.tag(field, 0);
  out.varint64(value);
}
