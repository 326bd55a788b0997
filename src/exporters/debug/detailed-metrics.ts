import { hexAt } from '#base';
import {
  EXPONENTIAL_POINT,
  type Exemplar,
  type ExponentialSide,
  FLAG_NO_RECORDED_VALUE,
  HISTOGRAM_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  NUMBER_POINT,
  type PointChunk,
  readExemplars,
  readExponentialBuckets,
  readHistogramBuckets,
  readSummaryQuantiles,
} from '#pdata';
import { groupVisitor } from './groups.ts';
import { METRIC_TYPE_NAME, numberText } from './points.ts';
import { attributeLines, printTime } from './values.ts';
import type { Visitor } from './walk.ts';

/** The field of a point that holds its exemplars; points of summaries have none. */
const EXEMPLARS_FIELD: Readonly<Record<number, number>> = {
  [METRIC_GAUGE]: NUMBER_POINT.exemplars,
  [METRIC_SUM]: NUMBER_POINT.exemplars,
  [METRIC_HISTOGRAM]: HISTOGRAM_POINT.exemplars,
  [METRIC_EXPONENTIAL_HISTOGRAM]: EXPONENTIAL_POINT.exemplars,
};
const TEMPORALITIES: readonly string[] = ['Unspecified', 'Delta', 'Cumulative'];
const POINTS_NAME: Readonly<Record<number, string>> = {
  [METRIC_GAUGE]: 'NumberDataPoints',
  [METRIC_SUM]: 'NumberDataPoints',
  [METRIC_HISTOGRAM]: 'HistogramDataPoints',
  [METRIC_EXPONENTIAL_HISTOGRAM]: 'ExponentialHistogramDataPoints',
  [METRIC_SUMMARY]: 'SummaryDataPoints',
};

export function metricVisitor(lines: string[]): Visitor<PointChunk> {
  let metric = -1;
  let metricNumber = -1;
  let pointNumber = -1;
  const groups = groupVisitor<PointChunk>(lines, 'ResourceMetrics', 'ScopeMetrics');
  return {
    resource: groups.resource,
    scope(chunk, scope, number) {
      metric = -1;
      metricNumber = -1;
      groups.scope(chunk, scope, number);
    },
    item(chunk, row) {
      if (chunk.columns.metric[row] !== metric) {
        metric = chunk.columns.metric[row]!;
        pointNumber = -1;
        lines.push(`Metric #${++metricNumber}`);
        descriptorLines(lines, chunk, metric);
      }
      lines.push(`${POINTS_NAME[chunk.metrics.type[metric]!] ?? 'DataPoints'} #${++pointNumber}`);
      pointLines(lines, chunk, row, chunk.metrics.type[metric]!);
    },
  };
}

function descriptorLines(lines: string[], chunk: PointChunk, metric: number): void {
  const type = chunk.metrics.type[metric]!;
  lines.push('Descriptor:');
  lines.push(`     -> Name: ${chunk.metricName(metric)}`);
  lines.push(`     -> Description: ${chunk.metricDescription(metric)}`);
  lines.push(`     -> Unit: ${chunk.metricUnit(metric)}`);
  lines.push(`     -> DataType: ${METRIC_TYPE_NAME[type] ?? 'Empty'}`);
  if (type === METRIC_SUM) lines.push(`     -> IsMonotonic: ${chunk.metrics.monotonic[metric] === 1}`);
  if (type === METRIC_SUM || type === METRIC_HISTOGRAM || type === METRIC_EXPONENTIAL_HISTOGRAM) {
    lines.push(`     -> AggregationTemporality: ${TEMPORALITIES[chunk.metrics.temporality[metric]!] ?? ''}`);
  }
}

function pointLines(lines: string[], chunk: PointChunk, row: number, type: number): void {
  const { startNs, timeNs, flags } = chunk.columns;
  const attributes = attributeLines(chunk.attributesOf(row).table, chunk.arena, row);
  if (attributes.length > 0) lines.push('Data point attributes:', ...attributes);
  lines.push(`StartTimestamp: ${printTime(startNs[row]!)}`);
  lines.push(`Timestamp: ${printTime(timeNs[row]!)}`);
  if ((flags[row]! & FLAG_NO_RECORDED_VALUE) !== 0) lines.push('Flags: NoRecordedValue');
  if (type === METRIC_GAUGE || type === METRIC_SUM) lines.push(`Value: ${numberText(chunk, row)}`);
  else distributionLines(lines, chunk, row, type);
  const field = EXEMPLARS_FIELD[type];
  if (field !== undefined) exemplarLines(lines, chunk, readExemplars(chunk, row, field));
}

function exemplarLines(lines: string[], chunk: PointChunk, exemplars: readonly Exemplar[]): void {
  if (exemplars.length > 0) lines.push('Exemplars:');
  exemplars.forEach((exemplar, i) => {
    lines.push(`Exemplar #${i}`);
    lines.push(`     -> Trace ID: ${exemplar.traceIdAt === 0 ? '' : hexAt(chunk.arena, exemplar.traceIdAt, 16)}`);
    lines.push(`     -> Span ID: ${exemplar.spanIdAt === 0 ? '' : hexAt(chunk.arena, exemplar.spanIdAt, 8)}`);
    lines.push(`     -> Timestamp: ${printTime(exemplar.timeNs)}`);
    lines.push(`     -> Value: ${exemplar.value}`);
    const attributes = attributeLines(exemplar.attributes, chunk.arena, 0, '          ');
    if (attributes.length > 0) lines.push('     -> FilteredAttributes:', ...attributes);
  });
}

function distributionLines(lines: string[], chunk: PointChunk, row: number, type: number): void {
  const { pointCount, sum, min, max } = chunk.columns;
  lines.push(`Count: ${pointCount[row]}`);
  for (const [name, column] of [
    ['Sum', sum],
    ['Min', min],
    ['Max', max],
  ] as const) {
    if (!Number.isNaN(column[row]!)) lines.push(`${name}: ${column[row]}`);
  }
  if (type === METRIC_HISTOGRAM) {
    const { bounds, counts } = readHistogramBuckets(chunk, row);
    lines.push(...Array.from(bounds, (bound, i) => `ExplicitBounds #${i}: ${bound}`));
    lines.push(...Array.from(counts, (count, i) => `Buckets #${i}, Count: ${count}`));
  } else if (type === METRIC_EXPONENTIAL_HISTOGRAM) exponentialLines(lines, chunk, row);
  else if (type === METRIC_SUMMARY) {
    const { quantiles, values } = readSummaryQuantiles(chunk, row);
    lines.push(
      ...Array.from(quantiles, (quantile, i) => `QuantileValue #${i}: Quantile ${quantile}, Value ${values[i]}`),
    );
  }
}

function exponentialLines(lines: string[], chunk: PointChunk, row: number): void {
  const { scale, zeroCount, zeroThreshold, positive, negative } = readExponentialBuckets(chunk, row);
  const bound = (side: ExponentialSide, i: number): number => 2 ** ((side.offset + i) * 2 ** -scale);
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    lines.push(`Bucket [${-bound(negative, i + 1)}, ${-bound(negative, i)}), Count: ${negative.counts[i]}`);
  }
  if (zeroCount > 0n) lines.push(`Bucket [${-zeroThreshold}, ${zeroThreshold}], Count: ${zeroCount}`);
  for (let i = 0; i < positive.counts.length; i++) {
    lines.push(`Bucket (${bound(positive, i)}, ${bound(positive, i + 1)}], Count: ${positive.counts[i]}`);
  }
}
