import { expect, test } from 'vitest';
import { noteSpending, pauseMs, spentMs } from './spending.ts';

test('a page that costs much refreshes itself seldom: at most two seconds of CPU a minute', () => {
  expect(pauseMs(5_000, 10)).toBe(5_000);
  for (const costMs of [100, 250, 1_000, 20_000]) {
    const perMinute = 60_000 / pauseMs(5_000, costMs);
    // On two cores a statement takes at most twice as much CPU as time.
    expect((perMinute * 2 * costMs) / 1000).toBeLessThanOrEqual(2);
  }
});

test('what the answers cost is added up', () => {
  const before = spentMs();
  noteSpending('store;dur=12.5');
  noteSpending('cache;desc=x, store;dur=7.5');
  noteSpending(null);
  noteSpending('nonsense');
  expect(spentMs() - before).toBe(20);
});
