import { ArenaWriter } from './arena-writer.ts';
import type { HistogramBuckets } from './details.ts';
import { EXPONENTIAL_POINT, HISTOGRAM_POINT, METRIC_HISTOGRAM } from './point-fields.ts';
import type { PointRows } from './point-rows.ts';
import { cursor, readVarint32, skipValue } from './protobuf.ts';

const scratch = new ArenaWriter(256);
const ALL_FIELDS = 0xffff_ffff;
/** What both kinds of points have as messages: the field in the one, and in the other. */
const MESSAGE_FIELDS: ReadonlyMap<number, number> = new Map([
  [EXPONENTIAL_POINT.attributes, HISTOGRAM_POINT.attributes],
  [EXPONENTIAL_POINT.exemplars, HISTOGRAM_POINT.exemplars],
]);

/** An exponential histogram becomes one with bounds: each of its rows gets the message of such a point, with the buckets that belong to it. */
export function becomeHistogram(chunk: PointRows, metric: number, rows: ReadonlyMap<number, HistogramBuckets>): void {
  for (const [row, buckets] of rows) rewritePoint(chunk, row, buckets);
  chunk.ownMetric('type')[metric] = METRIC_HISTOGRAM;
  chunk.markRewritten();
}

function rewritePoint(chunk: PointRows, row: number, { bounds, counts }: HistogramBuckets): void {
  const { layout, arena, columns } = chunk;
  const end = layout.rowEnd[row]!;
  scratch.reset();
  for (let at = layout.rowStart[row]!; at < end; ) {
    const tag = readVarint32(arena, at);
    const from = cursor.at;
    at = skipValue(arena, from, tag & 7);
    const field = MESSAGE_FIELDS.get(tag >>> 3);
    if (field === undefined) continue;
    const length = readVarint32(arena, from);
    scratch.rangeField(field, arena, cursor.at, length);
  }
  scratch.fixed64Field(HISTOGRAM_POINT.start, columns.startNs[row]!);
  scratch.fixed64Field(HISTOGRAM_POINT.time, columns.timeNs[row]!);
  scratch.fixed64Field(HISTOGRAM_POINT.count, columns.pointCount[row]!);
  for (const name of ['sum', 'min', 'max'] as const) {
    const value = columns[name][row]!;
    if (!Number.isNaN(value)) scratch.doubleField(HISTOGRAM_POINT[name], value);
  }
  scratch.uintField(HISTOGRAM_POINT.flags, columns.flags[row]!);
  scratch.fixedListField(HISTOGRAM_POINT.bucketCounts, counts);
  scratch.fixedListField(HISTOGRAM_POINT.explicitBounds, bounds);
  chunk.rewriteRow(row, ALL_FIELDS, scratch.view());
}
