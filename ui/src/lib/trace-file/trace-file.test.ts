import { describe, expect, test } from 'vitest';
import { readTraceFile, spanOfFile } from './trace-file.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const span = (id: string, parent: string, start: number, more: object = {}) => ({
  traceId: TRACE,
  spanId: id.padStart(16, '0'),
  parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
  name: id,
  startTimeUnixNano: String(1_760_000_000_000_000_000n + BigInt(start)),
  endTimeUnixNano: String(1_760_000_000_000_000_000n + BigInt(start) + 50n),
  ...more,
});
const otlp = (spans: readonly object[], service = 'shop') => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: 'lib', version: '2' }, spans }],
    },
  ],
});
const read = (document: unknown) =>
  readTraceFile('f.json', typeof document === 'string' ? document : JSON.stringify(document));
const names = ({ trace }: ReturnType<typeof read>): string[] => trace.spans.name.map((index) => trace.names[index]!);

describe('a file', () => {
  const spans = [
    span('b', 'a', 20, { kind: 3, status: { code: 2, message: 'no' } }),
    span('a', '', 10),
    span('c', 'b', 30),
  ];

  test.each([
    ['OTLP/JSON', otlp(spans)],
    ['an answer of Jaeger', { result: otlp(spans) }],
    ['an answer of Tempo', { trace: otlp(spans) }],
    ['batches', { batches: otlp(spans).resourceSpans }],
    ['lines', spans.map((one) => JSON.stringify(otlp([one]))).join('\n')],
  ])('of %s is a trace with its tree', (_, document) => {
    const file = read(document);
    expect(names(file)).toEqual(['a', 'b', 'c']);
    expect(file.trace).toMatchObject({
      traceId: TRACE,
      startNs: '1760000000000000010',
      durationNs: 70,
      services: ['shop'],
      totalSpanCount: 3,
      truncated: false,
      spans: { parent: [-1, 0, 1], startNs: [0, 10, 20], durationNs: [50, 50, 50], kind: [0, 3, 0], status: [0, 2, 0] },
    });
    expect(spanOfFile(file.spans[1]!)).toMatchObject({
      parentSpanId: '000000000000000a',
      kind: 'client',
      status: 'error',
      statusMessage: 'no',
      resource: { 'service.name': 'shop' },
      scope: { name: 'lib', version: '2' },
    });
    expect(file.notes).toEqual([]);
  });

  test("of Jaeger's own JSON is one, too", () => {
    const file = read({
      data: [
        {
          processes: { p1: { serviceName: 'orders', tags: [{ key: 'host', value: 'h' }] } },
          spans: [
            {
              traceID: 'abc',
              spanID: '1',
              operationName: 'GET /',
              processID: 'p1',
              startTime: 1_760_000_000_000_000,
              duration: 1500,
              tags: [
                { key: 'span.kind', value: 'server' },
                { key: 'error', value: true },
              ],
              logs: [{ timestamp: 1_760_000_000_000_100, fields: [{ key: 'event', value: 'exception' }] }],
            },
          ],
        },
      ],
    });
    expect(file.trace).toMatchObject({ traceId: 'abc'.padStart(32, '0'), durationNs: 1_500_000, services: ['orders'] });
    expect(file.trace.events).toMatchObject({ row: [0], timeNs: [100_000], names: ['exception'] });
    expect(file.trace.spans).toMatchObject({ kind: [2], status: [2] });
  });

  test('with circles, copies, lost parents and further traces says what was mended', () => {
    const file = read(
      otlp([
        span('a', 'b', 10),
        span('b', 'a', 20),
        span('b', 'a', 20),
        span('d', 'd', 30),
        span('e', 'ff', 40),
        { ...span('f', '', 50), traceId: 'f'.repeat(32) },
      ]),
    );
    expect(names(file)).toEqual(['a', 'b', 'd', 'e']);
    expect(file.trace.spans.parent).toEqual([-2, 0, -2, -2]);
    expect(file.notes).toEqual([
      'the file has 2 traces: this is the one with the most spans',
      '1 copies of spans are left out',
      '2 spans are their own ancestors: such a circle is opened at its earliest span',
    ]);
  });

  test('with a chain of many spans is read without running out of stack', () => {
    const chain = Array.from({ length: 120_000 }, (_, i) =>
      span(i.toString(16), i === 0 ? '' : (i - 1).toString(16), i),
    );
    const { trace } = read(otlp(chain.map((one, i) => (i === 0 ? { ...one, spanId: 'f'.repeat(16) } : one))));
    expect(trace).toMatchObject({ truncated: true, totalSpanCount: 120_000 });
    expect(trace.spans.startNs).toHaveLength(100_000);
  });

  test('with markup in its texts keeps them as texts', () => {
    const file = read(otlp([span('a', '', 0, { name: '<script>alert(1)</script>' })], '<img src=x>'));
    expect(names(file)).toEqual(['<script>alert(1)</script>']);
    expect(file.trace.services).toEqual(['<img src=x>']);
  });
});

test.each([
  ['', 'the file is empty'],
  ['{', 'the file is no JSON'],
  ['[]', 'the file is no object'],
  ['{}', 'the file has no spans'],
  ['{"a":1}\n{', 'line 2 of the file is no JSON'],
  [JSON.stringify(otlp([{ ...span('a', '', 0), spanId: 'zz' }])), 'spans[0].spanId is no id of 8 bytes: "zz"'],
  [JSON.stringify(otlp([{ ...span('a', '', 0), startTimeUnixNano: 'x' }])), 'startTimeUnixNano is no time: "x"'],
])('%#: a file that is no trace is refused, with the place', (text, message) => {
  expect(() => read(text)).toThrow(message);
});
