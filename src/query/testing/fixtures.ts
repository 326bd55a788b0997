/** Rows for tests, as plain objects with defaults. Ids are hex, times are ns since the epoch. */
import { createHash } from 'node:crypto';
import { prometheusLabelName, prometheusMetricName, VALUE_STRING } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { SegmentEncoder } from '../../store/native/segment-encoder.ts';
import { encodeSegment } from '../../store/testing/encode.ts';
import { base64, parseAttributesText, parseValueText, type StoredValue } from '../reader/index.ts';
import { bytes } from './encode-rows.ts';
import type { TestStore } from './test-store.ts';

export interface FixtureSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly timeNs: bigint;
  readonly durationNs: number;
  readonly service: string;
  readonly name: string;
  readonly kind?: number;
  readonly status?: number;
  readonly statusMessage?: string;
  readonly traceState?: string;
  readonly flags?: number;
  readonly attributes?: object;
  readonly resource?: object;
  readonly scopeName?: string;
  readonly scopeVersion?: string;
  readonly scopeAttributes?: string;
  readonly events?: readonly { readonly timeNs: bigint; readonly name: string; readonly attributes?: string }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceState?: string;
    readonly attributes?: string;
  }[];
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
  readonly droppedLinksCount?: number;
}

function time(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}

/** As OTLP/JSON has a value. */
function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint' || Number.isInteger(value)) return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return value === null ? {} : { kvlistValue: { values: keyValues(value as object) } };
}

function keyValues(attributes: object): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** Of values with the types of OTLP, which plain JSON can't tell apart. */
function storedValue({ type, value }: StoredValue): object {
  switch (type) {
    case 'int':
      return { intValue: String(value) };
    case 'double':
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    case 'bytes':
      return { bytesValue: base64(value) };
    case 'array':
      return { arrayValue: { values: value.map(storedValue) } };
    case 'map':
      return { kvlistValue: { values: value.map((one) => ({ key: one.key, value: storedValue(one.value) })) } };
    default:
      return anyValue(value);
  }
}

function textValues(json: string | undefined): object[] {
  return parseAttributesText(json ?? '').map(({ key, value }) => ({ key, value: storedValue(value) }));
}

const hex = (id: string, byteLength: number): string => id.padStart(2 * byteLength, '0');

function spanJson(span: FixtureSpan): object {
  return {
    traceId: hex(span.traceId, 16),
    spanId: hex(span.spanId, 8),
    parentSpanId: span.parentSpanId ? hex(span.parentSpanId, 8) : '',
    startTimeUnixNano: String(span.timeNs),
    endTimeUnixNano: String(span.timeNs + BigInt(span.durationNs)),
    traceState: span.traceState ?? '',
    flags: span.flags ?? 0,
    name: span.name,
    kind: span.kind ?? 1,
    status: { code: span.status ?? 0, message: span.statusMessage ?? '' },
    attributes: keyValues(span.attributes ?? {}),
    events: (span.events ?? []).map((event) => ({
      timeUnixNano: String(event.timeNs),
      name: event.name,
      attributes: textValues(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: hex(link.traceId, 16),
      spanId: hex(link.spanId, 8),
      traceState: link.traceState ?? '',
      attributes: textValues(link.attributes),
    })),
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}

/**
 * Inserts spans as the writer does, through its encoder: they stand in several tables. What the encoder makes of them is tested in src/store,
 * by readers of its own.
 */
export async function insertSpans(store: TestStore, spans: readonly FixtureSpan[]): Promise<void> {
  if (spans.length === 0) return;
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: keyValues({ 'service.name': span.service, ...span.resource }) },
    scopeSpans: [
      {
        scope: {
          name: span.scopeName ?? '',
          version: span.scopeVersion ?? '',
          attributes: textValues(span.scopeAttributes),
        },
        spans: [spanJson(span)],
      },
    ],
  }));
  const body = Buffer.from(JSON.stringify({ resourceSpans }));
  const { chunk, rejectedCount, rejectedReason } = decodeOtlpJson('traces', body);
  if (rejectedCount > 0) throw new Error(`fixture spans were rejected: ${rejectedReason}`);
  for (const block of encodeSegment(new SegmentEncoder(), [chunk], BigInt(Date.now()) * 1_000_000n))
    await store.insertBlock(block);
}

export interface FixtureLog {
  readonly timeNs: bigint;
  readonly service: string;
  readonly body: string;
  readonly bodyType?: number;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly eventName?: string;
  readonly attributes?: object;
  readonly resource?: object;
  readonly scopeName?: string;
}

function logJson(log: FixtureLog): object {
  const isText = (log.bodyType ?? VALUE_STRING) === VALUE_STRING;
  return {
    timeUnixNano: String(log.timeNs),
    observedTimeUnixNano: String(log.timeNs),
    traceId: log.traceId ? hex(log.traceId, 16) : '',
    spanId: log.spanId ? hex(log.spanId, 8) : '',
    severityNumber: log.severityNumber ?? 0,
    severityText: log.severityText ?? '',
    body: isText ? { stringValue: log.body } : storedValue(parseValueText(log.body)),
    eventName: log.eventName ?? '',
    attributes: keyValues(log.attributes ?? {}),
  };
}

let segmentCount = 0n;

/** Inserts log records as the writer does, through its encoder. */
export async function insertLogs(store: TestStore, logs: readonly FixtureLog[]): Promise<void> {
  if (logs.length === 0) return;
  const resourceLogs = logs.map((log) => ({
    resource: { attributes: keyValues({ 'service.name': log.service, ...log.resource }) },
    scopeLogs: [{ scope: { name: log.scopeName ?? '' }, logRecords: [logJson(log)] }],
  }));
  const body = Buffer.from(JSON.stringify({ resourceLogs }));
  const { chunk, rejectedCount, rejectedReason } = decodeOtlpJson('logs', body);
  if (rejectedCount > 0) throw new Error(`fixture logs were rejected: ${rejectedReason}`);
  const ingestedAtNs = BigInt(Date.now()) * 1_000_000n + segmentCount++;
  for (const block of encodeSegment(new SegmentEncoder(), [chunk], ingestedAtNs)) await store.insertBlock(block);
}

export interface FixtureSeries {
  readonly seriesId: bigint;
  readonly scopeName?: string;
  readonly name: string;
  /** The number that the store gives the type; see METRIC_* of #pdata. */
  readonly type: number;
  readonly unit?: string;
  readonly description?: string;
  readonly temporality?: number;
  readonly monotonic?: boolean;
  readonly service: string;
  readonly attributes?: object;
  readonly resource?: object;
}

export async function insertSeries(store: TestStore, series: readonly FixtureSeries[], seenNs: bigint): Promise<void> {
  const seen = Number(seenNs / 1_000_000_000n);
  const seenColumns = { first_seen: seen, last_seen: seen };
  const resources = new Map<string, object>();
  const scopes = new Map<string, object>();
  const rows = series.map((one) => {
    const attributes = { 'service.name': one.service, ...one.resource };
    const resourceId = idOf(JSON.stringify(attributes));
    resources.set(resourceId, { resource_id: resourceId, service_name: one.service, attributes, ...seenColumns });
    const scopeId = idOf(one.scopeName ?? '');
    scopes.set(scopeId, { scope_id: scopeId, name: one.scopeName ?? '', ...seenColumns });
    return {
      series_id: String(one.seriesId),
      name: one.name,
      type: one.type,
      unit: one.unit ?? '',
      description: one.description ?? '',
      temporality: one.temporality ?? 0,
      monotonic: one.monotonic === true ? 1 : 0,
      service_name: one.service,
      resource_id: resourceId,
      scope_id: scopeId,
      attributes: one.attributes ?? {},
      ...prometheusColumns(one),
      ...seenColumns,
    };
  });
  await store.insert('resources', [...resources.values()]);
  await store.insert('scopes', [...scopes.values()]);
  await store.insert('metric_series', rows);
}

/** What PromQL knows of a series whose attributes are texts and numbers. */
function prometheusColumns({
  name,
  unit = '',
  type,
  monotonic = false,
  service,
  attributes = {},
}: FixtureSeries): object {
  const metric = prometheusMetricName(name, unit, type, monotonic);
  const labels = Object.entries(attributes).map(([key, value]) => `${prometheusLabelName(key)}=${value}`);
  return { prometheus_name: metric, labels: [...labels, `job=${service}`, `__name__=${metric}`].sort() };
}

/** Inserts OTLP's `resourceMetrics` as the writer does, through its encoder. */
export async function insertMetrics(store: TestStore, resourceMetrics: readonly object[]): Promise<void> {
  const { chunk, rejectedReason } = decodeOtlpJson('metrics', Buffer.from(JSON.stringify({ resourceMetrics })));
  if (rejectedReason !== '') throw new Error(`fixture metrics were rejected: ${rejectedReason}`);
  const ingestedAtNs = BigInt(Date.now()) * 1_000_000n + segmentCount++;
  for (const block of encodeSegment(new SegmentEncoder(), [chunk], ingestedAtNs)) await store.insertBlock(block);
}

export interface FixturePoint {
  readonly name: string;
  readonly seriesId: bigint;
  readonly timeNs: bigint;
  readonly startNs?: bigint;
  /** Columns of the table beside those above. */
  readonly columns: object;
}

/** The `bounds` of a histogram go into a table of their own. */
export async function insertPoints(store: TestStore, table: string, points: readonly FixturePoint[]): Promise<void> {
  const known = new Map<string, { readonly bounds_id: string; readonly bounds: unknown }>();
  for (const { columns } of points) {
    if (!('bounds' in columns)) continue;
    const name = JSON.stringify(columns.bounds);
    known.set(name, { bounds_id: idOf(name), bounds: columns.bounds });
  }
  if (known.size > 0) await store.insert('metric_bounds', [...known.values()]);
  const rows = points.map((point) => ({
    name: point.name,
    series_id: String(point.seriesId),
    time: time(point.timeNs),
    start_time: time(point.startNs ?? 0n),
    ingested_at: Math.floor(Date.now() / 1000),
    ...('bounds' in point.columns ? withBoundsId(point.columns) : point.columns),
  }));
  await store.insert(table, rows);
}

/** An id of what a text says. */
function idOf(text: string): string {
  return String(createHash('sha256').update(text).digest().readBigUInt64LE());
}

function withBoundsId({ bounds, ...columns }: { readonly bounds?: unknown }): object {
  return { ...columns, bounds_id: idOf(JSON.stringify(bounds)) };
}

export async function insertExemplars(
  store: TestStore,
  exemplars: readonly {
    readonly name: string;
    readonly seriesId: bigint;
    readonly timeNs: bigint;
    readonly value: number;
    readonly traceId: string;
    readonly spanId: string;
  }[],
): Promise<void> {
  const rows = exemplars.map((exemplar) => ({
    name: exemplar.name,
    series_id: String(exemplar.seriesId),
    time: time(exemplar.timeNs),
    value: exemplar.value,
    trace_id: bytes(exemplar.traceId, 16),
    span_id: bytes(exemplar.spanId, 8),
    attributes: '{}',
  }));
  await store.insert('metric_exemplars', rows);
}

/** The same numbers in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A random id of `byteLength` bytes, in hex. */
export function randomId(random: () => number, byteLength: number): string {
  let hex = '';
  for (let i = 0; i < byteLength; i++)
    hex += Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0');
  return hex;
}
