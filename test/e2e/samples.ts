import type { ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import { idBytes, nowNs } from '../lib/otlp.ts';

/** Requests that use every field of OTLP, and every kind of value an attribute can have. */

const text = (stringValue: string): ReferenceObject => ({ stringValue });
const attribute = (key: string, value: ReferenceObject): ReferenceObject => ({ key, value });

export const EVERY_VALUE: readonly ReferenceObject[] = [
  attribute('a.text', text('plain')),
  attribute('b.empty', text('')),
  attribute('c.unicode', text('žluťoučký 🐎 "quoted" \\ \n\t\u0001')),
  attribute('d.true', { boolValue: true }),
  attribute('d.false', { boolValue: false }),
  attribute('e.zero', { intValue: '0' }),
  attribute('e.max', { intValue: '9223372036854775807' }),
  attribute('e.min', { intValue: '-9223372036854775808' }),
  attribute('e.beyond-double', { intValue: '9007199254740993' }),
  attribute('f.whole', { doubleValue: 5 }),
  attribute('f.tenth', { doubleValue: 0.1 }),
  attribute('f.tiny', { doubleValue: 5e-324 }),
  attribute('f.nan', { doubleValue: Number.NaN }),
  attribute('f.infinity', { doubleValue: Number.POSITIVE_INFINITY }),
  attribute('f.minus-infinity', { doubleValue: Number.NEGATIVE_INFINITY }),
  attribute('g.bytes', { bytesValue: Uint8Array.from([0, 255, 128, 10]) }),
  attribute('g.no-bytes', { bytesValue: new Uint8Array(0) }),
  attribute('h.none', {}),
  attribute('i.strings', { arrayValue: { values: [text('one'), text('two')] } }),
  attribute('i.empty', { arrayValue: { values: [] } }),
  attribute('i.mixed', {
    arrayValue: {
      values: [
        text('x'),
        { intValue: '-9223372036854775808' },
        { doubleValue: 1 },
        { boolValue: false },
        {},
        { arrayValue: { values: [{ doubleValue: Number.NaN }, { bytesValue: Uint8Array.from([7]) }] } },
        { kvlistValue: { values: [attribute('deep', { arrayValue: { values: [text('down')] } })] } },
      ],
    },
  }),
  attribute('j.map', {
    kvlistValue: {
      values: [
        attribute('$odd', text('dollar')),
        attribute('inner.key', { intValue: '1' }),
        attribute('map', { kvlistValue: { values: [attribute('leaf', { boolValue: true })] } }),
      ],
    },
  }),
  // Keys of which one is the beginning of the other are all kept.
  attribute('k', text('short')),
  attribute('k.k', text('longer')),
  attribute('k.k.k', { intValue: '3' }),
];

/** One resource with one scope of two spans, the second the child of the first. */
export function fullTraces(traceId: string): ReferenceObject {
  const startNs = nowNs() + 123_456_789n;
  const at = (ns: number): string => String(startNs + BigInt(ns));
  const common = { traceId: idBytes(traceId), traceState: 'vendor=1,other=2', flags: 0x101 };
  return {
    resourceSpans: [
      {
        resource: {
          attributes: [
            attribute('deployment.environment.name', text('e2e')),
            attribute('process.pid', { intValue: '4711' }),
            attribute('service.name', text('full')),
          ],
        },
        schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
        scopeSpans: [
          {
            scope: {
              name: 'tracer',
              version: '1.2.3',
              attributes: [attribute('z', text('last first')), attribute('a', { intValue: '1' })],
            },
            schemaUrl: 'https://opentelemetry.io/schemas/1.29.0',
            spans: [
              {
                ...common,
                spanId: idBytes('00000000000000a1'),
                name: 'GET /everything',
                kind: 2,
                startTimeUnixNano: at(0),
                endTimeUnixNano: at(1_000_000_001),
                attributes: EVERY_VALUE,
                droppedAttributesCount: 3,
                droppedEventsCount: 4,
                droppedLinksCount: 5,
                events: [
                  {
                    timeUnixNano: at(5),
                    name: 'exception',
                    attributes: [...EVERY_VALUE].reverse(),
                    droppedAttributesCount: 6,
                  },
                  { timeUnixNano: at(6), name: 'bare' },
                ],
                links: [
                  {
                    traceId: idBytes('ffeeddccbbaa99887766554433221100'),
                    spanId: idBytes('8877665544332211'),
                    traceState: 'linked=yes',
                    attributes: [attribute('why', text('follows'))],
                    droppedAttributesCount: 7,
                    flags: 1,
                  },
                ],
                status: { code: 2, message: 'it broke' },
                futureField: 'from a later version of OTLP',
              },
              {
                ...common,
                spanId: idBytes('00000000000000a2'),
                parentSpanId: idBytes('00000000000000a1'),
                name: 'child',
                kind: 3,
                startTimeUnixNano: at(10),
                endTimeUnixNano: at(20),
                status: {},
              },
            ],
          },
        ],
      },
    ],
  };
}

/** Log records with bodies of every kind, all of one trace. */
export function fullLogs(traceId: string): ReferenceObject {
  const timeNs = nowNs();
  const bodies: ReferenceObject[] = [
    text('plain text, "quoted"'),
    { intValue: '-9223372036854775808' },
    { doubleValue: Number.NaN },
    { boolValue: true },
    { bytesValue: Uint8Array.from([1, 2, 255]) },
    { kvlistValue: { values: [attribute('event', text('order.paid')), attribute('total', { doubleValue: 12.5 })] } },
    { arrayValue: { values: [text('a'), { intValue: '1' }] } },
  ];
  const logRecords = bodies.map((body, i) => ({
    timeUnixNano: String(timeNs + BigInt(i)),
    observedTimeUnixNano: String(timeNs + 1_000_000n + BigInt(i)),
    severityNumber: [1, 5, 9, 13, 17, 21, 24][i]!,
    severityText: i === 0 ? 'Spur' : '',
    body,
    attributes: EVERY_VALUE,
    droppedAttributesCount: i,
    flags: 1,
    traceId: idBytes(traceId),
    spanId: idBytes('00000000000000a1'),
    eventName: i === 5 ? 'order.paid' : '',
    futureField: 'from a later version of OTLP',
  }));
  return {
    resourceLogs: [
      {
        resource: { attributes: [attribute('service.name', text('full'))] },
        schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
        scopeLogs: [
          {
            scope: { name: 'logger', version: '4', attributes: [attribute('a', { boolValue: true })] },
            schemaUrl: 'https://opentelemetry.io/schemas/1.29.0',
            logRecords,
          },
        ],
      },
    ],
  };
}

/** A metric of every type, both temporalities, with exemplars. `prefix` makes the names their own. */
export function fullMetrics(prefix: string, traceId: string): ReferenceObject {
  const startNs = nowNs() - 60_000_000_000n;
  const base = {
    startTimeUnixNano: String(startNs),
    timeUnixNano: String(startNs + 60_000_000_001n),
    attributes: [attribute('route', text('/pay')), attribute('code', { intValue: '200' })],
  };
  const exemplar = {
    timeUnixNano: String(startNs + 59_000_000_000n),
    traceId: idBytes(traceId),
    spanId: idBytes('00000000000000a1'),
    filteredAttributes: [attribute('user', text('u1'))],
  };
  const metrics = [
    {
      name: `${prefix}.gauge`,
      description: 'a gauge',
      unit: 'Cel',
      gauge: {
        dataPoints: [
          { ...base, asDouble: 21.5 },
          { ...base, timeUnixNano: String(startNs + 60_000_000_002n), asInt: '-9223372036854775808' },
          { ...base, timeUnixNano: String(startNs + 60_000_000_003n), asDouble: Number.NaN },
          { ...base, timeUnixNano: String(startNs + 60_000_000_004n), flags: 1 },
        ],
      },
    },
    {
      name: `${prefix}.sum`,
      description: 'a counter',
      unit: '{request}',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...base, asInt: '9223372036854775807', exemplars: [{ ...exemplar, asInt: '3' }] }],
      },
    },
    {
      name: `${prefix}.delta`,
      unit: 'By',
      sum: { aggregationTemporality: 1, isMonotonic: false, dataPoints: [{ ...base, asDouble: -0.25 }] },
    },
    {
      name: `${prefix}.histogram`,
      description: 'a histogram',
      unit: 's',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            ...base,
            count: '18446744073709551615',
            sum: 12.5,
            min: 0.001,
            max: 9,
            explicitBounds: [0.5, 1, 5],
            bucketCounts: ['1', '2', '3', '18446744073709551609'],
            exemplars: [{ ...exemplar, asDouble: 0.75 }],
          },
          // Sum, smallest and largest value may be absent.
          {
            ...base,
            timeUnixNano: String(startNs + 60_000_000_002n),
            count: '1',
            explicitBounds: [],
            bucketCounts: ['1'],
          },
        ],
      },
    },
    {
      name: `${prefix}.exponential`,
      unit: 'ms',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [
          {
            ...base,
            count: '10',
            sum: 100,
            min: -8,
            max: 64,
            scale: -1,
            zeroCount: '2',
            zeroThreshold: 1e-9,
            positive: { offset: 3, bucketCounts: ['1', '0', '5'] },
            negative: { offset: -2, bucketCounts: ['2'] },
            exemplars: [{ ...exemplar, asDouble: 64 }],
          },
        ],
      },
    },
    {
      name: `${prefix}.summary`,
      unit: 's',
      summary: {
        dataPoints: [
          {
            ...base,
            count: '7',
            sum: 3.5,
            quantileValues: [
              { quantile: 0.5, value: 0.25 },
              { quantile: 1, value: 2 },
            ],
          },
        ],
      },
    },
  ];
  const resource = { attributes: [attribute('service.name', text('full'))] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'meter', version: '1' }, metrics }] }] };
}
