import { compressSnappy } from '#net';
import type { ArenaWriter } from '#pdata';
import { writeRequestV1, writeRequestV2 } from '../../../src/wire/testing/remote-write.ts';
import {
  type DataSeries,
  type NativeHistogram,
  type SampleValue,
  STALE,
  STALE_HISTOGRAM,
  START_MS,
  TYPES,
} from './data.ts';

/** The samples as requests of remote write: the first half of the series by version 1.0, the others by 2.0. */

const PART_MS = 5 * 60_000;
const PROTOBUF = 'application/x-protobuf';

/** In the order of time, as a Prometheus wants them. `url` is where the API is. Throws where a sample is refused. */
export async function pushAll(url: string, series: readonly DataSeries[]): Promise<void> {
  const half = Math.floor(series.length / 2);
  const lastMs = series.reduce((last, { samples }) => Math.max(last, samples.at(-1)![0]), 0);
  // The first samples of all come first: what is there first is known first.
  await pushPart(url, series, half, START_MS, START_MS + 1);
  for (let fromMs = START_MS + 1; fromMs <= lastMs; fromMs += PART_MS)
    await pushPart(url, series, half, fromMs, fromMs + PART_MS);
}

async function pushPart(
  url: string,
  all: readonly DataSeries[],
  half: number,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const parts = all.map((series) => partOf(series, fromMs, toMs));
  const first = parts.slice(0, half).flat();
  const second = parts.slice(half).flat();
  if (first.length > 0) await post(url, PROTOBUF, writeRequestV1(first));
  if (second.length > 0) await post(url, `${PROTOBUF};proto=io.prometheus.write.v2.Request`, writeRequestV2(second));
}

async function post(url: string, type: string, message: Uint8Array): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': type, 'content-encoding': 'snappy' },
    body: Buffer.from(compressSnappy(message)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
}

type Written = Parameters<typeof writeRequestV2>[0][number];

/** Numbers as one series, each histogram as one more. */
function partOf({ labels, samples, type, help, unit }: DataSeries, fromMs: number, toMs: number): Written[] {
  const part = samples.filter(([timeMs]) => timeMs >= fromMs && timeMs < toMs);
  if (part.length === 0) return [];
  const about = { labels, type: TYPES[type], help, unit };
  const written: Written[] = [];
  let numbers: [number | bigint, number][] = [];
  const flush = (): void => {
    if (numbers.length > 0) written.push({ ...about, samples: numbers });
    numbers = [];
  };
  for (const [timeMs, value] of part) {
    if (typeof value === 'number' || typeof value === 'bigint') {
      numbers.push([value, timeMs]);
      continue;
    }
    flush();
    written.push({ ...about, histogram: (out) => writeHistogram(out, timeMs, value) });
  }
  flush();
  return written;
}

const EMPTY: NativeHistogram = {
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positive: [],
  negative: [],
  bounds: [],
  isGauge: false,
  isFloat: false,
};
const HINT_GAUGE = 3;

function writeHistogram(out: ArenaWriter, timeMs: number, value: Exclude<SampleValue, number | bigint>): void {
  const histogram = value === STALE_HISTOGRAM ? EMPTY : value;
  const { isFloat } = histogram;
  if (isFloat) out.doubleField(2, histogram.count);
  else out.uintField(1, histogram.count);
  if (value === STALE_HISTOGRAM) out.fixed64Field(3, STALE);
  else out.doubleField(3, histogram.sum);
  out.sintField(4, histogram.schema);
  out.doubleField(5, histogram.zeroThreshold);
  if (isFloat) out.doubleField(7, histogram.zeroCount);
  else out.uintField(6, histogram.zeroCount);
  writeSide(out, 8, histogram.negative, isFloat);
  writeSide(out, 11, histogram.positive, isFloat);
  if (histogram.isGauge) out.uintField(14, HINT_GAUGE);
  out.uintField(15, timeMs);
  out.fixedListField(16, Float64Array.from(histogram.bounds));
}

/** Spans in the field, then differences (or counts as doubles) in the next (or the one after it). */
function writeSide(out: ArenaWriter, field: number, buckets: NativeHistogram['positive'], isFloat: boolean): void {
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const [index] of buckets) {
    const span = spans.at(-1);
    if (span !== undefined && index === end) span.length++;
    else spans.push({ offset: index - end, length: 1 });
    end = index + 1;
  }
  for (const { offset, length } of spans) {
    const span = out.begin(field);
    out.sintField(1, offset);
    out.uintField(2, length);
    out.end(span);
  }
  if (isFloat) {
    out.fixedListField(
      field + 2,
      Float64Array.from(buckets, ([, count]) => count),
    );
    return;
  }
  const list = out.begin(field + 1);
  let last = 0;
  for (const [, count] of buckets) {
    const delta = count - last;
    out.varint(((delta << 1) ^ (delta >> 31)) >>> 0);
    last = count;
  }
  out.end(list);
}
