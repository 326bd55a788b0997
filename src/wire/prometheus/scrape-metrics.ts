import {
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  TEMPORALITY_CUMULATIVE,
} from '#pdata';
import { type MetricGroup, MetricsBuilder, type SumInput } from '../build/metrics-builder.ts';
import { type FamilyMetadata, findMetadata, ucumUnit, withoutSuffixes } from './metadata.ts';
import { isNumber, parsePrometheusNumber } from './number.ts';
import {
  type Emit,
  emitExponential,
  emitHistogram,
  emitNumber,
  emitSummary,
  PART_BOUNDARY,
  PART_COUNT,
  PART_CREATED,
  PART_NATIVE,
  PART_NONE,
  PART_RESOURCE,
  PART_SUM,
  PART_VALUE,
  PointGroup,
  ScrapeSlot,
} from './point-groups.ts';

export type Label = readonly [name: string, value: string];

export interface ScrapeMetricsSettings {
  readonly trimsSuffixes: boolean;
  /** Of series that name none. */
  readonly scope: { readonly name: string; readonly version: string };
  /** The job and instance of series that don't name them. */
  readonly job: string;
  readonly instance: string;
  /** What is known of the resource besides its series. */
  resourceOf(job: string, instance: string): readonly Label[];
}

/** What of a series is in its place: `explicit` for native histograms with buckets of their own choice. */
export type Nativeness = 'classic' | 'exponential' | 'explicit';

interface ResourceState {
  readonly base: readonly Label[];
  readonly attributes: Map<string, string>;
  readonly scopes: Map<string, ScopeState>;
  /** The `target_info` of this scrape. */
  readonly infos: (readonly Label[])[];
}
interface ScopeState {
  readonly group: MetricGroup;
  readonly families: Map<string, Family>;
}
interface Family {
  readonly type: number;
  readonly metric: FamilyMetric;
  readonly source: string;
  readonly groups: Map<string, PointGroup>;
}
type FamilyMetric = ReturnType<MetricGroup['gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary']>;

const SCOPE_PREFIX = 'otel_scope_';
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set(['__name__', 'job', 'instance']);

/**
 * What a target exposes, as OTLP: the mapping of OpenTelemetry's "Prometheus and OpenMetrics Compatibility", as otelcol's receiver does it
 * (prometheusreceiver@v0.165.1 internal/). A series has its slot from its first scrape to its last; `finish` makes of the slots that got a
 * sample in this scrape one chunk.
 */
export class ScrapeMetrics {
  readonly #settings: ScrapeMetricsSettings;
  readonly #builder = new MetricsBuilder();
  readonly #resources = new Map<string, ResourceState>();
  readonly metadata: Map<string, FamilyMetadata> = new Map();
  #scrape = 0;
  #timeMs = 0;
  /** Samples of this scrape that make no point: of histograms without a count, with falling buckets and the like. */
  unusableCount = 0;

  constructor(settings: ScrapeMetricsSettings) {
    this.#settings = settings;
  }

  /** The number of the scrape under way; no other has it. */
  get scrape(): number {
    return this.#scrape;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  begin(timeMs: number): void {
    this.#scrape++;
    this.#timeMs = timeMs;
    this.unusableCount = 0;
    this.#builder.clear();
  }

  /** The slot for a series. `labels` are sorted by name and have the metric's as `__name__`. */
  slot(labels: readonly Label[], nativeness: Nativeness = 'classic'): ScrapeSlot {
    let name = '';
    let job = '';
    let instance = '';
    for (const [key, value] of labels) {
      if (key === '__name__') name = value;
      else if (key === 'job') job = value;
      else if (key === 'instance') instance = value;
    }
    const resource = this.#resource(job || this.#settings.job, instance || this.#settings.instance);
    if (name === 'target_info') return new ScrapeSlot(PART_RESOURCE, undefined, 0, labels);
    const family = this.#family(resource, labels, name, nativeness);
    const part = partOf(family, name, nativeness);
    let boundary = 0;
    if (part === PART_BOUNDARY) {
      const key = family.type === METRIC_SUMMARY ? 'quantile' : 'le';
      boundary = parsePrometheusNumber(labels.find(([label]) => label === key)?.[1] ?? '');
      if (!isNumber) return new ScrapeSlot(PART_NONE, undefined);
    }
    const group = groupOf(family, labels);
    const known = group.parts.find((slot) => slot.part === part && slot.boundary === boundary);
    if (known !== undefined) return known;
    const slot = new ScrapeSlot(part, group, boundary);
    group.add(slot);
    return slot;
  }

  /** Records a sample. False where the scrape had one before, or its time is not that of its point. */
  record(slot: ScrapeSlot, value: number, timestampMs: number): boolean {
    const scrape = this.#scrape;
    if (slot.seen === scrape) return slot.part === PART_NONE;
    if (slot.part === PART_RESOURCE) {
      const job = labelOf(slot.labels, 'job') || this.#settings.job;
      const instance = labelOf(slot.labels, 'instance') || this.#settings.instance;
      this.#resource(job, instance).infos.push(slot.labels);
    }
    const { group } = slot;
    if (group !== undefined) {
      const timeMs = Number.isNaN(timestampMs) ? this.#timeMs : timestampMs;
      if (group.touchedIn !== scrape) {
        group.touchedIn = scrape;
        group.timeMs = timeMs;
      } else if (group.timeMs !== timeMs) return false;
    }
    slot.value = value;
    slot.exemplars = undefined;
    slot.createdMs = 0;
    slot.seen = scrape;
    return true;
  }

  /** The series was there in the scrape before, and is not any more. */
  markStale(slot: ScrapeSlot): void {
    const { group } = slot;
    slot.staleIn = this.#scrape;
    if (group === undefined || group.touchedIn === this.#scrape) return;
    group.touchedIn = this.#scrape;
    group.timeMs = this.#timeMs;
  }

  /** Everything that was recorded; undefined for nothing. What is stale after this is forgotten. */
  finish(): PointChunk | undefined {
    const scrapeNs = BigInt(Math.round(this.#timeMs)) * 1_000_000n;
    for (const resource of this.#resources.values()) {
      this.#describe(resource);
      for (const { families } of resource.scopes.values()) {
        for (const family of families.values()) this.#emitFamily(family, scrapeNs);
      }
    }
    const chunk = this.#builder.chunk();
    return chunk.count === 0 ? undefined : chunk;
  }

  /** Forgets series, and what has no series left. */
  forget(slots: Iterable<ScrapeSlot>): void {
    for (const slot of slots) {
      const { group } = slot;
      const at = group?.parts.indexOf(slot) ?? -1;
      if (at >= 0) group!.parts.splice(at, 1);
    }
    for (const [key, resource] of this.#resources) {
      for (const [scopeKey, { group, families }] of resource.scopes) {
        for (const [name, family] of families) {
          for (const [id, points] of family.groups) if (points.parts.length === 0) family.groups.delete(id);
          if (family.groups.size > 0) continue;
          families.delete(name);
          group.remove(family.metric);
        }
        if (families.size > 0) continue;
        resource.scopes.delete(scopeKey);
        this.#builder.remove(group);
      }
      if (resource.scopes.size === 0) this.#resources.delete(key);
    }
  }

  #emitFamily({ groups }: Family, scrapeNs: bigint): void {
    for (const group of groups.values()) {
      if (group.touchedIn !== this.#scrape) continue;
      const timeNs = group.timeMs === this.#timeMs ? scrapeNs : BigInt(Math.round(group.timeMs)) * 1_000_000n;
      if (!group.emit(this.#scrape, timeNs)) {
        this.unusableCount += group.parts.filter((part) => part.seen === this.#scrape).length;
      }
    }
  }

  #describe(resource: ResourceState): void {
    const { attributes, base, infos } = resource;
    attributes.clear();
    for (const [key, value] of base) attributes.set(key, value);
    for (const info of infos) {
      for (const [key, value] of info) if (!NOT_ATTRIBUTES.has(key)) attributes.set(key, value);
    }
    infos.length = 0;
  }

  #resource(job: string, instance: string): ResourceState {
    const key = `${job.length}:${job}${instance}`;
    let state = this.#resources.get(key);
    if (state === undefined) {
      const base = this.#settings.resourceOf(job, instance);
      state = { base, attributes: new Map(), scopes: new Map(), infos: [] };
      this.#resources.set(key, state);
    }
    return state;
  }

  #family(resource: ResourceState, labels: readonly Label[], name: string, nativeness: Nativeness): Family {
    const scope = this.#scope(resource, labels);
    const found = findMetadata(name, this.metadata);
    const key = `${nativeness === 'exponential' ? 'e' : 'c'}${found.metadata.type}:${found.family}`;
    let family = scope.families.get(key);
    if (family === undefined) {
      const metadata = nativeness === 'classic' ? found.metadata : { ...found.metadata, type: 'histogram' };
      family = this.#newFamily(scope.group, found.family, metadata, found.source, nativeness === 'exponential');
      scope.families.set(key, family);
    }
    return family;
  }

  #newFamily(
    group: MetricGroup,
    name: string,
    metadata: FamilyMetadata,
    source: string,
    isExponential: boolean,
  ): Family {
    const type = isExponential ? METRIC_EXPONENTIAL_HISTOGRAM : metricTypeOf(metadata.type);
    const shown = this.#settings.trimsSuffixes ? withoutSuffixes(name, type === METRIC_SUM, metadata.unit) : name;
    const input = {
      get description(): string {
        return metadata.help;
      },
      unit: ucumUnit(metadata.unit),
      metadata: { 'prometheus.type': metadata.type },
      temporality: TEMPORALITY_CUMULATIVE,
      isMonotonic: metadata.type === 'counter',
    };
    return { type, metric: metricOf(group, type, shown, input), source, groups: new Map() };
  }

  #scope(resource: ResourceState, labels: readonly Label[]): ScopeState {
    const said = labels.filter(([name]) => name.startsWith(SCOPE_PREFIX));
    const key = said.map(([name, value]) => `${name}=${value.length}:${value}`).join('');
    let scope = resource.scopes.get(key);
    if (scope === undefined) {
      const known = new Map(said);
      const own = {
        name: known.get('otel_scope_name') ?? '',
        version: known.get('otel_scope_version') ?? '',
        attributes: said
          .filter(([name]) => !SCOPE_FIELDS.has(name))
          .map(([name, value]) => [name.slice(SCOPE_PREFIX.length), value] as const),
      };
      const group = this.#builder.group({
        resource: resource.attributes,
        scope: said.length === 0 ? this.#settings.scope : own,
        scopeSchemaUrl: known.get('otel_scope_schema_url') ?? '',
      });
      scope = { group, families: new Map() };
      resource.scopes.set(key, scope);
    }
    return scope;
  }
}

const SCOPE_FIELDS: ReadonlySet<string> = new Set(['otel_scope_name', 'otel_scope_version', 'otel_scope_schema_url']);

function labelOf(labels: readonly Label[], name: string): string {
  return labels.find(([key]) => key === name)?.[1] ?? '';
}

function groupOf({ type, metric, groups }: Family, labels: readonly Label[]): PointGroup {
  const boundary = type === METRIC_HISTOGRAM ? 'le' : type === METRIC_SUMMARY ? 'quantile' : '';
  const attributes = labels.filter(
    ([name, value]) => value !== '' && name !== boundary && !NOT_ATTRIBUTES.has(name) && !name.startsWith(SCOPE_PREFIX),
  );
  let key = '';
  for (const [name, value] of attributes) key += `${name.length}:${name}${value.length}:${value}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = new PointGroup(key, emitterOf(type, metric, attributes));
    groups.set(key, group);
  }
  return group;
}

function metricTypeOf(type: string): number {
  switch (type) {
    case 'counter':
    case 'info':
    case 'stateset':
      return METRIC_SUM;
    case 'histogram':
      return METRIC_HISTOGRAM;
    case 'summary':
      return METRIC_SUMMARY;
    default:
      return METRIC_GAUGE;
  }
}

function metricOf(group: MetricGroup, type: number, name: string, input: SumInput): FamilyMetric {
  if (type === METRIC_SUM) return group.sum(name, input);
  if (type === METRIC_HISTOGRAM) return group.histogram(name, input);
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) return group.exponentialHistogram(name, input);
  return type === METRIC_SUMMARY ? group.summary(name, input) : group.gauge(name, input);
}

function emitterOf(type: number, metric: FamilyMetric, attributes: readonly Label[]): Emit {
  const series = metric.series(attributes) as never;
  if (type === METRIC_HISTOGRAM) return emitHistogram(series);
  if (type === METRIC_EXPONENTIAL_HISTOGRAM) return emitExponential(series);
  if (type === METRIC_SUMMARY) return emitSummary(series);
  return emitNumber(series, type === METRIC_SUM);
}

function partOf({ type, source }: Family, name: string, nativeness: Nativeness): number {
  if (nativeness !== 'classic') return PART_NATIVE;
  const isCreated = name === `${source}_created`;
  if (type === METRIC_HISTOGRAM || type === METRIC_SUMMARY) {
    if (name.endsWith('_sum')) return PART_SUM;
    if (name.endsWith('_count')) return PART_COUNT;
    return isCreated ? PART_CREATED : PART_BOUNDARY;
  }
  return type === METRIC_SUM && isCreated ? PART_CREATED : PART_VALUE;
}
