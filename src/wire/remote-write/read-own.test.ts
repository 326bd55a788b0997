import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '#pdata';
import { encodeOtlpJson } from '../otlp/json-encode.ts';
import { type TestSeries, writeRequestV1, writeRequestV2 } from '../testing/remote-write.ts';
import { OwnSeries } from './own-series.ts';
import { OwnWriteReader } from './read-own.ts';
import { readWriteRequestV1, readWriteRequestV2 } from './read-request.ts';

const NOW_MS = 1_800_000_000_000;
const reader = new OwnWriteReader();
const LIMITS = { maxTimeMs: NOW_MS };
const STALE = 0x7ff0_0000_0000_0002n;

interface JsonMetric {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly gauge?: { readonly dataPoints: readonly object[] };
  readonly sum?: { readonly dataPoints: readonly object[] };
}
interface JsonRequest {
  readonly resourceMetrics: readonly {
    readonly resource: object;
    readonly scopeMetrics: readonly { readonly scope: object; readonly metrics: readonly JsonMetric[] }[];
  }[];
}

/** The points of a batch, whichever metric they stand in, each as a line. */
function linesOf(batch: Batch): string[] {
  if (batch.itemCount === 0) return [];
  const { resourceMetrics } = JSON.parse(encodeOtlpJson(batch).toString()) as JsonRequest;
  return resourceMetrics
    .flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ scope, metrics }) =>
        metrics.flatMap(({ name, description = '', unit = '', gauge, sum }) => {
          const { dataPoints = [], ...kind } = { ...(gauge ?? sum) };
          const head = { resource, scope, name, description, unit, isSum: sum !== undefined, kind };
          return dataPoints.map((point) => JSON.stringify([head, point]));
        }),
      ),
    )
    .sort();
}

const name = fc.constantFrom('a', 'b_total', 'http.requests', 'ünïcode', '');
const label = fc.constantFrom('job', 'instance', '_under', 'zone', 'A', 'dotted.key', 'le', '');
const value = fc.constantFrom('', 'x', 'y'.repeat(130), 'z'.repeat(20_000), 'ä', 'a=b\n"c"');
const sample: fc.Arbitrary<readonly [number | bigint, number]> = fc.tuple(
  fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, STALE)),
  fc.constantFrom(0, 1, NOW_MS - 1, NOW_MS, NOW_MS + 1, 2 ** 32, 2 ** 33 + 1),
);
const series: fc.Arbitrary<TestSeries> = fc
  .record({
    name,
    labels: fc.dictionary(label, value, { maxKeys: 5 }),
    isSorted: fc.boolean(),
    samples: fc.array(sample, { maxLength: 4 }),
    type: fc.constantFrom(0, 1, 2, 3),
    createdMs: fc.constantFrom(0, NOW_MS - 5000),
  })
  .map(({ name: metric, labels, isSorted, ...rest }) => {
    const pairs: [string, string][] = [['__name__', metric], ...Object.entries(labels)];
    if (isSorted) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    // A request says the same of all series of a metric.
    const about = metric === 'a' ? { help: 'what it is', unit: 'seconds' } : {};
    return { labels: Object.fromEntries(pairs), ...about, ...rest };
  });

test.each([
  { version: 1, write: writeRequestV1, read: readWriteRequestV1 },
  { version: 2, write: writeRequestV2, read: readWriteRequestV2 },
] as const)(
  'version $version: by bytes or by objects, a request becomes the same points',
  ({ version, write, read }) => {
    fc.assert(
      fc.property(fc.array(series, { maxLength: 6 }), (all) => {
        const content = write(all);
        const byBytes = reader.read(version, content, LIMITS);
        const byObjects = new OwnSeries(read(content), LIMITS);
        expect(linesOf(byBytes.batch)).toEqual(linesOf(byObjects.batch()));
        expect(byBytes.counts).toEqual(byObjects.counts);
        expect([byBytes.refusedCount, byBytes.reason]).toEqual([byObjects.refusedCount, byObjects.reason]);
      }),
      { numRuns: 300 },
    );
  },
);

test('series of one metric that follow each other are one metric', () => {
  const content = writeRequestV1(
    ['a', 'a', 'b'].map((metric, i) => ({ labels: { __name__: metric, i: String(i) }, samples: [[i, 1000]] })),
  );
  const { resourceMetrics } = JSON.parse(encodeOtlpJson(reader.read(1, content).batch).toString()) as JsonRequest;
  const [{ scopeMetrics }] = resourceMetrics as [JsonRequest['resourceMetrics'][0]];
  expect(scopeMetrics[0]!.metrics.map((metric) => [metric.name, metric.gauge?.dataPoints.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});

test('samples whose labels would be too many bytes are refused together', () => {
  const samples = Array.from({ length: 4000 }, (_, i) => [i, 1000 + i] as const);
  const content = writeRequestV1([{ labels: { __name__: 'a', long: 'x'.repeat(100_000) }, samples }]);
  expect(() => reader.read(1, content)).toThrow('send fewer at a time');
});
