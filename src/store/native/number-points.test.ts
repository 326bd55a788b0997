import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeMetrics } from '#wire';
import { encodeReference } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { encodeSegment } from '../testing/encode.ts';
import { nextIngestedAtNs } from '../testing/expected.ts';
import { RowBinaryReader } from '../testing/row-binary.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { Decimals, scaledInteger } from './decimals.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

const LONG = { timeout: 120_000 };
const encoder = new SegmentEncoder();
/** How the reference encoder is told the bits of a double: a place holder that is found in the body and written over. */
const MARK = 1.25e-300;

type Value = { readonly bits: bigint } | { readonly int: bigint };
const asDouble = (value: number): Value => ({ bits: bitsOf(value) });

function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** One metric per list. A double's bits reach the store as they are, whatever JavaScript makes of its NaNs. */
function bodyOf(metrics: readonly (readonly Value[])[]): Uint8Array {
  const body = encodeReference('metrics', {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: metrics.map((values, metric) => ({
              name: `metric-${metric}`,
              gauge: {
                dataPoints: values.map((value, i) => ({
                  timeUnixNano: String(1_763_800_000_000_000_000n + BigInt(i)),
                  ...('int' in value ? { asInt: String(value.int) } : { asDouble: MARK }),
                })),
              },
            })),
          },
        ],
      },
    ],
  });
  const mark = Buffer.alloc(8);
  mark.writeDoubleLE(MARK);
  const bytes = Buffer.from(body);
  for (const value of metrics.flat()) {
    if ('int' in value) continue;
    bytes.writeBigUInt64LE(value.bits, bytes.indexOf(mark));
  }
  return new Uint8Array(bytes);
}

/** What the store has of a body, in the order in which it was sent: ints as they are, doubles as bits, and the alias' bits. */
async function throughStore(metrics: readonly (readonly Value[])[]): Promise<object[]> {
  const ingestedAt = nextIngestedAtNs();
  const chunk = decodeMetrics(bodyOf(metrics)).chunk;
  for (const block of encodeSegment(encoder, [chunk], ingestedAt))
    await inserter.insert(block, `numbers-${ingestedAt}-${block.table}`);
  const reader = new RowBinaryReader(
    await store.query(`SELECT value_form, value_int, reinterpretAsUInt64(value) FROM metric_points
      WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAt}, 'UTC')
      ORDER BY toUInt32(splitByChar('-', name)[2]), time FORMAT RowBinary`),
  );
  const found: object[] = [];
  while (!reader.isDone) {
    const form = reader.byte();
    const int = BigInt(reader.int64());
    const bits = BigInt(reader.uint64());
    found.push(form === 1 ? { int, bits } : { bits });
  }
  return found;
}

const expected = (metrics: readonly (readonly Value[])[]): object[] =>
  metrics.flat().map((value) => ('int' in value ? { int: value.int, bits: bitsOf(Number(value.int)) } : value));

const decimal = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 12 }))
  .map(([integer, decimals]) => asDouble(Number(`${integer}e-${decimals}`)));
const anyBits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((bits): Value => ({ bits }));
const int = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value): Value => ({ int: value }));
const special = fc.constantFrom<Value>(
  // Prometheus' stale marker, and its ordinary NaN.
  { bits: 0x7ff0_0000_0000_0002n },
  { bits: 0x7ff8_0000_0000_0001n },
  { bits: 0xfff8_dead_beef_0001n },
  asDouble(-0),
  asDouble(0),
  asDouble(Number.POSITIVE_INFINITY),
  asDouble(Number.NEGATIVE_INFINITY),
  asDouble(Number.MAX_SAFE_INTEGER),
  asDouble(2 ** 53 + 2),
  asDouble(0.1 + 0.2),
  asDouble(Number.MIN_VALUE),
  { int: 9_007_199_254_740_993n },
);

test('any value of a point comes back with all of its bits', LONG, async () => {
  const series = fc.array(fc.oneof({ weight: 4, arbitrary: decimal }, double(), anyBits, int, special), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(series, { minLength: 1, maxLength: 4 }), async (metrics) => {
      expect(await throughStore(metrics)).toEqual(expected(metrics));
    }),
    { numRuns: 30 },
  );
});

function double(): fc.Arbitrary<Value> {
  return fc.double().map(asDouble);
}

test('doubles with few decimals are kept as integers', async () => {
  const values = Array.from({ length: 100 }, (_, i) => asDouble(i / 100));
  const ingestedAt = nextIngestedAtNs();
  const blocks = [...encodeSegment(encoder, [decodeMetrics(bodyOf([values])).chunk], ingestedAt)];
  const points = blocks.find(({ table }) => table === 'metric_points')!;
  expect(points.columns).toContain('value_int');
  expect(points.columns).not.toContain('value_double');
});

test.each([
  { value: 21.53, decimals: 2, want: 2153 },
  { value: 21.53, decimals: 1, want: Number.NaN },
  { value: -0, decimals: 0, want: Number.NaN },
  { value: 0.1 + 0.2, decimals: 9, want: Number.NaN },
  { value: 2 ** 53, decimals: 0, want: Number.NaN },
  { value: Number.NaN, decimals: 0, want: Number.NaN },
  { value: Number.POSITIVE_INFINITY, decimals: 0, want: Number.NaN },
])('$value with $decimals decimals is $want', ({ value, decimals, want }) => {
  expect(scaledInteger(value, decimals)).toBe(want);
});

test('a metric keeps as many decimals as it needed before', () => {
  const decimals = new Decimals();
  const of = (value: number, metric: number): number => decimals.of(Float64Array.of(value), undefined, 0, 1, metric);
  expect(of(2.53, 1)).toBe(2);
  expect(of(2.5, 1)).toBe(2);
  expect(of(2.5, 2)).toBe(1);
  for (let i = 0; i < 256; i++) of(2.5, 1);
  expect(of(2.5, 1)).toBe(1);
});
