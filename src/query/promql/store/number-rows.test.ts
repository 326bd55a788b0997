import { expect, test } from 'vitest';
import { detailedNumbers, GatheredNumbers, type NumberRows, RunsBySeries } from './number-rows.ts';

const STALE = new Float64Array(new Uint32Array([2, 0x7ff0_0000]).buffer)[0]!;

interface Row {
  readonly id: bigint;
  readonly time: number;
  readonly value?: number;
  readonly startNs?: bigint;
}

function rowsOf(list: readonly Row[]): NumberRows {
  return {
    ids: new Uint32Array(BigUint64Array.from(list, ({ id }) => id).buffer),
    hasWholeIds: true,
    times: Uint32Array.from(list, ({ time }) => time),
    starts: new Uint32Array(BigUint64Array.from(list, ({ startNs = 0n }) => startNs).buffer),
    hasWholeStarts: true,
    numbers: Float64Array.from(list, ({ time, value = time * 10 }) => value),
  };
}

const LOW = 7n;
/** The same low word. */
const HIGH = 7n + (1n << 40n);

test('runs of several series, in any order, are each series by time', () => {
  const rows = rowsOf([
    ...[5, 6].map((time) => ({ id: LOW, time })),
    ...[1, 2].map((time) => ({ id: HIGH, time })),
    ...[1, 2, 3].map((time) => ({ id: LOW, time })),
    ...[8, 9, 4].map((time) => ({ id: LOW, time })),
    ...[2, 3].map((time) => ({ id: HIGH, time })),
  ]);
  const bySeries = new RunsBySeries(rows);
  const gathered = new GatheredNumbers(rows, 1000);
  const timesOf = (id: bigint): readonly number[] => {
    const { timesMs, values } = gathered.add(bySeries.get(String(id))!);
    expect([...values]).toEqual(Array.from(timesMs, (timeMs) => (timeMs - 1000) * 10));
    return [...timesMs];
  };
  expect(timesOf(LOW)).toEqual([1001, 1002, 1003, 1004, 1005, 1006, 1008, 1009]);
  expect(timesOf(HIGH)).toEqual([1001, 1002, 1003]);
  expect(bySeries.get('8')).toBeUndefined();
});

test.each([
  { name: 'all began together', list: [{ startNs: 5n }, { startNs: 5n }], isOdd: false },
  { name: 'one began later', list: [{ startNs: 5n }, { startNs: 6n }], isOdd: true },
  { name: 'one began much later', list: [{ startNs: 5n }, { startNs: 5n + (1n << 32n) }], isOdd: true },
  { name: 'not a number, but no marker', list: [{}, { value: Number.NaN }], isOdd: false },
  { name: 'a stale marker', list: [{}, { value: STALE }], isOdd: true },
])('a series is odd or not: $name', ({ list, isOdd }) => {
  const isOddAt = (times: readonly number[]): boolean =>
    new RunsBySeries(rowsOf(list.map((row, i) => ({ id: LOW, time: times[i]!, ...row })))).get(String(LOW))!.isOdd;
  expect(isOddAt([1, 2])).toBe(isOdd);
  // A run each.
  expect(isOddAt([2, 1])).toBe(isOdd);
});

test('details: when each began, where the series ended, each time once', () => {
  const startNs = 1_763_800_000_123_456_789n;
  const rows = rowsOf([
    { id: LOW, time: 4, startNs },
    { id: LOW, time: 5, value: STALE },
    { id: LOW, time: 1 },
    { id: LOW, time: 4, value: 1 },
  ]);
  const { timesMs, values, startsMs, staleMs } = detailedNumbers(rows, new RunsBySeries(rows).get('7')!, 100);
  expect([...timesMs]).toEqual([101, 104]);
  expect([...values]).toEqual([10, 40]);
  expect([...startsMs]).toEqual([0, 1_763_800_000_123]);
  expect([...staleMs!]).toEqual([105]);
});
