import {
  EXPONENTIAL_POINT,
  findField,
  HISTOGRAM_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  NUMBER_POINT,
  POINT_VALUE_INT,
  POINT_VALUE_NONE,
  type PointChunk,
  readExemplars,
  readExponentialBuckets,
  readHistogramBuckets,
  readSummaryQuantiles,
  SUMMARY_POINT,
} from '#pdata';
import { ByteSink } from './byte-sink.ts';
import {
  BlockSink,
  clampTimes,
  fillTimes,
  type TableBlock,
  wordsOf,
  writeConstant64,
  writeOffsets,
  writeTimes,
  writeUint32s,
  writeWords,
} from './columns.ts';
import { DictionaryColumn } from './dictionary.ts';
import { writeAttributesJson } from './value-json.ts';

const TIME = "DateTime64(9, 'UTC')";
const LOW_CARDINALITY = 'LowCardinality(String)';

/** The rows of one table in one chunk. */
export interface PointRows {
  readonly chunk: PointChunk;
  readonly rows: Uint32Array;
  /** Per row of the chunk: low and high word. */
  readonly seriesIds: Uint32Array;
}

/** Which table the points of a metric type go to. */
export type PointTable =
  | 'metric_points'
  | 'metric_histograms'
  | 'metric_exponential_histograms'
  | 'metric_summaries'
  | 'metric_exemplars';

export function pointTableOf(metricType: number): PointTable | undefined {
  if (metricType === METRIC_GAUGE || metricType === METRIC_SUM) return 'metric_points';
  if (metricType === METRIC_HISTOGRAM) return 'metric_histograms';
  if (metricType === METRIC_EXPONENTIAL_HISTOGRAM) return 'metric_exponential_histograms';
  return metricType === METRIC_SUMMARY ? 'metric_summaries' : undefined;
}

/** A column that is a list per row: the elements of all rows, and how many each row has. */
class ListColumn {
  readonly elements: ByteSink = new ByteSink();
  #counts = new Uint32Array(0);
  #rowCount = 0;

  reset(rowCount: number): void {
    this.elements.reset();
    this.#rowCount = 0;
    if (this.#counts.length < rowCount) this.#counts = new Uint32Array(rowCount);
  }

  add(values: Float64Array | BigUint64Array): void {
    this.#counts[this.#rowCount++] = values.length;
    const at = this.elements.take(values.length * 8);
    this.elements.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.length * 8), at);
  }

  write(sink: BlockSink, name: string, type: string): void {
    sink.column(name, `Array(${type})`);
    writeOffsets(sink, this.#counts, this.#rowCount, 0);
    sink.copy(this.elements.bytes, 0, this.elements.length);
  }
}

/** Writes the blocks of the tables that hold data points. Each result is valid until the next call for the same table. */
export class PointBlockEncoder {
  readonly #sinks = new Map<PointTable, BlockSink>();
  readonly #names = new DictionaryColumn();
  readonly #first = new ListColumn();
  readonly #second = new ListColumn();
  readonly #attributes = new ByteSink();
  readonly #text = new ByteSink();

  encode(table: PointTable, parts: readonly PointRows[], ingestedAtNs: bigint): TableBlock {
    const sink = this.#sinkOf(table);
    let rowCount = 0;
    for (const part of parts) rowCount += part.rows.length;
    if (table === 'metric_points') {
      this.#begin(sink, parts, rowCount, ingestedAtNs);
      writeValues(sink, parts, rowCount);
    } else if (table === 'metric_histograms') {
      this.#begin(sink, parts, rowCount, ingestedAtNs);
      writeStatistics(sink, parts);
      this.#writeBuckets(sink, parts, rowCount);
    } else if (table === 'metric_exponential_histograms') {
      this.#begin(sink, parts, rowCount, ingestedAtNs);
      writeStatistics(sink, parts);
      this.#writeExponential(sink, parts, rowCount);
    } else {
      this.#begin(sink, parts, rowCount, ingestedAtNs);
      writeSummaries(sink, parts, rowCount);
      this.#writeQuantiles(sink, parts, rowCount);
    }
    sink.column('flags', 'UInt32');
    for (const { chunk, rows } of parts) writeUint32s(sink, chunk.columns.flags, rows, rows.length);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish(table);
  }

  #sinkOf(table: PointTable): BlockSink {
    const sink = this.#sinks.get(table) ?? new BlockSink(1 << 16);
    this.#sinks.set(table, sink);
    return sink;
  }

  /** The head of the block and the columns that all tables of points begin with. */
  #begin(sink: BlockSink, parts: readonly PointRows[], rowCount: number, arrivalNs: bigint): void {
    sink.begin(rowCount);
    sink.column('name', LOW_CARDINALITY);
    writeMetricNames(sink, this.#names, parts, rowCount);
    sink.column('series_id', 'UInt64');
    for (const { rows, seriesIds } of parts) writeWords(sink, seriesIds, rows, rows.length);
    sink.column('time', TIME);
    for (const { chunk, rows } of parts) writeTimes(sink, wordsOf(chunk.columns.timeNs), rows, rows.length);
    fillTimes(sink, sink.length - rowCount * 8, rowCount, arrivalNs);
    sink.column('start_time', TIME);
    for (const { chunk, rows } of parts) writeTimes(sink, wordsOf(chunk.columns.startNs), rows, rows.length);
  }

  #writeBuckets(sink: BlockSink, parts: readonly PointRows[], rowCount: number): void {
    this.#first.reset(rowCount);
    this.#second.reset(rowCount);
    for (const { chunk, rows } of parts) {
      for (const row of rows) {
        const buckets = readHistogramBuckets(chunk, row);
        this.#first.add(buckets.bounds);
        this.#second.add(buckets.counts);
      }
    }
    this.#first.write(sink, 'bounds', 'Float64');
    this.#second.write(sink, 'bucket_counts', 'UInt64');
  }

  #writeQuantiles(sink: BlockSink, parts: readonly PointRows[], rowCount: number): void {
    this.#first.reset(rowCount);
    this.#second.reset(rowCount);
    for (const { chunk, rows } of parts) {
      for (const row of rows) {
        const { quantiles, values } = readSummaryQuantiles(chunk, row);
        this.#first.add(quantiles);
        this.#second.add(values);
      }
    }
    this.#first.write(sink, 'quantiles', 'Float64');
    this.#second.write(sink, 'values', 'Float64');
  }

  #writeExponential(sink: BlockSink, parts: readonly PointRows[], rowCount: number): void {
    const scales = new Int32Array(rowCount);
    const zeroCounts = new BigUint64Array(rowCount);
    const thresholds = new Float64Array(rowCount);
    const offsets = [new Int32Array(rowCount), new Int32Array(rowCount)] as const;
    this.#first.reset(rowCount);
    this.#second.reset(rowCount);
    let i = 0;
    for (const { chunk, rows } of parts) {
      for (const row of rows) {
        const buckets = readExponentialBuckets(chunk, row);
        scales[i] = buckets.scale;
        zeroCounts[i] = buckets.zeroCount;
        thresholds[i] = buckets.zeroThreshold;
        offsets[0][i] = buckets.positive.offset;
        offsets[1][i++] = buckets.negative.offset;
        this.#first.add(buckets.positive.counts);
        this.#second.add(buckets.negative.counts);
      }
    }
    writeColumn(sink, 'scale', 'Int32', scales);
    writeColumn(sink, 'zero_count', 'UInt64', zeroCounts);
    writeColumn(sink, 'zero_threshold', 'Float64', thresholds);
    writeColumn(sink, 'positive_offset', 'Int32', offsets[0]);
    this.#first.write(sink, 'positive_counts', 'UInt64');
    writeColumn(sink, 'negative_offset', 'Int32', offsets[1]);
    this.#second.write(sink, 'negative_counts', 'UInt64');
  }

  /** The exemplars of all points, or undefined where there are none. */
  encodeExemplars(parts: readonly PointRows[], ingestedAtNs: bigint): TableBlock | undefined {
    const found = parts.flatMap((part) => [...exemplarsOf(part)]);
    if (found.length === 0) return undefined;
    const sink = this.#sinkOf('metric_exemplars');
    const rowCount = found.length;
    sink.begin(rowCount);
    sink.column('name', LOW_CARDINALITY);
    this.#names.reset(rowCount);
    for (const [i, { part, row }] of found.entries())
      this.#names.indices[i] = nameIndex(this.#names, part.chunk, part.chunk.columns.metric[row]!);
    this.#names.write(sink, rowCount);
    sink.column('series_id', 'UInt64');
    for (const { part, row } of found) sink.uint64(part.seriesIds[row * 2]!, part.seriesIds[row * 2 + 1]!);
    writeColumn(
      sink,
      'time',
      TIME,
      BigUint64Array.from(found, ({ exemplar }) => exemplar.timeNs),
    );
    clampTimes(sink, sink.length - rowCount * 8, rowCount);
    fillTimes(sink, sink.length - rowCount * 8, rowCount, ingestedAtNs);
    writeColumn(
      sink,
      'value',
      'Float64',
      Float64Array.from(found, ({ exemplar }) => exemplar.value),
    );
    sink.column('trace_id', 'FixedString(16)');
    for (const { part, exemplar } of found) writeId(sink, part.chunk.arena, exemplar.traceIdAt, 16);
    sink.column('span_id', 'FixedString(8)');
    for (const { part, exemplar } of found) writeId(sink, part.chunk.arena, exemplar.spanIdAt, 8);
    sink.column('attributes', 'String');
    this.#attributes.reset();
    for (const { part, exemplar } of found) {
      this.#text.reset();
      writeAttributesJson(this.#text, part.chunk.arena, exemplar.attributes, 0);
      this.#attributes.varint(this.#text.length);
      this.#attributes.copy(this.#text.bytes, 0, this.#text.length);
    }
    sink.copy(this.#attributes.bytes, 0, this.#attributes.length);
    sink.column('ingested_at', TIME);
    writeConstant64(sink, ingestedAtNs, rowCount);
    return sink.finish('metric_exemplars');
  }
}

function* exemplarsOf(part: PointRows): Generator<{
  part: PointRows;
  row: number;
  exemplar: ReturnType<typeof readExemplars>[number];
}> {
  const { chunk, rows } = part;
  for (const row of rows) {
    const type = chunk.metrics.type[chunk.columns.metric[row]!]!;
    if (type === METRIC_SUMMARY) continue;
    const field =
      type === METRIC_HISTOGRAM
        ? HISTOGRAM_POINT.exemplars
        : type === METRIC_EXPONENTIAL_HISTOGRAM
          ? EXPONENTIAL_POINT.exemplars
          : NUMBER_POINT.exemplars;
    for (const exemplar of readExemplars(chunk, row, field)) yield { part, row, exemplar };
  }
}

function writeId(sink: ByteSink, arena: Uint8Array, at: number, size: number): void {
  if (at !== 0) sink.copy(arena, at, size);
  else for (let i = 0; i < size; i++) sink.byte(0);
}

type NumberColumn = Int32Array | BigUint64Array | Float64Array;

function writeColumn(sink: BlockSink, name: string, type: string, values: NumberColumn): void {
  sink.column(name, type);
  const at = sink.take(values.byteLength);
  sink.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
}

/** The metrics' names, one lookup per metric and not per point. */
function writeMetricNames(
  sink: ByteSink,
  names: DictionaryColumn,
  parts: readonly PointRows[],
  rowCount: number,
): void {
  names.reset(rowCount);
  let i = 0;
  for (const { chunk, rows } of parts) {
    const { metric } = chunk.columns;
    let last = -1;
    let index = 0;
    for (const row of rows) {
      if (metric[row] !== last) {
        last = metric[row]!;
        index = nameIndex(names, chunk, last);
      }
      names.indices[i++] = index;
    }
  }
  names.write(sink, rowCount);
}

function nameIndex(names: DictionaryColumn, chunk: PointChunk, metric: number): number {
  return names.indexOf(chunk.arena, chunk.metrics.nameAt[metric]!, chunk.metrics.nameLength[metric]!);
}

/** Gauges and sums: `value` holds ints too (rounded beyond 2^53), `value_int` the exact int. NaN where the point has no value. */
function writeValues(sink: BlockSink, parts: readonly PointRows[], rowCount: number): void {
  const values = new Float64Array(rowCount);
  const isInt = new Uint8Array(rowCount);
  let i = 0;
  for (const { chunk, rows } of parts) {
    const { valueType, valueDouble } = chunk.columns;
    for (const row of rows) {
      isInt[i] = valueType[row] === POINT_VALUE_INT ? 1 : 0;
      values[i++] = valueType[row] === POINT_VALUE_NONE ? Number.NaN : valueDouble[row]!;
    }
  }
  writeColumn(sink, 'value', 'Float64', values);
  sink.column('value_int', 'Int64');
  for (const { chunk, rows } of parts) writeWords(sink, wordsOf(chunk.columns.valueInt), rows, rows.length);
  sink.column('is_int', 'UInt8');
  const at = sink.take(rowCount);
  sink.bytes.set(isInt, at);
}

/** Count, sum, min and max of histograms. NaN where the point has none. */
function writeStatistics(sink: BlockSink, parts: readonly PointRows[]): void {
  sink.column('count', 'UInt64');
  for (const { chunk, rows } of parts) writeWords(sink, wordsOf(chunk.columns.pointCount), rows, rows.length);
  for (const name of ['sum', 'min', 'max'] as const) {
    sink.column(name, 'Float64');
    for (const { chunk, rows } of parts) writeWords(sink, wordsOf(chunk.columns[name]), rows, rows.length);
  }
}

/** Count and sum of summaries, whose sum is 0 where it was left out: the field isn't optional there. */
function writeSummaries(sink: BlockSink, parts: readonly PointRows[], rowCount: number): void {
  sink.column('count', 'UInt64');
  for (const { chunk, rows } of parts) writeWords(sink, wordsOf(chunk.columns.pointCount), rows, rows.length);
  const sums = new Float64Array(rowCount);
  let i = 0;
  for (const { chunk, rows } of parts) {
    const { rowStart, rowEnd } = chunk.layout;
    for (const row of rows) {
      const sum = chunk.columns.sum[row]!;
      const isLeftOut =
        Number.isNaN(sum) && findField(chunk.arena, rowStart[row]!, rowEnd[row]!, SUMMARY_POINT.sum) === undefined;
      sums[i++] = isLeftOut ? 0 : sum;
    }
  }
  writeColumn(sink, 'sum', 'Float64', sums);
}
