import { goDecimal, wholeMs } from '#base';
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
  encodeLabels,
  exposedMetricName,
  resourceLabelMatcher,
  WRITTEN_TYPE,
  type WrittenHistogram,
  type WrittenMetadata,
  type WrittenSample,
  type WrittenSeries,
  writtenUnit,
} from '#wire';
import type { RemoteWriteConfig } from './config.ts';
import { exemplarsOf } from './exemplars.ts';
import { customBucketsOf, nativeOf } from './histograms.ts';
import { type Entry, entriesOf, identityOf, namedLabels, SERVICE_KEYS, sortedLabels } from './labels.ts';
import { PART, type SeriesTable, UNKNOWN } from './series-table.ts';

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
  readonly type: number;
  readonly isMonotonic: boolean;
  /** Remote write has no word for changes. */
  readonly isWritable: boolean;
}

/** What all points of a scope have in common: labels that go before those of points, and those that don't. */
interface ScopeInfo {
  readonly fixed: readonly Entry[];
  readonly resource: readonly Entry[];
}

/** What points of a metric and a scope have in common. */
interface Context {
  readonly metric: MetricInfo;
  readonly scope: ScopeInfo;
  /** Of the table of series. */
  readonly number: number;
}

/** Of one batch. Most series have samples and nothing else. */
class BatchSeries implements WrittenSeries {
  readonly labels: Uint8Array;
  readonly metadata: WrittenMetadata;
  readonly samples: WrittenSample[] = [];
  #histograms: WrittenHistogram[] | undefined = undefined;
  #exemplars: ExposedExemplar[] | undefined = undefined;

  constructor(labels: Uint8Array, metadata: WrittenMetadata) {
    this.labels = labels;
    this.metadata = metadata;
  }

  get histograms(): readonly WrittenHistogram[] {
    return this.#histograms ?? NONE;
  }

  get exemplars(): readonly ExposedExemplar[] {
    return this.#exemplars ?? NONE;
  }

  addHistogram(histogram: WrittenHistogram): void {
    this.#histograms ??= [];
    this.#histograms.push(histogram);
  }

  addExemplars(exemplars: readonly ExposedExemplar[]): void {
    if (exemplars.length === 0) return;
    this.#exemplars ??= [];
    this.#exemplars.push(...exemplars);
  }
}

const NONE: readonly never[] = [];
/** Behind the name of a metric, and the label that tells one from the other, by PART. */
const SUFFIXES = ['', '_sum', '_count', '_bucket', ''] as const;
const LABELS = ['', '', '', 'le', 'quantile'] as const;

/** Turns points into series (otelcol-contrib pkg/translator/prometheusremotewrite@v0.159.0). One for each batch. */
export class Converter {
  readonly #config: RemoteWriteConfig;
  readonly #table: SeriesTable;
  readonly #isResourceLabel: (key: string) => boolean;
  readonly #series: BatchSeries[] = [];
  /** Series for which the table has no room, by their labels. */
  readonly #others = new Map<string, BatchSeries>();
  readonly #metadata: WrittenMetadata[] = [];
  /** Of the chunk under way: nanoseconds, in two words each. */
  #timeWords: Uint32Array = new Uint32Array(0);
  #lost = 0;

  constructor(config: RemoteWriteConfig, table: SeriesTable) {
    this.#config = config;
    this.#table = table;
    this.#isResourceLabel = resourceLabelMatcher(config.resourceLabels);
    table.begin();
  }

  get result(): Converted {
    for (const { samples } of this.#series)
      if (samples.length > 1) samples.sort((one, other) => one.timestampMs - other.timestampMs);
    return { series: this.#series, metadata: this.#metadata, lost: this.#lost };
  }

  add(chunk: PointChunk): void {
    const metrics: MetricInfo[] = [];
    const scopes: ScopeInfo[] = [];
    const contexts: Context[][] = [];
    const times = chunk.columns.timeNs;
    this.#timeWords = new Uint32Array(times.buffer, times.byteOffset, times.length * 2);
    const latestMs: number[] = [];
    const point = chunk.view();
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      point.row = row;
      const resource = chunk.resourceOf(row);
      latestMs[resource] = Math.max(latestMs[resource] ?? 0, wholeMs(this.#timeWords, row));
      const metric = chunk.columns.metric[row]!;
      const scope = chunk.scopeOf(row);
      metrics[metric] ??= this.#metricInfo(point);
      scopes[scope] ??= this.#scopeInfo(point);
      contexts[metric] ??= [];
      contexts[metric][scope] ??= this.#context(metrics[metric], scopes[scope]);
      if (!this.#addPoint(chunk, point, contexts[metric][scope])) this.#lost++;
    }
    if (!this.#config.hasTargetInfo) return;
    latestMs.forEach((timeMs, resource) => {
      this.#addTargetInfo(chunk, resource, timeMs);
    });
  }

  #metricInfo({ metric }: PointView): MetricInfo {
    const { name, unit, type, description, temporality } = metric;
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
    const isCumulative = type === METRIC_GAUGE || type === METRIC_SUMMARY || temporality === TEMPORALITY_CUMULATIVE;
    return { name: exposed, metadata, type, isMonotonic, isWritable: exposed !== '' && isCumulative };
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

  #context(metric: MetricInfo, scope: ScopeInfo): Context {
    const number = this.#table.contextOf(JSON.stringify([metric.name, scope.fixed, scope.resource]));
    return { metric, scope, number };
  }

  /** False where there is nothing to be made of it. */
  #addPoint(chunk: PointChunk, point: PointView, context: Context): boolean {
    const { type, isMonotonic, isWritable } = context.metric;
    if (!isWritable) return false;
    switch (type) {
      case METRIC_GAUGE:
      case METRIC_SUM: {
        const series = this.#sample(chunk, point, context, PART.plain, 0, Number(point.value ?? 0));
        if (isMonotonic) series?.addExemplars(exemplarsOf(point));
        return series !== undefined;
      }
      case METRIC_HISTOGRAM:
        return this.#addHistogram(chunk, point, context);
      case METRIC_EXPONENTIAL_HISTOGRAM: {
        const native = nativeOf(point, isStale(point));
        const series = native && this.#find(chunk, point, context, PART.plain, 0);
        if (native === undefined || series === undefined) return false;
        series.addHistogram(native);
        series.addExemplars(exemplarsOf(point));
        return true;
      }
      case METRIC_SUMMARY:
        return this.#addSummary(chunk, point, context);
      default:
        return false;
    }
  }

  #addSummary(chunk: PointChunk, point: PointView, context: Context): boolean {
    const { quantiles, values } = point.quantiles;
    const sum = Number.isNaN(point.sum) ? 0 : point.sum;
    if (this.#sample(chunk, point, context, PART.sum, 0, sum) === undefined) return false;
    this.#sample(chunk, point, context, PART.count, 0, Number(point.count));
    for (let i = 0; i < quantiles.length; i++)
      this.#sample(chunk, point, context, PART.quantile, quantiles[i]!, values[i]!);
    return true;
  }

  #addHistogram(chunk: PointChunk, point: PointView, context: Context): boolean {
    const { enabled, keepsClassic } = this.#config.customBuckets;
    if (enabled) {
      const series = this.#find(chunk, point, context, PART.plain, 0);
      if (series === undefined) return false;
      series.addHistogram(customBucketsOf(point, isStale(point)));
      series.addExemplars(exemplarsOf(point));
      if (!keepsClassic) return true;
    }
    const count = Number(point.count);
    if (hasSum(chunk, point) && this.#sample(chunk, point, context, PART.sum, 0, point.sum) === undefined) return false;
    if (this.#sample(chunk, point, context, PART.count, 0, count) === undefined) return false;
    const { bounds, counts } = point.buckets;
    const buckets: { readonly bound: number; readonly series: BatchSeries }[] = [];
    const add = (bound: number, value: number): void => {
      const series = this.#sample(chunk, point, context, PART.bucket, bound, value);
      if (series !== undefined) buckets.push({ bound, series });
    };
    let cumulative = 0n;
    for (let i = 0; i < bounds.length && i < counts.length; i++) {
      cumulative += counts[i]!;
      add(bounds[i]!, Number(cumulative));
    }
    add(Number.POSITIVE_INFINITY, count);
    buckets.sort((one, other) => one.bound - other.bound);
    for (const exemplar of exemplarsOf(point)) addExemplar(buckets, exemplar);
    return true;
  }

  /** `number`: the bound or the quantile. Undefined where the labels of the point can't be written. */
  #sample(
    chunk: PointChunk,
    point: PointView,
    context: Context,
    part: number,
    number: number,
    value: number,
  ): BatchSeries | undefined {
    const series = this.#find(chunk, point, context, part, number);
    series?.samples.push({ value, timestampMs: wholeMs(this.#timeWords, point.row), isStale: isStale(point) });
    return series;
  }

  #find(chunk: PointChunk, point: PointView, context: Context, part: number, number: number): BatchSeries | undefined {
    const table = this.#table;
    const { metadata } = context.metric;
    let known = table.find(context.number, chunk, point.row, part, number);
    if (known === undefined) return undefined;
    if (known === UNKNOWN) {
      const labels = this.#labelsOf(point, context, part, number);
      known = context.number === 0 ? UNKNOWN : table.keep(labels);
      if (labels === undefined) return undefined;
      if (known === UNKNOWN) return this.#other(labels, metadata);
    }
    return this.#at(known, metadata);
  }

  /** The series of this batch that has these labels of the table. */
  #at(known: number, metadata: WrittenMetadata): BatchSeries {
    const place = this.#table.placeOf(known);
    if (place >= 0) return this.#series[place]!;
    this.#table.setPlace(known, this.#series.length);
    const series = new BatchSeries(this.#table.labelsOf(known), metadata);
    this.#series.push(series);
    return series;
  }

  #other(labels: readonly ExposedLabel[], metadata: WrittenMetadata): BatchSeries {
    const encoded = encodeLabels(labels);
    const key = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length).toString('latin1');
    let series = this.#others.get(key);
    if (series === undefined) {
      series = new BatchSeries(encoded, metadata);
      this.#others.set(key, series);
      this.#series.push(series);
    }
    return series;
  }

  #labelsOf(point: PointView, { metric, scope }: Context, part: number, number: number): ExposedLabel[] | undefined {
    const { fixed, resource } = scope;
    let entries = entriesOf(point.attributes.entries());
    if (resource.length > 0) {
      const names = new Set(resource.map(([key]) => key));
      entries = entriesOf([...entries.filter(([key]) => !names.has(key)), ...resource]);
    }
    const labels = namedLabels(entries, this.#config.naming);
    if (labels === undefined) return undefined;
    for (const [name, value] of fixed) labels.set(name, value);
    for (const [name, value] of this.#config.externalLabels) if (!labels.has(name)) labels.set(name, value);
    if (LABELS[part] !== '') labels.set(LABELS[part]!, boundText(number));
    labels.set('__name__', metric.name + SUFFIXES[part]!);
    return sortedLabels(labels);
  }

  /** Only where there is something to say besides `job` and `instance`, and at least one of these to say it of. */
  #addTargetInfo(chunk: PointChunk, resource: number, timeMs: number): void {
    const cursor = chunk.resourceAttributes.of(resource);
    const identity = identityOf(cursor);
    const all = [...cursor.entries()].filter(([key]) => !SERVICE_KEYS.has(key));
    if (timeMs === 0 || identity.length === 0 || all.length === 0) return;
    const { namespace, naming, externalLabels } = this.#config;
    const labels = namedLabels(entriesOf(all), naming) ?? new Map<string, string>();
    for (const [name, value] of identity) labels.set(name, value);
    for (const [name, value] of externalLabels) if (!labels.has(name)) labels.set(name, value);
    labels.set('__name__', namespace === '' ? 'target_info' : `${namespace}_target_info`);
    const series = this.#other(sortedLabels(labels), TARGET);
    series.samples.push({ value: 1, timestampMs: timeMs, isStale: false });
  }
}

function boundText(bound: number): string {
  return bound === Number.POSITIVE_INFINITY ? '+Inf' : goDecimal(bound);
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
  buckets: readonly { readonly bound: number; readonly series: BatchSeries }[],
  exemplar: ExposedExemplar,
): void {
  buckets.find(({ bound }) => exemplar.value <= bound)?.series.addExemplars([exemplar]);
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
