import { KeyBytes } from '#base';
import { fail } from '#ottl';
import {
  ArenaWriter,
  type ExponentialBuckets,
  type ExponentialSide,
  exemplarsFieldOf,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  type PointChunk,
  type PointView,
} from '#pdata';
import { writeAttributesTo } from '../series/attribute-key.ts';

/** What becomes of the values of several points (otelcol-contrib internal/coreinternal/aggregateutil). */
export const AGGREGATIONS = ['sum', 'mean', 'min', 'max', 'median', 'count'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** What a point says, apart from its place. */
interface Reading {
  readonly row: number;
  readonly startNs: bigint;
  readonly value: number | bigint | undefined;
  readonly count: bigint;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly counts: readonly bigint[];
  readonly exponential: ExponentialBuckets | undefined;
}

/**
 * Makes one point of all of these rows, of metrics of one type, that have the same attributes and time. Returns the rows that went into others.
 * Histograms are always added. `by` undefined: of numbers the first one stays.
 */
export function mergePoints(
  chunk: PointChunk,
  rows: readonly number[],
  { type, isDelta, by }: { readonly type: number; readonly isDelta: boolean; readonly by: Aggregation | undefined },
): number[] {
  const view = chunk.view();
  const groups = new Map<string, Reading[]>();
  for (const row of rows) {
    view.row = row;
    const key = groupKey(chunk, view, type, isDelta);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [reading(view, type)]);
    else group.push(reading(view, type));
  }
  const merged: number[] = [];
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    view.row = group[0]!.row;
    if (type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) mergeHistograms(chunk, view, group);
    else {
      setEarliest(view, group);
      if (by !== undefined) view.value = aggregated(group, by);
    }
    for (const { row } of group.slice(1)) merged.push(row);
  }
  return merged;
}

function setEarliest(view: PointView, group: readonly Reading[]): void {
  for (const { startNs } of group) if (startNs < view.startNs) view.startNs = startNs;
}

function reading(point: PointView, type: number): Reading {
  const { row, startNs, value, count, sum, min, max } = point;
  return {
    row,
    startNs,
    value,
    count,
    sum,
    min,
    max,
    counts: type === METRIC_HISTOGRAM ? [...point.buckets.counts] : [],
    exponential: type === METRIC_EXPONENTIAL_HISTOGRAM ? point.exponential : undefined,
  };
}

const key = new KeyBytes();

function groupKey(chunk: PointChunk, point: PointView, type: number, byStart: boolean): string {
  key.length = 0;
  writeAttributesTo(key, chunk.arena, chunk.rowAttributes.table, point.row);
  const parts: unknown[] = [String(point.timeNs), byStart ? String(point.startNs) : ''];
  if (type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) {
    parts.push(Number.isNaN(point.min), Number.isNaN(point.max), point.flags);
    parts.push(type === METRIC_HISTOGRAM ? [...point.buckets.bounds] : point.exponential.scale);
  }
  return `${Buffer.from(key.bytes.buffer, 0, key.length).toString('latin1')}${JSON.stringify(parts)}`;
}

/** The type of the first value is that of the result. */
function aggregated(group: readonly Reading[], by: Aggregation): number | bigint | undefined {
  const first = group[0]!.value;
  if (first === undefined) return undefined;
  if (typeof first === 'bigint') {
    return aggregatedInts(
      group.map(({ value }) => toInt(value)),
      by,
    );
  }
  return aggregatedDoubles(
    group.map(({ value }) => Number(value ?? 0)),
    by,
  );
}

function toInt(value: number | bigint | undefined): bigint {
  if (typeof value === 'bigint') return value;
  return value === undefined || !Number.isFinite(value) ? 0n : BigInt(Math.trunc(value));
}

function aggregatedInts(values: readonly bigint[], by: Aggregation): bigint {
  const sum = values.reduce((total, value) => BigInt.asIntN(64, total + value), 0n);
  if (by === 'sum') return sum;
  if (by === 'mean') return sum / BigInt(values.length);
  if (by === 'count') return BigInt(values.length);
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (by === 'min') return sorted[0]!;
  if (by === 'max') return sorted.at(-1)!;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2n;
}

function aggregatedDoubles(values: readonly number[], by: Aggregation): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (by === 'sum') return sum;
  if (by === 'mean') return sum / values.length;
  if (by === 'count') return values.length;
  const sorted = [...values].sort((a, b) => a - b);
  if (by === 'min') return sorted[0]!;
  if (by === 'max') return sorted.at(-1)!;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of empty ones only the first counts: its bounds, start and exemplars stay. */
function mergeHistograms(chunk: PointChunk, view: PointView, group: readonly Reading[]): void {
  const [first, ...rest] = group;
  const filled = rest.filter(({ count }) => count > 0n);
  if (filled.length === 0) return;
  const all = [first!, ...filled];
  setEarliest(view, all);
  view.count = all.reduce((total, { count }) => BigInt.asUintN(64, total + count), 0n);
  view.sum = all.reduce((total, { sum }) => total + (Number.isNaN(sum) ? 0 : sum), 0);
  if (!Number.isNaN(first!.min)) view.min = Math.min(...all.map(({ min }) => min));
  if (!Number.isNaN(first!.max)) view.max = Math.max(...all.map(({ max }) => max));
  const { exponential } = first!;
  if (exponential === undefined) {
    view.buckets = { bounds: view.buckets.bounds, counts: added(all.map(({ counts }) => counts)) };
  } else {
    const buckets = all.map((each) => each.exponential!);
    view.exponential = {
      ...exponential,
      zeroCount: buckets.reduce((total, { zeroCount }) => total + zeroCount, 0n),
      positive: addedSides(buckets.map(({ positive }) => positive)),
      negative: addedSides(buckets.map(({ negative }) => negative)),
    };
  }
  appendExemplars(
    chunk,
    view.row,
    filled.map(({ row }) => row),
    exemplarsFieldOf(exponential === undefined ? METRIC_HISTOGRAM : METRIC_EXPONENTIAL_HISTOGRAM),
  );
}

const encoded = new ArenaWriter(256);

/** As they are, behind those that are there. */
function appendExemplars(chunk: PointChunk, target: number, rows: readonly number[], field: number): void {
  const { layout, arena } = chunk;
  encoded.reset();
  for (const row of rows) encoded.fields(arena, layout.rowStart[row]!, layout.rowEnd[row]!, ~(1 << field));
  if (encoded.length > 0) chunk.rewriteRow(target, 0, encoded.view());
}

function added(lists: readonly (readonly bigint[])[]): BigUint64Array {
  const sums = new BigUint64Array(Math.max(...lists.map((list) => list.length)));
  for (const list of lists) for (const [i, count] of list.entries()) sums[i]! += count;
  return sums;
}

/** Offsets are aligned to the lowest. */
function addedSides(sides: readonly ExponentialSide[]): ExponentialSide {
  const filled = sides.filter(({ counts }) => counts.length > 0);
  if (filled.length === 0) return sides[0]!;
  const offset = Math.min(...filled.map((side) => side.offset));
  const end = Math.max(...filled.map((side) => side.offset + side.counts.length));
  if (end - offset > BUCKETS_LIMIT) fail(`the buckets would be more than ${BUCKETS_LIMIT}`);
  const counts = new BigUint64Array(end - offset);
  for (const side of filled) {
    for (const [i, count] of side.counts.entries()) counts[side.offset - offset + i]! += count;
  }
  return { offset, counts };
}

/** Offsets come from senders: two points that lie far apart are not worth the memory between them. */
const BUCKETS_LIMIT = 65_536;
