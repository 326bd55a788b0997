/** Producers that send different things under one name: each series is read as it was sent. From OTLP to the API's answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeMetrics } from '#wire';
import { Inserter } from '../store/inserter.ts';
import { SegmentEncoder } from '../store/native/segment-encoder.ts';
import { encodeSegment } from '../store/testing/encode.ts';
import { startTestStore, type TestStore } from '../store/testing/test-store.ts';
import { encodeReference, type ReferenceObject } from '../wire/testing/otlp-reference.ts';
import type { MetricQueryResponse } from './console/types.ts';
import { type RunningServer, startServer } from './index.ts';

const MINUTE_MS = 60_000;
const FROM_MS = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const DELTA = 1;
const CUMULATIVE = 2;
/** The middle of minute `i` of the range. */
const at = (minute: number): string => `${FROM_MS + minute * MINUTE_MS + 30_000}000000`;
const BEGAN = at(-60);

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  const inserter = new Inserter(store.endpoint, 30_000);
  const encoder = new SegmentEncoder();
  for (const [i, [service, metrics]] of PRODUCERS.entries()) {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const body = encodeReference('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
    const ingestedAt = BigInt(Date.now()) * 1_000_000n + BigInt(i);
    for (const block of encodeSegment(encoder, [decodeMetrics(body).chunk], ingestedAt))
      await inserter.insert(block, `kinds-${ingestedAt}-${block.table}`);
  }
  inserter.close();
  const { address, access } = store.engine;
  server = await startServer({ port: 0, engineUrl: address, ...access.reader, version: '1' });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

/** A sum with these values at minutes -1, 0, 1, …. */
function sum(values: readonly number[], temporality: number, more: ReferenceObject = {}): ReferenceObject {
  const dataPoints = values.map((value, i) => ({
    startTimeUnixNano: BEGAN,
    timeUnixNano: at(i - 1),
    asInt: String(value),
  }));
  return { name: 'requests', sum: { aggregationTemporality: temporality, isMonotonic: true, dataPoints }, ...more };
}
const explicit = (counts: readonly (readonly number[])[], temporality: number): ReferenceObject => ({
  name: 'latency',
  unit: 's',
  histogram: {
    aggregationTemporality: temporality,
    dataPoints: counts.map((list, i) => ({
      startTimeUnixNano: BEGAN,
      timeUnixNano: at(i - 1),
      count: String(list.reduce((a, b) => a + b, 0)),
      sum: list.reduce((a, b) => a + b, 0),
      explicitBounds: [1, 2],
      bucketCounts: list.map(String),
    })),
  },
});
/** Counts of (1, 2] and (2, 4]. */
const exponential = (counts: readonly (readonly number[])[], temporality: number): ReferenceObject => ({
  name: 'latency',
  unit: 's',
  exponentialHistogram: {
    aggregationTemporality: temporality,
    dataPoints: counts.map((list, i) => ({
      startTimeUnixNano: BEGAN,
      timeUnixNano: at(i - 1),
      count: String(list.reduce((a, b) => a + b, 0)),
      sum: list.reduce((a, b) => a + b, 0),
      scale: 0,
      positive: { offset: 0, bucketCounts: list.map(String) },
    })),
  },
});
const gauge = (unit: string, value: number): ReferenceObject => ({
  name: 'size',
  unit,
  gauge: { dataPoints: [{ timeUnixNano: at(0), asDouble: value }] },
});

const PRODUCERS: readonly (readonly [service: string, metrics: readonly ReferenceObject[]])[] = [
  // Increases of 6, 10 and 4, which as totals would be 6, 4 and a restart.
  [
    'deltas',
    [
      sum([100, 6, 10, 4], DELTA),
      explicit(
        [
          [9, 9, 9],
          [2, 0, 0],
        ],
        DELTA,
      ),
      gauge('By', 2048),
    ],
  ],
  [
    'totals',
    [
      sum([100, 103, 110, 110], CUMULATIVE),
      explicit(
        [
          [5, 5, 0],
          [6, 8, 0],
        ],
        CUMULATIVE,
      ),
      gauge('By', 1024),
    ],
  ],
  [
    'powers',
    [
      exponential(
        [
          [1, 1],
          [2, 4],
        ],
        CUMULATIVE,
      ),
      gauge('s', 3),
    ],
  ],
  [
    'others',
    [
      { name: 'requests', gauge: { dataPoints: [{ timeUnixNano: at(0), asDouble: 0.5 }] } },
      exponential(
        [
          [50, 50],
          [0, 1],
        ],
        DELTA,
      ),
    ],
  ],
];

async function ask(name: string, more = ''): Promise<MetricQueryResponse> {
  const range = `from=${FROM_MS}&to=${FROM_MS + 4 * MINUTE_MS}&step=${MINUTE_MS}`;
  const response = await fetch(`${server.url}/api/console/metrics/query?name=${name}&${range}${more}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as MetricQueryResponse;
}
const linesOf = ({ series }: MetricQueryResponse): Record<string, unknown> =>
  Object.fromEntries(series.map(({ labels, values }) => [labels['service.name'] ?? 'all', values.slice(0, 3)]));

describe('counters', () => {
  test('deltas are increases, totals are compared, each by its series', async () => {
    const answer = await ask('requests', '&aggregation=increase&groupBy=service.name');
    expect(linesOf(answer)).toEqual({ deltas: [6, 10, 4], totals: [3, 7, 0] });
  });

  test('together they are added up', async () => {
    expect(linesOf(await ask('requests', '&aggregation=increase'))).toEqual({ all: [9, 17, 4] });
  });

  test('a gauge of the same name is left out of what does not go with gauges, and counted', async () => {
    expect(await ask('requests', '&aggregation=increase')).toMatchObject({ leftOutCount: 1, unit: '' });
  });

  test('with an aggregation that goes with both, each has a line of its own', async () => {
    const { series, leftOutCount } = await ask('requests', '&aggregation=max');
    expect(leftOutCount).toBe(0);
    expect(series.map(({ type, unit, last }) => ({ type, unit, last }))).toEqual(
      expect.arrayContaining([
        { type: 'sum', unit: '1/s', last: 4 / 60 },
        { type: 'gauge', unit: '', last: 0.5 },
      ]),
    );
  });
});

describe('histograms', () => {
  test('explicit and exponential ones, deltas and totals: each as it is', async () => {
    const answer = await ask('latency', '&aggregation=count&groupBy=service.name');
    expect(answer.series.map(({ labels, values }) => [labels['service.name'], values[0]]).sort()).toEqual([
      ['deltas', 2],
      ['others', 1],
      ['powers', 4],
      ['totals', 4],
    ]);
  });

  test('they share a line, and their buckets', async () => {
    expect(linesOf(await ask('latency', '&aggregation=count'))).toMatchObject({ all: [11, null, null] });
    const { series } = await ask('latency', '&aggregation=heatmap');
    // 2 + 1 up to 1; 3 + 1 up to 2; 3 + 1 up to 4.
    expect(Object.fromEntries(series.map(({ labels, values }) => [labels['le'], values[0]]))).toMatchObject({
      '1': 3,
      '2': 4,
      '4': 4,
    });
  });
});

test('other units are other lines, each with its own', async () => {
  const answer = await ask('size', '&aggregation=sum');
  expect(answer.series.map(({ unit, values }) => [unit, values[0]])).toEqual([
    ['By', 3072],
    ['s', 3],
  ]);
  expect(answer).toMatchObject({ unit: 'By', metric: { seriesCount: 3, unit: 'By' } });
});
