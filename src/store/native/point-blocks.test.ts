import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PointChunk } from '#pdata';
import { decodeMetrics } from '#wire';
import { metricsRequest } from '../../wire/testing/arbitraries.ts';
import { decodeReference, encodeReference, type ReferenceObject } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { canonicalJsonPairs, canonicalPairs } from '../testing/canonical.ts';
import { encodeSegment } from '../testing/encode.ts';
import { clampedTime, hexOf, listOf, nextIngestedAtNs, storedTime } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { KnownIds } from './known-ids.ts';
import { Owners } from './owner-rows.ts';
import { SegmentEncoder } from './segment-encoder.ts';
import { SeriesIds } from './series-ids.ts';
import { SeriesSet } from './series-set.ts';

let store: TestStore;
let inserter: Inserter;
const LONG = { timeout: 120_000 };
const encoder = new SegmentEncoder();

beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

/** Stores the chunks and gives their points back, each joined with its series, and the exemplars. */
async function throughStore(chunks: readonly PointChunk[]): Promise<string[]> {
  const ingestedAt = nextIngestedAtNs();
  for (const block of encodeSegment(encoder, chunks, ingestedAt))
    await inserter.insert(block, `test-${ingestedAt}-${block.table}`);
  const own = `ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')`;
  const series = await readSeries();
  const bounds = await readBounds();
  const found = [
    ...(await readPoints('metric_points', 'value, value_int, value_form', own, series, (reader) => {
      const value = reader.double();
      const int = reader.int64();
      return reader.byte() === 1 ? { value: `i:${int}` } : { value };
    })),
    ...(await readPoints(
      'metric_histograms',
      'count, sum, min, max, bounds_id, bucket_counts',
      own,
      series,
      (reader) => ({
        count: reader.uint64(),
        sum: reader.double(),
        min: reader.double(),
        max: reader.double(),
        bounds: bounds.get(reader.uint64()),
        counts: reader.list(() => reader.uint64()),
      }),
    )),
    ...(await readPoints(
      'metric_exponential_histograms',
      'count, sum, min, max, scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts',
      own,
      series,
      (reader) => ({
        count: reader.uint64(),
        sum: reader.double(),
        min: reader.double(),
        max: reader.double(),
        scale: reader.uint32() | 0,
        zeroCount: reader.uint64(),
        zeroThreshold: reader.double(),
        positive: [reader.uint32() | 0, ...reader.list(() => reader.uint64())],
        negative: [reader.uint32() | 0, ...reader.list(() => reader.uint64())],
      }),
    )),
    ...(await readPoints('metric_summaries', 'count, sum, quantiles, `values`', own, series, (reader) => ({
      count: reader.uint64(),
      sum: reader.double(),
      quantiles: reader.list(() => reader.double()),
      values: reader.list(() => reader.double()),
    }))),
  ];
  return [...found, ...(await readExemplars(own, series))].map((point) => JSON.stringify(point)).sort();
}

async function readOwners(table: 'resources' | 'scopes'): Promise<Map<string, readonly string[]>> {
  const texts = table === 'scopes' ? 'name, version, ' : '';
  const reader = new RowBinaryReader(
    await store.query(`SELECT ${table.slice(0, -1)}_id, ${texts}attributes FROM ${table} FORMAT RowBinary`),
  );
  const owners = new Map<string, readonly string[]>();
  while (!reader.isDone) {
    const id = reader.uint64();
    owners.set(id, [...(texts === '' ? [] : [reader.text(), reader.text()]), ...reader.attributes()]);
  }
  return owners;
}

async function readSeries(): Promise<Map<string, object>> {
  const resources = await readOwners('resources');
  const scopes = await readOwners('scopes');
  const reader = new RowBinaryReader(
    await store.query(`SELECT series_id, name, type, unit, temporality, monotonic, attributes, resource_id, scope_id
      FROM metric_series FORMAT RowBinary`),
  );
  const series = new Map<string, object>();
  while (!reader.isDone) {
    const id = reader.uint64();
    const row = {
      name: reader.text(),
      type: reader.byte(),
      unit: reader.text(),
      temporality: reader.byte(),
      monotonic: reader.byte(),
      attributes: reader.attributes(),
      resource: resources.get(reader.uint64()),
      scope: scopes.get(reader.uint64()),
    };
    expect(series.get(id) ?? row).toEqual(row);
    series.set(id, row);
  }
  return series;
}

async function readBounds(): Promise<Map<string, string[]>> {
  const reader = new RowBinaryReader(await store.query('SELECT bounds_id, bounds FROM metric_bounds FORMAT RowBinary'));
  const bounds = new Map<string, string[]>();
  while (!reader.isDone) {
    const id = reader.uint64();
    const list = reader.list(() => reader.double());
    expect(bounds.get(id) ?? list).toEqual(list);
    bounds.set(id, list);
  }
  return bounds;
}

async function readPoints(
  table: string,
  columns: string,
  own: string,
  series: ReadonlyMap<string, object>,
  read: (reader: RowBinaryReader) => object,
): Promise<object[]> {
  const reader = new RowBinaryReader(
    await store.query(
      `SELECT series_id, time, start_time, flags, ${columns} FROM ${table} WHERE ${own} FORMAT RowBinary`,
    ),
  );
  const points: object[] = [];
  while (!reader.isDone) {
    const id = reader.uint64();
    points.push({
      series: series.get(id),
      time: reader.int64(),
      start: reader.int64(),
      flags: reader.uint32(),
      ...read(reader),
    });
  }
  return points;
}

async function readExemplars(own: string, series: ReadonlyMap<string, object>): Promise<object[]> {
  const reader = new RowBinaryReader(
    await store.query(
      `SELECT series_id, time, value, trace_id, span_id, attributes FROM metric_exemplars WHERE ${own} FORMAT RowBinary`,
    ),
  );
  const exemplars: object[] = [];
  while (!reader.isDone) {
    exemplars.push({
      exemplarOf: series.get(reader.uint64()),
      time: reader.int64(),
      value: reader.double(),
      traceId: reader.bytes(16).toString('hex'),
      spanId: reader.bytes(8).toString('hex'),
      attributes: canonicalJsonPairs(reader.text()),
    });
  }
  return exemplars;
}

const TYPES: Readonly<Record<string, number>> = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
};
const double = (value: unknown, otherwise: number): string => {
  const number = (value as number | undefined) ?? otherwise;
  return Object.is(number, -0) ? 'd:-0' : `d:${number}`;
};

function expectedPoints(body: Uint8Array): object[] {
  return listOf(decodeReference('metrics', body).resourceMetrics).flatMap((group) =>
    listOf(group.scopeMetrics).flatMap((scope) =>
      listOf(scope.metrics).flatMap((metric) => expectedMetric(metric, scope, group)),
    ),
  );
}

function expectedMetric(metric: ReferenceObject, scopeMetrics: ReferenceObject, group: ReferenceObject): object[] {
  const kind = Object.keys(TYPES).find((name) => name in metric)!;
  const data = metric[kind] as ReferenceObject;
  const scope = (scopeMetrics.scope ?? {}) as ReferenceObject;
  const resource = (group.resource ?? {}) as ReferenceObject;
  return listOf(data.dataPoints).flatMap((point) => {
    const series = {
      name: metric.name ?? '',
      type: TYPES[kind],
      unit: metric.unit ?? '',
      temporality: data.aggregationTemporality ?? 0,
      monotonic: data.isMonotonic === true ? 1 : 0,
      attributes: canonicalPairs(point.attributes).sort(),
      resource: canonicalPairs(resource.attributes).sort(),
      scope: [scope.name ?? '', scope.version ?? '', ...canonicalPairs(scope.attributes).sort()],
    };
    const head = {
      series,
      time: storedTime(point.timeUnixNano),
      start: clampedTime(point.startTimeUnixNano),
      flags: point.flags ?? 0,
    };
    return [
      { ...head, ...expectedValues(kind, point) },
      ...listOf(point.exemplars).map((exemplar) => ({
        exemplarOf: series,
        time: storedTime(exemplar.timeUnixNano),
        value: 'asInt' in exemplar ? double(Number(exemplar.asInt), 0) : double(exemplar.asDouble, 0),
        traceId: hexOf(exemplar.traceId, 16),
        spanId: hexOf(exemplar.spanId, 8),
        attributes: canonicalPairs(exemplar.filteredAttributes),
      })),
    ];
  });
}

function expectedValues(kind: string, point: ReferenceObject): object {
  if (kind === 'gauge' || kind === 'sum')
    return { value: 'asInt' in point ? `i:${point.asInt}` : double(point.asDouble, Number.NaN) };
  const count = { count: point.count ?? '0' };
  if (kind === 'summary') {
    const quantiles = listOf(point.quantileValues);
    return {
      ...count,
      sum: double(point.sum, 0),
      quantiles: quantiles.map((entry) => double(entry.quantile, 0)),
      values: quantiles.map((entry) => double(entry.value, 0)),
    };
  }
  const statistics = {
    ...count,
    sum: double(point.sum, Number.NaN),
    min: double(point.min, Number.NaN),
    max: double(point.max, Number.NaN),
  };
  if (kind === 'histogram') {
    const bounds = (point.explicitBounds as number[] | undefined) ?? [];
    return { ...statistics, bounds: bounds.map((bound) => double(bound, 0)), counts: point.bucketCounts ?? [] };
  }
  const side = (value: unknown): unknown[] => {
    const { offset, bucketCounts } = (value ?? {}) as ReferenceObject;
    return [offset ?? 0, ...((bucketCounts as string[] | undefined) ?? [])];
  };
  return {
    ...statistics,
    scale: point.scale ?? 0,
    zeroCount: point.zeroCount ?? '0',
    zeroThreshold: double(point.zeroThreshold, 0),
    positive: side(point.positive),
    negative: side(point.negative),
  };
}

test(
  'any points come back from the store, joined with their series, as the reference decoder sees them',
  LONG,
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(metricsRequest, { minLength: 1, maxLength: 2 }), async (requests) => {
        const bodies = requests.map((request) => encodeReference('metrics', request));
        const chunks = bodies.map((body) => decodeMetrics(body.slice()).chunk).filter((chunk) => chunk.count > 0);
        fc.pre(chunks.length > 0);
        const stored = await throughStore(chunks);
        const expected = bodies.flatMap(expectedPoints).map((point) => JSON.stringify(point));
        expect(stored).toEqual(expected.sort());
      }),
      { numRuns: 20 },
    );
  },
);

function gauges(
  attributes: readonly (readonly [string, string])[][],
  name = 'temperature',
  service = 'shop',
): PointChunk {
  const dataPoints = attributes.map((pairs) => ({
    timeUnixNano: '1763800000000000000',
    asDouble: 1,
    attributes: pairs.map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const scopeMetrics = [{ metrics: [{ name, gauge: { dataPoints } }] }];
  return decodeMetrics(encodeReference('metrics', { resourceMetrics: [{ resource, scopeMetrics }] })).chunk;
}

function seriesIdsOf(chunk: PointChunk): Uint32Array {
  const series = new SeriesIds();
  series.add(chunk, new Owners());
  return series.ids.words;
}

const idText = (words: Uint32Array, row: number): string =>
  ((BigInt(words[row * 2 + 1]!) << 32n) | BigInt(words[row * 2]!)).toString(16);

test('a series id does not depend on the order of attributes, and never changes', () => {
  const ids = seriesIdsOf(
    gauges([
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['b', '2'],
        ['a', '1'],
      ],
      [
        ['a', '2'],
        ['b', '1'],
      ],
      [],
    ]),
  );
  expect(idText(ids, 0)).toBe(idText(ids, 1));
  expect(new Set([0, 2, 3].map((row) => idText(ids, row))).size).toBe(3);
  // Stored data depends on it.
  expect(idText(ids, 0)).toMatchInlineSnapshot(`"9a59483cc00a41e5"`);
});

test('ids of a service begin alike, whatever the metric, and those of others not', () => {
  const beginsOf = (name: string, service: string): string[] => {
    const words = seriesIdsOf(gauges([[['a', '1']], [['a', '2']]], name, service));
    return [0, 1].map((row) => idText(words, row).padStart(16, '0').slice(0, 3));
  };
  const shop = beginsOf('temperature', 'shop');
  expect(new Set([...shop, ...beginsOf('pressure', 'shop')]).size).toBe(1);
  expect(beginsOf('temperature', 'cart')[0]).not.toBe(shop[0]);
});

test('a hundred thousand series have a hundred thousand ids', () => {
  const ids = new Set<string>();
  for (let part = 0; part < 10; part++) {
    const chunk = gauges(Array.from({ length: 10_000 }, (_, i) => [['n', String(part * 10_000 + i)] as const]));
    const words = seriesIdsOf(chunk);
    for (let row = 0; row < chunk.count; row++) ids.add(idText(words, row));
  }
  expect(ids.size).toBe(100_000);
});

test('a series with its resource and scope is written once, and again when an hour has passed', () => {
  const known = new KnownIds(1000);
  const chunk = gauges([[['a', '1']], [['a', '2']]]);
  const tablesAt = (seconds: number): string[] =>
    [...encodeSegment(encoder, [chunk], BigInt(seconds) * 1_000_000_000n, known)].map(({ table }) => table);
  const all = ['resources', 'scopes', 'metric_series', 'metric_points'];
  expect(tablesAt(1_763_800_000)).toEqual(all);
  expect(tablesAt(1_763_800_001)).toEqual(['metric_points']);
  expect(tablesAt(1_763_803_600)).toEqual(all);
});

test('a series is written again for points of long before it was first seen', () => {
  const known = new SeriesSet(100);
  const nowSeconds = 1_763_800_000;
  const isDue = (hoursBefore: number): boolean => known.isDue(7, 7, nowSeconds, 3600, nowSeconds - hoursBefore * 3600);
  expect([0, 0.5, 1, 5, 4, 5.5, 30, 0].map(isDue)).toEqual([true, false, false, true, false, false, true, false]);
});

test('the set of known series forgets everything when it is full', () => {
  const known = new SeriesSet(100);
  for (let id = 0; id < 100; id++) expect(known.isDue(id, 0, 1000, 60)).toBe(true);
  for (let id = 0; id < 100; id++) expect(known.isDue(id, 0, 1001, 60)).toBe(false);
  expect(known.isDue(100, 0, 1002, 60)).toBe(true);
  expect(known.size).toBe(1);
  expect(known.isDue(5, 0, 1003, 60)).toBe(true);
});
