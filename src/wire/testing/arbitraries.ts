import fc from 'fast-check';
import type { ReferenceObject } from './otlp-reference.ts';

/** Random OTLP requests as plain data for the reference encoder. Fields at their default are left out, as protobuf does. */

const id = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const time: fc.Arbitrary<string> = fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }).map(String);
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
);
const key: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('http.route', 'http.response.status_code', 'url.path', 'exception.type', 'service.name', 'a', 'b'),
  text,
);
const double: fc.Arbitrary<number> = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));

const { value: anyValue } = fc.letrec<{ value: ReferenceObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value) => ({ intValue: String(value) })),
    double.map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 20 }).map((bytesValue) => ({ bytesValue })),
    fc.constant({}),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: listOf('values', values) })),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((pairs) => ({
      kvlistValue: listOf(
        'values',
        pairs.map(([k, value]) => ({ key: k, value })),
      ),
    })),
  ),
}));

/** protobufjs leaves empty lists out when it reads; so do we when we make them. */
function listOf(name: string, items: readonly unknown[]): ReferenceObject {
  return items.length === 0 ? {} : { [name]: items };
}

const attributes = fc.array(fc.record({ key, value: anyValue }), { maxLength: 6 });

/** An object with only some of these keys, and without empty lists. */
function some(
  model: { [key: string]: fc.Arbitrary<unknown> },
  required: readonly string[] = [],
): fc.Arbitrary<ReferenceObject> {
  return fc
    .record(model, { requiredKeys: [...required] as never[] })
    .map((object) =>
      Object.fromEntries(Object.entries(object).filter(([, value]) => !(Array.isArray(value) && value.length === 0))),
    );
}

const count = fc.integer({ min: 1, max: 0xffff_ffff });
const event = some({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: count });
const link = some({ traceId: id(16), spanId: id(8), traceState: text, attributes, flags: count });
const nonZero = (length: number): fc.Arbitrary<Uint8Array> =>
  id(length).filter((bytes) => bytes.some((byte) => byte !== 0));

const span = some(
  {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: nonZero(8),
    traceState: text,
    name: text,
    kind: fc.integer({ min: 1, max: 5 }),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    droppedAttributesCount: count,
    events: fc.array(event, { maxLength: 3 }),
    links: fc.array(link, { maxLength: 2 }),
    status: some({ message: text, code: fc.integer({ min: 1, max: 2 }) }),
    flags: count,
    futureField: text,
  },
  ['traceId', 'spanId'],
);
const log = some({
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: fc.integer({ min: 1, max: 24 }),
  severityText: text,
  body: anyValue,
  attributes,
  flags: count,
  traceId: nonZero(16),
  spanId: nonZero(8),
  eventName: text,
  futureField: text,
});

const exemplar = fc
  .tuple(
    some({ filteredAttributes: attributes, timeUnixNano: time, spanId: nonZero(8), traceId: nonZero(16) }),
    fc.oneof(
      double.map((asDouble) => ({ asDouble })),
      fc.maxSafeInteger().map((value) => ({ asInt: String(value) })),
      fc.constant({}),
    ),
  )
  .map(([base, value]) => ({ ...base, ...value }));
const pointBase = {
  attributes,
  startTimeUnixNano: time,
  timeUnixNano: time,
  exemplars: fc.array(exemplar, { maxLength: 2 }),
  flags: fc.constant(1),
};
const numberPoint = fc
  .tuple(
    some(pointBase),
    fc.oneof(
      double.map((asDouble) => ({ asDouble })),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value) => ({ asInt: String(value) })),
    ),
  )
  .map(([base, value]) => ({ ...base, ...value }));
const histogramPoint = some({
  ...pointBase,
  count: time,
  sum: double,
  min: double,
  max: double,
  bucketCounts: fc.array(time, { maxLength: 4 }),
  explicitBounds: fc.array(double, { maxLength: 3 }),
});
const side = some({ offset: fc.integer({ min: 1, max: 1000 }), bucketCounts: fc.array(time, { maxLength: 4 }) });
const exponentialPoint = some({
  ...pointBase,
  count: time,
  sum: double,
  scale: fc.integer({ min: -10, max: -1 }),
  zeroCount: time,
  positive: side,
  negative: side,
  min: double,
  max: double,
});
const { exemplars: _none, ...summaryBase } = pointBase;
const summaryPoint = some({
  ...summaryBase,
  count: time,
  quantileValues: fc.array(some({ quantile: fc.constant(0.5), value: fc.constant(3.5) }), { maxLength: 2 }),
});

function data(
  name: string,
  point: fc.Arbitrary<ReferenceObject>,
  extra: { [key: string]: fc.Arbitrary<unknown> },
): fc.Arbitrary<ReferenceObject> {
  return some({ dataPoints: fc.array(point, { minLength: 1, maxLength: 3 }), ...extra }, ['dataPoints']).map(
    (value) => ({ [name]: value }),
  );
}
const temporality = { aggregationTemporality: fc.integer({ min: 1, max: 2 }) };
const metric = fc
  .tuple(
    some({ name: text, description: text, unit: text, metadata: attributes }),
    fc.oneof(
      data('gauge', numberPoint, {}),
      data('sum', numberPoint, { ...temporality, isMonotonic: fc.constant(true) }),
      data('histogram', histogramPoint, temporality),
      data('exponentialHistogram', exponentialPoint, temporality),
      data('summary', summaryPoint, {}),
    ),
  )
  .map(([base, value]) => ({ ...base, ...value }));

const resource = some({ attributes, droppedAttributesCount: count });
const scope = some({ name: text, version: text, attributes });

function request(signal: string, items: string, item: fc.Arbitrary<ReferenceObject>): fc.Arbitrary<ReferenceObject> {
  const scopes = some({ scope, [items]: fc.array(item, { minLength: 1, maxLength: 4 }), schemaUrl: text }, [items]);
  const resources = some(
    { resource, [`scope${signal}`]: fc.array(scopes, { minLength: 1, maxLength: 2 }), schemaUrl: text },
    [`scope${signal}`],
  );
  return some({ [`resource${signal}`]: fc.array(resources, { minLength: 1, maxLength: 2 }) }, [`resource${signal}`]);
}

export const tracesRequest: fc.Arbitrary<ReferenceObject> = request('Spans', 'spans', span);
export const logsRequest: fc.Arbitrary<ReferenceObject> = request('Logs', 'logRecords', log);
export const metricsRequest: fc.Arbitrary<ReferenceObject> = request('Metrics', 'metrics', metric);
