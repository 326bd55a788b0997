import {
  ATTRIBUTE_PATHS,
  INGESTED,
  jsonType,
  MERGED_LATER,
  MISFITS,
  OWNER_IDS,
  type Table,
  TIME,
  TIME_INDEX,
  type TypedPath,
  typedPaths,
} from './common.ts';

/** Seconds in the leading bucket of the sort key. */
export const SPAN_BUCKET_SECONDS = 300;

/**
 * Attributes of spans that have a type of their own: what instrumentations of HTTP, databases, RPC and messaging write today. Each costs every
 * block something, whether or not a row has it, and saves where rows have it; so names that the conventions gave up are not among them.
 */
export const SPAN_PATHS: readonly TypedPath[] = typedPaths({
  Word: [
    'client.address',
    'db.collection.name',
    'db.namespace',
    'db.operation.name',
    'db.system.name',
    'error.type',
    'http.request.method',
    'http.route',
    'messaging.destination.name',
    'messaging.destination.partition.id',
    'messaging.operation.name',
    'messaging.operation.type',
    'messaging.system',
    'network.peer.address',
    'network.protocol.version',
    'rpc.method',
    'rpc.service',
    'rpc.system',
    'server.address',
    'url.scheme',
    'user_agent.original',
  ],
  Code: ['http.response.status_code', 'network.peer.port', 'server.port', 'thread.id'],
  String: ['db.query.text', 'messaging.message.id', 'url.full', 'url.path'],
});
export const EVENT_PATHS: readonly TypedPath[] = typedPaths({
  Word: ['exception.type'],
  String: ['exception.message', 'exception.stacktrace'],
});
export const LINK_PATHS: readonly TypedPath[] = [];
/** Of events and links. */
export const PART_ATTRIBUTE_PATHS = 32;
export const SPAN_ATTRIBUTES_TYPE: string = jsonType(ATTRIBUTE_PATHS, SPAN_PATHS);

const SPANS: Table = {
  name: 'spans',
  signal: 'traces',
  columns: `time ${TIME},
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  parent_span_id FixedString(8) CODEC(ZSTD(1)),
  trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  ${OWNER_IDS},
  name LowCardinality(String) CODEC(ZSTD(1)),
  kind UInt8 CODEC(ZSTD(1)),
  status_code UInt8 CODEC(ZSTD(1)),
  status_message String CODEC(ZSTD(1)),
  attributes ${SPAN_ATTRIBUTES_TYPE} CODEC(ZSTD(1)),
  ${MISFITS},
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  dropped_events_count UInt32 CODEC(ZSTD(1)),
  dropped_links_count UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${TIME_INDEX}`,
  orderBy: `intDiv(toInt64(time), ${SPAN_BUCKET_SECONDS}), service_name, toInt64(time)`,
  settings: MERGED_LATER,
};

/**
 * Per trace and segment, what the segment's spans say of the trace, as values that go on being put together: of the rows of one trace, `start` is the
 * least; it lasts until the largest `start` + `duration_ns`; its last span starts before the largest `start` + `range_ms`; counts are summed;
 * `services` joined; the root is that of the least `start` + `root_offset_ns`, where this is -1 in a row without the root. Reading a trace by id
 * asks here first where to look, and whether there are events and links. A plain table, and not one that aggregates: so that a segment's rows can be
 * counted when it is in doubt whether they are stored, and sums are never summed twice. Sorted by id, times follow no order: their differences take
 * more than they do.
 */
const TRACES: Table = {
  name: 'traces',
  signal: 'traces',
  columns: `trace_id FixedString(16) CODEC(ZSTD(1)),
  start DateTime64(9, 'UTC') CODEC(T64, ZSTD(1)),
  range_ms UInt32 CODEC(T64, ZSTD(1)),
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  span_count UInt32 CODEC(T64, ZSTD(1)),
  error_count UInt32 CODEC(T64, ZSTD(1)),
  root_offset_ns Int64 CODEC(ZSTD(1)),
  root_service LowCardinality(String) CODEC(ZSTD(1)),
  root_name LowCardinality(String) CODEC(ZSTD(1)),
  services Array(LowCardinality(String)) CODEC(ZSTD(1)),
  ingested_at DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  event_count UInt32 DEFAULT 1 CODEC(T64, ZSTD(1)),
  link_count UInt32 DEFAULT 1 CODEC(T64, ZSTD(1)),
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1`,
  orderBy: 'trace_id',
  granularity: 1024,
  settings: MERGED_LATER,
};

/** Seconds that a row of `request_slots` counts. */
export const REQUEST_SLOT_SECONDS = 5;

/**
 * Per service, environment and five seconds of a segment, what its spans say of the service's requests (spans of kind server or consumer, and
 * roots): how many, how many failed, and how long each took, in order, so that quantiles are exact. A page of services reads this, and not all
 * spans. `second` begins the slot; `first_time` and `last_time` are starts of any spans, `last_request` of a request; `resource_id` is that of the
 * newest request, or of the newest span where there is none. A call without a parent (`root_call_count`) of a service that also serves
 * (`served_count`: with a parent) may be the same request: of such services spans are read. `attribute_filter` says which attributes no span of
 * the row has (attribute-filter.ts); an empty one says nothing. A plain table, as `traces`.
 */
const REQUESTS: Table = {
  name: 'request_slots',
  signal: 'traces',
  columns: `second Int64 CODEC(Delta(8), ZSTD(1)),
  service_name LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  resource_id UInt64 CODEC(ZSTD(1)),
  span_count UInt32 CODEC(T64, ZSTD(1)),
  first_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  last_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  request_count UInt32 CODEC(T64, ZSTD(1)),
  error_count UInt32 CODEC(T64, ZSTD(1)),
  last_request DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  root_call_count UInt32 CODEC(T64, ZSTD(1)),
  served_count UInt32 CODEC(T64, ZSTD(1)),
  durations Array(UInt32) CODEC(Delta(4), ZSTD(1)),
  long_durations Array(UInt64) CODEC(ZSTD(1)),
  ${INGESTED},
  attribute_filter String CODEC(NONE),
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1`,
  orderBy: 'second, service_name',
  granularity: 256,
  settings: MERGED_LATER,
};

/** Seconds of spans whose calls are counted together. */
export const CALL_SLOT_SECONDS = 60;

/**
 * Who called whom in a minute, by the start of the called one's span: told once the minute is over, by joining its spans with those of their parents
 * (#query, services/found-calls.ts), so that a map of a day need not. `kind` says what is called: a `service` of that `name`, or what sends no
 * telemetry of its own (`database`, `cache`, `queue`, `host`) at the address `name` with its `namespace`. `durations` are numbers of buckets
 * (2^(1/16) wide, in ns), `duration_counts` the calls in each. All rows of a minute that were told at one time have its `ingested_at`; the last of
 * these times holds, and `call_slots` has it: it is written behind them.
 */
const CALLS: Table = {
  name: 'service_calls',
  signal: 'traces',
  columns: `slot Int64 CODEC(Delta(8), ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  source LowCardinality(String) CODEC(ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  system_name LowCardinality(String) CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  namespace String CODEC(ZSTD(1)),
  direction LowCardinality(String) CODEC(ZSTD(1)),
  span_kind UInt8 CODEC(ZSTD(1)),
  call_count UInt64 CODEC(T64, ZSTD(1)),
  error_count UInt64 CODEC(T64, ZSTD(1)),
  durations Array(UInt16) CODEC(ZSTD(1)),
  duration_counts Array(UInt64) CODEC(ZSTD(1)),
  ${INGESTED}`,
  orderBy: 'slot, source, kind, name',
  granularity: 1024,
};

/**
 * The minutes of which `service_calls` were told: how many spans and long requests `request_slots` then had that bear on them. Where it has others now, spans
 * came later, and the minute is to be told again.
 */
const CALL_SLOTS: Table = {
  name: 'call_slots',
  signal: 'traces',
  columns: `slot Int64 CODEC(Delta(8), ZSTD(1)),
  span_count UInt64 CODEC(T64, ZSTD(1)),
  ${INGESTED}`,
  orderBy: 'slot',
};

/** What an event or a link has from its span. */
const OF_SPAN = `span_time ${TIME},
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  ${OWNER_IDS},
  position UInt32 CODEC(ZSTD(1))`;
const SPAN_TIME_INDEX = `INDEX span_time_range span_time TYPE minmax GRANULARITY 1`;
const PART_ORDER = `intDiv(toInt64(span_time), ${SPAN_BUCKET_SECONDS}), trace_id`;

const SPAN_EVENTS: Table = {
  name: 'span_events',
  signal: 'traces',
  columns: `${OF_SPAN},
  time ${TIME},
  name LowCardinality(String),
  attributes ${jsonType(PART_ATTRIBUTE_PATHS, EVENT_PATHS)} CODEC(ZSTD(1)),
  ${MISFITS},
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${SPAN_TIME_INDEX},
  ${TIME_INDEX}`,
  orderBy: PART_ORDER,
  settings: MERGED_LATER,
};

const SPAN_LINKS: Table = {
  name: 'span_links',
  signal: 'traces',
  columns: `${OF_SPAN},
  linked_trace_id FixedString(16) CODEC(ZSTD(1)),
  linked_span_id FixedString(8) CODEC(ZSTD(1)),
  linked_trace_state String CODEC(ZSTD(1)),
  flags UInt32 CODEC(ZSTD(1)),
  attributes ${jsonType(PART_ATTRIBUTE_PATHS, LINK_PATHS)} CODEC(ZSTD(1)),
  ${MISFITS},
  dropped_attributes_count UInt32 CODEC(ZSTD(1)),
  ${INGESTED},
  ${SPAN_TIME_INDEX},
  INDEX ingested_range ingested_at TYPE minmax GRANULARITY 1,
  INDEX linked_traces linked_trace_id TYPE bloom_filter(0.001) GRANULARITY 1`,
  orderBy: PART_ORDER,
  settings: MERGED_LATER,
};

export const TRACE_TABLES: readonly Table[] = [SPANS, TRACES, REQUESTS, CALLS, CALL_SLOTS, SPAN_EVENTS, SPAN_LINKS];
export { TRACE_VIEWS } from './trace-views.ts';
