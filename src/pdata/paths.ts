import type { AnyValue } from './any-value.ts';
import type { AttributeCursor } from './attributes.ts';
import type { ExponentialBuckets, HistogramBuckets, SummaryQuantiles } from './details.ts';
import type { LogView } from './log-chunk.ts';
import type { ExemplarView, MetricView, PointView } from './point-view.ts';
import type { ResourceView, ScopeView } from './resource-view.ts';
import { SIGNALS, type Signal } from './signal.ts';
import type { EventView, LinkView, SpanView } from './span-view.ts';

/**
 * The one table of paths: what a field is called in OTTL, the filter language and the query languages, and how it is read and changed
 * through the view of its context. Names are those of OTTL (opentelemetry-collector-contrib pkg/ottl/contexts).
 */

/** What a path's value is in JavaScript. */
export interface PathTypes {
  /** UTF-8 text. */
  text: string;
  /** Hexadecimal digits; '' for none. */
  trace_id: string;
  span_id: string;
  /** An unsigned integer of 32 bits; an enum or a severity of 8. */
  uint32: number;
  enum: number;
  /** An unsigned integer of 64 bits, nanoseconds since the epoch. */
  time: bigint;
  uint64: bigint;
  /** NaN where the point has none. */
  optional_double: number;
  bool: boolean;
  /** A bigint for an integer, undefined for none. */
  number: number | bigint | undefined;
  value: AnyValue;
  map: { readonly [key: string]: AnyValue };
  /** Changed through the cursor. */
  attributes: AttributeCursor;
  buckets: HistogramBuckets;
  exponential_buckets: ExponentialBuckets;
  quantiles: SummaryQuantiles;
}

/** The view that the paths of a context are read from: those that begin with its name. */
export interface PathContexts {
  resource: ResourceView;
  scope: ScopeView;
  span: SpanView;
  spanevent: EventView;
  spanlink: LinkView;
  log: LogView;
  metric: MetricView;
  datapoint: PointView;
  exemplar: ExemplarView;
}
export type PathContext = keyof PathContexts;

/** How the values of one path are read from a view of its context, and set. */
export interface Path<V, K extends keyof PathTypes = keyof PathTypes> {
  readonly type: K;
  get(view: V): PathTypes[K];
  /** Undefined where the path can't be set as a whole. */
  readonly set: ((view: V, value: PathTypes[K]) => void) | undefined;
}
type AnyPath<V> = { [K in keyof PathTypes]: Path<V, K> }[keyof PathTypes];

/** The names of a view's properties that hold a T. */
type PropertyOf<V, T> = { [P in keyof V]-?: [V[P], T] extends [T, V[P]] ? P : never }[keyof V];

/** A path whose view has a property for it. */
function path<V, K extends keyof PathTypes>(type: K, name: PropertyOf<V, PathTypes[K]>): Path<V, K> {
  return {
    type,
    get: (view) => view[name] as unknown as PathTypes[K],
    set: (view, value) => {
      view[name] = value as unknown as V[typeof name];
    },
  };
}

/** A path that can only be read, or is changed through what it gives. */
function readOnly<V, K extends keyof PathTypes>(type: K, name: keyof V): Path<V, K> {
  return { type, get: (view) => view[name] as unknown as PathTypes[K], set: undefined };
}

const RESOURCE_PATHS = {
  attributes: readOnly<ResourceView, 'attributes'>('attributes', 'attributes'),
  dropped_attributes_count: path<ResourceView, 'uint32'>('uint32', 'droppedAttributesCount'),
  schema_url: path<ResourceView, 'text'>('text', 'schemaUrl'),
};

const SCOPE_PATHS = {
  attributes: readOnly<ScopeView, 'attributes'>('attributes', 'attributes'),
  dropped_attributes_count: path<ScopeView, 'uint32'>('uint32', 'droppedAttributesCount'),
  name: path<ScopeView, 'text'>('text', 'name'),
  schema_url: path<ScopeView, 'text'>('text', 'schemaUrl'),
  version: path<ScopeView, 'text'>('text', 'version'),
};

const SPAN_PATHS = {
  attributes: readOnly<SpanView, 'attributes'>('attributes', 'attributes'),
  dropped_attributes_count: path<SpanView, 'uint32'>('uint32', 'droppedAttributesCount'),
  dropped_events_count: path<SpanView, 'uint32'>('uint32', 'droppedEventsCount'),
  dropped_links_count: path<SpanView, 'uint32'>('uint32', 'droppedLinksCount'),
  end_time_unix_nano: path<SpanView, 'time'>('time', 'endNs'),
  flags: path<SpanView, 'uint32'>('uint32', 'flags'),
  kind: path<SpanView, 'enum'>('enum', 'kind'),
  name: path<SpanView, 'text'>('text', 'name'),
  parent_span_id: path<SpanView, 'span_id'>('span_id', 'parentSpanId'),
  span_id: path<SpanView, 'span_id'>('span_id', 'spanId'),
  start_time_unix_nano: path<SpanView, 'time'>('time', 'startNs'),
  'status.code': path<SpanView, 'enum'>('enum', 'statusCode'),
  'status.message': path<SpanView, 'text'>('text', 'statusMessage'),
  trace_id: path<SpanView, 'trace_id'>('trace_id', 'traceId'),
  trace_state: path<SpanView, 'text'>('text', 'traceState'),
};

const EVENT_PATHS = {
  attributes: readOnly<EventView, 'attributes'>('attributes', 'attributes'),
  dropped_attributes_count: path<EventView, 'uint32'>('uint32', 'droppedAttributesCount'),
  name: path<EventView, 'text'>('text', 'name'),
  time_unix_nano: path<EventView, 'time'>('time', 'timeNs'),
};

const LINK_PATHS = {
  attributes: readOnly<LinkView, 'attributes'>('attributes', 'attributes'),
  dropped_attributes_count: path<LinkView, 'uint32'>('uint32', 'droppedAttributesCount'),
  flags: path<LinkView, 'uint32'>('uint32', 'flags'),
  span_id: path<LinkView, 'span_id'>('span_id', 'spanId'),
  trace_id: path<LinkView, 'trace_id'>('trace_id', 'traceId'),
  trace_state: path<LinkView, 'text'>('text', 'traceState'),
};

const LOG_PATHS = {
  attributes: readOnly<LogView, 'attributes'>('attributes', 'attributes'),
  body: path<LogView, 'value'>('value', 'body'),
  dropped_attributes_count: path<LogView, 'uint32'>('uint32', 'droppedAttributesCount'),
  event_name: path<LogView, 'text'>('text', 'eventName'),
  flags: path<LogView, 'uint32'>('uint32', 'flags'),
  observed_time_unix_nano: path<LogView, 'time'>('time', 'observedNs'),
  severity_number: path<LogView, 'enum'>('enum', 'severityNumber'),
  severity_text: path<LogView, 'text'>('text', 'severityText'),
  span_id: path<LogView, 'span_id'>('span_id', 'spanId'),
  time_unix_nano: path<LogView, 'time'>('time', 'timeNs'),
  trace_id: path<LogView, 'trace_id'>('trace_id', 'traceId'),
};

const METRIC_PATHS = {
  aggregation_temporality: path<MetricView, 'enum'>('enum', 'temporality'),
  description: path<MetricView, 'text'>('text', 'description'),
  is_monotonic: path<MetricView, 'bool'>('bool', 'isMonotonic'),
  metadata: path<MetricView, 'map'>('map', 'metadata'),
  name: path<MetricView, 'text'>('text', 'name'),
  type: path<MetricView, 'enum'>('enum', 'type'),
  unit: path<MetricView, 'text'>('text', 'unit'),
};

const POINT_PATHS = {
  attributes: readOnly<PointView, 'attributes'>('attributes', 'attributes'),
  buckets: path<PointView, 'buckets'>('buckets', 'buckets'),
  count: path<PointView, 'uint64'>('uint64', 'count'),
  exponential: path<PointView, 'exponential_buckets'>('exponential_buckets', 'exponential'),
  flags: path<PointView, 'uint32'>('uint32', 'flags'),
  max: path<PointView, 'optional_double'>('optional_double', 'max'),
  min: path<PointView, 'optional_double'>('optional_double', 'min'),
  quantile_values: path<PointView, 'quantiles'>('quantiles', 'quantiles'),
  start_time_unix_nano: path<PointView, 'time'>('time', 'startNs'),
  sum: path<PointView, 'optional_double'>('optional_double', 'sum'),
  time_unix_nano: path<PointView, 'time'>('time', 'timeNs'),
  value: path<PointView, 'number'>('number', 'value'),
};

const EXEMPLAR_PATHS = {
  attributes: readOnly<ExemplarView, 'attributes'>('attributes', 'attributes'),
  span_id: path<ExemplarView, 'span_id'>('span_id', 'spanId'),
  time_unix_nano: path<ExemplarView, 'time'>('time', 'timeNs'),
  trace_id: path<ExemplarView, 'trace_id'>('trace_id', 'traceId'),
  value: path<ExemplarView, 'number'>('number', 'value'),
};

/** All paths, by context and by name in it: `span.status.code` is PATHS.span['status.code']. */
export const PATHS: { readonly [C in PathContext]: { readonly [name: string]: AnyPath<PathContexts[C]> } } = {
  resource: RESOURCE_PATHS,
  scope: SCOPE_PATHS,
  span: SPAN_PATHS,
  spanevent: EVENT_PATHS,
  spanlink: LINK_PATHS,
  log: LOG_PATHS,
  metric: METRIC_PATHS,
  datapoint: POINT_PATHS,
  exemplar: EXEMPLAR_PATHS,
};

/** The signals whose items a context is found in. */
export const CONTEXT_SIGNALS: { readonly [C in PathContext]: readonly Signal[] } = {
  resource: SIGNALS,
  scope: SIGNALS,
  span: ['traces'],
  spanevent: ['traces'],
  spanlink: ['traces'],
  log: ['logs'],
  metric: ['metrics'],
  datapoint: ['metrics'],
  exemplar: ['metrics'],
};

/** A path by its full name; undefined where there is none, or where items of the signal don't have it. */
export function findPath(
  name: string,
  signal: Signal,
): { readonly context: PathContext; readonly name: string } | undefined {
  const dot = name.indexOf('.');
  const context = name.slice(0, dot) as PathContext;
  const rest = name.slice(dot + 1);
  if (dot < 0 || !Object.hasOwn(PATHS, context) || !CONTEXT_SIGNALS[context].includes(signal)) return undefined;
  return Object.hasOwn(PATHS[context], rest) ? { context, name: rest } : undefined;
}
