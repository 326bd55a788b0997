import { describe, expect, test } from 'vitest';
import { CONTEXTS, type Context } from '../contexts.ts';
import { Place } from '../place.ts';
import { eachItem } from '../run.ts';
import { parseValue } from '../statement.ts';
import { chunkOf, edited, holdsFor, type Json, jsonOfChunk, request, signalOf } from '../testing/edit.ts';
import { Duration, Id, isList, Parts, Time, type Value } from '../values.ts';
import { pathNames } from './resolve.ts';

const ATTRIBUTES = [{ key: 'k', value: { stringValue: 'v' } }];
const TRACE = '0102030405060708090a0b0c0d0e0f10';
const SPAN = '0102030405060708';
const EXEMPLAR = { timeUnixNano: '7', asInt: '5', traceId: TRACE, spanId: SPAN, filteredAttributes: ATTRIBUTES };

const RESOURCE = { attributes: ATTRIBUTES, droppedAttributesCount: 3 };
const SCOPE = { name: 'lib', version: '1.2', attributes: ATTRIBUTES };

const ITEMS: Readonly<Record<Context, Json>> = {
  resource: { body: { stringValue: 'x' } },
  scope: { body: { stringValue: 'x' } },
  span: {
    traceId: TRACE,
    spanId: SPAN,
    parentSpanId: '1112131415161718',
    traceState: 'a=1,b=2',
    name: 'GET',
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000500000000',
    attributes: ATTRIBUTES,
    droppedAttributesCount: 1,
    events: [{ name: 'e' }],
    droppedEventsCount: 2,
    links: [{ traceId: TRACE, spanId: SPAN }],
    droppedLinksCount: 3,
    status: { code: 2, message: 'bad' },
    flags: 1,
  },
  spanevent: {
    traceId: TRACE,
    spanId: SPAN,
    name: 'GET',
    events: [{ name: 'e', timeUnixNano: '9', attributes: ATTRIBUTES, droppedAttributesCount: 4 }],
  },
  metric: {
    name: 'm',
    description: 'd',
    unit: 's',
    metadata: ATTRIBUTES,
    sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ asInt: '1' }, { asInt: '2' }] },
  },
  datapoint: {
    name: 'm',
    sum: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          startTimeUnixNano: '1',
          timeUnixNano: '2',
          asDouble: 1.5,
          flags: 1,
          attributes: ATTRIBUTES,
          exemplars: [EXEMPLAR],
        },
      ],
    },
  },
  exemplar: { name: 'm', gauge: { dataPoints: [{ asInt: '1', exemplars: [EXEMPLAR] }] } },
  log: {
    timeUnixNano: '1700000000000000000',
    observedTimeUnixNano: '1700000000500000000',
    severityNumber: 17,
    severityText: 'ERROR',
    body: {
      kvlistValue: {
        values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } } }],
      },
    },
    attributes: ATTRIBUTES,
    droppedAttributesCount: 1,
    flags: 1,
    traceId: TRACE,
    spanId: SPAN,
    eventName: 'event',
  },
};

function shown(value: Value): Json {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, shown(item)]));
  if (value instanceof Time) return { time: String(value.ns) };
  if (value instanceof Duration) return { duration: String(value.ns) };
  if (value instanceof Id) return { [value.kind]: value.hex };
  if (value instanceof Parts) return { [value.kind]: value.count };
  if (isList(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null && 'value' in value) return { double: value.value };
  return value as Json;
}

function valueAt(context: Context, path: string, item: Json = ITEMS[context]): Json {
  const chunk = chunkOf(signalOf(context), request(signalOf(context), item, RESOURCE, SCOPE));
  const at = new Place();
  at.enter(chunk, { peer: '10.0.0.1:5', metadata: new Map([['x-tenant', ['a', 'b']]]) });
  const { get } = parseValue(context, path);
  let result: Json = 'not visited';
  eachItem(chunk, context, (index, part) => {
    if (context === 'resource') at.atResource(index);
    else if (context === 'scope') at.atScope(index);
    else if (context === 'metric') at.atMetric(index);
    else if (context === 'log') at.atLog(index);
    else if (context === 'span' || context === 'spanevent') at.atSpan(index);
    else at.atPoint(index);
    at.atItem(part);
    result = shown(get(at));
  });
  return result;
}

const VALUES: Readonly<Record<Context, Readonly<Record<string, Json>>>> = {
  resource: { attributes: { k: 'v' }, dropped_attributes_count: 3, schema_url: '' },
  scope: { attributes: { k: 'v' }, dropped_attributes_count: 0, name: 'lib', schema_url: '', version: '1.2' },
  span: {
    attributes: { k: 'v' },
    dropped_attributes_count: 1,
    dropped_events_count: 2,
    dropped_links_count: 3,
    end_time: { time: '1700000000500000000' },
    end_time_unix_nano: '1700000000500000000n',
    events: { events: 1 },
    flags: 1,
    kind: 2,
    'kind.deprecated_string': 'SPAN_KIND_SERVER',
    'kind.string': 'Server',
    links: { links: 1 },
    name: 'GET',
    parent_span_id: { span: '1112131415161718' },
    'parent_span_id.string': '1112131415161718',
    span_id: { span: SPAN },
    'span_id.string': SPAN,
    start_time: { time: '1700000000000000000' },
    start_time_unix_nano: '1700000000000000000n',
    status: { status: -1 },
    'status.code': 2,
    'status.message': 'bad',
    trace_id: { trace: TRACE },
    'trace_id.string': TRACE,
    trace_state: 'a=1,b=2',
  },
  spanevent: {
    attributes: { k: 'v' },
    dropped_attributes_count: 4,
    event_index: 0,
    name: 'e',
    time: { time: '9' },
    time_unix_nano: 9,
  },
  metric: {
    aggregation_temporality: 1,
    data_points: { 'data points': 2 },
    description: 'd',
    is_monotonic: true,
    metadata: { k: 'v' },
    name: 'm',
    type: 2,
    unit: 's',
  },
  datapoint: {
    attributes: { k: 'v' },
    bucket_counts: null,
    count: null,
    exemplars: { exemplars: 1 },
    explicit_bounds: null,
    flags: 1,
    negative: null,
    'negative.bucket_counts': null,
    'negative.offset': null,
    positive: null,
    'positive.bucket_counts': null,
    'positive.offset': null,
    quantile_values: null,
    scale: null,
    start_time: { time: '1' },
    start_time_unix_nano: 1,
    sum: null,
    time: { time: '2' },
    time_unix_nano: 2,
    value_double: 1.5,
    value_int: 0,
    zero_count: null,
  },
  exemplar: {
    double_value: { double: 0 },
    filtered_attributes: { k: 'v' },
    int_value: 5,
    span_id: { span: SPAN },
    'span_id.string': SPAN,
    time: { time: '7' },
    time_unix_nano: 7,
    trace_id: { trace: TRACE },
    'trace_id.string': TRACE,
  },
  log: {
    attributes: { k: 'v' },
    body: { a: [1, 'x'] },
    'body.string': '{"a":[1,"x"]}',
    dropped_attributes_count: 1,
    event_name: 'event',
    flags: 1,
    observed_time: { time: '1700000000500000000' },
    observed_time_unix_nano: '1700000000500000000n',
    severity_number: 17,
    severity_text: 'ERROR',
    span_id: { span: SPAN },
    'span_id.string': SPAN,
    time: { time: '1700000000000000000' },
    time_unix_nano: '1700000000000000000n',
    trace_id: { trace: TRACE },
    'trace_id.string': TRACE,
  },
};

describe('paths are read', () => {
  test('all of them are in this table', () => {
    for (const context of CONTEXTS)
      expect([context, Object.keys(VALUES[context])]).toEqual([context, pathNames(context)]);
  });
  for (const context of CONTEXTS) {
    test.each(Object.entries(VALUES[context]))(`${context}.%s`, (path, expected) => {
      expect(valueAt(context, path)).toEqual(expected);
      expect(valueAt(context, `${context}.${path}`)).toEqual(expected);
    });
  }
  test.each<[Context, string, Json]>([
    ['span', 'trace_state["b"]', '2'],
    ['span', 'trace_state["c"]', ''],
    ['span', 'resource.attributes["k"]', 'v'],
    ['span', 'instrumentation_scope.name', 'lib'],
    ['spanevent', 'span.name', 'GET'],
    ['spanevent', 'span.parent_span_id.string', '0000000000000000'],
    ['datapoint', 'metric.name', 'm'],
    ['exemplar', 'datapoint.value_int', 1],
    ['exemplar', 'metric.type', 1],
    ['log', 'body["a"][1]', 'x'],
    ['log', 'body["b"]', null],
    ['log', 'cache["x"]', null],
    ['metric', 'metadata["k"]', 'v'],
    ['log', 'otelcol.client.addr', '10.0.0.1:5'],
    ['log', 'otelcol.client.metadata["X-Tenant"][1]', 'b'],
    ['log', 'otelcol.grpc.metadata["absent"]', null],
  ])('%s: %s', (context, path, expected) => {
    expect(valueAt(context, path)).toEqual(expected);
  });

  test.each<[string, Json]>([
    ['bucket_counts', [1, 2]],
    ['explicit_bounds', [0.5]],
    ['count', 3],
    ['sum', 4.5],
    ['value_int', null],
  ])('of a histogram point: %s', (path, expected) => {
    const point = { count: '3', sum: 4.5, bucketCounts: ['1', '2'], explicitBounds: [0.5] };
    expect(
      valueAt('datapoint', path, { name: 'm', histogram: { aggregationTemporality: 2, dataPoints: [point] } }),
    ).toEqual(expected);
  });
  test.each<[string, Json]>([
    ['scale', 2],
    ['zero_count', 1],
    ['positive.offset', -1],
    ['positive.bucket_counts', [1, 1]],
    ['negative.offset', 0],
    ['negative', { buckets: -1 }],
  ])('of an exponential point: %s', (path, expected) => {
    const point = { count: '3', scale: 2, zeroCount: '1', positive: { offset: -1, bucketCounts: ['1', '1'] } };
    expect(
      valueAt('datapoint', path, {
        name: 'm',
        exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] },
      }),
    ).toEqual(expected);
  });
});

/** A statement, and what it makes of the item: keys of OTLP/JSON. */
const EDITS: readonly [Context, string, Json][] = [
  ['resource', 'set(attributes["k"], 1)', { attributes: [{ key: 'k', value: { intValue: '1' } }] }],
  ['resource', 'set(dropped_attributes_count, 9)', { droppedAttributesCount: 9 }],
  ['scope', 'set(name, "other")', { name: 'other' }],
  ['scope', 'set(version, "2")', { version: '2' }],
  ['scope', 'set(attributes["k"], true)', { attributes: [{ key: 'k', value: { boolValue: true } }] }],
  ['span', 'set(name, "x")', { name: 'x' }],
  ['span', 'set(kind, 3)', { kind: 3 }],
  ['span', 'set(kind.string, "Consumer")', { kind: 5 }],
  ['span', 'set(kind.deprecated_string, "SPAN_KIND_CLIENT")', { kind: 3 }],
  ['span', 'set(status.code, STATUS_CODE_OK)', { status: { code: 1, message: 'bad' } }],
  ['span', 'set(status.message, "x")', { status: { code: 2, message: 'x' } }],
  [
    'span',
    'set(trace_id, TraceID(0x0f0e0d0c0b0a09080706050403020100))',
    { traceId: '0f0e0d0c0b0a09080706050403020100' },
  ],
  ['span', 'set(span_id.string, "0807060504030201")', { spanId: '0807060504030201' }],
  ['span', 'set(parent_span_id, SpanID("1111111111111111"))', { parentSpanId: '1111111111111111' }],
  ['span', 'set(trace_state, "c=3")', { traceState: 'c=3' }],
  ['span', 'set(trace_state["b"], "9")', { traceState: 'b=9,a=1' }],
  ['span', 'set(start_time_unix_nano, 5)', { startTimeUnixNano: '5' }],
  ['span', 'set(end_time, Unix(1))', { endTimeUnixNano: '1000000000' }],
  ['span', 'set(dropped_attributes_count, 7)', { droppedAttributesCount: 7 }],
  ['span', 'set(dropped_events_count, 7)', { droppedEventsCount: 7 }],
  ['span', 'set(dropped_links_count, 7)', { droppedLinksCount: 7 }],
  ['span', 'set(flags, 257)', { flags: 257 }],
  ['span', 'set(attributes, {"a": 1})', { attributes: [{ key: 'a', value: { intValue: '1' } }] }],
  ['log', 'set(body, "x")', { body: { stringValue: 'x' } }],
  [
    'log',
    'set(body, [1, {"a": 2.0}])',
    {
      body: {
        arrayValue: {
          values: [{ intValue: '1' }, { kvlistValue: { values: [{ key: 'a', value: { doubleValue: 2 } }] } }],
        },
      },
    },
  ],
  [
    'log',
    'set(body["a"][0], nil)',
    {
      body: { kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{}, { stringValue: 'x' }] } } }] } },
    },
  ],
  [
    'log',
    'set(body["b"], 2)',
    {
      body: {
        kvlistValue: {
          values: [
            { key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } } },
            { key: 'b', value: { intValue: '2' } },
          ],
        },
      },
    },
  ],
  ['log', 'set(body.string, "y")', { body: { stringValue: 'y' } }],
  ['log', 'set(severity_number, SEVERITY_NUMBER_WARN)', { severityNumber: 13 }],
  ['log', 'set(severity_text, "warn")', { severityText: 'warn' }],
  ['log', 'set(time, Unix(1))', { timeUnixNano: '1000000000' }],
  ['log', 'set(observed_time_unix_nano, 3)', { observedTimeUnixNano: '3' }],
  ['log', 'set(event_name, "z")', { eventName: 'z' }],
  ['log', 'set(flags, 0)', { flags: null }],
  ['log', 'clear(trace_id)', { traceId: null }],
];

function itemOf(context: Context, body: Json): { [key: string]: Json } {
  type Group = { [key: string]: Group[] & { [key: string]: Json } };
  const [group] = Object.values(body as Group) as Group[][];
  const { resource, scopeLogs, scopeSpans } = group![0] as unknown as Record<string, { [key: string]: unknown }[]>;
  if (context === 'resource') return resource as unknown as { [key: string]: Json };
  const scopes = (scopeLogs ?? scopeSpans)![0] as unknown as {
    scope: { [key: string]: Json };
    logRecords?: never[];
    spans?: never[];
  };
  return context === 'scope' ? scopes.scope : (scopes.logRecords ?? scopes.spans)![0]!;
}

describe('paths are set', () => {
  test.each(EDITS)('%s: %s', (context, statement, change) => {
    const body = request(signalOf(context), ITEMS[context], RESOURCE, SCOPE);
    const before = itemOf(context, jsonOfChunk(chunkOf(signalOf(context), body)));
    const expected = Object.fromEntries(
      Object.entries({ ...before, ...(change as object) }).filter(([, value]) => value !== null),
    );
    expect(itemOf(context, edited(context, statement, body))).toEqual(expected);
  });

  test.each<[string, string, RegExp]>([
    ['span', 'set(flags, -1)', /out of range/],
    ['span', 'set(kind.string, "Unknown")', /unknown span kind/],
    ['span', 'set(trace_id.string, "12")', /must be 32 hex characters/],
    ['span', 'set(trace_id, "x")', /expects trace id but got string/],
    ['log', 'set(otelcol.client.addr, "x")', /can not be changed/],
    ['spanevent', 'set(event_index, 1)', /can not be changed/],
    ['datapoint', 'set(count, 1)', /only histogram/],
  ])('%s: %s fails', (context, statement, message) => {
    const body = request(signalOf(context as Context), ITEMS[context as Context], RESOURCE, SCOPE);
    expect(() => edited(context as Context, statement, body)).toThrow(message);
  });

  test.each<[string, Json, Json]>([
    [
      'set(value_double, 2.0)',
      { gauge: { dataPoints: [{ asInt: '1' }] } },
      { gauge: { dataPoints: [{ asDouble: 2 }] } },
    ],
    [
      'set(flags, FLAG_NO_RECORDED_VALUE)',
      { gauge: { dataPoints: [{ asInt: '1' }] } },
      { gauge: { dataPoints: [{ asInt: '1', flags: 1 }] } },
    ],
    [
      'set(explicit_bounds, [1.0, 2.0])',
      {
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [3, 4] }],
        },
      },
      {
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [1, 2] }],
        },
      },
    ],
    [
      'set(positive.bucket_counts, [4])',
      {
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ count: '4', scale: 1, positive: { offset: 2, bucketCounts: ['3'] } }],
        },
      },
      {
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ count: '4', scale: 1, positive: { offset: 2, bucketCounts: ['4'] } }],
        },
      },
    ],
    [
      'set(metric.name, "n")',
      { gauge: { dataPoints: [{ asInt: '1' }] } },
      { name: 'n', gauge: { dataPoints: [{ asInt: '1' }] } },
    ],
    [
      'set(metric.metadata["a"], 1)',
      { gauge: { dataPoints: [{ asInt: '1' }] } },
      { metadata: [{ key: 'a', value: { intValue: '1' } }], gauge: { dataPoints: [{ asInt: '1' }] } },
    ],
  ])('datapoint: %s', (statement, metric, expected) => {
    const body = request('metrics', { name: 'm', ...(metric as object) } as Json);
    const { resourceMetrics } = edited('datapoint', statement, body) as unknown as {
      resourceMetrics: { scopeMetrics: { metrics: [Json] }[] }[];
    };
    const [found] = resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    expect(normalized(found)).toEqual(normalized({ name: 'm', ...(expected as object) } as Json));
  });
});

/** OTLP/JSON writes 64-bit numbers as texts or numbers. */
function normalized(value: Json): Json {
  return JSON.parse(JSON.stringify(value), (_, each: Json) => (typeof each === 'number' ? String(each) : each)) as Json;
}

describe('comparisons', () => {
  test.each<[string, boolean]>([
    ['1 == 1.0', true],
    ['1 < 1.5', true],
    ['"a" < "b"', true],
    ['"a" < 1', false],
    ['"a" != 1', true],
    ['"1" == 1', false],
    ['true > false', true],
    ['nil == nil', true],
    ['nil <= nil', true],
    ['nil < 1', false],
    ['nil != 1', true],
    ['1 > nil', false],
    ['0x01 < 0x02', true],
    ['0x01 == 0x01', true],
    ['[1, 2] == [1, 2]', true],
    ['[1] == [1.0]', false],
    ['[1] < [2]', false],
    ['{"a": 1} == {"a": 1}', true],
    ['{"a": 1} != {"a": 2}', true],
    ['9007199254740993 > 9007199254740992', true],
    ['attributes["n"] == 5', true],
    ['attributes["n"] != 5', false],
    ['attributes["n"] == "5"', false],
    ['attributes["t"] == "text"', true],
    ['attributes["t"] != "text"', false],
    ['"text" == attributes["t"]', true],
    ['attributes["absent"] != "x"', true],
    ['attributes["absent"] == nil', true],
    ['nil != attributes["t"]', true],
    ['attributes["n"] > 4 and attributes["n"] < 6', true],
    ['5 < attributes["n"] or 5 <= attributes["n"]', true],
    ['severity_number == SEVERITY_NUMBER_INFO', true],
    ['10 > severity_number', true],
    ['body == "the body"', true],
    ['body != "the body"', false],
    ['trace_id == TraceID(0x00000000000000000000000000000000)', true],
    ['time == Unix(0)', true],
    ['Duration("1s") < Duration("1m")', true],
    ['not true', false],
    ['not (false or true) or true', true],
    ['"\ud83d\ude00" > "\uffee"', true],
  ])('%s', (condition, expected) => {
    expect(holdsFor(condition, { n: 5, t: 'text' })).toBe(expected);
  });
});
