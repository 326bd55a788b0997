import { OWN_SCOPE } from '#base';
import { Batch, TEMPORALITY_CUMULATIVE } from '#pdata';
import { type MetricGroup, MetricsBuilder } from '#wire';
import type { MetricFamily } from './registry.ts';

export interface OwnMetricsOptions {
  readonly resource: ReadonlyMap<string, string>;
  /** Scope version: Signalbox's own. */
  readonly version: string;
  readonly startMs: number;
  readonly nowMs: number;
}

/** The registry as one OTLP metrics batch: cumulative sums, gauges and histograms, one scope, one resource. */
export function ownMetricsBatch(families: readonly MetricFamily[], options: OwnMetricsOptions): Batch {
  const metrics = new MetricsBuilder();
  const { resource, version } = options;
  const group = metrics.group({ resource, scope: { name: OWN_SCOPE, version } });
  const startNs = toNs(options.startMs);
  const timeNs = toNs(options.nowMs);
  for (const family of families) addFamily(group, family, startNs, timeNs);
  return new Batch('metrics', [metrics.chunk()]);
}

function addFamily(group: MetricGroup, family: MetricFamily, startNs: bigint, timeNs: bigint): void {
  const { name, kind, series } = family;
  const input = { description: family.description, unit: family.unit, temporality: TEMPORALITY_CUMULATIVE };
  if (kind === 'histogram') {
    const histogram = group.histogram(name, input);
    for (const each of series.values()) histogram.series(each.labels).add(timeNs, each.histogram!, startNs);
    return;
  }
  const isCounter = kind === 'counter';
  const metric = isCounter ? group.sum(name, { ...input, isMonotonic: true }) : group.gauge(name, input);
  for (const each of series.values()) {
    const value = each.read();
    const point = Number.isSafeInteger(value) ? BigInt(value) : value;
    metric.series(each.labels).add(timeNs, point, isCounter ? startNs : 0n);
  }
}

function toNs(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}
