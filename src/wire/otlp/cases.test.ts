import { describe, expect, test } from 'vitest';
import { DecodeError } from '#base';
import { ArenaWriter, attributeKey, Batch, KeyDictionary, type Signal, SpanChunk, UNKNOWN_KEY } from '#pdata';
import { decodeReference, encodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlp, decodeOtlpJson } from './decode.ts';
import { decodeTraces } from './decode-traces.ts';
import { encodeOtlp } from './encode.ts';
import {
  decodeExportResponse,
  decodeRetryInfo,
  decodeRpcStatus,
  encodeExportResponse,
  encodeRetryInfo,
  encodeRpcStatus,
  exportResponseJson,
} from './responses.ts';

const TRACE_ID = new Uint8Array(16).fill(7);
const SPAN_ID = new Uint8Array(8).fill(8);

function traces(...spans: ReferenceObject[]): Uint8Array {
  return encodeReference('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function json(signal: Signal, value: unknown): ReferenceObject {
  const { chunk } = decodeOtlpJson(signal, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return decodeReference(signal, encodeOtlp(new Batch(signal, [chunk])));
}

function firstSpan(value: unknown): ReferenceObject {
  const request = json('traces', { resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] }) as never as {
    resourceSpans: { scopeSpans: { spans: ReferenceObject[] }[] }[];
  };
  return request.resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
}

describe('rejection of single items', () => {
  test.each([
    {
      name: 'a short trace id',
      span: { traceId: new Uint8Array(8), spanId: SPAN_ID },
      reason: 'trace_id has 8 bytes, must have 16',
    },
    {
      name: 'a long span id',
      span: { traceId: TRACE_ID, spanId: new Uint8Array(16) },
      reason: 'span_id has 16 bytes, must have 8',
    },
    {
      name: 'a short parent id',
      span: { traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: new Uint8Array(3) },
      reason: 'parent_span_id has 3 bytes, must have 8',
    },
    {
      name: 'a link with a short id',
      span: { traceId: TRACE_ID, spanId: SPAN_ID, links: [{ traceId: new Uint8Array(4) }] },
      reason: 'link trace_id has 4 bytes, must have 16',
    },
  ])('$name: the span is rejected and its neighbours are kept', ({ span, reason }) => {
    const good = { traceId: TRACE_ID, spanId: SPAN_ID, name: 'good' };
    const decoded = decodeOtlp('traces', traces(good, span, good));
    expect(decoded.rejectedCount).toBe(1);
    expect(decoded.rejectedReason).toBe(reason);
    expect(decoded.chunk.count).toBe(2);
    const sent = decodeReference('traces', encodeOtlp(new Batch('traces', [decoded.chunk])));
    expect(sent).toEqual(decodeReference('traces', traces(good, good)));
  });

  test('a span without ids is kept, as the Go collector does, with zeros for them', () => {
    const body = traces({ name: 'no ids' }, { traceId: TRACE_ID, spanId: SPAN_ID });
    const { chunk, rejectedCount } = decodeTraces(body);
    expect(rejectedCount).toBe(0);
    const span = chunk.view();
    expect([span.traceId, span.spanId, span.isRoot]).toEqual(['0'.repeat(32), '0'.repeat(16), true]);
    expect(Buffer.from(encodeOtlp(new Batch('traces', [chunk])))).toEqual(Buffer.from(body));
  });

  test('a parent id of zeros makes a root', () => {
    const { chunk } = decodeTraces(traces({ traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: new Uint8Array(8) }));
    expect(chunk.view().isRoot).toBe(true);
  });
});

describe('hostile protobuf', () => {
  test('a span whose attribute values are nested deeper than 32 levels is rejected', () => {
    const nested = (depth: number): ReferenceObject =>
      depth === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(depth - 1)] } };
    const span = (depth: number) =>
      traces({ traceId: TRACE_ID, spanId: SPAN_ID, attributes: [{ key: 'deep', value: nested(depth) }] });
    expect(decodeTraces(span(32)).chunk.count).toBe(1);
    const { chunk, rejectedCount, rejectedReason } = decodeTraces(span(33));
    expect([chunk.count, rejectedCount]).toEqual([0, 1]);
    expect(rejectedReason).toContain('nested deeper than 32 levels');
  });

  test('200,000 levels of nesting neither overflow the stack nor take long', () => {
    const levels = 200_000;
    const writer = new ArenaWriter();
    const marks = [1, 2, 2, 5].map((field) => writer.begin(field));
    for (let level = 0; level < levels; level++) {
      // array_value { values { … } }, with lengths padded to five bytes each.
      for (const [tag, length] of [
        [0x2a, 12 * (levels - level) - 6],
        [0x0a, 12 * (levels - level) - 12],
      ] as const) {
        writer.raw(Uint8Array.of(tag, ...[0, 7, 14, 21].map((shift) => ((length >>> shift) & 0x7f) | 0x80), 0));
      }
    }
    for (const mark of marks.reverse()) writer.end(mark);
    expect(decodeOtlp('logs', writer.finish())).toMatchObject({
      rejectedCount: 1,
      rejectedReason: expect.stringContaining('nested deeper than 32 levels'),
    });
  });

  test.each([
    { name: 'a length past the end', bytes: [0x0a, 0x7f, 0x00] },
    { name: 'a length of 4 GiB', bytes: [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f] },
    { name: 'a length of 2^63', bytes: [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f] },
    { name: 'an endless varint', bytes: Array(20).fill(0xff) },
    { name: 'a group', bytes: [0x0b, 0x0c] },
    { name: 'field number 0', bytes: [0x02, 0x00] },
    { name: 'a known field of another wire type', bytes: [0x08, 0x01] },
  ])('$name is a DecodeError', ({ bytes }) => {
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      expect(() => decodeOtlp(signal, Uint8Array.from(bytes))).toThrow(DecodeError);
    }
  });

  test('an item that ends in the midst of a field is refused, wherever that is', () => {
    const lists = {
      traces: [0x0a, 0x12, 0x09, 0x01, 0x0a, 0x12, 0x2a, 0x32, 0x4a, 0x39],
      logs: [0x10, 0x1a, 0x2a, 0x32, 0x09, 0x4a],
    };
    for (const [signal, tags] of Object.entries(lists)) {
      for (const tag of tags) {
        for (const item of [[tag], [tag, 0x05], [tag, 0x80]]) {
          if (tag === 0x10 && item[1] === 5) continue;
          const body = [0x0a, item.length + 4, 0x12, item.length + 2, 0x12, item.length, ...item];
          expect(() => decodeOtlp(signal as Signal, Uint8Array.from(body)), `${signal} ${item}`).toThrow(DecodeError);
        }
      }
    }
  });

  test('the dictionary of attribute keys stays bounded under 100,000 distinct keys', () => {
    const dictionary = new KeyDictionary(1000);
    const encoder = new TextEncoder();
    let known = 0;
    for (let i = 0; i < 100_000; i++) {
      const key = encoder.encode(`key-${i}`);
      if (dictionary.intern(key, 0, key.length) !== UNKNOWN_KEY) known++;
    }
    expect(known).toBe(1000);
    expect(dictionary.size).toBe(1000);
    const first = encoder.encode('key-0');
    expect(dictionary.intern(first, 0, first.length)).toBe(0);
  });

  test("attributes whose keys don't fit the dictionary are still found", () => {
    const attributes = Array.from({ length: 40_000 }, (_, i) => ({ key: `flood-${i}`, value: { intValue: i } }));
    const { chunk } = decodeTraces(traces({ traceId: TRACE_ID, spanId: SPAN_ID, attributes }));
    const cursor = chunk.rowAttributes.of(0);
    expect(cursor.get(attributeKey('flood-39999'))).toBe(39_999);
    expect(cursor.get(attributeKey('flood-0'))).toBe(0);
    expect(cursor.delete(attributeKey('flood-39998'))).toBe(true);
    expect(cursor.count).toBe(39_999);
  });

  test('times up to the end of 64 bits, NaN and invalid UTF-8 survive', () => {
    const body = traces({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      name: 'xx',
      startTimeUnixNano: '18446744073709551615',
      endTimeUnixNano: '7258118400000000000',
      attributes: [{ key: 'nan', value: { doubleValue: Number.NaN } }],
    });
    const at = Buffer.from(body).indexOf('xx');
    body[at] = 0xff;
    const { chunk } = decodeTraces(body);
    const span = chunk.view();
    expect(span.startNs).toBe(18446744073709551615n);
    expect(span.endNs).toBe(7258118400000000000n);
    expect(span.name).toBe('\ufffdx');
    expect(span.attributes.get(attributeKey('nan'))).toBeNaN();
  });
});

describe('OTLP/JSON leniency', () => {
  const ids = { traceId: '5B8EFFF798038103D269B633813FC60C', spanId: 'eee19b7ec3c1b174' };

  test('ids are hex of either case', () => {
    expect(Buffer.from(firstSpan(ids).traceId as Uint8Array).toString('hex')).toBe('5b8efff798038103d269b633813fc60c');
  });

  test.each([
    {
      name: 'snake_case keys',
      span: { trace_id: ids.traceId, span_id: ids.spanId, start_time_unix_nano: '5' },
      want: { startTimeUnixNano: '5' },
    },
    {
      name: 'an enum by name',
      span: { ...ids, kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } },
      want: { kind: 3, status: { code: 2 } },
    },
    { name: 'an enum by number', span: { ...ids, kind: 2 }, want: { kind: 2 } },
    {
      name: '64-bit numbers keep all digits',
      span: '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":1790000000000000001}',
      want: { startTimeUnixNano: '1790000000000000001' },
    },
    {
      name: 'numbers as strings',
      span: {
        ...ids,
        attributes: [
          { key: 'd', value: { doubleValue: '1.5' } },
          { key: 'i', value: { intValue: '-9223372036854775808' } },
        ],
      },
      want: {
        attributes: [
          { key: 'd', value: { doubleValue: 1.5 } },
          { key: 'i', value: { intValue: '-9223372036854775808' } },
        ],
      },
    },
    {
      name: 'unknown keys of any shape are skipped',
      span: { ...ids, name: 'n', future: { deep: [1, { x: null }, 'y', true] } },
      want: { name: 'n' },
    },
    {
      name: 'null counts as absent',
      span: { ...ids, name: null, attributes: null, status: null, kind: null },
      want: {},
    },
    {
      name: 'escapes and other alphabets',
      span: { ...ids, name: 'a"\\/\n\u00e9\u{1f600}' },
      want: { name: 'a"\\/\n\u00e9\u{1f600}' },
    },
    {
      name: 'bytes are base64',
      span: { ...ids, attributes: [{ key: 'b', value: { bytesValue: 'AQID' } }] },
      want: { attributes: [{ key: 'b', value: { bytesValue: Uint8Array.of(1, 2, 3) } }] },
    },
  ])('$name', ({ span, want }) => {
    const {
      traceId: _t,
      spanId: _s,
      ...rest
    } = firstSpan(
      typeof span === 'string'
        ? JSON.parse(span, (_key, value: unknown, context?: { source?: string }) =>
            typeof value === 'number' && !Number.isSafeInteger(value) ? rawNumber(context?.source) : value,
          )
        : span,
    );
    expect(rest).toEqual(want);
  });

  test.each([
    { name: 'cut off', text: '{"resourceSpans":[{' },
    { name: 'no object', text: '[]' },
    { name: 'text behind the end', text: '{} x' },
    { name: 'ids that are not hex', text: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}' },
    {
      name: 'a fraction where a whole number belongs',
      text: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1.5}]}]}]}',
    },
    {
      name: 'a number out of range',
      text: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":-1}]}]}]}',
    },
    { name: 'an array bomb', text: '['.repeat(100_000) },
    { name: 'an object bomb', text: '{"a":'.repeat(100_000) },
    {
      name: 'a bomb of nested values',
      text: `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${'{"arrayValue":{"values":['.repeat(50_000)}`,
    },
    { name: 'an empty body', text: '' },
  ])('$name is a DecodeError', ({ text }) => {
    expect(() => decodeOtlpJson('traces', Buffer.from(text))).toThrow(DecodeError);
  });

  test('logs and metrics: severity and temporality by name', () => {
    expect(
      JSON.stringify(
        json('logs', {
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 'SEVERITY_NUMBER_WARN2' }] }] }],
        }),
      ),
    ).toContain('"severityNumber":14');
    const metrics = json('metrics', {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'm',
                  sum: {
                    aggregationTemporality: 'AGGREGATION_TEMPORALITY_DELTA',
                    isMonotonic: true,
                    dataPoints: [{ asInt: '3' }],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(metrics)).toContain('"aggregationTemporality":1,"isMonotonic":true');
  });
});

/** A JSON number that JSON.stringify writes with all its digits. */
function rawNumber(source: string | undefined): unknown {
  return (JSON as never as { rawJSON(text: string): unknown }).rawJSON(source ?? '0');
}

describe('answers', () => {
  test('partial success', () => {
    expect(encodeExportResponse(0, '')).toHaveLength(0);
    expect(decodeExportResponse(encodeExportResponse(3, 'three too many'))).toEqual({
      rejectedCount: 3,
      message: 'three too many',
    });
    expect(exportResponseJson('logs', 2, 'why')).toBe(
      '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"why"}}',
    );
    expect(decodeExportResponse(Uint8Array.of(0x0a, 0xff))).toEqual({ rejectedCount: 0, message: '' });
  });

  test('rpc.Status with RetryInfo', () => {
    const bytes = encodeRpcStatus(14, 'busy', [encodeRetryInfo(1500)]);
    const status = decodeRpcStatus(bytes)!;
    expect([status.code, status.message, decodeRetryInfo(status.details[0]!)]).toEqual([14, 'busy', 1500]);
    expect(decodeRpcStatus(Buffer.from('<html>'))).toBeUndefined();
  });
});

test('the view reads a span as one would say it', () => {
  const { chunk } = decodeTraces(
    traces({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      name: 'GET /',
      kind: 2,
      startTimeUnixNano: '1000',
      endTimeUnixNano: '4294968296',
      status: { code: 2 },
      attributes: [{ key: 'http.route', value: { stringValue: '/' } }],
    }),
  );
  expect(chunk).toBeInstanceOf(SpanChunk);
  const span = chunk.view();
  expect([
    span.name,
    span.kind,
    span.isError,
    span.durationNs,
    span.attributes.getText(attributeKey('http.route')),
  ]).toEqual(['GET /', 2, true, 4294967296, '/']);
});

test('parts of a split can be changed apart, though they share a resource', () => {
  const service = attributeKey('service.name');
  const spans = [
    { traceId: TRACE_ID, spanId: SPAN_ID },
    { traceId: TRACE_ID, spanId: new Uint8Array(8).fill(9) },
  ];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'before' } }] };
  const { chunk } = decodeTraces(encodeReference('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
  expect(chunk.resourceAttributes.of(0).getText(service)).toBe('before');
  const [first, second] = [chunk.select(Uint32Array.of(0)), chunk.select(Uint32Array.of(1))];
  first.resourceAttributes.of(0).set(service, 'first');
  second.resourceAttributes.of(0).set(service, 'the second one');
  const names = [first, second, chunk].map((part) => {
    const sent = decodeOtlp('traces', encodeOtlp(new Batch('traces', [part])).slice());
    return sent.chunk.resourceAttributes.of(0).getText(service);
  });
  expect(names).toEqual(['first', 'the second one', 'before']);
});
