import { ByteMap, KeyBytes, type Reason } from '#base';
import {
  FLAG_NO_RECORDED_VALUE,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  type PointView,
  RowAttributes,
  TEMPORALITY_DELTA,
  TEMPORALITY_UNSPECIFIED,
} from '#pdata';
import { type ExposedFamily, exposedMetricName, type FamilyType, resourceLabelMatcher } from '#wire';
import type { PrometheusExporterConfig } from './config.ts';
import { FamilyTable } from './family-table.ts';
import { type Entry, identityOf, labelsOf, sortedEntries, targetLabels } from './labels.ts';
import { type Family, Series, type Target } from './series.ts';
import { takeExponential, takeHistogram, takeNumber, takeSummary } from './take.ts';

/** What could not be served, and why; `detail` for people, of names that stand for something else already. */
export type Refusal = { readonly reason: Reason; readonly detail?: string };
export type TellRefusal = (refusal: Refusal) => void;

/** Between the parts of a key: no text of UTF-8 has it. */
const BREAK = '\u0000';

/** What the bytes by which series are found again may take. */
const KNOWN_LIMIT_BYTES = 64 * 1024 * 1024;
/** Of the point that is looked at. */
const raw = new KeyBytes();
const rawAttributes = new RowAttributes();

/** The series that bytes stand for; another one where it has ended and begun again. */
interface Known {
  series: Series;
}

/** The last value of every series, bounded in number (otelcol-contrib exporter/prometheusexporter/accumulator.go@v0.159.0). */
export class SeriesStore {
  readonly #config: PrometheusExporterConfig;
  readonly #byKey = new Map<string, Series>();
  /** By the bytes of points as they came: most come again as they did, and nothing needs to be read, sorted or made a text. */
  #known: ByteMap<Known> = new ByteMap(KNOWN_LIMIT_BYTES);
  readonly #table: FamilyTable;
  readonly #fromConfig: FromConfig;

  constructor(config: PrometheusExporterConfig) {
    this.#config = config;
    const { namespace, naming } = config;
    const prefix =
      namespace === '' ? '' : `${naming.keepsUtf8 ? namespace : namespace.replaceAll(/[^a-zA-Z0-9]/gu, '_')}_`;
    this.#table = new FamilyTable(`${prefix}target_info`);
    this.#fromConfig = {
      constLabels: [...config.constLabels],
      isResourceLabel: resourceLabelMatcher(config.resourceLabels),
    };
  }

  get size(): number {
    return this.#byKey.size;
  }

  exposed(names: ReadonlySet<string>): Generator<ExposedFamily> {
    return this.#table.exposed(names);
  }

  /** Lets go of what got no points for too long. */
  expire(nowMs: number): void {
    const oldestMs = nowMs - this.#config.metricExpirationMs;
    const before = this.size;
    for (const [key, series] of this.#byKey) if (series.updatedMs < oldestMs) this.#delete(key, series);
    if (this.size < before) this.#known.keep(({ series }) => !series.isGone);
  }

  take(chunk: PointChunk, nowMs: number, tell: TellRefusal): void {
    const reader = new ChunkReader(chunk, this.#config, this.#fromConfig);
    const point = chunk.view();
    for (let index = 0; index < chunk.count; index++) {
      point.row = chunk.rowAt(index);
      this.#takePoint(chunk, point, reader, nowMs, tell);
    }
    rawAttributes.leave();
  }

  #takePoint(chunk: PointChunk, point: PointView, reader: ChunkReader, nowMs: number, tell: TellRefusal): void {
    if (!isTakable(point)) {
      tell({ reason: 'not_representable' });
      return;
    }
    const isEnd = (point.flags & FLAG_NO_RECORDED_VALUE) !== 0;
    reader.readRaw(point);
    const known = this.#known.get(raw.bytes, raw.length);
    if (known !== undefined && !known.series.isGone && !isEnd) {
      this.#takeValue(chunk, point, known.series, false, nowMs, tell);
      return;
    }
    const entries = reader.entriesOf(point);
    const key = reader.keyOf(point, entries);
    let series = this.#byKey.get(key);
    if (isEnd) {
      if (series !== undefined) this.#delete(key, series);
      return;
    }
    const isNew = series === undefined;
    series ??= this.#newSeries(point, entries, reader, tell);
    if (series === undefined || !this.#takeValue(chunk, point, series, isNew, nowMs, tell)) return;
    if (isNew) {
      this.#byKey.set(key, series);
      this.#table.add(series);
    }
    if (known !== undefined) known.series = series;
    else if (!this.#known.add(raw.bytes, raw.length, { series })) this.#known = new ByteMap(KNOWN_LIMIT_BYTES);
  }

  /** Whether the point is what the series has now. */
  #takeValue(
    chunk: PointChunk,
    point: PointView,
    series: Series,
    isNew: boolean,
    nowMs: number,
    tell: TellRefusal,
  ): boolean {
    const taken = TAKERS[point.metric.type]!(chunk, point, series, isNew);
    if (taken === 'taken') {
      series.updatedMs = nowMs;
      return true;
    }
    if (taken !== 'older') tell({ reason: taken });
    return false;
  }

  #newSeries(point: PointView, entries: readonly Entry[], reader: ChunkReader, tell: TellRefusal): Series | undefined {
    const { name, description, unit, type, isMonotonic } = point.metric;
    const { namespace, naming, maxSeries, sendTimestamps } = this.#config;
    const exposedName = exposedMetricName(
      { name, unit, type, isMonotonic: type === METRIC_SUM && isMonotonic },
      namespace,
      naming,
    );
    const familyType = familyTypeOf(type, isMonotonic);
    const labels = labelsOf(entries, reader.fixedOf(point), naming, RESERVED[familyType] ?? '');
    if (exposedName === '' || labels === undefined) {
      tell({ reason: 'not_representable' });
      return undefined;
    }
    const family = this.#table.find(exposedName, description, familyType);
    if ('conflict' in family) {
      tell({ reason: 'series_conflict', detail: family.conflict });
      return undefined;
    }
    if (family.has(labels)) {
      const detail = `a metric of another name, scope or type has the series ${exposedName}{${labels.text}} already`;
      tell({ reason: 'series_conflict', detail });
      return undefined;
    }
    if (this.#byKey.size >= maxSeries) {
      tell({ reason: 'series_limit' });
      return undefined;
    }
    return new Series(family as Family, labels, this.#targetOf(point, reader), sendTimestamps);
  }

  #targetOf(point: PointView, reader: ChunkReader): Target | undefined {
    const { job = '', instance = '' } = reader.identityOf(point);
    if (job === '' || instance === '') return undefined;
    const info = () =>
      targetLabels(sortedEntries(point.resource.attributes.entries()), job, instance, this.#config.naming);
    return this.#table.target(job + BREAK + instance, info);
  }

  #delete(key: string, series: Series): void {
    this.#byKey.delete(key);
    this.#table.delete(series);
    series.isGone = true;
  }
}

type Taker = typeof takeNumber;

const TAKERS: Readonly<Record<number, Taker>> = {
  [METRIC_GAUGE]: takeNumber,
  [METRIC_SUM]: takeNumber,
  [METRIC_HISTOGRAM]: takeHistogram,
  [METRIC_EXPONENTIAL_HISTOGRAM]: takeExponential,
  [METRIC_SUMMARY]: takeSummary,
};

/** A label that the lines of the type have besides the series'. */
const RESERVED: Partial<Record<FamilyType, string>> = { histogram: 'le', summary: 'quantile' };

function familyTypeOf(type: number, isMonotonic: boolean): FamilyType {
  if (type === METRIC_SUM) return isMonotonic ? 'counter' : 'gauge';
  if (type === METRIC_GAUGE) return 'gauge';
  return type === METRIC_SUMMARY ? 'summary' : 'histogram';
}

/** Whether there is something in Prometheus for a point of this kind: it knows no sum of differences that may fall. */
function isTakable({ metric }: PointView): boolean {
  const { type, temporality } = metric;
  if (TAKERS[type] === undefined) return false;
  if (type === METRIC_GAUGE || type === METRIC_SUMMARY) return true;
  if (type === METRIC_SUM && temporality === TEMPORALITY_DELTA) return metric.isMonotonic;
  return temporality !== TEMPORALITY_UNSPECIFIED;
}

/** What follows from the configuration alone. */
interface FromConfig {
  readonly constLabels: readonly Entry[];
  readonly isResourceLabel: (key: string) => boolean;
}

/** What many points of a chunk have in common, worked out once. */
class ChunkReader {
  readonly #chunk: PointChunk;
  readonly #config: PrometheusExporterConfig;
  readonly #fromConfig: FromConfig;
  readonly #prefixes: string[] = [];
  readonly #rawPrefixes: Uint8Array[] = [];
  readonly #resources: { readonly identity: ReturnType<typeof identityOf>; readonly entries: readonly Entry[] }[] = [];
  readonly #fixed: (readonly Entry[])[] = [];

  constructor(chunk: PointChunk, config: PrometheusExporterConfig, fromConfig: FromConfig) {
    this.#chunk = chunk;
    this.#config = config;
    this.#fromConfig = fromConfig;
  }

  /** The attributes that become labels, in order. */
  entriesOf(point: PointView): readonly Entry[] {
    const own = sortedEntries(point.attributes.entries());
    const { entries } = this.#resourceOf(point);
    if (entries.length === 0) return own;
    const names = new Set(entries.map(([key]) => key));
    return [...own.filter(([key]) => !names.has(key)), ...entries].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** What tells series apart: the metric as it came, scope, attributes, job and instance. */
  keyOf(point: PointView, entries: readonly Entry[]): string {
    const metric = this.#chunk.columns.metric[point.row]!;
    this.#prefixes[metric] ??= this.#prefixOf(point);
    let key = this.#prefixes[metric];
    for (const [name, value] of entries) key += name + BREAK + value + BREAK;
    return key;
  }

  /** Puts what `keyOf` is made of into `raw`, as it came: the same bytes make the same key. */
  readRaw(point: PointView): void {
    const metric = this.#chunk.columns.metric[point.row]!;
    this.#rawPrefixes[metric] ??= this.#rawPrefixOf(point, metric);
    const prefix = this.#rawPrefixes[metric];
    raw.length = 0;
    raw.range(prefix, 0, prefix.length);
    this.#chunk.readRowAttributes(point.row, rawAttributes);
    const { arena } = this.#chunk;
    const { table, owner } = rawAttributes;
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      raw.range(arena, table.keyAt[row]!, table.keyLength[row]!);
      raw.number(table.type[row]!);
      raw.range(arena, table.at[row]!, table.length[row]!);
    }
  }

  #rawPrefixOf(point: PointView, metric: number): Uint8Array {
    this.#prefixes[metric] ??= this.#prefixOf(point);
    const { entries } = this.#resourceOf(point);
    return Buffer.from([this.#prefixes[metric], ...entries.flat()].join(BREAK));
  }

  #prefixOf(point: PointView): string {
    const { name, type } = point.metric;
    const { scope } = point;
    const { job, instance } = this.identityOf(point);
    const attributes = sortedEntries(scope.attributes.entries());
    const parts = [name, String(type), scope.name, scope.version, scope.schemaUrl, ...attributes.flat()];
    // A missing part is another than an empty one.
    return [...parts, job ?? BREAK, instance ?? BREAK, ''].join(BREAK);
  }

  identityOf(point: PointView): ReturnType<typeof identityOf> {
    return this.#resourceOf(point).identity;
  }

  #resourceOf(point: PointView): {
    readonly identity: ReturnType<typeof identityOf>;
    readonly entries: readonly Entry[];
  } {
    const index = this.#chunk.resourceOf(point.row);
    this.#resources[index] ??= this.#readResource(point);
    return this.#resources[index];
  }

  #readResource(point: PointView): {
    readonly identity: ReturnType<typeof identityOf>;
    readonly entries: readonly Entry[];
  } {
    const { attributes } = point.resource;
    const { isOn } = this.#config.resourceLabels;
    return {
      identity: identityOf(attributes),
      entries: isOn ? sortedEntries(attributes.entries()).filter(([key]) => this.#fromConfig.isResourceLabel(key)) : [],
    };
  }

  /** Labels that are no attributes of points. */
  fixedOf(point: PointView): readonly Entry[] {
    const index = this.#chunk.scopeOf(point.row);
    this.#fixed[index] ??= this.#readFixed(point);
    return this.#fixed[index];
  }

  #readFixed(point: PointView): readonly Entry[] {
    const fixed: Entry[] = [...this.#fromConfig.constLabels];
    const { job, instance } = this.identityOf(point);
    if (job !== undefined) fixed.push(['job', job]);
    if (instance !== undefined) fixed.push(['instance', instance]);
    if (!this.#config.hasScopeLabels) return fixed;
    const { scope } = point;
    const ofScope = sortedEntries(scope.attributes.entries()).filter(([key]) => !SCOPE_FIELDS.has(key));
    const attributes = ofScope.map(([key, value]): Entry => [`otel_scope_${key}`, value]);
    const named = labelsOf(attributes, [], this.#config.naming, '')?.pairs ?? [];
    return [
      ...fixed,
      ...named,
      ['otel_scope_name', scope.name],
      ['otel_scope_version', scope.version],
      ['otel_scope_schema_url', scope.schemaUrl],
    ];
  }
}

const SCOPE_FIELDS: ReadonlySet<string> = new Set(['name', 'version', 'schema_url']);
