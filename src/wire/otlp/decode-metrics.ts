import { DecodeError } from '#base';
import {
  METRIC_EMPTY,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  PointChunk,
} from '#pdata';
import { contentEnd, expectType, nextOffset, skipUnknown, varint } from './check.ts';
import { ColumnSpace } from './columns.ts';
import { type Decoded, type ItemReader, readEnvelope } from './envelope.ts';
import { HeadCollector } from './heads.ts';
import { POINT_SPEC, PointReader } from './point-reader.ts';
import type { Rejections } from './rejections.ts';

const METRIC_SPEC = {
  scope: Uint32Array,
  nameAt: Uint32Array,
  nameLength: Uint32Array,
  descriptionAt: Uint32Array,
  descriptionLength: Uint32Array,
  unitAt: Uint32Array,
  unitLength: Uint32Array,
  type: Uint8Array,
  temporality: Uint8Array,
  monotonic: Uint8Array,
} as const;

const metricSpace = new ColumnSpace(METRIC_SPEC, 256);
const pointSpace = new ColumnSpace(POINT_SPEC);

/**
 * Decodes an ExportMetricsServiceRequest (opentelemetry-proto metrics/v1): one row per data point. The chunk's arena is `body`
 * itself, which the caller gives away. A point whose exemplar has an id of a wrong size is rejected alone. Throws a DecodeError when
 * the bytes are not a well-formed message.
 */
export function decodeMetrics(body: Uint8Array): Decoded<PointChunk> {
  const reader = new MetricReader();
  const envelope = readEnvelope(body, body.length, reader);
  const { rowStart, rowEnd, rowScope, ...columns } = pointSpace.take(reader.points.count);
  const layout = {
    body,
    bodyLength: body.length,
    rowStart,
    rowEnd,
    rowScope,
    ...envelope,
    rowAttributeCount: reader.points.attributeCount,
    complete: reader.points.rejections.count === 0,
  };
  const metrics = {
    ...metricSpace.take(reader.count),
    head: reader.head.finish(),
    dataHead: reader.dataHead.finish(),
  };
  return {
    chunk: new PointChunk(layout, metrics, columns),
    rejectedCount: reader.points.rejections.count,
    rejectedReason: reader.points.rejections.reason,
  };
}

class MetricReader implements ItemReader {
  readonly head = new HeadCollector();
  readonly dataHead = new HeadCollector();
  readonly points = new PointReader(pointSpace);
  count = 0;

  get rejections(): Rejections {
    return this.points.rejections;
  }

  get rowCount(): number {
    return this.points.count;
  }

  /** The metrics themselves stay, without points. */
  reject(rowCount: number, error: DecodeError, atLeast: number): void {
    this.rejections.addUnreadable(Math.max(atLeast, this.points.count - rowCount), error);
    this.points.count = rowCount;
  }

  /** Metric: name = 1, description = 2, unit = 3, gauge … summary = 5, 7, 9, 10, 11, metadata = 12. */
  readItem(bytes: Uint8Array, from: number, end: number, scope: number): void {
    if (this.count === metricSpace.capacity) metricSpace.grow();
    const columns = metricSpace.columns;
    const metric = this.count++;
    this.head.open();
    this.dataHead.open();
    columns.scope[metric] = scope;
    columns.nameAt[metric] = from;
    columns.nameLength[metric] = 0;
    columns.descriptionAt[metric] = from;
    columns.descriptionLength[metric] = 0;
    columns.unitAt[metric] = from;
    columns.unitLength[metric] = 0;
    columns.type[metric] = METRIC_EMPTY;
    columns.temporality[metric] = 0;
    columns.monotonic[metric] = 0;
    let at = from;
    while (at < end) {
      const fieldStart = at;
      const tag = varint(bytes, at, end);
      at = nextOffset();
      const field = tag >>> 3;
      if (isData(field)) {
        expectType(tag, 2, at);
        const to = contentEnd(bytes, at, end);
        if (columns.type[metric] !== METRIC_EMPTY && columns.type[metric] !== field) {
          throw new DecodeError('metric with two kinds of data', at);
        }
        columns.type[metric] = field;
        this.#readData(bytes, nextOffset(), to, metric, scope, field);
        at = to;
        continue;
      }
      if (field <= 3) {
        expectType(tag, 2, at);
        at = contentEnd(bytes, at, end);
        const [atColumn, lengthColumn] = textColumns(columns, field, fieldStart);
        atColumn[metric] = nextOffset();
        lengthColumn[metric] = at - nextOffset();
      } else at = skipUnknown(bytes, at, end, tag);
      this.head.add(fieldStart, at);
    }
  }

  #readPoint(bytes: Uint8Array, at: number, end: number, metric: number, scope: number, type: number): void {
    try {
      this.points.readPoint(bytes, at, end, metric, scope, type);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.reject(this.rowCount, error, 1);
    }
  }

  /** Gauge, Sum and so on: data_points = 1, aggregation_temporality = 2, is_monotonic = 3. */
  #readData(bytes: Uint8Array, at: number, end: number, metric: number, scope: number, type: number): void {
    while (at < end) {
      const fieldStart = at;
      const tag = varint(bytes, at, end);
      at = nextOffset();
      if (tag === 0x0a) {
        const to = contentEnd(bytes, at, end);
        this.#readPoint(bytes, nextOffset(), to, metric, scope, type);
        at = to;
        continue;
      }
      if (tag === 0x10) {
        metricSpace.columns.temporality[metric] = varint(bytes, at, end) & 0xff;
        at = nextOffset();
      } else if (tag === 0x18) {
        metricSpace.columns.monotonic[metric] = varint(bytes, at, end) === 0 ? 0 : 1;
        at = nextOffset();
      } else {
        if (tag >>> 3 === 1) expectType(tag, 2, at);
        at = skipUnknown(bytes, at, end, tag);
      }
      this.dataHead.add(fieldStart, at);
    }
  }
}

function isData(field: number): boolean {
  return (
    field === METRIC_GAUGE ||
    field === METRIC_SUM ||
    field === METRIC_HISTOGRAM ||
    field === METRIC_EXPONENTIAL_HISTOGRAM ||
    field === METRIC_SUMMARY
  );
}

function textColumns(columns: typeof metricSpace.columns, field: number, at: number): [Uint32Array, Uint32Array] {
  if (field === 1) return [columns.nameAt, columns.nameLength];
  if (field === 2) return [columns.descriptionAt, columns.descriptionLength];
  if (field === 3) return [columns.unitAt, columns.unitLength];
  throw new DecodeError(`field number ${field}`, at);
}
