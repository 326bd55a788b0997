import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { Batch, type Signal } from '#pdata';
import { decodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlpJson } from './decode.ts';
import { encodeOtlp } from './encode.ts';

/**
 * What otelcol 0.159.0 answers to OTLP/JSON at the edge of what JSON is, taken from the program itself, and what we do with it. `otelcol`
 * is its HTTP status; a row with `ours` is a difference on purpose, and says why.
 */
interface Row {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly otelcol: 200 | 400 | 500;
  readonly ours?: { readonly status: 200 | 400; readonly why: string };
  /** What arrives, where it is worth looking at. */
  readonly want?: unknown;
}

const IDS = '"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"';
const NULL_WHY = 'the JSON mapping of protobuf has null for every field as absent';
const BEHIND_WHY = 'what stands behind the request would be lost with an OK';
const NOTHING_WHY = 'an OK for a body of which nothing was understood would lose it without a word';
const BUG_WHY = 'otelcol means 400, and fails to write that answer';

const spansOf = (text: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${text}]}]}]}`;
const spanWith = (fields: string): string => spansOf(`{${IDS},${fields}}`);
const attributeOf = (value: string): string => spanWith(`"attributes":[{"key":"a","value":${value}}]`);
const gaugeOf = (value: string): string =>
  `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asDouble":${value}}]}}]}]}]}`;

function decoded(signal: Signal, body: string | Uint8Array): ReferenceObject | 'refused' {
  try {
    const { chunk } = decodeOtlpJson(signal, typeof body === 'string' ? Buffer.from(body) : body);
    return decodeReference(signal, encodeOtlp(new Batch(signal, [chunk])));
  } catch (error) {
    if (error instanceof DecodeError) return 'refused';
    throw error;
  }
}

/** The spans of a decoded request, without ids. */
function spansIn(request: ReferenceObject | 'refused'): unknown {
  if (request === 'refused') return request;
  const { resourceSpans = [] } = request as { resourceSpans?: { scopeSpans?: { spans?: ReferenceObject[] }[] }[] };
  return resourceSpans.flatMap(({ scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) => spans.map(({ traceId: _t, spanId: _s, ...rest }) => rest)),
  );
}

function check({ body, otelcol, ours, want }: Row, signal: Signal, seen: (r: ReferenceObject | 'refused') => unknown) {
  const result = decoded(signal, body);
  expect(result === 'refused' ? 400 : 200).toBe(ours?.status ?? otelcol);
  if (want !== undefined) expect(seen(result)).toEqual(want);
}

describe('whole requests', () => {
  test.each<Row>([
    { name: 'null', body: 'null', otelcol: 200, want: [] },
    { name: 'a list', body: '[]', otelcol: 400 },
    { name: 'an empty string', body: '""', otelcol: 400 },
    { name: 'a string', body: '"x"', otelcol: 400 },
    { name: 'a number', body: '1', otelcol: 400 },
    { name: 'a negative number', body: '-1.5e3', otelcol: 400 },
    { name: 'true', body: 'true', otelcol: 400 },
    { name: 'false', body: 'false', otelcol: 400 },
    { name: 'an empty object', body: '{}', otelcol: 200, want: [] },
    { name: 'nothing', body: '', otelcol: 400 },
    { name: 'white space', body: ' \n\t\r ', otelcol: 400 },
    { name: 'white space around', body: ' \n{} \n ', otelcol: 200, want: [] },
    { name: 'text behind', body: '{}x', otelcol: 200, ours: { status: 400, why: BEHIND_WHY } },
    {
      name: 'a second object behind',
      body: `${spansOf('{}')}${spansOf('{"name":"lost"}')}`,
      otelcol: 200,
      ours: { status: 400, why: BEHIND_WHY },
    },
    { name: 'a bracket behind', body: '{}]', otelcol: 200, ours: { status: 400, why: BEHIND_WHY } },
    { name: 'a byte of zero behind', body: '{}\0', otelcol: 200, ours: { status: 400, why: BEHIND_WHY } },
    {
      name: 'a byte order mark',
      body: '\uFEFF{}',
      otelcol: 500,
      ours: { status: 400, why: BUG_WHY },
    },
    { name: 'UTF-16', body: Buffer.from('{}', 'utf16le'), otelcol: 400 },
    { name: 'cut off in a list', body: '{"resourceSpans":[', otelcol: 400 },
    { name: 'cut off in an object', body: '{', otelcol: 400 },
    { name: 'a key without a value', body: '{"a"}', otelcol: 400 },
    { name: 'single quotes', body: "{'a':1}", otelcol: 400 },
    { name: 'a comma at the end of an object', body: '{"a":1,}', otelcol: 400 },
    { name: 'a comma at the end of a list', body: '{"resourceSpans":[{},]}', otelcol: 400 },
    { name: 'a comment', body: '{/*x*/}', otelcol: 400 },
    { name: 'a number as key', body: '{1:2}', otelcol: 400 },
    { name: 'unknown keys', body: '{"x":{"a":[1,{"b":null}]},"resourceSpans":[]}', otelcol: 200, want: [] },
    { name: 'NaN under an unknown key', body: '{"x":NaN}', otelcol: 400 },
    { name: 'a broken word under an unknown key', body: '{"x":tru}', otelcol: 400 },
    {
      name: 'keys in another case',
      body: '{"ResourceSpans":[{}]}',
      otelcol: 200,
      ours: { status: 400, why: NOTHING_WHY },
    },
    { name: 'keys of something else', body: '{"a":1}', otelcol: 200, ours: { status: 400, why: NOTHING_WHY } },
    {
      name: 'logs',
      body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}',
      otelcol: 200,
      ours: { status: 400, why: NOTHING_WHY },
    },
    {
      name: 'spans of an old version of OTLP',
      body: '{"resourceSpans":[{"resource":{},"instrumentationLibrarySpans":[{"spans":[{}]}]}]}',
      otelcol: 200,
      ours: { status: 400, why: NOTHING_WHY },
    },
    { name: 'nesting without end', body: `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, otelcol: 400 },
  ])('$name', (row) => check(row, 'traces', spansIn));
});

describe('messages and lists', () => {
  test.each<Row>([
    { name: 'null for a list', body: '{"resourceSpans":null}', otelcol: 200, want: [] },
    { name: 'an object for a list', body: '{"resourceSpans":{}}', otelcol: 400 },
    { name: 'a string for a list', body: '{"resourceSpans":""}', otelcol: 400 },
    { name: 'a number for a list', body: '{"resourceSpans":1}', otelcol: 400 },
    { name: 'true for a list', body: '{"resourceSpans":true}', otelcol: 400 },
    { name: 'null in a list', body: '{"resourceSpans":[null]}', otelcol: 200, want: [] },
    { name: 'a number in a list of messages', body: '{"resourceSpans":[1]}', otelcol: 400 },
    { name: 'a string in a list of messages', body: '{"resourceSpans":["x"]}', otelcol: 400 },
    { name: 'a list in a list of messages', body: '{"resourceSpans":[[]]}', otelcol: 400 },
    { name: 'null for a message', body: '{"resourceSpans":[{"resource":null}]}', otelcol: 200, want: [] },
    { name: 'a list for a message', body: '{"resourceSpans":[{"resource":[]}]}', otelcol: 400 },
    { name: 'a number for a message', body: '{"resourceSpans":[{"resource":1}]}', otelcol: 400 },
    { name: 'null for a span', body: spansOf('null'), otelcol: 200, want: [{}] },
    { name: 'a number for a span', body: spansOf('1'), otelcol: 400 },
    { name: 'null for attributes', body: spanWith('"attributes":null'), otelcol: 200, want: [{}] },
    {
      name: 'null for an attribute',
      body: spanWith('"attributes":[null]'),
      otelcol: 200,
      want: [{ attributes: [{}] }],
    },
    { name: 'null for a value', body: attributeOf('null'), otelcol: 200, want: [{ attributes: [{ key: 'a' }] }] },
    { name: 'a string for a value', body: attributeOf('"b"'), otelcol: 400 },
    {
      name: 'a key twice: lists grow',
      body: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}],"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"b"}]}]}]}',
      otelcol: 200,
      want: [{ name: 'a' }, { name: 'b' }],
    },
    {
      name: 'a key twice: the last value counts',
      body: spanWith('"name":"a","name":"b"'),
      otelcol: 200,
      want: [{ name: 'b' }],
    },
    {
      name: 'a key in both spellings: the last value counts',
      body: spanWith('"start_time_unix_nano":"5","startTimeUnixNano":"7"'),
      otelcol: 200,
      want: [{ startTimeUnixNano: '7' }],
    },
  ])('$name', (row) => check(row, 'traces', spansIn));
});

describe('texts, ids and bytes', () => {
  test.each<Row>([
    { name: 'null for a text', body: spanWith('"name":null'), otelcol: 200, want: [{}] },
    { name: 'a number for a text', body: spanWith('"name":1'), otelcol: 400 },
    { name: 'true for a text', body: spanWith('"name":true'), otelcol: 400 },
    { name: 'a control character in a text', body: spanWith('"name":"a\nb"'), otelcol: 400 },
    { name: 'a bad escape', body: spanWith('"name":"a\\xb"'), otelcol: 400 },
    { name: 'half a surrogate pair', body: spanWith('"name":"\\ud800"'), otelcol: 200, want: [{ name: '\uFFFD' }] },
    { name: 'an id that is no hex', body: spansOf('{"traceId":"zz"}'), otelcol: 400 },
    { name: 'an id that is a number', body: spansOf('{"traceId":1}'), otelcol: 400 },
    { name: 'an empty id', body: spansOf('{"traceId":""}'), otelcol: 200, want: [{}] },
    { name: 'null for an id', body: spansOf('{"traceId":null}'), otelcol: 400, ours: { status: 200, why: NULL_WHY } },
    {
      name: 'an id of a wrong size',
      body: spansOf('{"traceId":"01"}'),
      otelcol: 400,
      ours: { status: 200, why: 'that span alone is rejected, by partial success' },
      want: [],
    },
    { name: 'bytes that are no base64', body: attributeOf('{"bytesValue":"*"}'), otelcol: 400 },
    { name: 'bytes that are cut off', body: attributeOf('{"bytesValue":"AAAAA"}'), otelcol: 400 },
    {
      name: 'bytes without padding',
      body: attributeOf('{"bytesValue":"_w"}'),
      otelcol: 400,
      ours: { status: 200, why: 'the JSON mapping of protobuf takes base64 for URLs, with and without padding' },
      want: [{ attributes: [{ key: 'a', value: { bytesValue: Uint8Array.of(0xff) } }] }],
    },
    { name: 'a string for a boolean', body: attributeOf('{"boolValue":"true"}'), otelcol: 400 },
    { name: 'a number for a boolean', body: attributeOf('{"boolValue":1}'), otelcol: 400 },
  ])('$name', (row) => check(row, 'traces', spansIn));
});

describe('whole numbers and enums', () => {
  const time = (value: string): string => spanWith(`"startTimeUnixNano":${value}`);
  const kind = (value: string): string => spanWith(`"kind":${value}`);
  test.each<Row>([
    { name: 'a number', body: time('5'), otelcol: 200, want: [{ startTimeUnixNano: '5' }] },
    {
      name: 'the largest',
      body: time('"18446744073709551615"'),
      otelcol: 200,
      want: [{ startTimeUnixNano: '18446744073709551615' }],
    },
    { name: 'one more', body: time('"18446744073709551616"'), otelcol: 400 },
    { name: 'null', body: time('null'), otelcol: 400, ours: { status: 200, why: NULL_WHY }, want: [{}] },
    { name: 'an empty string', body: time('""'), otelcol: 400 },
    { name: 'a fraction', body: time('1.5'), otelcol: 400 },
    { name: 'a fraction as a string', body: time('"1.5"'), otelcol: 400 },
    { name: 'an exponent', body: time('1e3'), otelcol: 400 },
    { name: 'a negative one', body: time('-1'), otelcol: 500, ours: { status: 400, why: BUG_WHY } },
    { name: 'a negative one as a string', body: time('"-1"'), otelcol: 400 },
    { name: 'text', body: time('"x"'), otelcol: 400 },
    { name: 'true', body: time('true'), otelcol: 400 },
    { name: 'a leading zero', body: time('01'), otelcol: 400 },
    { name: 'a plus', body: time('+1'), otelcol: 400 },
    { name: 'an enum by number', body: kind('3'), otelcol: 200, want: [{ kind: 3 }] },
    { name: 'an enum by name', body: kind('"SPAN_KIND_SERVER"'), otelcol: 200, want: [{ kind: 2 }] },
    { name: 'an enum by an unknown name', body: kind('"X"'), otelcol: 400 },
    { name: 'an unknown number of an enum', body: kind('99'), otelcol: 200, want: [{ kind: 99 }] },
    // -1 in the 32 bits that the reference keeps.
    { name: 'a negative number of an enum', body: kind('-1'), otelcol: 200, want: [{ kind: 0xffff_ffff }] },
    { name: 'a number of an enum that is too large', body: kind('2147483648'), otelcol: 400 },
    { name: 'a fraction for an enum', body: kind('1.5'), otelcol: 400 },
    { name: 'a leading zero for an enum', body: kind('01'), otelcol: 400 },
    { name: 'true for an enum', body: kind('true'), otelcol: 400 },
    { name: 'null for an enum', body: kind('null'), otelcol: 400, ours: { status: 200, why: NULL_WHY }, want: [{}] },
    {
      name: 'an enum number as a string',
      body: kind('"2"'),
      otelcol: 400,
      ours: { status: 200, why: 'some clients write all numbers as strings' },
      want: [{ kind: 2 }],
    },
  ])('$name', (row) => check(row, 'traces', spansIn));
});

describe('floating point', () => {
  const point = (request: ReferenceObject | 'refused'): unknown => {
    const { resourceMetrics } = request as never as {
      resourceMetrics: { scopeMetrics: { metrics: { gauge: { dataPoints: { asDouble?: number }[] } }[] }[] }[];
    };
    return resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.gauge.dataPoints[0]!.asDouble;
  };
  test.each<Row>([
    { name: 'a number', body: gaugeOf('-1.5e3'), otelcol: 200, want: -1500 },
    { name: 'a number as a string', body: gaugeOf('"1.5"'), otelcol: 200, want: 1.5 },
    { name: 'a plus in a string', body: gaugeOf('"+.5"'), otelcol: 200, want: 0.5 },
    { name: 'a plus', body: gaugeOf('+1'), otelcol: 400 },
    { name: 'a point at the start', body: gaugeOf('.5'), otelcol: 400 },
    { name: 'a point at the end', body: gaugeOf('1.'), otelcol: 400 },
    { name: 'NaN', body: gaugeOf('NaN'), otelcol: 400 },
    { name: 'NaN as a string', body: gaugeOf('"NaN"'), otelcol: 200, want: Number.NaN },
    { name: 'NaN in small letters', body: gaugeOf('"nan"'), otelcol: 200, want: Number.NaN },
    { name: 'Infinity', body: gaugeOf('Infinity'), otelcol: 400 },
    { name: 'Infinity as a string', body: gaugeOf('"Infinity"'), otelcol: 200, want: Number.POSITIVE_INFINITY },
    { name: '-Infinity as a string', body: gaugeOf('"-Infinity"'), otelcol: 200, want: Number.NEGATIVE_INFINITY },
    { name: 'inf as a string', body: gaugeOf('"inf"'), otelcol: 200, want: Number.POSITIVE_INFINITY },
    { name: 'too large a number', body: gaugeOf('1e999'), otelcol: 400 },
    { name: 'too large a number as a string', body: gaugeOf('"1e999"'), otelcol: 400 },
    { name: 'an empty string', body: gaugeOf('""'), otelcol: 400 },
    { name: 'text', body: gaugeOf('"x"'), otelcol: 400 },
    { name: 'true', body: gaugeOf('true'), otelcol: 400 },
  ])('$name', (row) => check(row, 'metrics', point));

  test('null among the bounds of a histogram is refused: left out it would move those behind it', () => {
    const body =
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","histogram":{"dataPoints":[{"explicitBounds":[1,null,2]}]}}]}]}]}';
    expect(decoded('metrics', body)).toBe('refused');
  });
});
