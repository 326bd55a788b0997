import { AttributeTable } from './attribute-table.ts';
import { EXPONENTIAL_POINT, HISTOGRAM_POINT, SUMMARY_POINT } from './point-fields.ts';
import type { PointRows } from './point-rows.ts';
import { cursor, findField, readDouble, readVarint32, readVarint64Into, skipValue } from './protobuf.ts';
import { readAttributes } from './read-values.ts';
import { SPAN } from './span-fields.ts';
import type { SpanRows } from './span-rows.ts';

/**
 * The parts of items that only some consumers read: events and links of spans, buckets, quantiles and exemplars of data points.
 * They are read from the rows' bytes on demand, which are new where a processor changed them (Chunk.rewriteRow).
 */

/** Events of the selected spans of a chunk; one entry per event, `from[row] .. to[row]` per span. */
export interface EventTable {
  readonly count: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly timeNs: BigUint64Array;
  readonly nameAt: Uint32Array;
  readonly nameLength: Uint32Array;
  /** Owner = event. */
  readonly attributes: AttributeTable;
}

/** Links of the selected spans of a chunk. */
export interface LinkTable {
  readonly count: number;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Offsets of 16 and 8 bytes; 0 where the link has none. */
  readonly traceIdAt: Uint32Array;
  readonly spanIdAt: Uint32Array;
  readonly traceStateAt: Uint32Array;
  readonly traceStateLength: Uint32Array;
  /** Owner = link. */
  readonly attributes: AttributeTable;
}

/** Calls `visit` with the content range of each occurrence of length-delimited field `field` in the row's message. */
function eachField(
  chunk: SpanRows | PointRows,
  row: number,
  field: number,
  visit: (from: number, to: number) => void,
): void {
  const { rowStart, rowEnd } = chunk.layout;
  const to = rowEnd[row]!;
  const wanted = field * 8 + 2;
  for (let at = rowStart[row]!; at < to; ) {
    const tag = readVarint32(chunk.arena, at);
    const start = cursor.at;
    at = skipValue(chunk.arena, start, tag & 7);
    if (tag !== wanted) continue;
    readVarint32(chunk.arena, start);
    visit(cursor.at, at);
  }
}

/** Reads the events of all selected spans. */
export function readEvents(chunk: SpanRows): EventTable {
  const { eventCount } = chunk.columns;
  const starts: number[] = [];
  const ends: number[] = [];
  const from = new Uint32Array(chunk.rowCount);
  const to = new Uint32Array(chunk.rowCount);
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    from[row] = starts.length;
    if (eventCount[row]! > 0) {
      eachField(chunk, row, SPAN.events, (start, end) => {
        starts.push(start);
        ends.push(end);
      });
    }
    to[row] = starts.length;
  }
  const count = starts.length;
  const timeNs = new BigUint64Array(count);
  const words = new Uint32Array(timeNs.buffer);
  const nameAt = new Uint32Array(count);
  const nameLength = new Uint32Array(count);
  const attributes = new AttributeTable(count, count * 4);
  for (let event = 0; event < count; event++) {
    const time = findField(chunk.arena, starts[event]!, ends[event]!, 1);
    if (time !== undefined) copyWords(chunk.arena, time.at, words, event);
    const name = findField(chunk.arena, starts[event]!, ends[event]!, 2);
    nameAt[event] = name?.at ?? starts[event]!;
    nameLength[event] = name?.length ?? 0;
    readAttributes(attributes, chunk.arena, event, starts[event]!, ends[event]!, 3, event - 1);
  }
  return { count, from, to, timeNs, nameAt, nameLength, attributes };
}

/** Reads the links of all selected spans. */
export function readLinks(chunk: SpanRows): LinkTable {
  const { linkCount } = chunk.columns;
  const starts: number[] = [];
  const ends: number[] = [];
  const from = new Uint32Array(chunk.rowCount);
  const to = new Uint32Array(chunk.rowCount);
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    from[row] = starts.length;
    if (linkCount[row]! > 0) {
      eachField(chunk, row, SPAN.links, (start, end) => {
        starts.push(start);
        ends.push(end);
      });
    }
    to[row] = starts.length;
  }
  const count = starts.length;
  const traceIdAt = new Uint32Array(count);
  const spanIdAt = new Uint32Array(count);
  const traceStateAt = new Uint32Array(count);
  const traceStateLength = new Uint32Array(count);
  const attributes = new AttributeTable(count, count * 2);
  for (let link = 0; link < count; link++) {
    const traceId = findField(chunk.arena, starts[link]!, ends[link]!, 1);
    const spanId = findField(chunk.arena, starts[link]!, ends[link]!, 2);
    const state = findField(chunk.arena, starts[link]!, ends[link]!, 3);
    traceIdAt[link] = traceId?.length === 16 ? traceId.at : 0;
    spanIdAt[link] = spanId?.length === 8 ? spanId.at : 0;
    traceStateAt[link] = state?.at ?? starts[link]!;
    traceStateLength[link] = state?.length ?? 0;
    readAttributes(attributes, chunk.arena, link, starts[link]!, ends[link]!, 4, link - 1);
  }
  return { count, from, to, traceIdAt, spanIdAt, traceStateAt, traceStateLength, attributes };
}

/** The message and code of a span's status are apart: the code has a column. Returns where the message lies; length 0 for none. */
export function statusMessageOf(chunk: SpanRows, row: number): { at: number; length: number } {
  let found = { at: chunk.layout.rowStart[row]!, length: 0 };
  eachField(chunk, row, SPAN.status, (from, to) => {
    const message = findField(chunk.arena, from, to, 2);
    if (message !== undefined) found = message;
  });
  return found;
}

/** Bounds (n) and counts (n + 1, or none) of an explicit-bounds histogram point. */
export interface HistogramBuckets {
  readonly bounds: Float64Array;
  readonly counts: BigUint64Array;
}

export function readHistogramBuckets(chunk: PointRows, row: number): HistogramBuckets {
  const bounds = readFixedList(chunk, row, HISTOGRAM_POINT.explicitBounds);
  const counts = readFixedList(chunk, row, HISTOGRAM_POINT.bucketCounts);
  return { bounds: new Float64Array(bounds.buffer), counts: new BigUint64Array(counts.buffer) };
}

/** A repeated 8-byte field of a row, packed or not, as raw words. */
function readFixedList(chunk: PointRows, row: number, field: number): Uint32Array<ArrayBuffer> {
  const { arena } = chunk;
  const end = chunk.layout.rowEnd[row]!;
  let [runAt, runLength] = [0, 0];
  for (let at = chunk.layout.rowStart[row]!; at < end; ) {
    const tag = readVarint32(arena, at);
    at = cursor.at;
    const next = skipValue(arena, at, tag & 7);
    if (tag >>> 3 === field) {
      if (runLength > 0 || (tag & 7) !== 2) return readFixedPieces(chunk, row, field);
      runLength = readVarint32(arena, at) & ~7;
      runAt = cursor.at;
    }
    at = next;
  }
  // One packed run, as nearly always: its bytes are as they lie in memory.
  const bytes = new Uint8Array(runLength);
  bytes.set(arena.subarray(runAt, runAt + runLength));
  return new Uint32Array(bytes.buffer);
}

/** The same where it comes in several pieces. */
function readFixedPieces(chunk: PointRows, row: number, field: number): Uint32Array<ArrayBuffer> {
  const places: number[] = [];
  const { arena } = chunk;
  const end = chunk.layout.rowEnd[row]!;
  for (let at = chunk.layout.rowStart[row]!; at < end; ) {
    const tag = readVarint32(arena, at);
    at = cursor.at;
    const next = skipValue(arena, at, tag & 7);
    if (tag === field * 8 + 1) places.push(at);
    else if (tag === field * 8 + 2) {
      const length = readVarint32(arena, at);
      for (let i = 0; i + 8 <= length; i += 8) places.push(cursor.at + i);
    }
    at = next;
  }
  const words = new Uint32Array(places.length * 2);
  for (let i = 0; i < places.length; i++) copyWords(arena, places[i]!, words, i);
  return words;
}

/** One side of an exponential histogram: bucket i counts values in (base^(offset+i), base^(offset+i+1)], base = 2^(2^-scale). */
export interface ExponentialSide {
  readonly offset: number;
  readonly counts: BigUint64Array;
}
export interface ExponentialBuckets {
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly zeroThreshold: number;
  readonly positive: ExponentialSide;
  readonly negative: ExponentialSide;
}

export function readExponentialBuckets(chunk: PointRows, row: number): ExponentialBuckets {
  const { arena } = chunk;
  const from = chunk.layout.rowStart[row]!;
  const to = chunk.layout.rowEnd[row]!;
  const scale = findField(arena, from, to, EXPONENTIAL_POINT.scale);
  const zeroCount = findField(arena, from, to, EXPONENTIAL_POINT.zeroCount);
  const threshold = findField(arena, from, to, EXPONENTIAL_POINT.zeroThreshold);
  const words = new Uint32Array(2);
  if (zeroCount !== undefined) copyWords(arena, zeroCount.at, words, 0);
  return {
    scale: scale === undefined ? 0 : zigzag(readVarint32(arena, scale.at)),
    zeroCount: new BigUint64Array(words.buffer)[0]!,
    zeroThreshold: threshold === undefined ? 0 : readDouble(arena, threshold.at),
    positive: readSide(chunk, row, EXPONENTIAL_POINT.positive),
    negative: readSide(chunk, row, EXPONENTIAL_POINT.negative),
  };
}

function readSide(chunk: PointRows, row: number, field: number): ExponentialSide {
  const { arena } = chunk;
  const places: number[] = [];
  let offset = 0;
  eachField(chunk, row, field, (from, to) => {
    for (let at = from; at < to; ) {
      const tag = readVarint32(arena, at);
      at = cursor.at;
      const next = skipValue(arena, at, tag & 7);
      if (tag === 0x08) offset = zigzag(readVarint32(arena, at));
      else if (tag === 0x10) places.push(at);
      else if (tag === 0x12) {
        readVarint32(arena, at);
        for (let place = cursor.at; place < next; place = skipValue(arena, place, 0)) places.push(place);
      }
      at = next;
    }
  });
  const words = new Uint32Array(places.length * 2);
  for (let i = 0; i < places.length; i++) readVarint64Into(arena, places[i]!, words, i * 2);
  return { offset, counts: new BigUint64Array(words.buffer) };
}

/** Quantiles (0..1) and their values, of a summary point. */
export interface SummaryQuantiles {
  readonly quantiles: Float64Array;
  readonly values: Float64Array;
}

export function readSummaryQuantiles(chunk: PointRows, row: number): SummaryQuantiles {
  const quantiles: number[] = [];
  const values: number[] = [];
  eachField(chunk, row, SUMMARY_POINT.quantiles, (from, to) => {
    const quantile = findField(chunk.arena, from, to, 1);
    const value = findField(chunk.arena, from, to, 2);
    quantiles.push(quantile === undefined ? 0 : readDouble(chunk.arena, quantile.at));
    values.push(value === undefined ? 0 : readDouble(chunk.arena, value.at));
  });
  return { quantiles: Float64Array.from(quantiles), values: Float64Array.from(values) };
}

/** An exemplar of a data point. */
export interface Exemplar {
  readonly timeNs: bigint;
  readonly value: number;
  /** Offsets of 16 and 8 bytes; 0 where there are none. */
  readonly traceIdAt: number;
  readonly spanIdAt: number;
  /** Owner 0: the attributes that the metric's view filtered out. */
  readonly attributes: AttributeTable;
}

/** The exemplars of a row; `field` is `exemplars` of its kind of point (NUMBER_POINT, HISTOGRAM_POINT, EXPONENTIAL_POINT). */
export function readExemplars(chunk: PointRows, row: number, field: number): Exemplar[] {
  const { arena } = chunk;
  const exemplars: Exemplar[] = [];
  eachField(chunk, row, field, (from, to) => {
    const time = findField(arena, from, to, 2);
    const asDouble = findField(arena, from, to, 3);
    const asInt = findField(arena, from, to, 6);
    const spanId = findField(arena, from, to, 4);
    const traceId = findField(arena, from, to, 5);
    const attributes = new AttributeTable(1, 4);
    readAttributes(attributes, arena, 0, from, to, 7, -1);
    exemplars.push({
      timeNs: time === undefined ? 0n : fixed64At(arena, time.at),
      value: asDouble
        ? readDouble(arena, asDouble.at)
        : asInt
          ? Number(BigInt.asIntN(64, fixed64At(arena, asInt.at)))
          : 0,
      traceIdAt: traceId?.length === 16 ? traceId.at : 0,
      spanIdAt: spanId?.length === 8 ? spanId.at : 0,
      attributes,
    });
  });
  return exemplars;
}

const pair = new Uint32Array(2);
const pairValue = new BigUint64Array(pair.buffer);

function fixed64At(bytes: Uint8Array, at: number): bigint {
  copyWords(bytes, at, pair, 0);
  return pairValue[0]!;
}

function copyWords(bytes: Uint8Array, at: number, words: Uint32Array, index: number): void {
  words[index * 2] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  words[index * 2 + 1] = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
