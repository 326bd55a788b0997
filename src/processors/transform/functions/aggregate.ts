import { fail, type Place } from '#ottl';
import {
  type AnyValue,
  attributeKey,
  type ExponentialBuckets,
  type ExponentialSide,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUMMARY,
  type PointView,
  TEMPORALITY_DELTA,
} from '#pdata';
import type { MetricEdits } from './metric-edits.ts';

export const AGGREGATIONS: readonly string[] = ['sum', 'max', 'min', 'mean', 'median', 'count'];

/** Keeps these attributes of all points of the metric. */
export function keepAttributes(edits: MetricEdits, at: Place, keys: readonly string[]): void {
  for (const point of edits.points(at)) {
    const { attributes } = point;
    const unwanted = [...attributes.entries()].map(([key]) => key).filter((key) => !keys.includes(key));
    for (const key of unwanted) attributes.delete(attributeKey(key));
  }
}

/** Gives an attribute that has one of these values another one. */
export function renameValues(
  edits: MetricEdits,
  at: Place,
  key: string,
  values: readonly string[],
  next: string,
): void {
  const attribute = attributeKey(key);
  for (const { attributes } of edits.points(at)) {
    const value = attributes.get(attribute);
    if (typeof value === 'string' && values.includes(value)) attributes.set(attribute, next);
  }
}

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

/** Makes one point of all those with the same attributes and time. */
export function aggregate(edits: MetricEdits, at: Place, by: string): void {
  const { type, temporality } = at.metric();
  if (type === METRIC_SUMMARY) fail('summaries can not be aggregated');
  const groups = new Map<string, Reading[]>();
  for (const point of edits.points(at)) {
    const key = groupKey(point, type, temporality === TEMPORALITY_DELTA);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [reading(point, type)]);
    else group.push(reading(point, type));
  }
  const { row } = at.point;
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    const first = group[0]!;
    at.point.row = first.row;
    for (const { startNs } of group) if (startNs < at.point.startNs) at.point.startNs = startNs;
    if (type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) mergeHistograms(at.point, group);
    else
      at.point.value = aggregated(
        group.map(({ value }) => value),
        by,
      );
    for (const other of group.slice(1)) edits.remove(at, other.row);
  }
  at.point.row = row;
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

function groupKey(point: PointView, type: number, byStart: boolean): string {
  const attributes = [...point.attributes.entries()].sort(([one], [other]) => (one < other ? -1 : 1));
  const parts: unknown[] = [attributes, point.timeNs, byStart ? point.startNs : 0n];
  if (type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) {
    parts.push(Number.isNaN(point.min), Number.isNaN(point.max), point.flags);
    parts.push(type === METRIC_HISTOGRAM ? [...point.buckets.bounds] : point.exponential.scale);
  }
  return JSON.stringify(parts, (_, value: AnyValue) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** The type of the first value is that of the result. */
function aggregated(values: readonly (number | bigint | undefined)[], by: string): number | bigint | undefined {
  const first = values[0];
  if (first === undefined) return undefined;
  if (typeof first === 'bigint') return aggregatedInts(values.map(toInt), by);
  return aggregatedDoubles(
    values.map((value) => Number(value ?? 0)),
    by,
  );
}

function toInt(value: number | bigint | undefined): bigint {
  if (typeof value === 'bigint') return value;
  return value === undefined || !Number.isFinite(value) ? 0n : BigInt(Math.trunc(value));
}

function aggregatedInts(values: readonly bigint[], by: string): bigint {
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

function aggregatedDoubles(values: readonly number[], by: string): number {
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

function mergeHistograms(point: PointView, group: readonly Reading[]): void {
  const filled = group.filter(({ count }, i) => i === 0 || count > 0n);
  point.count = filled.reduce((total, { count }) => total + count, 0n);
  point.sum = filled.reduce((total, { sum }) => total + (Number.isNaN(sum) ? 0 : sum), 0);
  const { min, max } = group[0]!;
  if (!Number.isNaN(min)) point.min = Math.min(...filled.map((each) => each.min));
  if (!Number.isNaN(max)) point.max = Math.max(...filled.map((each) => each.max));
  const first = group[0]!.exponential;
  if (first === undefined) {
    const counts = added(filled.map((each) => each.counts));
    point.buckets = { bounds: point.buckets.bounds, counts };
    return;
  }
  const all = filled.map(({ exponential }) => exponential!);
  point.exponential = {
    ...first,
    zeroCount: all.reduce((total, { zeroCount }) => total + zeroCount, 0n),
    positive: addedSides(all.map(({ positive }) => positive)),
    negative: addedSides(all.map(({ negative }) => negative)),
  };
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
