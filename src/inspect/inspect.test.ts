import { describe, expect, test } from 'vitest';
import { attributeKey, Batch, type Signal, type SpanChunk } from '#pdata';
import { decodeOtlpJson } from '#wire';
import {
  changesBetween,
  fieldsOfItem,
  type Item,
  itemsOf,
  itemTitle,
  markedFields,
  masked,
  printField,
  shownAsIn,
} from './index.ts';

function batchOf(signal: Signal, envelope: unknown): Batch {
  return new Batch(signal, [decodeOtlpJson(signal, Buffer.from(JSON.stringify(envelope))).chunk]);
}

const RESOURCE = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
const URL_KEY = { key: 'url.full', value: { stringValue: 'https://x/?token=1' } };
const SPAN = {
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: '1000',
  endTimeUnixNano: '3000',
  status: { code: 2, message: 'no' },
  attributes: [
    URL_KEY,
    { key: 'n', value: { intValue: '5' } },
    { key: '__proto__', value: { boolValue: true } },
    { key: 'big', value: { intValue: '9007199254740993' } },
    { key: 'list', value: { arrayValue: { values: [{ doubleValue: 1.5 }, {}] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { bytesValue: 'AQI=' } }] } } },
  ],
  events: [
    { name: 'exception', timeUnixNano: '2000', attributes: [{ key: 'exception.type', value: { stringValue: 'E' } }] },
  ],
};
const traces = (): Batch =>
  batchOf('traces', {
    resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans: [SPAN] }] }],
  });

describe('an item as people read it', () => {
  test('a span: attributes as maps, words for kind and code, nothing that is empty', () => {
    const [item] = itemsOf(traces());
    expect(JSON.parse(JSON.stringify(item))).toEqual({
      signal: 'traces',
      fields: {
        resource: { attributes: { 'service.name': 'shop' } },
        scope: { name: 'lib', version: '1' },
        trace_id: SPAN.traceId,
        span_id: SPAN.spanId,
        name: 'GET /',
        kind: 'server',
        start_time_unix_nano: '1000',
        end_time_unix_nano: '3000',
        status: { code: 'error', message: 'no' },
        attributes: JSON.parse(
          '{"url.full":"https://x/?token=1","n":5,"__proto__":true,"big":"9007199254740993","list":[1.5,null],"map":{"a":"base64:AQI="}}',
        ),
        events: [{ name: 'exception', time_unix_nano: '2000', attributes: { 'exception.type': 'E' } }],
      },
    });
    expect(itemTitle(item!)).toBe(
      'span "GET /" error of shop url.full="https://x/?token=1" n=5 __proto__=true big="9007199254740993" …',
    );
  });

  test('a log record, with a body that is a map', () => {
    const body = { kvlistValue: { values: [{ key: 'msg', value: { stringValue: 'hi' } }] } };
    const record = { timeUnixNano: '7', severityNumber: 9, severityText: 'INFO', body, traceId: '', flags: 0 };
    const [item] = itemsOf(batchOf('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }));
    expect(item!.fields).toEqual({
      time_unix_nano: '7',
      severity_number: 9,
      severity_text: 'INFO',
      body: { msg: 'hi' },
    });
    expect(itemTitle(item!)).toBe('log INFO {"msg":"hi"}');
  });

  test('points, each with its metric', () => {
    const sum = {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ asInt: '3' }, { asDouble: 1.5, timeUnixNano: '9' }],
    };
    const histogram = {
      aggregationTemporality: 1,
      dataPoints: [{ count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [5] }],
    };
    const metrics = [
      { name: 'requests', unit: '1', sum },
      { name: 'latency', histogram },
    ];
    const items = itemsOf(batchOf('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }));
    expect(items.map(({ fields }) => fields)).toEqual([
      {
        metric: { name: 'requests', unit: '1', type: 'sum', aggregation_temporality: 'cumulative', is_monotonic: true },
        value: 3,
      },
      {
        metric: { name: 'requests', unit: '1', type: 'sum', aggregation_temporality: 'cumulative', is_monotonic: true },
        time_unix_nano: '9',
        value: 1.5,
      },
      {
        metric: { name: 'latency', type: 'histogram', aggregation_temporality: 'delta' },
        count: 3,
        sum: 6,
        bucket_counts: [1, 2],
        explicit_bounds: [5],
      },
    ]);
    expect(items.map(itemTitle)).toEqual(['point "requests" 3', 'point "requests" 1.5', 'point "latency" count 3']);
  });

  test('only the selected rows, with what was changed', () => {
    const spans = [SPAN, { ...SPAN, spanId: '1111111111111111', name: 'other' }];
    const batch = batchOf('traces', { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ spans }] }] });
    const chunk = batch.chunks[0] as SpanChunk;
    const view = chunk.view();
    view.row = 1;
    view.name = 'renamed';
    chunk.rowAttributes.of(1).set(attributeKey('team'), 'a');
    const [item, ...others] = itemsOf(new Batch('traces', [chunk.select(Uint32Array.of(1))]));
    expect(others).toEqual([]);
    expect(item!.fields).toMatchObject({ name: 'renamed', attributes: { team: 'a' } });
  });
});

describe('what changed', () => {
  function pair(): readonly [Item, Item] {
    const batch = traces();
    const before = itemsOf(batch)[0]!;
    const chunk = batch.chunks[0] as SpanChunk;
    const attributes = chunk.rowAttributes.of(0);
    attributes.set(attributeKey('url.full'), 'https://x/?token=***');
    attributes.delete(attributeKey('n'));
    attributes.set(attributeKey('team'), 'a');
    return [before, itemsOf(batch)[0]!];
  }

  test('fields have the paths of OTTL', () => {
    expect(fieldsOfItem(pair()[0]).map(({ path }) => path)).toEqual([
      'resource.attributes["service.name"]',
      ...['scope.name', 'scope.version', 'trace_id', 'span_id', 'name', 'kind'],
      ...['start_time_unix_nano', 'end_time_unix_nano'],
      ...['status.code', 'status.message'],
      ...['url.full', 'n', '__proto__', 'big', 'list', 'map'].map((key) => `attributes["${key}"]`),
      ...['events[0].name', 'events[0].time_unix_nano', 'events[0].attributes["exception.type"]'],
    ]);
  });

  test('changed, removed and added', () => {
    const [before, after] = pair();
    expect(changesBetween(before, after)).toEqual([
      { path: 'attributes["url.full"]', kind: 'changed', before: 'https://x/?token=1', after: 'https://x/?token=***' },
      { path: 'attributes["n"]', kind: 'removed', before: 5 },
      { path: 'attributes["team"]', kind: 'added', after: 'a' },
    ]);
    expect(changesBetween(before, before)).toEqual([]);
  });

  test('what is not in the end is masked, in both', () => {
    const [before, after] = pair();
    const shown = masked(markedFields(before, after), shownAsIn([after]));
    expect(shown.filter(({ change }) => change !== undefined).map(printField)).toEqual([
      '~ attributes["url.full"]: ●●● → "https://x/?token=***"',
      '- attributes["n"]: ●●●',
      '+ attributes["team"]: "a"',
    ]);
    expect(shown.find(({ path }) => path === 'name')).toEqual({ path: 'name', value: 'GET /' });
    expect(JSON.stringify(shown)).not.toContain('token=1');
  });

  test('of an item whose end nobody saw only what is harmless is shown', () => {
    const [before] = pair();
    const shown = masked(fieldsOfItem(before), shownAsIn([]));
    expect(shown.filter(({ masked: how }) => how === undefined).map(({ path }) => path)).toEqual([
      'resource.attributes["service.name"]',
      ...['scope.name', 'scope.version', 'trace_id', 'span_id', 'kind', 'start_time_unix_nano', 'end_time_unix_nano'],
      ...['status.code', 'events[0].time_unix_nano'],
    ]);
  });
});
