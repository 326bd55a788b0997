import { ByteMap, KeyBytes } from '#base';
import {
  type AnyValue,
  type AttributePicker,
  SPAN,
  SPAN_KIND_SERVER,
  type SpanChunk,
  type SpanView,
  WantedKeys,
} from '#pdata';
import { BoundedHistogram, ExponentialHistogram, MetricsBuilder } from '#wire';
import { AdjustedCounts } from './adjusted-count.ts';
import { BASE_DIMENSIONS, type SpanMetricsConfig } from './config.ts';
import { Dimensions, SpanPlace } from './dimensions.ts';
import { HttpServerAttributes } from './http-server.ts';
import type { OwnDurations } from './own-durations.ts';
import { Resources } from './resources.ts';
import { KINDS, type Kind, type ResourceMetrics, SpanSeries } from './series.ts';

/** Of all resources together, whatever the user's limits say: memory is bounded. */
const SERIES_LIMIT = 200_000;
const KEYS_LIMIT_BYTES = 64 * 1024 * 1024;

const KIND_TEXTS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUS_TEXTS = ['UNSET', 'OK', 'ERROR'] as const;

/**
 * Counts spans and their durations by resource and dimensions. Each span is looked up by the bytes of its dimensions; attributes are only
 * read as values when a series is new, and those that are no dimensions are not read at all.
 */
export class SpanAggregator {
  readonly #config: SpanMetricsConfig;
  readonly #instanceId: string;
  readonly #counts: AdjustedCounts;
  readonly #own: OwnDurations;
  readonly #included: ReadonlySet<string>;
  /** Resources are one that have different services. */
  readonly #hasServices: boolean;
  readonly #hasName: boolean;
  readonly #hasKind: boolean;
  readonly #hasStatus: boolean;
  readonly #scopes: ReadonlySet<string>;
  readonly #callDimensions: Dimensions;
  readonly #durationDimensions: Dimensions;
  readonly #eventDimensions: Dimensions;
  readonly #http: HttpServerAttributes | undefined;
  /** Of spans of which none has a trace state, and of others: with the same slots. */
  readonly #plainPicker: AttributePicker;
  readonly #statePicker: AttributePicker;
  readonly #needsAttributes: boolean;
  /** `calls` and `duration` have the same series. */
  readonly #areOne: boolean;
  readonly #bounds: readonly number[] | undefined;
  readonly #httpBounds: readonly number[];
  readonly #perUnitNs: number;
  readonly #series = new ByteMap<SpanSeries>(KEYS_LIMIT_BYTES);
  readonly #builder = new MetricsBuilder();
  readonly #resources: Resources;
  readonly #key = new KeyBytes();
  #nowMs = 0;
  #extrapolated = false;

  constructor(
    config: SpanMetricsConfig,
    instanceId: string,
    { random, own }: { readonly random: () => number; readonly own: OwnDurations },
  ) {
    this.#config = config;
    this.#instanceId = instanceId;
    this.#counts = new AdjustedCounts(random);
    this.#own = own;
    // From the first request on a metric without points is left out.
    this.#builder.clear();
    this.#resources = new Resources(config, this.#builder);
    this.#included = new Set(BASE_DIMENSIONS.filter((name) => !config.excludeDimensions.includes(name)));
    const { resourceKeyAttributes } = config;
    this.#hasServices = resourceKeyAttributes.length > 0 && !resourceKeyAttributes.includes('service.name');
    this.#hasName = this.#included.has('span.name');
    this.#hasKind = this.#included.has('span.kind');
    this.#hasStatus = this.#included.has('status.code');
    this.#scopes = new Set(config.scopes.filter((name) => name !== ''));
    const wanted = new WantedKeys();
    this.#callDimensions = new Dimensions(wanted, config.dimensions, config.callsDimensions);
    this.#durationDimensions = new Dimensions(wanted, config.dimensions, config.histogramDimensions);
    this.#eventDimensions = new Dimensions(wanted, config.dimensions, config.eventsDimensions);
    this.#plainPicker = wanted.picker();
    this.#statePicker = wanted.picker(SPAN.traceState);
    this.#needsAttributes = wanted.count > 0;
    this.#http = config.httpBoundsMs === undefined ? undefined : new HttpServerAttributes();
    this.#areOne =
      !config.histogramDisabled && config.callsDimensions.length === 0 && config.histogramDimensions.length === 0;
    this.#perUnitNs = config.unit === 's' ? 1e9 : 1e6;
    this.#bounds = config.boundsMs?.map((bound) => (bound * 1e6) / this.#perUnitNs);
    this.#httpBounds = config.httpBoundsMs?.map((bound) => bound / 1e3) ?? [];
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Adds the selected spans. Returns how many have no service name: they are in no metric, as in otelcol. */
  add(chunk: SpanChunk, nowMs: number): number {
    this.#nowMs = nowMs;
    const owners = new Array<ResourceMetrics | null | undefined>(chunk.resourceCount);
    const resources = chunk.resourceAttributes;
    const mayHaveStates = chunk.mayHaveTraceStates;
    const picker = mayHaveStates ? this.#statePicker : this.#plainPicker;
    const isRead = mayHaveStates || this.#needsAttributes;
    const place = new SpanPlace(chunk, picker, [resources]);
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
      resources.of(resource);
      view.row = row;
      place.row = row;
      if (isRead) chunk.pickAttributes(row, picker);
      this.#addSpan(chunk, view, owner, place);
    }
    return withoutService;
  }

  #addSpan(chunk: SpanChunk, view: SpanView, owner: ResourceMetrics, place: SpanPlace): void {
    const { fieldAt, fieldLength } = place.picker;
    const times = this.#counts.of(chunk.arena, fieldAt, fieldLength);
    this.#extrapolated = this.#counts.isExtrapolated;
    const durationNs = Math.max(0, view.durationNs);
    const value = durationNs / this.#perUnitNs;
    const { histogramDisabled, exemplarsEnabled } = this.#config;
    const calls = this.#find(this.#areOne ? KINDS.both : KINDS.calls, view, owner, this.#callDimensions, place);
    calls.count += times;
    if (this.#areOne) calls.histogram!.add(value, times);
    if (exemplarsEnabled) this.#addExemplar(calls, view, value);
    if (!this.#areOne && !histogramDisabled) {
      const durations = this.#find(KINDS.duration, view, owner, this.#durationDimensions, place);
      durations.histogram!.add(value, times);
      if (exemplarsEnabled) this.#addExemplar(durations, view, value);
    }
    if (
      this.#http !== undefined &&
      view.kind === SPAN_KIND_SERVER &&
      !owner.sendsOwn &&
      this.#http.read(chunk, view.row)
    ) {
      const served = this.#findServed(this.#http, view.statusCode, owner);
      served.histogram!.add(durationNs / 1e9, times);
      if (exemplarsEnabled) this.#addExemplar(served, view, durationNs / 1e9);
    }
    if (this.#config.eventsEnabled && chunk.columns.eventCount[view.row]! > 0) {
      this.#addEvents(view, owner, place, times, value);
    }
  }

  #addEvents(view: SpanView, owner: ResourceMetrics, place: SpanPlace, times: number, value: number): void {
    const { events } = view;
    for (let i = 0; i < events.count; i++) {
      const here = place.with(events.at(i).attributes);
      const series = this.#find(KINDS.events, view, owner, this.#eventDimensions, here);
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

  #find(kind: Kind, view: SpanView, owner: ResourceMetrics, dimensions: Dimensions, place: SpanPlace): SpanSeries {
    this.#writeKey(kind, place.chunk, view.row, owner);
    dimensions.writeKey(place, this.#key);
    return this.#touched(this.#known() ?? this.#addDimensioned(kind, view, owner, dimensions, place));
  }

  /** Of `http.server.request.duration`, for the span that `http` has read. */
  #findServed(http: HttpServerAttributes, statusCode: number, owner: ResourceMetrics): SpanSeries {
    this.#key.length = 0;
    this.#key.number(owner.number);
    this.#key.number(KINDS.http);
    http.writeKey(statusCode, this.#key);
    return this.#touched(this.#known() ?? this.#addServed(http, statusCode, owner));
  }

  #addServed(http: HttpServerAttributes, statusCode: number, owner: ResourceMetrics): SpanSeries {
    return this.#addSeries(KINDS.http, owner, () => http.attributes(statusCode));
  }

  #known(): SpanSeries | undefined {
    return this.#series.get(this.#key.bytes, this.#key.length);
  }

  #touched(series: SpanSeries): SpanSeries {
    series.lastSeenMs = this.#nowMs;
    series.isTouched = true;
    return series;
  }

  #addDimensioned(
    kind: Kind,
    view: SpanView,
    owner: ResourceMetrics,
    dimensions: Dimensions,
    place: SpanPlace,
  ): SpanSeries {
    return this.#addSeries(kind, owner, () => {
      const attributes = this.#baseAttributes(place.chunk, view, owner);
      dimensions.addTo(attributes, place);
      return attributes;
    });
  }

  #writeKey(kind: Kind, chunk: SpanChunk, row: number, owner: ResourceMetrics): void {
    const key = this.#key;
    const { columns } = chunk;
    key.length = 0;
    key.number(owner.number);
    const spanKind = this.#hasKind ? columns.kind[row]! : 0;
    const status = this.#hasStatus ? columns.statusCode[row]! : 0;
    const extrapolated = this.#config.samplingMethodEnabled && this.#extrapolated ? 1 : 0;
    if (this.#hasServices) key.text(this.#resources.serviceOf(chunk, chunk.resourceOf(row)));
    key.number(kind | (spanKind << 8) | (status << 16) | (extrapolated << 24));
    if (this.#hasName) key.range(chunk.arena, columns.nameAt[row]!, columns.nameLength[row]!);
    if (this.#scopes.size === 0) return;
    const scope = chunk.scopeOf(row);
    if (!this.#scopes.has(chunk.scopeName(scope))) return;
    key.text(chunk.scopeName(scope));
    key.text(chunk.scopeVersion(scope));
  }

  /** `attributesOf` is asked where there is room for it. */
  #addSeries(kind: Kind, owner: ResourceMetrics, attributesOf: () => ReadonlyMap<string, AnyValue>): SpanSeries {
    const limit = this.#config.cardinalityLimit;
    const hasRoom = this.#series.size < SERIES_LIMIT && (limit === 0 || owner.seriesCounts[kind]! < limit);
    if (!hasRoom) return this.#overflowOf(kind, owner);
    const series = this.#newSeries(kind, owner, attributesOf());
    if (!this.#series.add(this.#key.bytes, this.#key.length, series)) return this.#overflowOf(kind, owner);
    owner.seriesCounts[kind] = owner.seriesCounts[kind]! + 1;
    return series;
  }

  #overflowOf(kind: Kind, owner: ResourceMetrics): SpanSeries {
    owner.overflows[kind] ??= this.#newSeries(kind, owner, new Map([['otel.metric.overflow', true]]));
    return owner.overflows[kind];
  }

  #newSeries(kind: Kind, owner: ResourceMetrics, attributes: ReadonlyMap<string, AnyValue>): SpanSeries {
    const startNs = nanoseconds(this.#nowMs);
    if (kind === KINDS.http) {
      const histogram = new BoundedHistogram(this.#httpBounds);
      return new SpanSeries(kind, owner, startNs, {
        histogram,
        counts: undefined,
        durations: owner.served.series(attributes),
      });
    }
    const hasDurations = kind === KINDS.duration || kind === KINDS.both;
    const histogram = !hasDurations
      ? undefined
      : this.#bounds === undefined
        ? new ExponentialHistogram(this.#config.exponentialMaxSize)
        : new BoundedHistogram(this.#bounds);
    return new SpanSeries(kind, owner, startNs, {
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
    const service = this.#hasServices
      ? this.#resources.serviceOf(chunk, chunk.resourceOf(view.row))
      : owner.serviceName;
    set('service.name', service);
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

  #ownerOf(chunk: SpanChunk, resource: number): ResourceMetrics | null {
    const owner = this.#resources.of(chunk, resource, this.#nowMs);
    if (owner !== null && this.#http !== undefined) owner.sendsOwn = this.#own.has(owner.service, this.#nowMs);
    return owner;
  }

  /** The request with a point of each series (with delta: that got spans), and how many they are. `isLast`: no other follows. */
  flush(nowMs: number, isLast: boolean): { readonly body: Uint8Array; readonly points: number } {
    const timeNs = nanoseconds(nowMs);
    const { isDelta } = this.#config;
    let points = 0;
    const add = (series: SpanSeries | undefined): void => {
      if (series === undefined || (isDelta && !series.isTouched)) return;
      if (series.kind === KINDS.http && !this.#own.areMissing(series.owner.service, nowMs)) return;
      points += series.flush(timeNs, isDelta, isLast || series.owner.isGone);
    };
    for (const series of this.#series.values()) add(series);
    for (const owner of this.#resources.all()) owner.overflows.forEach(add);
    const body = this.#builder.body();
    this.#builder.clear();
    return { body, points };
  }

  /**
   * Forgets what got no spans for as long as the configuration says, resources for which there was no room, and what a service has begun to send
   * itself.
   */
  expire(nowMs: number): void {
    const { metricsExpirationMs, seriesExpirationMs } = this.#config;
    if (metricsExpirationMs > 0) this.#resources.forgetBefore(nowMs - metricsExpirationMs);
    const isKept = ({ owner, kind, lastSeenMs }: SpanSeries): boolean =>
      !owner.isGone &&
      (seriesExpirationMs === 0 || nowMs - lastSeenMs < seriesExpirationMs) &&
      !(kind === KINDS.http && this.#own.has(owner.service, nowMs));
    for (const series of this.#series.values()) {
      if (!isKept(series)) series.owner.seriesCounts[series.kind] = series.owner.seriesCounts[series.kind]! - 1;
    }
    this.#series.keep(isKept);
    this.#resources.dropGone();
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
