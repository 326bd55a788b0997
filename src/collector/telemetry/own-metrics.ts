import { OWN_SCOPE } from '#base';
import { ArenaWriter, Batch, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, TEMPORALITY_CUMULATIVE } from '#pdata';
import { decodeMetrics } from '#wire';
import type { MetricFamily, Series } from './registry.ts';

/** Field numbers of opentelemetry.proto.metrics.v1. */
const METRIC = { name: 1, description: 2, unit: 3 } as const;
const NUMBER_POINT_ATTRIBUTES = 7;
const HISTOGRAM_POINT_ATTRIBUTES = 9;

export interface OwnMetricsOptions {
  readonly resource: ReadonlyMap<string, string>;
  /** Scope version: Signalbox's own. */
  readonly version: string;
  readonly startMs: number;
  readonly nowMs: number;
}

/** The registry as one OTLP metrics batch: cumulative sums, gauges and histograms, one scope, one resource. */
export function ownMetricsBatch(families: readonly MetricFamily[], options: OwnMetricsOptions): Batch {
  const writer = new ArenaWriter(64 * 1024);
  const resourceMetrics = writer.begin(1);
  const resource = writer.begin(1);
  for (const [key, value] of options.resource) writer.attribute(1, key, value);
  writer.end(resource);
  const scopeMetrics = writer.begin(2);
  const scope = writer.begin(1);
  writer.textField(1, OWN_SCOPE);
  writer.textField(2, options.version);
  writer.end(scope);
  const startNs = toNs(options.startMs);
  const timeNs = toNs(options.nowMs);
  for (const family of families) writeFamily(writer, family, startNs, timeNs);
  writer.end(scopeMetrics);
  writer.end(resourceMetrics);
  return new Batch('metrics', [decodeMetrics(writer.finish()).chunk]);
}

function writeFamily(writer: ArenaWriter, family: MetricFamily, startNs: bigint, timeNs: bigint): void {
  const metric = writer.begin(2);
  writer.textField(METRIC.name, family.name);
  writer.textField(METRIC.description, family.description);
  writer.textField(METRIC.unit, family.unit);
  const field = family.kind === 'counter' ? METRIC_SUM : family.kind === 'gauge' ? METRIC_GAUGE : METRIC_HISTOGRAM;
  const data = writer.begin(field);
  for (const series of family.series.values()) {
    const point = writer.begin(1);
    if (series.histogram === undefined)
      writeNumberPoint(writer, series, family.kind === 'counter' ? startNs : 0n, timeNs);
    else writeHistogramPoint(writer, series, startNs, timeNs);
    writer.end(point);
  }
  if (family.kind !== 'gauge') writer.uintField(2, TEMPORALITY_CUMULATIVE);
  if (family.kind === 'counter') writer.uintField(3, 1);
  writer.end(data);
  writer.end(metric);
}

function writeNumberPoint(writer: ArenaWriter, series: Series, startNs: bigint, timeNs: bigint): void {
  for (const [key, value] of series.labels) writer.attribute(NUMBER_POINT_ATTRIBUTES, key, value);
  writer.fixed64Field(2, startNs);
  writer.fixed64Field(3, timeNs);
  const value = series.read();
  if (Number.isSafeInteger(value)) {
    writer.tag(6, 1);
    writer.fixed64(BigInt(value));
  } else {
    writer.tag(4, 1);
    writer.double(value);
  }
}

function writeHistogramPoint(writer: ArenaWriter, series: Series, startNs: bigint, timeNs: bigint): void {
  const state = series.histogram!;
  for (const [key, value] of series.labels) writer.attribute(HISTOGRAM_POINT_ATTRIBUTES, key, value);
  writer.fixed64Field(2, startNs);
  writer.fixed64Field(3, timeNs);
  writer.fixed64Field(4, BigInt(state.count));
  writer.tag(5, 1);
  writer.double(state.sum);
  const counts = writer.begin(6);
  for (const count of state.counts) writer.fixed64(BigInt(count));
  writer.end(counts);
  const bounds = writer.begin(7);
  for (const bound of state.bounds) writer.double(bound);
  writer.end(bounds);
}

function toNs(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
