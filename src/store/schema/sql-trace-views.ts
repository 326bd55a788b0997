/** Spans, traces, and what spans hold, for people who ask in SQL. */
import {
  type ColumnRow,
  MAP_TYPE,
  OF_RESOURCE,
  type SqlView,
  sqlColumns,
  TIME_TYPE,
  typedText,
  WORD,
  withResource,
  withScope,
} from './sql-view.ts';
import { attributeMap, idText } from './views.ts';

const KIND =
  "CAST(transform(span.kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], 'unspecified'), 'LowCardinality(String)')";
const STATUS = "CAST(transform(span.status_code, [1, 2], ['ok', 'error'], 'unset'), 'LowCardinality(String)')";
const IS_ROOT = "span.parent_span_id = toFixedString('', 8)";

/** Attributes of the semantic conventions that most queries name. They have files of their own, so they are read fast. */
const NAMED: readonly ColumnRow[] = [
  ['http_method', WORD, 'http.request.method', typedText('span', 'http.request.method')],
  ['http_route', WORD, 'http.route', typedText('span', 'http.route')],
  [
    'http_status',
    'Nullable(Int64)',
    'http.response.status_code; NULL where there is none',
    "CAST(span.attributes.`http.response.status_code`, 'Nullable(Int64)')",
  ],
  ['url_path', 'String', 'url.path', typedText('span', 'url.path')],
  ['db_system', WORD, 'db.system.name', typedText('span', 'db.system.name')],
  ['db_namespace', WORD, 'db.namespace', typedText('span', 'db.namespace')],
  ['db_collection', WORD, 'db.collection.name', typedText('span', 'db.collection.name')],
  ['db_operation', WORD, 'db.operation.name', typedText('span', 'db.operation.name')],
  ['db_query', 'String', 'db.query.text', typedText('span', 'db.query.text')],
  ['messaging_system', WORD, 'messaging.system', typedText('span', 'messaging.system')],
  ['messaging_destination', WORD, 'messaging.destination.name', typedText('span', 'messaging.destination.name')],
  ['rpc_system', WORD, 'rpc.system', typedText('span', 'rpc.system')],
  ['rpc_service', WORD, 'rpc.service', typedText('span', 'rpc.service')],
  ['rpc_method', WORD, 'rpc.method', typedText('span', 'rpc.method')],
  ['server_address', WORD, 'server.address: whom a client called', typedText('span', 'server.address')],
  ['error_type', WORD, 'error.type', typedText('span', 'error.type')],
];

const SPANS: SqlView = {
  name: 'spans',
  text: 'a row for each span',
  columns: sqlColumns([
    ['time', TIME_TYPE, 'when it began', 'span.time'],
    ['duration_ms', 'Float64', 'how long it took, in milliseconds', 'span.duration_ns / 1e6'],
    ['service', WORD, 'service.name of its resource', 'span.service_name'],
    ['name', WORD, 'its name: the operation', 'span.name'],
    ['kind', WORD, 'server, client, internal, producer, consumer or unspecified', KIND],
    ['status', WORD, 'unset, ok or error', STATUS],
    ['status_message', 'String', 'what its status says', 'span.status_message'],
    ['trace_id', 'String', '32 hex digits', 'lower(hex(span.trace_id))'],
    ['span_id', 'String', '16 hex digits', 'lower(hex(span.span_id))'],
    ['parent_id', 'String', 'of the span that it belongs to; empty for a root', idText('span.parent_span_id', 8)],
    ['is_root', 'Bool', 'it has no parent', `toBool(${IS_ROOT})`],
    ['is_request', 'Bool', 'of kind server or consumer, or a root', `toBool(span.kind IN (2, 5) OR ${IS_ROOT})`],
    ...NAMED,
    [
      'attributes',
      MAP_TYPE,
      "all attributes as texts: attributes['order.id']",
      attributeMap('span.attributes', 'span.attributes_other'),
    ],
    ...OF_RESOURCE,
    ['scope', 'String', 'the library that made it', 'scope.name'],
    ['scope_version', 'String', "the library's version", 'scope.version'],
    ['trace_state', 'String', 'tracestate of W3C', 'span.trace_state'],
    ['ingested_at', TIME_TYPE, 'when it was taken in', 'span.ingested_at'],
  ]),
  from: (database) => `FROM ${database}.spans AS span
${withResource(database, 'span')}
${withScope(database, 'span')}`,
};

/** Of a trace's rows the root is that of the least start and offset; -1 is a row without one. */
const rootOf = (column: string): string =>
  `argMinIf(trace.${column}, toUnixTimestamp64Nano(trace.start) + trace.root_offset_ns, trace.root_offset_ns >= 0)`;

const TRACES: SqlView = {
  name: 'traces',
  text: 'a row for each trace, from what was counted when its spans were stored',
  columns: sqlColumns([
    ['trace_id', 'String', '32 hex digits', 'lower(hex(trace.trace_id))'],
    ['time', TIME_TYPE, 'when its first span began', 'min(trace.start)'],
    [
      'duration_ms',
      'Float64',
      'from the first begin of a span to the last end, in milliseconds',
      '(max(toUnixTimestamp64Nano(trace.start) + toInt64(trace.duration_ns)) - toUnixTimestamp64Nano(min(trace.start))) / 1e6',
    ],
    ['root_service', WORD, 'service of the root; empty where none came', rootOf('root_service')],
    ['root_name', WORD, 'name of the root', rootOf('root_name')],
    ['spans', 'UInt64', 'how many spans', 'sum(trace.span_count)'],
    ['errors', 'UInt64', 'how many of them failed', 'sum(trace.error_count)'],
    [
      'services',
      'Array(String)',
      'whose spans they are',
      "CAST(arraySort(groupUniqArrayArray(trace.services)), 'Array(String)')",
    ],
  ]),
  from: (database) => `FROM ${database}.traces AS trace
GROUP BY trace.tenant, trace.trace_id`,
};

const PART_OF_SPAN: readonly ColumnRow[] = [
  ['service', WORD, "the span's service", 'part.service_name'],
  ['trace_id', 'String', '32 hex digits', 'lower(hex(part.trace_id))'],
  ['span_id', 'String', '16 hex digits', 'lower(hex(part.span_id))'],
];
const PART_ATTRIBUTES: ColumnRow = [
  'attributes',
  MAP_TYPE,
  'all attributes as texts',
  attributeMap('part.attributes', 'part.attributes_other'),
];

const SPAN_EVENTS: SqlView = {
  name: 'span_events',
  text: 'a row for each event in a span',
  columns: sqlColumns([
    ['time', TIME_TYPE, 'when it happened', 'part.time'],
    ['name', WORD, 'its name', 'part.name'],
    ...PART_OF_SPAN,
    PART_ATTRIBUTES,
  ]),
  from: (database) => `FROM ${database}.span_events AS part`,
};

const SPAN_LINKS: SqlView = {
  name: 'span_links',
  text: 'a row for each link from a span to another',
  columns: sqlColumns([
    ['time', TIME_TYPE, 'when the span began', 'part.span_time'],
    ...PART_OF_SPAN,
    ['linked_trace_id', 'String', 'of the other span', 'lower(hex(part.linked_trace_id))'],
    ['linked_span_id', 'String', 'the other span', 'lower(hex(part.linked_span_id))'],
    PART_ATTRIBUTES,
  ]),
  from: (database) => `FROM ${database}.span_links AS part`,
};

export const TRACE_SQL_VIEWS: readonly SqlView[] = [SPANS, TRACES, SPAN_EVENTS, SPAN_LINKS];
