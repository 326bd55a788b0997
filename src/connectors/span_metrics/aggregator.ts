import { ByteMap, KeyBytes } from '#base';
import { type AnyValue, type AttributeCursor, attributeKey, type SpanChunk, type SpanView, valueJson } from '#pdata';
import { BoundedHistogram, ExponentialHistogram, MetricsBuilder } from '#wire';
import { AdjustedCounts } from './adjusted-count.ts';
import { BASE_DIMENSIONS, type SpanMetricsConfig } from './config.ts';
import { Dimensions, type Place } from './dimensions.ts';
import { KINDS, type Kind, ResourceMetrics, SpanSeries } from './series.ts';

/** Of all resources together, whatever the user's limits say: memory is bounded. */
const SERIES_LIMIT = 200_000;
const KEYS_LIMIT_BYTES = 64 * 1024 * 1024;

const SERVICE_NAME = attributeKey('service.name');
const SCOPE_NAME = 'spanmetricsconnector';
const KIND_TEXTS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUS_TEXTS = ['UNSET', 'OK', 'ERROR'] as const;

/**
 * Counts spans and their durations by resource and dimensions. Each span is looked up by the bytes of its dimensions; attributes are only
 * read as values when a series is new.
 */
export class SpanAggregator {
  readonly #config: SpanMetricsConfig;
  readonly #instanceId: string;
  readonly #counts: AdjustedCounts;
  readonly #included: ReadonlySet<string>;
  readonly #scopes: ReadonlySet<string>;
  readonly #callDimensions: Dimensions;
  readonly #durationDimensions: Dimensions;
  readonly #eventDimensions: Dimensions;
  /** `calls` and `duration` have the same series. */
  readonly #areOne: boolean;
  readonly #bounds: readonly number[] | undefined;
  readonly #perUnitNs: number;
  readonly #series = new ByteMap<SpanSeries>(KEYS_LIMIT_BYTES);
  /** By the key of the resource; the one whose last span is the longest ago first. */
  readonly #resources = new Map<string, ResourceMetrics>();
  /** Forgotten, and still owed a last point. */
  readonly #gone = new Set<ResourceMetrics>();
  #resourceCount = 0;
  readonly #builder = new MetricsBuilder();
  readonly #key = new KeyBytes();
  #nowMs = 0;
  #extrapolated = false;

  constructor(config: SpanMetricsConfig, instanceId: string, random: () => number) {
    this.#config = config;
    this.#instanceId = instanceId;
    this.#counts = new AdjustedCounts(random);
    this.#included = new Set(BASE_DIMENSIONS.filter((name) => !config.excludeDimensions.includes(name)));
    this.#scopes = new Set(config.scopes.filter((name) => name !== ''));
    this.#callDimensions = new Dimensions(config.dimensions, config.callsDimensions);
    this.#durationDimensions = new Dimensions(config.dimensions, config.histogramDimensions);
    this.#eventDimensions = new Dimensions(config.dimensions, config.eventsDimensions);
    this.#areOne =
      !config.histogramDisabled && config.callsDimensions.length === 0 && config.histogramDimensions.length === 0;
    this.#perUnitNs = config.unit === 's' ? 1e9 : 1e6;
    this.#bounds = config.boundsMs?.map((bound) => (bound * 1e6) / this.#perUnitNs);
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Adds the selected spans. Returns how many have no service name: they are in no metric, as in otelcol. */
  add(chunk: SpanChunk, nowMs: number): number {
    this.#nowMs = nowMs;
    const owners = new Array<ResourceMetrics | null | undefined>(chunk.resourceCount);
    const cursors = this.#needsAttributes ? [chunk.rowAttributes, chunk.resourceAttributes] : [];
    const place: Place = { arena: chunk.arena, cursors };
    const view = chunk.view();
    let withoutService = 0;
    for (let index = 0; index < chunk.count; index++) {
      const row = chunk.rowAt(index);
      const resource = chunk.resourceOf(row);
      let owner = owners[resource];
      if (owner === undefined) {
        owner = this.#ownerOf(chunk, resource);
        owners[resource] = owner;
      }
      if (owner === null) {
        withoutService++;
        continue;
      }
      if (cursors.length > 0) {
        cursors[0]!.of(row);
        cursors[1]!.of(resource);
      }
      view.row = row;
      this.#addSpan(chunk, view, owner, place);
    }
    return withoutService;
  }

  get #needsAttributes(): boolean {
    return !(this.#callDimensions.isEmpty && this.#durationDimensions.isEmpty && this.#eventDimensions.isEmpty);
  }

  #addSpan(chunk: SpanChunk, view: SpanView, owner: ResourceMetrics, place: Place): void {
    const times = this.#counts.of(chunk, view.row);
    this.#extrapolated = this.#counts.isExtrapolated;
    const value = Math.max(0, view.durationNs) / this.#perUnitNs;
    const { histogramDisabled, exemplarsEnabled } = this.#config;
    const calls = this.#find(this.#areOne ? KINDS.both : KINDS.calls, chunk, view, owner, this.#callDimensions, place);
    calls.count += times;
    if (this.#areOne) calls.histogram!.add(value, times);
    if (exemplarsEnabled) this.#addExemplar(calls, view, value);
    if (!this.#areOne && !histogramDisabled) {
      const durations = this.#find(KINDS.duration, chunk, view, owner, this.#durationDimensions, place);
      durations.histogram!.add(value, times);
      if (exemplarsEnabled) this.#addExemplar(durations, view, value);
    }
    if (this.#config.eventsEnabled && chunk.columns.eventCount[view.row]! > 0) {
      this.#addEvents(chunk, view, owner, place, times, value);
    }
  }

  #addEvents(
    chunk: SpanChunk,
    view: SpanView,
    owner: ResourceMetrics,
    place: Place,
    times: number,
    value: number,
  ): void {
    const { events } = view;
    const [span, resource] = place.cursors as [AttributeCursor, AttributeCursor];
    for (let i = 0; i < events.count; i++) {
      const here: Place = { arena: chunk.arena, cursors: [span, events.at(i).attributes, resource] };
      const series = this.#find(KINDS.events, chunk, view, owner, this.#eventDimensions, here);
      series.count += times;
      if (this.#config.exemplarsEnabled) this.#addExemplar(series, view, value);
    }
  }

  #addExemplar(series: SpanSeries, view: SpanView, value: number): void {
    const isOverflow = series.owner.overflows[series.kind] === series;
    if (isOverflow || series.exemplars.length >= this.#config.exemplarsPerPoint) return;
    const { traceId, spanId } = view;
    if (/^0*$/.test(traceId)) return;
    series.exemplars.push({ timeNs: view.endNs, value, traceId, spanId });
  }

  #find(
    kind: Kind,
    chunk: SpanChunk,
    view: SpanView,
    owner: ResourceMetrics,
    dimensions: Dimensions,
    place: Place,
  ): SpanSeries {
    this.#writeKey(kind, chunk, view.row, owner);
    dimensions.writeKey(place, this.#key);
    const series =
      this.#series.get(this.#key.bytes, this.#key.length) ??
      this.#addSeries(kind, chunk, view, owner, dimensions, place);
    series.lastSeenMs = this.#nowMs;
    series.isTouched = true;
    return series;
  }

  #writeKey(kind: Kind, chunk: SpanChunk, row: number, owner: ResourceMetrics): void {
    const key = this.#key;
    const { columns } = chunk;
    key.length = 0;
    key.number(owner.number);
    const spanKind = this.#included.has('span.kind') ? columns.kind[row]! : 0;
    const status = this.#included.has('status.code') ? columns.statusCode[row]! : 0;
    const extrapolated = this.#config.samplingMethodEnabled && this.#extrapolated ? 1 : 0;
    key.number(kind | (spanKind << 8) | (status << 16) | (extrapolated << 24));
    if (this.#included.has('span.name')) key.range(chunk.arena, columns.nameAt[row]!, columns.nameLength[row]!);
    if (this.#scopes.size === 0) return;
    const scope = chunk.scopeOf(row);
    if (!this.#scopes.has(chunk.scopeName(scope))) return;
    key.text(chunk.scopeName(scope));
    key.text(chunk.scopeVersion(scope));
  }

  #addSeries(
    kind: Kind,
    chunk: SpanChunk,
    view: SpanView,
    owner: ResourceMetrics,
    dimensions: Dimensions,
    place: Place,
  ): SpanSeries {
    const limit = this.#config.cardinalityLimit;
    const hasRoom = this.#series.size < SERIES_LIMIT && (limit === 0 || owner.seriesCounts[kind]! < limit);
    if (!hasRoom) return this.#overflowOf(kind, owner);
    const attributes = this.#baseAttributes(chunk, view, owner);
    dimensions.addTo(attributes, place);
    const series = this.#newSeries(kind, owner, attributes);
    if (!this.#series.add(this.#key.bytes, this.#key.length, series)) return this.#overflowOf(kind, owner);
    owner.seriesCounts[kind] = owner.seriesCounts[kind]! + 1;
    return series;
  }

  #overflowOf(kind: Kind, owner: ResourceMetrics): SpanSeries {
    owner.overflows[kind] ??= this.#newSeries(kind, owner, new Map([['otel.metric.overflow', true]]));
    return owner.overflows[kind];
  }

  #newSeries(kind: Kind, owner: ResourceMetrics, attributes: ReadonlyMap<string, AnyValue>): SpanSeries {
    const hasDurations = kind === KINDS.duration || kind === KINDS.both;
    const histogram = !hasDurations
      ? undefined
      : this.#bounds === undefined
        ? new ExponentialHistogram(this.#config.exponentialMaxSize)
        : new BoundedHistogram(this.#bounds);
    return new SpanSeries(kind, owner, nanoseconds(this.#nowMs), {
      histogram,
      counts:
        kind === KINDS.duration ? undefined : (kind === KINDS.events ? owner.events : owner.calls).series(attributes),
      durations: hasDurations ? owner.durations.series(attributes) : undefined,
    });
  }

  #baseAttributes(chunk: SpanChunk, view: SpanView, owner: ResourceMetrics): Map<string, AnyValue> {
    const attributes = new Map<string, AnyValue>();
    const { kind, statusCode } = view;
    const set = (name: string, value: string): void => {
      if (this.#included.has(name)) attributes.set(name, value);
    };
    set('service.name', owner.serviceName);
    set('span.name', view.name);
    set('span.kind', KIND_TEXTS[kind] === undefined ? '' : `SPAN_KIND_${KIND_TEXTS[kind]}`);
    set('status.code', STATUS_TEXTS[statusCode] === undefined ? '' : `STATUS_CODE_${STATUS_TEXTS[statusCode]}`);
    set('collector.instance.id', this.#instanceId);
    const scope = chunk.scopeOf(view.row);
    if (this.#scopes.has(chunk.scopeName(scope))) {
      attributes.set('span.instrumentation.scope.name', chunk.scopeName(scope));
      const version = chunk.scopeVersion(scope);
      if (version !== '') attributes.set('span.instrumentation.scope.version', version);
    }
    if (this.#config.samplingMethodEnabled) {
      attributes.set('sampling.method', this.#extrapolated ? 'extrapolated' : 'counted');
    }
    return attributes;
  }

  /** The metrics of a resource, which becomes the one that was seen last; null for one without a service name. */
  #ownerOf(chunk: SpanChunk, resource: number): ResourceMetrics | null {
    const attributes = chunk.resourceAttributes.of(resource);
    if (!attributes.has(SERVICE_NAME)) return null;
    const all = attributes.toObject();
    const { resourceKeyAttributes } = this.#config;
    const identity: { [name: string]: AnyValue } =
      resourceKeyAttributes.length === 0
        ? all
        : Object.fromEntries(Object.entries(all).filter(([name]) => resourceKeyAttributes.includes(name)));
    const key = valueJson(identity);
    const owner = this.#resources.get(key) ?? this.#newOwner(key, attributes);
    owner.lastSeenMs = this.#nowMs;
    this.#resources.delete(key);
    this.#resources.set(key, owner);
    return owner;
  }

  #newOwner(key: string, attributes: AttributeCursor): ResourceMetrics {
    const group = this.#builder.group({ resource: [...attributes.entries()], scope: { name: SCOPE_NAME } });
    const identity = { key, number: ++this.#resourceCount, serviceName: attributes.getText(SERVICE_NAME) ?? '' };
    const owner = new ResourceMetrics(identity, group, this.#config);
    if (this.#resources.size >= this.#config.resourcesLimit) this.#forget(this.#resources.values().next().value!);
    return owner;
  }

  /** What it had until now is in one more point. */
  #forget(owner: ResourceMetrics): void {
    this.#resources.delete(owner.key);
    this.#gone.add(owner);
    owner.isGone = true;
  }

  /** The request with a point of each series (with delta: that got spans), and how many they are. */
  flush(timeNs: bigint): { readonly body: Uint8Array; readonly points: number } {
    const { isDelta } = this.#config;
    let points = 0;
    const add = (series: SpanSeries | undefined): void => {
      if (series !== undefined && (series.isTouched || !isDelta)) points += series.flush(timeNs, isDelta);
    };
    for (const series of this.#series.values()) add(series);
    for (const owner of this.#resources.values()) owner.overflows.forEach(add);
    for (const owner of this.#gone) owner.overflows.forEach(add);
    const body = this.#builder.body();
    this.#builder.clear();
    return { body, points };
  }

  /** Forgets what got no spans for as long as the configuration says, and resources for which there was no room. */
  expire(nowMs: number): void {
    const { metricsExpirationMs, seriesExpirationMs } = this.#config;
    if (metricsExpirationMs > 0) {
      for (const owner of [...this.#resources.values()]) {
        if (nowMs - owner.lastSeenMs >= metricsExpirationMs) this.#forget(owner);
      }
    }
    const isKept = (series: SpanSeries): boolean =>
      !series.owner.isGone && (seriesExpirationMs === 0 || nowMs - series.lastSeenMs < seriesExpirationMs);
    for (const series of this.#series.values()) {
      if (!isKept(series)) series.owner.seriesCounts[series.kind] = series.owner.seriesCounts[series.kind]! - 1;
    }
    this.#series.keep(isKept);
    for (const owner of this.#gone) this.#builder.remove(owner.group);
    this.#gone.clear();
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
