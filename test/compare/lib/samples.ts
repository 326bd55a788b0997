import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';

/** Requests that suites share: small, and with something in every field. */

export const s = (stringValue: string): ReferenceObject => ({ stringValue });
export const i = (intValue: number | string): ReferenceObject => ({ intValue: String(intValue) });
export const d = (doubleValue: number): ReferenceObject => ({ doubleValue });
export const b = (boolValue: boolean): ReferenceObject => ({ boolValue });
export const bytes = (hex: string): ReferenceObject => ({ bytesValue: id(hex) });
export const list = (...values: ReferenceObject[]): ReferenceObject => ({ arrayValue: { values } });
export const map = (entries: Readonly<Record<string, ReferenceObject>>): ReferenceObject => ({
  kvlistValue: { values: pairs(entries) },
});

export function id(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Attributes as OTLP lists them. */
export function pairs(entries: Readonly<Record<string, ReferenceObject>>): ReferenceObject[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

const EPOCH_NS = 1_600_000_000_000_000_000n;

/** A time so many milliseconds after one that every sample knows. */
export function atMs(ms: number): string {
  return String(EPOCH_NS + BigInt(Math.round(ms * 1_000_000)));
}

export const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
export const SPAN_ID = '1112131415161718';

const RESOURCE = {
  attributes: pairs({
    'service.name': s('checkout'),
    'service.version': s('1.2.3'),
    'host.cores': i(8),
    'k8s.labels': map({ app: s('shop'), tier: s('web') }),
  }),
  droppedAttributesCount: 1,
};

const SCOPE = {
  name: 'lib.http',
  version: '0.4.0',
  attributes: pairs({ 'scope.kind': s('library') }),
  droppedAttributesCount: 2,
};

export const SPAN_ATTRIBUTES: Readonly<Record<string, ReferenceObject>> = {
  'http.method': s('GET'),
  'http.path': s('/health'),
  'http.url': s('http://localhost/health?token=abc123&user=7&password=hunter2'),
  'http.status_code': i(200),
  'http.ratio': d(0.75),
  'http.cached': b(true),
  blob: bytes('00ff10'),
  tags: list(s('a'), i(2), b(false)),
  nested: map({ inner: s('deep'), count: i(3), more: map({ leaf: d(1.5) }) }),
  number_text: s('42'),
  empty: s(''),
  flags: s('A|B|C'),
  json: s('{"id": 7, "name": "x", "list": [1, 2.5, "three", null, true], "sub": {"k": "v"}}'),
};

/** A trace request with two spans; the first has something in every field. */
export function spansSample(attributes: Readonly<Record<string, ReferenceObject>> = SPAN_ATTRIBUTES): ReferenceObject {
  const first = {
    traceId: id(TRACE_ID),
    spanId: id(SPAN_ID),
    parentSpanId: id('2122232425262728'),
    traceState: 'vendor=one,ot=th:8',
    name: 'GET /health',
    kind: 2,
    startTimeUnixNano: atMs(0),
    endTimeUnixNano: atMs(1500),
    attributes: pairs(attributes),
    droppedAttributesCount: 3,
    events: [
      {
        timeUnixNano: atMs(10),
        name: 'exception',
        attributes: pairs({ 'exception.type': s('IOError'), 'exception.message': s('broken pipe'), n: i(1) }),
        droppedAttributesCount: 1,
      },
      { timeUnixNano: atMs(20), name: 'retry', attributes: pairs({ attempt: i(2) }) },
    ],
    droppedEventsCount: 4,
    links: [
      {
        traceId: id('ffeeddccbbaa99887766554433221100'),
        spanId: id('0807060504030201'),
        traceState: 'linked=1',
        attributes: pairs({ 'link.kind': s('follows') }),
      },
    ],
    droppedLinksCount: 5,
    status: { code: 2, message: 'it broke' },
    flags: 257,
  };
  const second = {
    traceId: id(TRACE_ID),
    spanId: id('3132333435363738'),
    name: 'SELECT users',
    kind: 3,
    startTimeUnixNano: atMs(100),
    endTimeUnixNano: atMs(250),
    attributes: pairs({ 'db.system': s('postgresql'), 'db.rows': i(12) }),
  };
  return {
    resourceSpans: [
      {
        resource: RESOURCE,
        scopeSpans: [{ scope: SCOPE, spans: [first, second], schemaUrl: 'https://opentelemetry.io/schemas/1.24.0' }],
        schemaUrl: 'https://opentelemetry.io/schemas/1.26.0',
      },
    ],
  };
}

export const LOG_ATTRIBUTES: Readonly<Record<string, ReferenceObject>> = {
  'http.method': s('POST'),
  'log.file': s('/var/log/app.log'),
  attempt: i(3),
  ratio: d(0.5),
  ok: b(false),
  nested: map({ inner: s('deep') }),
  tags: list(s('a'), s('b')),
};

/** A logs request with two records: one with a text, one with a map as body. */
export function logsSample(attributes: Readonly<Record<string, ReferenceObject>> = LOG_ATTRIBUTES): ReferenceObject {
  return {
    resourceLogs: [
      {
        resource: RESOURCE,
        scopeLogs: [
          {
            scope: SCOPE,
            logRecords: [
              {
                timeUnixNano: atMs(0),
                observedTimeUnixNano: atMs(5),
                severityNumber: 13,
                severityText: 'WARN',
                body: s('user=7 took 12ms token=abc123'),
                attributes: pairs(attributes),
                droppedAttributesCount: 2,
                flags: 1,
                traceId: id(TRACE_ID),
                spanId: id(SPAN_ID),
                eventName: 'user.login',
              },
              {
                timeUnixNano: atMs(50),
                severityNumber: 9,
                body: map({ message: s('hello'), code: i(500), parts: list(s('x'), i(1)) }),
                attributes: pairs({ 'log.file': s('/var/log/other.log') }),
              },
            ],
            schemaUrl: 'https://opentelemetry.io/schemas/1.24.0',
          },
        ],
      },
    ],
  };
}

/** A metrics request with one metric of each type, two points each where that says more. */
export function metricsSample(): ReferenceObject {
  const times = { startTimeUnixNano: atMs(0), timeUnixNano: atMs(60_000) };
  const exemplar = {
    filteredAttributes: pairs({ user: s('7') }),
    timeUnixNano: atMs(59_000),
    asDouble: 0.25,
    spanId: id(SPAN_ID),
    traceId: id(TRACE_ID),
  };
  const metrics = [
    {
      name: 'http.requests',
      description: 'requests served',
      unit: '1',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [
          { ...times, attributes: pairs({ method: s('GET'), code: i(200) }), asInt: '100', exemplars: [exemplar] },
          { ...times, attributes: pairs({ method: s('POST'), code: i(500) }), asInt: '7' },
        ],
      },
    },
    {
      name: 'memory.used',
      unit: 'By',
      gauge: {
        dataPoints: [
          { timeUnixNano: atMs(60_000), attributes: pairs({ state: s('used') }), asDouble: 1024.5 },
          { timeUnixNano: atMs(60_000), attributes: pairs({ state: s('free') }), asDouble: 0 },
        ],
      },
    },
    {
      name: 'http.duration',
      description: 'how long it took',
      unit: 's',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            ...times,
            attributes: pairs({ method: s('GET') }),
            count: '10',
            sum: 4.5,
            min: 0.1,
            max: 2,
            bucketCounts: ['2', '5', '3'],
            explicitBounds: [0.25, 1],
            exemplars: [exemplar],
          },
        ],
      },
    },
    {
      name: 'queue.wait',
      unit: 'ms',
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            ...times,
            attributes: pairs({ queue: s('mail') }),
            count: '9',
            sum: 33.5,
            scale: 1,
            zeroCount: '1',
            zeroThreshold: 0.001,
            positive: { offset: 2, bucketCounts: ['3', '0', '4'] },
            negative: { offset: 0, bucketCounts: ['1'] },
            min: -1,
            max: 8,
          },
        ],
      },
    },
    {
      name: 'rpc.size',
      summary: {
        dataPoints: [
          {
            ...times,
            attributes: pairs({ rpc: s('Get') }),
            count: '4',
            sum: 40,
            quantileValues: [
              { quantile: 0.5, value: 9 },
              { quantile: 0.99, value: 15 },
            ],
          },
        ],
      },
    },
  ];
  return { resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics }] }] };
}
