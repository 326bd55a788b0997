import { goDecimal } from '#base';
import {
  FLAG_NO_RECORDED_VALUE,
  findField,
  HISTOGRAM_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  type PointView,
  TEMPORALITY_CUMULATIVE,
} from '#pdata';
import {
  type ExposedExemplar,
  type ExposedLabel,
  exposedMetricName,
  resourceLabelMatcher,
  WRITTEN_TYPE,
  type WrittenMetadata,
  type WrittenSeries,
  writtenUnit,
} from '#wire';
import type { RemoteWriteConfig } from './config.ts';
import { exemplarsOf } from './exemplars.ts';
import { customBucketsOf, nativeOf } from './histograms.ts';
import { type Entry, entriesOf, identityOf, namedLabels, SERVICE_KEYS, sortedLabels } from './labels.ts';

export interface Converted {
  readonly series: readonly WrittenSeries[];
  readonly metadata: readonly WrittenMetadata[];
  /** Points that remote write has no word for. */
  readonly lost: number;
}

/** What all points of a metric have in common. */
interface MetricInfo {
  readonly name: string;
  readonly metadata: WrittenMetadata;
}

/** What all points of a scope have in common: labels that go before those of points, and those that don't. */
interface ScopeInfo {
  readonly fixed: readonly Entry[];
  readonly resource: readonly Entry[];
}

/** Turns points into series (otelcol-contrib pkg/translator/prometheusremotewrite@v0.159.0). One for each batch. */
export class Converter {
  readonly #config: RemoteWriteConfig;
  readonly #isResourceLabel: (key: string) => boolean;
  readonly #series = new Map<string, WrittenSeries>();
  readonly #metadata: WrittenMetadata[] = [];
  #lost = 0;

  constructor(config: RemoteWriteConfig) {
    this.#config = config;
    this.#isResourceLabel = resourceLabelMatcher(config.resourceLabels);
  }

  get result(): Converted {
    return { series: [...this.#series.values()], metadata: this.#metadata, lost: this.#lost };
  }

  add(chunk: PointChunk): void {
    const metrics: MetricInfo[] = [];
    const scopes: ScopeInfo[] = [];
    const latest = new Map<number, bigint>();
    const point = chunk.view();
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      point.row = row;
      const resource = chunk.resourceOf(row);
      if (point.timeNs > (latest.get(resource) ?? -1n)) latest.set(resource, point.timeNs);
      const metric = chunk.columns.metric[row]!;
      metrics[metric] ??= this.#metricInfo(point);
      const scope = chunk.scopeOf(row);
      scopes[scope] ??= this.#scopeInfo(point);
      if (!this.#addPoint(chunk, point, metrics[metric], scopes[scope])) this.#lost++;
    }
    if (!this.#config.hasTargetInfo) return;
    for (const [resource, timeNs] of latest) this.#addTargetInfo(chunk, resource, timeNs);
  }

  #metricInfo({ metric }: PointView): MetricInfo {
    const { name, unit, type, description } = metric;
    const isMonotonic = type === METRIC_SUM && metric.isMonotonic;
    const { namespace, naming } = this.#config;
    const exposed = exposedMetricName({ name, unit, type, isMonotonic }, namespace, naming);
    const metadata = {
      family: exposed,
      type: typeOf(type, isMonotonic, metric.metadata['prometheus.type']),
      help: description,
      unit: writtenUnit(unit, naming),
    };
    if (exposed !== '') this.#metadata.push(metadata);
    return { name: exposed, metadata };
  }

  #scopeInfo(point: PointView): ScopeInfo {
    const { attributes } = point.resource;
    const { hasScopeLabels, naming } = this.#config;
    const fixed = identityOf(attributes);
    const { isOn } = this.#config.resourceLabels;
    const resource = isOn ? entriesOf(attributes.entries()).filter(([key]) => this.#isResourceLabel(key)) : [];
    if (!hasScopeLabels) return { fixed, resource };
    const { scope } = point;
    if (scope.name !== '') fixed.push(['otel_scope_name', scope.name]);
    if (scope.version !== '') fixed.push(['otel_scope_version', scope.version]);
    const named = entriesOf(scope.attributes.entries())
      .filter(([key]) => !['name', 'version', 'schema_url'].includes(key))
      .map(([key, value]): Entry => [`otel_scope_${key}`, value]);
    return { fixed: [...fixed, ...(namedLabels(named, naming) ?? [])], resource };
  }

  /** False where there is nothing to be made of it. */
  #addPoint(chunk: PointChunk, point: PointView, { name, metadata }: MetricInfo, scope: ScopeInfo): boolean {
    const { type, temporality } = point.metric;
    const isCumulative = type === METRIC_GAUGE || type === METRIC_SUMMARY || temporality === TEMPORALITY_CUMULATIVE;
    const base = name === '' || !isCumulative ? undefined : this.#labelsOf(point, scope);
    if (base === undefined) return false;
    switch (type) {
      case METRIC_GAUGE:
      case METRIC_SUM: {
        const series = this.#sample(point, name, base, [], Number(point.value ?? 0), metadata);
        if (type === METRIC_SUM && point.metric.isMonotonic) series.exemplars.push(...exemplarsOf(point));
        return true;
      }
      case METRIC_HISTOGRAM:
        this.#addHistogram(chunk, point, name, base, metadata);
        return true;
      case METRIC_EXPONENTIAL_HISTOGRAM: {
        const native = nativeOf(point, isStale(point));
        if (native === undefined) return false;
        const series = this.#find(name, base, [], metadata);
        series.histograms.push(native);
        series.exemplars.push(...exemplarsOf(point));
        return true;
      }
      case METRIC_SUMMARY:
        this.#addSummary(point, name, base, metadata);
        return true;
      default:
        return false;
    }
  }

  #labelsOf(point: PointView, { fixed, resource }: ScopeInfo): Map<string, string> | undefined {
    let entries = entriesOf(point.attributes.entries());
    if (resource.length > 0) {
      const names = new Set(resource.map(([key]) => key));
      entries = entriesOf([...entries.filter(([key]) => !names.has(key)), ...resource]);
    }
    const labels = namedLabels(entries, this.#config.naming);
    if (labels === undefined) return undefined;
    for (const [name, value] of fixed) labels.set(name, value);
    for (const [name, value] of this.#config.externalLabels) if (!labels.has(name)) labels.set(name, value);
    return labels;
  }

  #addSummary(point: PointView, name: string, base: ReadonlyMap<string, string>, metadata: WrittenMetadata): void {
    const { quantiles, values } = point.quantiles;
    this.#sample(point, `${name}_sum`, base, [], Number.isNaN(point.sum) ? 0 : point.sum, metadata);
    this.#sample(point, `${name}_count`, base, [], Number(point.count), metadata);
    for (let i = 0; i < quantiles.length; i++) {
      this.#sample(point, name, base, ['quantile', goDecimal(quantiles[i]!)], values[i]!, metadata);
    }
  }

  #addHistogram(
    chunk: PointChunk,
    point: PointView,
    name: string,
    base: ReadonlyMap<string, string>,
    metadata: WrittenMetadata,
  ): void {
    const { enabled, keepsClassic } = this.#config.customBuckets;
    if (enabled) {
      const series = this.#find(name, base, [], metadata);
      series.histograms.push(customBucketsOf(point, isStale(point)));
      series.exemplars.push(...exemplarsOf(point));
      if (!keepsClassic) return;
    }
    if (hasSum(chunk, point)) this.#sample(point, `${name}_sum`, base, [], point.sum, metadata);
    this.#sample(point, `${name}_count`, base, [], Number(point.count), metadata);
    const { bounds, counts } = point.buckets;
    const buckets: { readonly bound: number; readonly series: WrittenSeries }[] = [];
    let cumulative = 0n;
    for (let i = 0; i < bounds.length && i < counts.length; i++) {
      cumulative += counts[i]!;
      const label = ['le', goDecimal(bounds[i]!)] as const;
      const series = this.#sample(point, `${name}_bucket`, base, label, Number(cumulative), metadata);
      buckets.push({ bound: bounds[i]!, series });
    }
    const series = this.#sample(point, `${name}_bucket`, base, ['le', '+Inf'], Number(point.count), metadata);
    buckets.push({ bound: Number.POSITIVE_INFINITY, series });
    buckets.sort((one, other) => one.bound - other.bound);
    for (const exemplar of exemplarsOf(point)) addExemplar(buckets, exemplar);
  }

  #sample(
    point: PointView,
    name: string,
    base: ReadonlyMap<string, string>,
    extra: readonly [] | readonly [string, string],
    value: number,
    metadata: WrittenMetadata,
  ): WrittenSeries {
    const series = this.#find(name, base, extra, metadata);
    series.samples.push({ value, timestampMs: Number(point.timeNs / 1_000_000n), isStale: isStale(point) });
    return series;
  }

  #find(
    name: string,
    base: ReadonlyMap<string, string>,
    extra: readonly [] | readonly [string, string],
    metadata: WrittenMetadata,
  ): WrittenSeries {
    const labels = new Map(base);
    if (extra.length === 2) labels.set(extra[0], extra[1]);
    labels.set('__name__', name);
    return this.#seriesOf(sortedLabels(labels), metadata);
  }

  #seriesOf(labels: readonly ExposedLabel[], metadata: WrittenMetadata): WrittenSeries {
    let key = '';
    for (const [name, value] of labels) key += `${name}\u0000${value}\u0000`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, samples: [], histograms: [], exemplars: [], metadata };
      this.#series.set(key, series);
    }
    return series;
  }

  /** Only where there is something to say besides `job` and `instance`, and at least one of these to say it of. */
  #addTargetInfo(chunk: PointChunk, resource: number, timeNs: bigint): void {
    const cursor = chunk.resourceAttributes.of(resource);
    const identity = identityOf(cursor);
    const all = [...cursor.entries()].filter(([key]) => !SERVICE_KEYS.has(key));
    if (timeNs === 0n || identity.length === 0 || all.length === 0) return;
    const { namespace, naming, externalLabels } = this.#config;
    const labels = namedLabels(entriesOf(all), naming) ?? new Map<string, string>();
    for (const [name, value] of identity) labels.set(name, value);
    for (const [name, value] of externalLabels) if (!labels.has(name)) labels.set(name, value);
    labels.set('__name__', namespace === '' ? 'target_info' : `${namespace}_target_info`);
    const series = this.#seriesOf(sortedLabels(labels), TARGET);
    series.samples.push({ value: 1, timestampMs: Number(timeNs / 1_000_000n), isStale: false });
  }
}

const TARGET: WrittenMetadata = { family: 'target_info', type: WRITTEN_TYPE.gauge, help: 'Target metadata', unit: '' };

function isStale({ flags }: PointView): boolean {
  return (flags & FLAG_NO_RECORDED_VALUE) !== 0;
}

function hasSum({ arena, layout }: PointChunk, { sum, row }: PointView): boolean {
  if (!Number.isNaN(sum)) return true;
  return findField(arena, layout.rowStart[row]!, layout.rowEnd[row]!, HISTOGRAM_POINT.sum) !== undefined;
}

/** To the first bucket that it belongs to. */
function addExemplar(
  buckets: readonly { readonly bound: number; readonly series: WrittenSeries }[],
  exemplar: ExposedExemplar,
): void {
  buckets.find(({ bound }) => exemplar.value <= bound)?.series.exemplars.push(exemplar);
}

/** `original`: what Prometheus called it, where that is more than OTLP knows. */
function typeOf(type: number, isMonotonic: boolean, original: unknown): number {
  if (type === METRIC_GAUGE) return original === 'unknown' ? WRITTEN_TYPE.unknown : WRITTEN_TYPE.gauge;
  if (type === METRIC_SUMMARY) return WRITTEN_TYPE.summary;
  if (type !== METRIC_SUM) return WRITTEN_TYPE.histogram;
  if (isMonotonic) return WRITTEN_TYPE.counter;
  if (original === 'info') return WRITTEN_TYPE.info;
  return original === 'stateset' ? WRITTEN_TYPE.stateset : WRITTEN_TYPE.gauge;
}
