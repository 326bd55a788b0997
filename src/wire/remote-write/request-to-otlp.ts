import { DecodeError, excerpt } from '#base';
import { labelMistake, nameOf, type RequestLabels, type RequestSeries } from './read-request.ts';
import { type PointFamily, RequestPoints } from './request-points.ts';

/** What `target_info` has said of resources, of the latest ones at most. */
export class TargetInfos {
  readonly #limit: number;
  readonly #byKey = new Map<string, RequestLabels>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  set(key: string, labels: RequestLabels): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, labels);
    if (this.#byKey.size > this.#limit) this.#byKey.delete(this.#byKey.keys().next().value!);
  }

  get(key: string): RequestLabels {
    return this.#byKey.get(key) ?? [];
  }
}

const SCOPE_PREFIX = 'otel_scope_';
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set(['__name__', 'job', 'instance']);

/**
 * The series of a request as OTLP, in OpenTelemetry's translation: job and instance become the resource, labels of `target_info` its attributes,
 * `otel_scope_…` the scope. A counter is a sum; the parts of a classic histogram or summary stay series of their own, because a request
 * need not have all of them; a native histogram is an exponential one. Throws a DecodeError.
 */
export class WrittenMetrics extends RequestPoints {
  readonly #families = new Map<string, PointFamily>();
  readonly #infos: TargetInfos;

  constructor(series: Iterable<RequestSeries>, infos: TargetInfos) {
    super();
    this.#infos = infos;
    const others: RequestSeries[] = [];
    for (const one of series) {
      if (nameOf(one) === 'target_info') this.#note(one);
      else others.push(one);
    }
    for (const one of others) this.#add(one);
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
    const mistake = labelMistake(series.labels);
    if (mistake !== undefined) throw new DecodeError(mistake);
    const family = this.#family(series.labels);
    const attributes = series.labels.filter(
      ([label, value]) => value !== '' && !NOT_ATTRIBUTES.has(label) && !label.startsWith(SCOPE_PREFIX),
    );
    if (series.samples.length > 0) this.addSamples(family, series, name, attributes);
    for (const histogram of series.histograms) this.addHistogram(family, series, { name, attributes, histogram });
    this.counts.exemplars += series.exemplars.length;
  }

  #family(labels: RequestLabels): PointFamily {
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
      family = this.newFamily({ resource, scope, scopeSchemaUrl });
      this.#families.set(key, family);
    }
    return family;
  }
}

const SCOPE_FIELDS: ReadonlySet<string> = new Set(['otel_scope_name', 'otel_scope_version', 'otel_scope_schema_url']);

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
