import { DecodeError, excerpt } from '#base';
import { FLAG_NO_RECORDED_VALUE, TEMPORALITY_CUMULATIVE } from '#pdata';
import {
  type ExponentialPoint,
  type HistogramPoint,
  type MetricGroup,
  MetricsBuilder,
} from '../build/metrics-builder.ts';
import { ucumUnit } from '../prometheus/metadata.ts';
import { denseSide, MAX_SCALE, MIN_SCALE, wholeCount } from '../prometheus/native-histogram.ts';
import { exemplarOf } from '../prometheus/scrape-reader.ts';
import { CUSTOM_BOUNDS, type RequestHistogram, type RequestSeries } from './read-request.ts';

type Labels = readonly (readonly [string, string])[];

/** What was written, for the headers of an answer. */
export interface WrittenCounts {
  samples: number;
  histograms: number;
  exemplars: number;
}

/** What `target_info` has said of resources, of the latest ones at most. */
export class TargetInfos {
  readonly #limit: number;
  readonly #byKey = new Map<string, Labels>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  set(key: string, labels: Labels): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, labels);
    if (this.#byKey.size > this.#limit) this.#byKey.delete(this.#byKey.keys().next().value!);
  }

  get(key: string): Labels {
    return this.#byKey.get(key) ?? [];
  }
}

const SCOPE_PREFIX = 'otel_scope_';
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set(['__name__', 'job', 'instance']);

interface Family {
  readonly group: MetricGroup;
  readonly metrics: Map<string, ReturnType<MetricGroup['gauge' | 'sum' | 'histogram' | 'exponentialHistogram']>>;
}

/**
 * The series of a request as OTLP. A counter is a sum; the parts of a classic histogram or summary stay series of their own, because a request
 * need not have all of them; a native histogram is an exponential one. Throws a DecodeError.
 */
export class WrittenMetrics {
  readonly #builder = new MetricsBuilder();
  readonly #families = new Map<string, Family>();
  readonly #infos: TargetInfos;
  readonly counts: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 };

  constructor(series: readonly RequestSeries[], infos: TargetInfos) {
    this.#infos = infos;
    for (const one of series) if (nameOf(one) === 'target_info') this.#note(one);
    for (const one of series) if (nameOf(one) !== 'target_info') this.#add(one);
  }

  get builder(): MetricsBuilder {
    return this.#builder;
  }

  #note(series: RequestSeries): void {
    this.counts.samples += series.samples.length;
    const labels = new Map(series.labels);
    const said = series.labels.filter(([name]) => !NOT_ATTRIBUTES.has(name));
    this.#infos.set(keyOf(labels.get('job') ?? '', labels.get('instance') ?? ''), said);
  }

  #add(series: RequestSeries): void {
    const name = nameOf(series);
    if (name === '') throw new DecodeError(`a series without a name: ${excerpt(JSON.stringify(series.labels))}`);
    checkLabels(series.labels);
    const family = this.#family(series.labels);
    const attributes = series.labels.filter(
      ([label, value]) => value !== '' && !NOT_ATTRIBUTES.has(label) && !label.startsWith(SCOPE_PREFIX),
    );
    if (series.samples.length > 0) this.#addSamples(family, series, name, attributes);
    for (const histogram of series.histograms) this.#addHistogram(family, series, { name, attributes, histogram });
    this.counts.exemplars += series.exemplars.length;
  }

  #addSamples(family: Family, series: RequestSeries, name: string, attributes: Labels): void {
    const isSum = series.type === 'counter';
    const metric = this.#metric(family, `${isSum ? 's' : 'g'}${name}`, () =>
      isSum
        ? family.group.sum(name, { ...inputOf(series), temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true })
        : family.group.gauge(name, inputOf(series)),
    ) as ReturnType<MetricGroup['gauge']>;
    const handle = metric.series(attributes);
    const last = series.samples.length - 1;
    series.samples.forEach(({ value, timestampMs, startMs, isStale }, i) => {
      const timeNs = nsOf(timestampMs);
      const startNs = isSum ? nsOf(startMs || series.createdMs) : 0n;
      this.counts.samples++;
      if (isStale) handle.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE, startNs);
      else handle.add(timeNs, value, startNs, i === last ? { exemplars: exemplarsOf(series) } : undefined);
    });
  }

  #addHistogram(family: Family, series: RequestSeries, one: NamedHistogram): void {
    const { name, attributes, histogram } = one;
    const isExplicit = histogram.scale === CUSTOM_BOUNDS;
    const input = { ...inputOf(series), temporality: TEMPORALITY_CUMULATIVE };
    const metric = this.#metric(family, `${isExplicit ? 'h' : 'e'}${name}`, () =>
      isExplicit ? family.group.histogram(name, input) : family.group.exponentialHistogram(name, input),
    );
    const handle = metric.series(attributes) as ReturnType<ReturnType<MetricGroup['exponentialHistogram']>['series']>;
    const timeNs = nsOf(histogram.timestampMs);
    const startNs = nsOf(histogram.startMs || series.createdMs);
    this.counts.histograms++;
    if (histogram.isStale) {
      handle.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE, startNs);
      return;
    }
    const point = isExplicit ? explicitPoint(histogram) : exponentialPoint(histogram);
    const isLast = histogram === series.histograms.at(-1);
    handle.add(timeNs, point as ExponentialPoint, startNs, isLast ? { exemplars: exemplarsOf(series) } : undefined);
  }

  #metric(family: Family, key: string, make: () => ReturnType<Family['metrics']['get']> & object) {
    let metric = family.metrics.get(key);
    if (metric === undefined) {
      metric = make();
      family.metrics.set(key, metric);
    }
    return metric;
  }

  #family(labels: Labels): Family {
    const known = new Map(labels);
    const job = known.get('job') ?? '';
    const instance = known.get('instance') ?? '';
    const said = labels.filter(([name]) => name.startsWith(SCOPE_PREFIX));
    const key = JSON.stringify([job, instance, said]);
    let family = this.#families.get(key);
    if (family === undefined) {
      const scope = {
        name: known.get('otel_scope_name') ?? '',
        version: known.get('otel_scope_version') ?? '',
        attributes: said
          .filter(([name]) => !SCOPE_FIELDS.has(name))
          .map(([name, value]) => [name.slice(SCOPE_PREFIX.length), value] as const),
      };
      const scopeSchemaUrl = known.get('otel_scope_schema_url') ?? '';
      const resource = [...resourceOf(job, instance), ...this.#infos.get(keyOf(job, instance))];
      family = { group: this.#builder.group({ resource, scope, scopeSchemaUrl }), metrics: new Map() };
      this.#families.set(key, family);
    }
    return family;
  }
}

interface NamedHistogram {
  readonly name: string;
  readonly attributes: Labels;
  readonly histogram: RequestHistogram;
}

const SCOPE_FIELDS: ReadonlySet<string> = new Set(['otel_scope_name', 'otel_scope_version', 'otel_scope_schema_url']);

function nameOf({ labels }: RequestSeries): string {
  return labels.find(([name]) => name === '__name__')?.[1] ?? '';
}

function keyOf(job: string, instance: string): string {
  return `${job.length}:${job}${instance}`;
}

/** A job may be `namespace/name`, as OpenTelemetry's own exporters write it. */
function resourceOf(job: string, instance: string): [string, string][] {
  const resource: [string, string][] = [];
  const parts = job.split('/');
  if (parts.length === 2) resource.push(['service.namespace', parts[0]!], ['service.name', parts[1]!]);
  else if (job !== '') resource.push(['service.name', job]);
  if (instance !== '') resource.push(['service.instance.id', instance]);
  return resource;
}

function checkLabels(labels: Labels): void {
  const names = new Set<string>();
  for (const [name] of labels) {
    if (name === '') throw new DecodeError('a label without a name');
    if (names.has(name)) throw new DecodeError(`the label "${excerpt(name)}" twice in one series`);
    names.add(name);
  }
}

function inputOf({ help, unit, type }: RequestSeries): {
  readonly description: string;
  readonly unit: string;
  readonly metadata: { readonly 'prometheus.type': string };
} {
  return { description: help, unit: ucumUnit(unit), metadata: { 'prometheus.type': type } };
}

function exemplarsOf({ exemplars }: RequestSeries): ReturnType<typeof exemplarOf>[] {
  return exemplars.map(({ labels, value, timestampMs }) => exemplarOf(labels, value, timestampMs));
}

function nsOf(ms: number): bigint {
  return Number.isSafeInteger(ms) ? BigInt(ms) * 1_000_000n : 0n;
}

function exponentialPoint(histogram: RequestHistogram): ExponentialPoint {
  const { scale, count, sum, zeroCount, zeroThreshold } = histogram;
  if (scale < MIN_SCALE || scale > MAX_SCALE) throw new DecodeError(`a native histogram with the schema ${scale}`);
  return {
    count: wholeCount(count),
    sum,
    scale,
    zeroCount: wholeCount(zeroCount),
    zeroThreshold,
    positive: denseSide(histogram.positive),
    negative: denseSide(histogram.negative),
  };
}

/** Buckets of their own choice: the spans count from the first bound. */
function explicitPoint({ count, sum, bounds, positive }: RequestHistogram): HistogramPoint {
  const counts = new Array<bigint>(bounds.length + 1).fill(0n);
  const { offset, counts: found } = denseSide(positive);
  found.forEach((one, i) => {
    // `offset` is that of OTLP, one less than the span's.
    const at = offset + 1 + i;
    if (at < 0 || at >= counts.length) throw new DecodeError('a native histogram with more counts than buckets');
    counts[at] = one;
  });
  return { count: wholeCount(count), sum, bounds, counts };
}
