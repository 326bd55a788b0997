import {
  type ArenaWriter,
  ATTRIBUTES_BIT,
  attributesFieldOf,
  type Chunk,
  EXPONENTIAL_POINT,
  findField,
  HISTOGRAM_POINT,
  LOG,
  LogChunk,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_HISTOGRAM,
  METRIC_SUMMARY,
  NUMBER_POINT,
  POINT_BIT,
  POINT_VALUE_DOUBLE,
  POINT_VALUE_INT,
  type PointChunk,
  SPAN,
  SPAN_STATUS,
  SpanChunk,
  SUMMARY_POINT,
  VALUE_EMPTY,
} from '#pdata';
import { spliceAttributes, spliceEdits } from './splice.ts';

/**
 * Items whose columns are newer than their messages. `changed` says which fields are (Chunk.changedFields): these are written from the
 * columns, all others copied as they are, unknown ones too. Fields at their default are left out, as proto3 does.
 */

/** The message of an item of any signal, as it is now. */
export function writeItem(out: ArenaWriter, chunk: Chunk, row: number): void {
  const { layout } = chunk;
  const changed = chunk.changedFields === undefined ? 0 : chunk.changedFields[row]!;
  if (changed === 0) out.range(chunk.arena, layout.rowStart[row]!, layout.rowEnd[row]!);
  else if (chunk instanceof SpanChunk) writeSpan(out, chunk, row, changed);
  else if (chunk instanceof LogChunk) writeLog(out, chunk, row, changed);
  else writePoint(out, chunk as PointChunk, row, changed);
}

const has = (changed: number, field: number): boolean => ((changed >>> field) & 1) === 1;

/** The fields of a row's message but for those in `skipped`; the attributes as they are now where `attributesField` is their number and not 0. */
function writeKept(out: ArenaWriter, chunk: Chunk, row: number, skipped: number, attributesField: number): void {
  const { arena, layout } = chunk;
  const from = layout.rowStart[row]!;
  const to = layout.rowEnd[row]!;
  if (attributesField === 0) out.fields(arena, from, to, skipped);
  else {
    const { edits } = chunk.rowAttributes;
    const message = { arena, from, to, skipped, attributesField };
    if (edits !== undefined) spliceEdits(out, message, edits, row);
    else spliceAttributes(out, message, chunk.rowAttributes.table, row);
  }
}

/** The fields of a Span message. */
function writeSpan(out: ArenaWriter, chunk: SpanChunk, row: number, changed: number): void {
  const { arena, columns } = chunk;
  writeKept(out, chunk, row, changed & ~ATTRIBUTES_BIT, has(changed, 0) ? SPAN.attributes : 0);
  if (has(changed, SPAN.traceId)) out.rangeField(SPAN.traceId, arena, columns.traceIdAt[row]!, 16);
  if (has(changed, SPAN.spanId)) out.rangeField(SPAN.spanId, arena, columns.spanIdAt[row]!, 8);
  if (has(changed, SPAN.parentSpanId)) idField(out, SPAN.parentSpanId, arena, columns.parentSpanIdAt[row]!, 8);
  if (has(changed, SPAN.name)) textField(out, SPAN.name, arena, columns.nameAt[row]!, columns.nameLength[row]!);
  if (has(changed, SPAN.kind)) out.uintField(SPAN.kind, columns.kind[row]!);
  if (has(changed, SPAN.startTime)) out.fixed64Field(SPAN.startTime, columns.startNs[row]!);
  if (has(changed, SPAN.endTime)) out.fixed64Field(SPAN.endTime, columns.endNs[row]!);
  if (has(changed, SPAN.flags)) out.fixed32Field(SPAN.flags, columns.flags[row]!);
  if (has(changed, SPAN.status)) writeStatus(out, chunk, row);
}

/** The code has a column, the message stays in the span's bytes. */
function writeStatus(out: ArenaWriter, { arena, columns, layout }: SpanChunk, row: number): void {
  const status = findField(arena, layout.rowStart[row]!, layout.rowEnd[row]!, SPAN.status);
  const mark = out.begin(SPAN.status);
  if (status !== undefined) out.fields(arena, status.at, status.at + status.length, 1 << SPAN_STATUS.code);
  out.uintField(SPAN_STATUS.code, columns.statusCode[row]!);
  out.end(mark);
}

/** The fields of a LogRecord message. */
function writeLog(out: ArenaWriter, chunk: LogChunk, row: number, changed: number): void {
  const { arena, columns } = chunk;
  writeKept(out, chunk, row, changed & ~ATTRIBUTES_BIT, has(changed, 0) ? LOG.attributes : 0);
  if (has(changed, LOG.time)) out.fixed64Field(LOG.time, columns.timeNs[row]!);
  if (has(changed, LOG.observedTime)) out.fixed64Field(LOG.observedTime, columns.observedNs[row]!);
  if (has(changed, LOG.severityNumber)) out.uintField(LOG.severityNumber, columns.severityNumber[row]!);
  if (has(changed, LOG.severityText)) {
    textField(out, LOG.severityText, arena, columns.severityTextAt[row]!, columns.severityTextLength[row]!);
  }
  if (has(changed, LOG.body) && columns.bodyType[row] !== VALUE_EMPTY) {
    out.placedValue(LOG.body, arena, columns.bodyType[row]!, columns.bodyAt[row]!, columns.bodyLength[row]!);
  }
  if (has(changed, LOG.flags)) out.fixed32Field(LOG.flags, columns.flags[row]!);
  if (has(changed, LOG.traceId)) idField(out, LOG.traceId, arena, columns.traceIdAt[row]!, 16);
  if (has(changed, LOG.spanId)) idField(out, LOG.spanId, arena, columns.spanIdAt[row]!, 8);
}

/** The field numbers of each POINT_BIT in the points of a metric type; 0 where they don't have it. */
interface PointNumbers {
  readonly start: number;
  readonly time: number;
  readonly count?: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly flags: number;
}

function numbersOf(metricType: number): PointNumbers {
  if (metricType === METRIC_HISTOGRAM) return HISTOGRAM_POINT;
  if (metricType === METRIC_EXPONENTIAL_HISTOGRAM) return EXPONENTIAL_POINT;
  return metricType === METRIC_SUMMARY ? SUMMARY_POINT : NUMBER_POINT;
}

/** The fields of a data point's message. */
function writePoint(out: ArenaWriter, chunk: PointChunk, row: number, changed: number): void {
  const { columns } = chunk;
  const type = chunk.metrics.type[columns.metric[row]!]!;
  const numbers = numbersOf(type);
  writeKept(out, chunk, row, skippedOf(numbers, changed), has(changed, 0) ? attributesFieldOf(type) : 0);
  if (has(changed, POINT_BIT.start)) out.fixed64Field(numbers.start, columns.startNs[row]!);
  if (has(changed, POINT_BIT.time)) out.fixed64Field(numbers.time, columns.timeNs[row]!);
  if (has(changed, POINT_BIT.flags)) out.uintField(numbers.flags, columns.flags[row]!);
  if (has(changed, POINT_BIT.value) && numbers === NUMBER_POINT) writeValue(out, chunk, row);
  if (numbers.count !== undefined && has(changed, POINT_BIT.count)) {
    out.fixed64Field(numbers.count, columns.pointCount[row]!);
  }
  if (has(changed, POINT_BIT.sum)) optionalField(out, numbers.sum, columns.sum[row]!);
  if (has(changed, POINT_BIT.min)) optionalField(out, numbers.min, columns.min[row]!);
  if (has(changed, POINT_BIT.max)) optionalField(out, numbers.max, columns.max[row]!);
}

/** One bit per field number that `changed` stands for. */
function skippedOf(numbers: PointNumbers, changed: number): number {
  let skipped = 0;
  if (has(changed, POINT_BIT.start)) skipped |= 1 << numbers.start;
  if (has(changed, POINT_BIT.time)) skipped |= 1 << numbers.time;
  if (has(changed, POINT_BIT.flags)) skipped |= 1 << numbers.flags;
  if (has(changed, POINT_BIT.count)) skipped |= 1 << (numbers.count ?? 0);
  if (has(changed, POINT_BIT.sum)) skipped |= 1 << (numbers.sum ?? 0);
  if (has(changed, POINT_BIT.min)) skipped |= 1 << (numbers.min ?? 0);
  if (has(changed, POINT_BIT.max)) skipped |= 1 << (numbers.max ?? 0);
  if (has(changed, POINT_BIT.value) && numbers === NUMBER_POINT) {
    skipped |= (1 << NUMBER_POINT.asDouble) | (1 << NUMBER_POINT.asInt);
  }
  return skipped;
}

function writeValue(out: ArenaWriter, { columns }: PointChunk, row: number): void {
  if (columns.valueType[row] === POINT_VALUE_DOUBLE) {
    out.doubleField(NUMBER_POINT.asDouble, columns.valueDouble[row]!);
  } else if (columns.valueType[row] === POINT_VALUE_INT) {
    out.tag(NUMBER_POINT.asInt, 1);
    out.fixed64(columns.valueInt[row]!);
  }
}

/** An optional double: absent where it is NaN. */
function optionalField(out: ArenaWriter, field: number | undefined, value: number): void {
  if (field !== undefined && !Number.isNaN(value)) out.doubleField(field, value);
}

function textField(out: ArenaWriter, field: number, arena: Uint8Array, at: number, length: number): void {
  if (length > 0) out.rangeField(field, arena, at, length);
}

/** An id that is absent where its place is 0. */
function idField(out: ArenaWriter, field: number, arena: Uint8Array, at: number, size: number): void {
  if (at !== 0) out.rangeField(field, arena, at, size);
}
