import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnyValue,
  attributeKey,
  Batch,
  type Chunk,
  LogChunk,
  METRIC_GAUGE,
  METRIC_SUM,
  METRIC_SUMMARY,
  PATHS,
  type PathContext,
  type PathTypes,
  PointChunk,
  SIGNALS,
  type Signal,
  SpanChunk,
  TEMPORALITY_DELTA,
} from '#pdata';
import { KnownIds } from '../../store/native/known-ids.ts';
import { SegmentEncoder } from '../../store/native/segment-encoder.ts';
import { MetricsBuilder } from '../build/metrics-builder.ts';
import { TracesBuilder } from '../build/traces-builder.ts';
import { logsRequest, metricsRequest, tracesRequest } from '../testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../testing/otlp-reference.ts';
import { decodeOtlp } from './decode.ts';
import { compact, encodeOtlp } from './encode.ts';

/**
 * Any edit, seen through the view, through encoding and decoding, and through what is sent to the store, is the same. A model of plain data
 * gets the same edits: what must come out, read through every path of the table.
 */

const REQUESTS: Record<Signal, fc.Arbitrary<ReferenceObject>> = {
  traces: tracesRequest,
  logs: logsRequest,
  metrics: metricsRequest,
};

type Plain = { [path: string]: unknown };
/** A place in a chunk: the view that stands on it, what the model calls it, and its context. */
interface Place {
  readonly id: string;
  readonly context: PathContext;
  view(): never;
}

/** Every resource, scope, metric, item and part of an item that the selected rows have. */
function placesOf(chunk: Chunk): Place[] {
  const places = new Map<string, Place>();
  const add = (context: PathContext, id: string, view: () => unknown): void => {
    places.set(id, { id, context, view: view as () => never });
  };
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    const item = chunk instanceof SpanChunk || chunk instanceof LogChunk ? chunk.view() : (chunk as PointChunk).view();
    const on = <T>(read: (view: typeof item) => T) => {
      return (): T => {
        item.row = row;
        return read(item);
      };
    };
    add(
      'resource',
      `resource ${chunk.resourceOf(row)}`,
      on((view) => view.resource),
    );
    add(
      'scope',
      `scope ${chunk.scopeOf(row)}`,
      on((view) => view.scope),
    );
    item.row = row;
    if (chunk instanceof LogChunk)
      add(
        'log',
        `item ${i}`,
        on((view) => view),
      );
    else if (chunk instanceof SpanChunk) {
      const span = item as ReturnType<SpanChunk['view']>;
      add(
        'span',
        `item ${i}`,
        on((view) => view),
      );
      for (let n = 0; n < span.events.count; n++)
        add(
          'spanevent',
          `item ${i} event ${n}`,
          on(() => span.events.at(n)),
        );
      for (let n = 0; n < span.links.count; n++)
        add(
          'spanlink',
          `item ${i} link ${n}`,
          on(() => span.links.at(n)),
        );
    } else {
      const point = item as ReturnType<PointChunk['view']>;
      const metric = (chunk as PointChunk).columns.metric[row]!;
      add(
        'metric',
        `metric ${metric}`,
        on(() => point.metric),
      );
      add(
        'datapoint',
        `item ${i}`,
        on((view) => view),
      );
      if (point.metric.type === METRIC_SUMMARY) continue;
      for (let n = 0; n < point.exemplars.count; n++) {
        add(
          'exemplar',
          `item ${i} exemplar ${n}`,
          on(() => point.exemplars.at(n)),
        );
      }
    }
  }
  return [...places.values()];
}

const MAP_LIKE = new Set<keyof PathTypes>(['attributes', 'map']);

/** Values that can be compared: maps as entries, cursors as what they hold. */
function plain(type: keyof PathTypes, value: unknown): unknown {
  if (type === 'attributes') return [...(value as PathTypes['attributes']).entries()];
  return MAP_LIKE.has(type) ? Object.entries(value as object) : value;
}

function fits(chunk: Chunk, place: Place, name: string): boolean {
  if (place.context === 'metric' && name === 'is_monotonic')
    return (place.view() as { type: number }).type === METRIC_SUM;
  if (place.context === 'metric' && name === 'aggregation_temporality') {
    const { type } = place.view() as { type: number };
    return type !== METRIC_GAUGE && type !== METRIC_SUMMARY;
  }
  if (place.context !== 'datapoint' || !(chunk instanceof PointChunk)) return true;
  const { type } = (place.view() as ReturnType<PointChunk['view']>).metric;
  const shared = ['attributes', 'flags', 'start_time_unix_nano', 'time_unix_nano'];
  const own: Record<number, readonly string[]> = {
    5: ['value'],
    7: ['value'],
    9: ['buckets', 'count', 'max', 'min', 'sum'],
    10: ['exponential', 'count', 'max', 'min', 'sum'],
    11: ['quantile_values', 'count', 'sum'],
  };
  return [...shared, ...(own[type] ?? [])].includes(name);
}

/** Everything that the paths of the table say of a chunk. */
function snapshot(chunk: Chunk): Map<string, Plain> {
  const all = new Map<string, Plain>();
  for (const place of placesOf(chunk)) {
    const values: Plain = {};
    for (const [name, { type, get }] of Object.entries(PATHS[place.context])) {
      if (fits(chunk, place, name)) values[name] = plain(type, get(place.view()));
    }
    all.set(place.id, values);
  }
  return all;
}

const text = fc.oneof(fc.constant(''), fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 200 }));
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'));
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
const counts = fc.array(uint64, { maxLength: 4 }).map((list) => BigUint64Array.from(list));
const doubles = fc.array(double, { maxLength: 4 }).map((list) => Float64Array.from(list));
const side = fc.record({ offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), counts });
const anyValue: fc.Arbitrary<AnyValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.constantFrom<AnyValue>(0.5, null, [1, 'two'], Uint8Array.of(1, 2)),
);
const VALUES: { readonly [K in keyof PathTypes]: fc.Arbitrary<unknown> } = {
  text,
  trace_id: hex(16),
  span_id: hex(8),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  enum: fc.integer({ min: 0, max: 5 }),
  time: uint64,
  uint64,
  optional_double: double,
  bool: fc.boolean(),
  number: fc.oneof(double, fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.constant(undefined)),
  value: anyValue,
  map: fc.dictionary(fc.constantFrom('k1', 'k2'), text),
  attributes: fc.tuple(fc.constantFrom('service.name', 'a', 'added'), anyValue),
  buckets: fc.record({ bounds: doubles, counts }),
  exponential_buckets: fc.record({
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: uint64,
    zeroThreshold: double,
    positive: side,
    negative: side,
  }),
  quantiles: fc.array(fc.tuple(double, double), { maxLength: 3 }).map((pairs) => ({
    quantiles: Float64Array.from(pairs, ([quantile]) => quantile),
    values: Float64Array.from(pairs, ([, value]) => value),
  })),
};

/** One edit: picks of a place, of one of its paths, and a value for each type that the path could have. */
const edit = fc.record({ place: fc.nat(), path: fc.nat(), values: fc.record(VALUES) });

function apply(
  chunk: Chunk,
  model: Map<string, Plain>,
  { place, path, values }: { place: number; path: number; values: Plain },
): void {
  const places = placesOf(chunk);
  const target = places[place % places.length]!;
  const names = Object.keys(PATHS[target.context]).filter((name) => fits(chunk, target, name) && name !== 'type');
  const name = names[path % names.length]!;
  const { type, get, set } = PATHS[target.context][name]! as {
    type: keyof PathTypes;
    get: (view: never) => unknown;
    set: ((view: never, value: unknown) => void) | undefined;
  };
  const expected = model.get(target.id)!;
  if (type === 'attributes') {
    const [key, value] = values.attributes as [string, AnyValue];
    const cursor = get(target.view()) as PathTypes['attributes'];
    const entries = expected[name] as [string, AnyValue][];
    const index = entries.findIndex(([each]) => each === key);
    if (index >= 0 && value === null) {
      cursor.delete(attributeKey(key));
      entries.splice(index, 1);
    } else {
      cursor.set(attributeKey(key), value);
      if (index < 0) entries.push([key, value]);
      else entries[index] = [key, value];
    }
    return;
  }
  set!(target.view(), values[type]);
  expected[name] = plain(type, values[type]);
}

function blocksOf(chunk: Chunk): string[] {
  const encoder = new SegmentEncoder();
  encoder.reset();
  encoder.add(chunk);
  return [...encoder.blocks(1_700_000_000_000_000_000n, new KnownIds(1000))].map(
    ({ table, parts }) => `${table} ${Buffer.concat(parts).toString('base64')}`,
  );
}

describe.each(SIGNALS)('edits of %s', { timeout: 120_000 }, (signal) => {
  const decode = (bytes: Uint8Array): Chunk => decodeOtlp(signal, bytes).chunk;
  const requests = REQUESTS[signal];

  test('are the same through the view, through encode and decode, and for the store', () => {
    fc.assert(
      fc.property(requests, fc.array(edit, { minLength: 1, maxLength: 6 }), (request, edits) => {
        const chunk = decode(encodeReference(signal, request));
        const model = snapshot(chunk);
        for (const each of edits) apply(chunk, model, each as never);
        expect(snapshot(chunk)).toEqual(model);
        const again = decode(encodeOtlp(new Batch(signal, [chunk])));
        expect(snapshot(again)).toEqual(model);
        expect(blocksOf(chunk)).toEqual(blocksOf(again));
      }),
      { numRuns: 150 },
    );
  });

  test('of a clone leave the original alone, and those of the original the clone', () => {
    fc.assert(
      fc.property(
        requests,
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (request, first, second) => {
          const chunk = decode(encodeReference(signal, request));
          const model = snapshot(chunk);
          for (const each of first) apply(chunk, model, each as never);
          const clone = chunk.clone();
          const cloneModel = structuredClone(model);
          for (const each of second) apply(clone, cloneModel, each as never);
          expect(snapshot(chunk)).toEqual(model);
          for (const each of second.slice(1)) apply(chunk, model, each as never);
          expect(snapshot(clone)).toEqual(cloneModel);
          expect(snapshot(chunk)).toEqual(model);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of two halves are changes of those rows alone', () => {
    fc.assert(
      fc.property(requests, fc.array(edit, { minLength: 1, maxLength: 4 }), (request, edits) => {
        const chunk = decode(encodeReference(signal, request));
        const rows = Uint32Array.from({ length: chunk.count }, (_, i) => i);
        const halves = [rows.filter((row) => row % 2 === 0), rows.filter((row) => row % 2 === 1)]
          .filter((half) => half.length > 0)
          .map((half) => chunk.select(half));
        const models = halves.map(snapshot);
        for (const each of edits) {
          for (const [i, half] of halves.entries()) apply(half, models[i]!, each as never);
        }
        halves.forEach((half, i) => {
          expect(snapshot(half)).toEqual(models[i]);
          const again = decode(encodeOtlp(new Batch(signal, [half])));
          expect([...snapshot(again).values()]).toEqual([...models[i]!.values()]);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('of data that others read too are refused', () => {
    fc.assert(
      fc.property(requests, edit, (request, each) => {
        const chunk = decode(encodeReference(signal, request));
        chunk.protect();
        const before = snapshot(chunk);
        expect(() => apply(chunk, snapshot(chunk), each as never)).toThrow('mutatesData');
        expect(() => apply(chunk.select(Uint32Array.of(0)), snapshot(chunk), each as never)).toThrow('mutatesData');
        expect(snapshot(chunk)).toEqual(before);
        const clone = chunk.clone();
        apply(clone, snapshot(clone), each as never);
        expect(snapshot(chunk)).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });
});

const again = <C extends Chunk>(chunk: C): C =>
  decodeOtlp(chunk.signal, encodeOtlp(new Batch(chunk.signal, [chunk]))).chunk as C;
const N = attributeKey('n');

test('events and links are added and removed among others that change', () => {
  const traces = new TracesBuilder();
  const event = (name: string): object => ({ name, attributes: { n: name } });
  const events = [event('a'), event('b'), event('c')] as { name: string }[];
  traces.group().add({ traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'x', events });
  const chunk = traces.chunk();
  const span = chunk.view();
  span.events.at(2).attributes.set(N, 'changed');
  span.events.remove(1);
  const added = span.events.add();
  added.name = 'd';
  added.timeNs = 7n;
  added.attributes.set(N, 4);
  span.traceState = 'between';
  span.events.at(0).name = 'first';
  const link = span.links.add();
  link.traceId = '03'.repeat(16);
  link.spanId = '04'.repeat(8);
  for (const each of [chunk, again(chunk)]) {
    const view = each.view();
    const found = Array.from({ length: view.events.count }, (_, i) => {
      const { name, attributes } = view.events.at(i);
      return [name, attributes.get(N)];
    });
    expect(found).toEqual([
      ['first', 'a'],
      ['c', 'changed'],
      ['d', 4],
    ]);
    expect(each.columns.eventCount[0]).toBe(3);
    expect([view.links.count, view.links.at(0).spanId, view.traceState]).toEqual([1, '04'.repeat(8), 'between']);
  }
});

test('a gauge becomes a sum and a sum a gauge; no other points change their type', () => {
  const metrics = new MetricsBuilder();
  const group = metrics.group();
  group.gauge('gauge').series().add(1n, 2);
  group.sum('sum', { temporality: TEMPORALITY_DELTA, isMonotonic: true }).series().add(1n, 3n);
  group
    .summary('summary')
    .series()
    .add(1n, { count: 1, sum: 1, quantiles: Float64Array.of(), values: Float64Array.of() });
  const chunk = metrics.chunk();
  const metric = chunk.metricView();
  metric.type = METRIC_SUM;
  metric.temporality = TEMPORALITY_DELTA;
  metric.index = 1;
  metric.type = METRIC_GAUGE;
  const bytes = encodeOtlp(new Batch('metrics', [chunk]));
  const [resource] = decodeReference('metrics', bytes).resourceMetrics as [{ scopeMetrics: [{ metrics: object[] }] }];
  expect(resource.scopeMetrics[0].metrics.slice(0, 2)).toEqual([
    { name: 'gauge', sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano: '1', asDouble: 2 }] } },
    { name: 'sum', gauge: { dataPoints: [{ timeUnixNano: '1', asInt: '3' }] } },
  ]);
  metric.index = 2;
  expect(() => {
    metric.type = METRIC_SUM;
  }).toThrow("can't be of type");
});

test('spans are regrouped under other resources, and points under other metrics', () => {
  const traces = new TracesBuilder();
  const group = traces.group({ resource: { 'service.name': 'shop' }, scope: { name: 'lib' } });
  for (let n = 0; n < 4; n++) {
    group.add({ traceId: '01'.repeat(16), spanId: `0${n + 1}`.repeat(8), name: `span ${n}`, attributes: { n: n % 2 } });
  }
  const spans = traces.chunk();
  const spanParts = [0, 1].map((n) => {
    const part = spans.select(Uint32Array.of(n, n + 2));
    part.resourceAttributes.of(0).set(N, n);
    for (const row of [n, n + 2]) part.rowAttributes.of(row).delete(N);
    return part;
  });
  const regrouped = compact(new Batch('traces', spanParts)).chunks[0] as SpanChunk;
  const span = regrouped.view();
  const found = Array.from({ length: 4 }, (_, row) => {
    span.row = row;
    return [span.name, span.attributes.count, span.resource.attributes.get(N), span.scope.name];
  });
  expect(found).toEqual([
    ['span 0', 0, 0, 'lib'],
    ['span 2', 0, 0, 'lib'],
    ['span 1', 0, 1, 'lib'],
    ['span 3', 0, 1, 'lib'],
  ]);
  expect(spans.resourceAttributes.of(0).has(N)).toBe(false);

  const metrics = new MetricsBuilder();
  const gauge = metrics.group().gauge('cpu');
  gauge.series({ n: 0 }).add(1n, 1);
  gauge.series({ n: 1 }).add(1n, 2);
  const points = metrics.chunk();
  const idle = points.select(Uint32Array.of(0));
  idle.metricView().name = 'cpu.idle';
  const added = new MetricsBuilder();
  added
    .group({ resource: points.resourceAttributes.of(0) })
    .gauge('cpu.total')
    .series()
    .add(1n, 3);
  const parts = [idle, points.select(Uint32Array.of(1)), added.chunk()];
  const all = compact(new Batch('metrics', parts)).chunks[0] as PointChunk;
  const point = all.view();
  const values = Array.from({ length: 3 }, (_, row) => {
    point.row = row;
    return [point.metric.name, point.value];
  });
  expect(values).toEqual([
    ['cpu.idle', 1],
    ['cpu', 2],
    ['cpu.total', 3],
  ]);
});
