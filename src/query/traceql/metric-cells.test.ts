import { expect, test } from 'vitest';
import { Budget, MAX_SPANS } from './limits.ts';
import { alignedIntervals, bucketOf, Groups, intervalOf, oneInterval } from './metric-cells.ts';

test('intervals end at multiples of the step, and have their end but not their begin', () => {
  const intervals = alignedIntervals(105n, 145n, 20n);
  expect(intervals).toEqual({ startNs: 100n, stepNs: 20n, count: 4, firstNs: 100n, lastNs: 160n });
  expect([100n, 101n, 120n, 121n, 160n].map((ns) => intervalOf(intervals, ns))).toEqual([0, 1, 1, 2, 3]);
  expect(alignedIntervals(100n, 160n, 20n)).toEqual(intervals);
  const whole = oneInterval(100n, 160n);
  expect([100n, 130n, 159n].map((ns) => intervalOf(whole, ns))).toEqual([0, 0, 0]);
});

test.each([
  [1.9, undefined],
  [2, 2],
  [2.1, 4],
  [1024, 1024],
  [1025, 2048],
  [2 ** 40, 2 ** 40],
  [2 ** 40 + 1, 2 ** 41],
  [Number.POSITIVE_INFINITY, undefined],
  [Number.NaN, undefined],
])('the bucket of %s ends at %s', (value, upper) => {
  expect(bucketOf(value)).toBe(upper);
});

test('groups add up what belongs together, and say when there are too many', () => {
  const groups = new Groups(1);
  const cell = { count: 1, sum: 5, min: 5, max: 5, exemplar: undefined };
  groups.add([{ type: 'string', value: 'a' }], undefined, 0, cell);
  groups.add([{ type: 'string', value: 'a' }], undefined, 0, { ...cell, sum: 7, min: 7, max: 7 });
  expect(groups.all()[0]!.cells).toEqual([{ count: 2, sum: 12, min: 5, max: 7, exemplar: undefined }]);
  expect([groups.isTooLarge, groups.cellCount]).toEqual([false, 1]);
  groups.add([{ type: 'int', value: 5 }], undefined, 0, cell);
  expect(groups.isTooLarge).toBe(true);
});

test('a question that looks at too much, or takes too long, ends with how to narrow it', async () => {
  const large = new Budget();
  large.spans = MAX_SPANS;
  expect(() => large.check()).toThrow(
    expect.objectContaining({ code: 'too_large', hint: expect.stringContaining('narrow the time range') as string }),
  );
  expect(() => new Budget({ timeoutMs: -1 }).check()).toThrow(expect.objectContaining({ code: 'timeout' }));
  await expect(new Budget({ signal: AbortSignal.abort() }).pause()).rejects.toThrow('abort');
});
