import type { Signal } from '#pdata';

/** The OTLP messages as data, for the JSON codec: JSON name, field number, type. Source: opentelemetry-proto v1 .proto files. */

export type ScalarType =
  | 'string'
  | 'bytes'
  /** Bytes that JSON writes as hex: trace and span ids. */
  | 'id'
  | 'bool'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface FieldSchema {
  /** lowerCamelCase, as the JSON mapping says. */
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | MessageSchema | EnumSchema;
  readonly repeated: boolean;
  /** Part of a oneof: written even when it is zero or empty. */
  readonly oneof: boolean;
  /** The items that a body is sent for, or the points of one: a mistake in one costs that one alone. */
  readonly isItem: boolean;
  /** The lists on the way to the items, and the items. */
  readonly isList: boolean;
  /** All of these, and the points of a metric. */
  readonly leadsToItems: boolean;
}

export interface MessageSchema {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: FieldSchema[];
  /** By lowerCamelCase and by snake_case name. */
  readonly byName: Map<string, FieldSchema>;
  readonly byNumber: Map<number, FieldSchema>;
  /** Whether the items are in it, or in something in it. */
  holdsList: boolean;
  /** The same, and what holds the points of a metric: a mistake beside them costs all of them. */
  holdsItems: boolean;
}

export interface EnumSchema {
  readonly kind: 'enum';
  readonly values: ReadonlyMap<string, number>;
}

type FieldType = ScalarType | MessageSchema | EnumSchema;

function message(name: string): MessageSchema {
  return {
    kind: 'message',
    name,
    fields: [],
    byName: new Map(),
    byNumber: new Map(),
    holdsList: false,
    holdsItems: false,
  };
}

const ITEMS: ReadonlySet<string> = new Set(['spans', 'logRecords', 'metrics', 'dataPoints']);
const LISTS = /^(spans|logRecords|metrics|(resource|scope)(Spans|Logs|Metrics))$/;

/** Adds fields: `name number` with `*` for repeated and `?` for a oneof or optional one in front of the name. */
function define(schema: MessageSchema, fields: Readonly<Record<string, readonly [number, FieldType]>>): void {
  for (const [key, [number, type]] of Object.entries(fields)) {
    const name = key.replace(/^[*?]/, '');
    const field: FieldSchema = {
      name,
      number,
      type,
      repeated: key.startsWith('*'),
      oneof: key.startsWith('?'),
      isItem: ITEMS.has(name),
      isList: LISTS.test(name),
      leadsToItems: ITEMS.has(name) || LISTS.test(name),
    };
    schema.fields.push(field);
    schema.holdsList ||= field.isList;
    schema.holdsItems ||=
      field.leadsToItems || (typeof type !== 'string' && type.kind === 'message' && type.holdsItems);
    schema.byName.set(name, field);
    schema.byName.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      field,
    );
    schema.byNumber.set(number, field);
  }
}

function enumeration(prefix: string, names: readonly string[]): EnumSchema {
  return { kind: 'enum', values: new Map(names.map((name, value) => [prefix + name, value])) };
}

const SPAN_KIND = enumeration('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']);
const STATUS_CODE = enumeration('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']);
const TEMPORALITY = enumeration('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']);
const SEVERITY = enumeration('SEVERITY_NUMBER_', [
  'UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]);

const anyValue = message('AnyValue');
const keyValue = message('KeyValue');
const arrayValue = message('ArrayValue');
const keyValueList = message('KeyValueList');
define(anyValue, {
  '?stringValue': [1, 'string'],
  '?boolValue': [2, 'bool'],
  '?intValue': [3, 'int64'],
  '?doubleValue': [4, 'double'],
  '?arrayValue': [5, arrayValue],
  '?kvlistValue': [6, keyValueList],
  '?bytesValue': [7, 'bytes'],
});
define(keyValue, { key: [1, 'string'], value: [2, anyValue] });
define(arrayValue, { '*values': [1, anyValue] });
define(keyValueList, { '*values': [1, keyValue] });

const entityRef = message('EntityRef');
define(entityRef, {
  schemaUrl: [1, 'string'],
  type: [2, 'string'],
  '*idKeys': [3, 'string'],
  '*descriptionKeys': [4, 'string'],
});
const resource = message('Resource');
define(resource, {
  '*attributes': [1, keyValue],
  droppedAttributesCount: [2, 'uint32'],
  '*entityRefs': [3, entityRef],
});
const scope = message('InstrumentationScope');
define(scope, {
  name: [1, 'string'],
  version: [2, 'string'],
  '*attributes': [3, keyValue],
  droppedAttributesCount: [4, 'uint32'],
});

/** request { resourceX { resource, scopeX { scope, items, schemaUrl }, schemaUrl } } */
function request(signal: string, items: string, item: MessageSchema): MessageSchema {
  const scopes = message(`Scope${signal}`);
  define(scopes, { scope: [1, scope], [`*${items}`]: [2, item], schemaUrl: [3, 'string'] });
  const resources = message(`Resource${signal}`);
  define(resources, { resource: [1, resource], [`*scope${signal}`]: [2, scopes], schemaUrl: [3, 'string'] });
  const root = message(`Export${signal}ServiceRequest`);
  define(root, { [`*resource${signal}`]: [1, resources] });
  return root;
}

const event = message('Event');
define(event, {
  timeUnixNano: [1, 'fixed64'],
  name: [2, 'string'],
  '*attributes': [3, keyValue],
  droppedAttributesCount: [4, 'uint32'],
});
const link = message('Link');
define(link, {
  traceId: [1, 'id'],
  spanId: [2, 'id'],
  traceState: [3, 'string'],
  '*attributes': [4, keyValue],
  droppedAttributesCount: [5, 'uint32'],
  flags: [6, 'fixed32'],
});
const status = message('Status');
define(status, { message: [2, 'string'], code: [3, STATUS_CODE] });
const span = message('Span');
define(span, {
  traceId: [1, 'id'],
  spanId: [2, 'id'],
  traceState: [3, 'string'],
  parentSpanId: [4, 'id'],
  name: [5, 'string'],
  kind: [6, SPAN_KIND],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  '*attributes': [9, keyValue],
  droppedAttributesCount: [10, 'uint32'],
  '*events': [11, event],
  droppedEventsCount: [12, 'uint32'],
  '*links': [13, link],
  droppedLinksCount: [14, 'uint32'],
  status: [15, status],
  flags: [16, 'fixed32'],
});

const logRecord = message('LogRecord');
define(logRecord, {
  timeUnixNano: [1, 'fixed64'],
  observedTimeUnixNano: [11, 'fixed64'],
  severityNumber: [2, SEVERITY],
  severityText: [3, 'string'],
  body: [5, anyValue],
  '*attributes': [6, keyValue],
  droppedAttributesCount: [7, 'uint32'],
  flags: [8, 'fixed32'],
  traceId: [9, 'id'],
  spanId: [10, 'id'],
  eventName: [12, 'string'],
});

const exemplar = message('Exemplar');
define(exemplar, {
  '*filteredAttributes': [7, keyValue],
  timeUnixNano: [2, 'fixed64'],
  '?asDouble': [3, 'double'],
  '?asInt': [6, 'sfixed64'],
  spanId: [4, 'id'],
  traceId: [5, 'id'],
});
const numberPoint = message('NumberDataPoint');
define(numberPoint, {
  '*attributes': [7, keyValue],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  '?asDouble': [4, 'double'],
  '?asInt': [6, 'sfixed64'],
  '*exemplars': [5, exemplar],
  flags: [8, 'uint32'],
});
const histogramPoint = message('HistogramDataPoint');
define(histogramPoint, {
  '*attributes': [9, keyValue],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  '?sum': [5, 'double'],
  '*bucketCounts': [6, 'fixed64'],
  '*explicitBounds': [7, 'double'],
  '*exemplars': [8, exemplar],
  flags: [10, 'uint32'],
  '?min': [11, 'double'],
  '?max': [12, 'double'],
});
const buckets = message('Buckets');
define(buckets, { offset: [1, 'sint32'], '*bucketCounts': [2, 'uint64'] });
const exponentialPoint = message('ExponentialHistogramDataPoint');
define(exponentialPoint, {
  '*attributes': [1, keyValue],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  '?sum': [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, buckets],
  negative: [9, buckets],
  flags: [10, 'uint32'],
  '*exemplars': [11, exemplar],
  '?min': [12, 'double'],
  '?max': [13, 'double'],
  zeroThreshold: [14, 'double'],
});
const quantileValue = message('ValueAtQuantile');
define(quantileValue, { quantile: [1, 'double'], value: [2, 'double'] });
const summaryPoint = message('SummaryDataPoint');
define(summaryPoint, {
  '*attributes': [7, keyValue],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  '*quantileValues': [6, quantileValue],
  flags: [8, 'uint32'],
});

function data(
  name: string,
  point: MessageSchema,
  extra: Readonly<Record<string, readonly [number, FieldType]>>,
): MessageSchema {
  const schema = message(name);
  define(schema, { '*dataPoints': [1, point], ...extra });
  return schema;
}
const metric = message('Metric');
define(metric, {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  '?gauge': [5, data('Gauge', numberPoint, {})],
  '?sum': [7, data('Sum', numberPoint, { aggregationTemporality: [2, TEMPORALITY], isMonotonic: [3, 'bool'] })],
  '?histogram': [9, data('Histogram', histogramPoint, { aggregationTemporality: [2, TEMPORALITY] })],
  '?exponentialHistogram': [
    10,
    data('ExponentialHistogram', exponentialPoint, { aggregationTemporality: [2, TEMPORALITY] }),
  ],
  '?summary': [11, data('Summary', summaryPoint, {})],
  '*metadata': [12, keyValue],
});

export const REQUEST_SCHEMA: Readonly<Record<Signal, MessageSchema>> = {
  traces: request('Spans', 'spans', span),
  logs: request('Logs', 'logRecords', logRecord),
  metrics: request('Metrics', 'metrics', metric),
};
