import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KnownSeries, OwnWriteReader } from '#wire';
import { type TestSeries, writeRequestV1, writeRequestV2 } from '../../wire/testing/remote-write.ts';
import { KnownIds } from './known-ids.ts';
import { SegmentEncoder } from './segment-encoder.ts';

const NOW_S = 1_800_000_000;
const STALE = 0x7ff0_0000_0000_0002n;
const reader = new OwnWriteReader();

/** The bytes of the block for `metric_points`; none where there are no points. */
function pointsOf(encoder: SegmentEncoder): Uint8Array {
  for (const { table, parts } of encoder.blocks(BigInt(NOW_S) * 1_000_000_000n, new KnownIds(1000)))
    if (table === 'metric_points') return Buffer.concat(parts);
  return Buffer.alloc(0);
}

const label = fc.constantFrom('', 'x', 'y'.repeat(40), 'ä');
const series = fc.record({
  labels: fc
    .record({ __name__: fc.constantFrom('a', 'b_total', 'c.d'), job: label, zone: label })
    .map((labels) => Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))),
  type: fc.constantFrom(1, 2),
  createdMs: fc.constantFrom(0, (NOW_S - 60) * 1000),
});
const value = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, 2.5, Number.NaN, STALE, 0x7ff8_0000_0000_0007n));
const values = fc.array(value, { minLength: 1, maxLength: 3 });

function withSamples(all: readonly TestSeries[], some: readonly (readonly (number | bigint)[])[]): TestSeries[] {
  return all.map((one, i) => ({
    ...one,
    samples: some[i % some.length]!.map((number, at) => [number, (NOW_S + at) * 1000] as const),
  }));
}

test.each([
  { version: 1, write: writeRequestV1 },
  { version: 2, write: writeRequestV2 },
] as const)('version $version: points of known series are those of the whole request', ({ version, write }) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(series, { minLength: 1, maxLength: 8, selector: ({ labels }) => JSON.stringify(labels) }),
      fc.array(values, { minLength: 2, maxLength: 5 }),
      (all, some) => {
        const table = new KnownSeries(100, 900);
        const limits = { series: table, nowSeconds: NOW_S };
        const first = reader.read(version, write(withSamples(all, some)), limits);
        new SegmentEncoder().addWrite(first, table, NOW_S);
        const content = write(withSamples(all, some.slice(1)));
        const short = reader.read(version, content, limits);
        const whole = reader.read(version, content);
        expect(short.batch.itemCount).toBe(0);
        expect(short.counts).toEqual(whole.counts);
        const byParts = new SegmentEncoder();
        byParts.addWrite(short, table, NOW_S);
        const byWhole = new SegmentEncoder();
        for (const chunk of whole.batch.chunks) byWhole.add(chunk);
        expect(pointsOf(byParts)).toEqual(pointsOf(byWhole));
        expect(byParts.items).toEqual(byWhole.items);
        // Who has forgotten asks for all of it, and what was left out is known to be.
        expect(byParts.isComplete(table.generation)).toBe(true);
        table.forget();
        expect(byParts.isComplete(table.generation)).toBe(false);
        expect(reader.read(version, content, limits).known?.count).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

const ONE = (timeMs: number, labels: Readonly<Record<string, string>> = { __name__: 'a', job: 'x' }): Uint8Array =>
  writeRequestV1([{ labels, samples: [[1, timeMs]] }]);

/** How many samples of a request come without their series, after one at NOW_S. */
function knownOf(content: Uint8Array, nowSeconds = NOW_S, limit = 100): number {
  const table = new KnownSeries(limit, 900);
  new SegmentEncoder().addWrite(reader.read(1, ONE(NOW_S * 1000), { series: table, nowSeconds: NOW_S }), table, NOW_S);
  const write = reader.read(1, content, { series: table, nowSeconds, maxTimeMs: (NOW_S + 5000) * 1000 });
  expect(write.itemCount + write.refusedCount).toBe(1);
  return write.known!.count;
}

test.each([
  { what: 'the same soon after', content: ONE((NOW_S + 1) * 1000), known: 1 },
  { what: 'a little earlier', content: ONE((NOW_S - 3600) * 1000), known: 1 },
  { what: 'much earlier', content: ONE((NOW_S - 3601) * 1000), known: 0 },
  { what: 'too late', content: ONE((NOW_S + 5001) * 1000), known: 0 },
  { what: 'another value of a label', content: ONE(NOW_S * 1000, { __name__: 'a', job: 'y' }), known: 0 },
  { what: 'a label more', content: ONE(NOW_S * 1000, { __name__: 'a', job: 'x', zone: '' }), known: 0 },
  { what: 'a quarter of an hour later', content: ONE(NOW_S * 1000), nowSeconds: NOW_S + 900, known: 0 },
  { what: 'a table without room', content: ONE(NOW_S * 1000), limit: 0, known: 0 },
])('a series is known or read again: $what', ({ content, known, nowSeconds, limit }) => {
  expect(knownOf(content, nowSeconds, limit)).toBe(known);
});

test('a table that was full is emptied, and then knows others', () => {
  const table = new KnownSeries(2, 900);
  const known = (name: string, nowSeconds: number): number => {
    const content = ONE(NOW_S * 1000, { __name__: name });
    const write = reader.read(1, content, { series: table, nowSeconds });
    if (table.isCurrent(write.known!)) new SegmentEncoder().addWrite(write, table, nowSeconds);
    return write.known!.count;
  };
  expect(['a', 'b', 'a', 'b'].map((name) => known(name, NOW_S))).toEqual([0, 0, 1, 1]);
  expect(['c', 'a', 'c', 'c'].map((name) => known(name, NOW_S))).toEqual([0, 0, 0, 1]);
});
