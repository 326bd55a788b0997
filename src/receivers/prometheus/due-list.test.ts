import { expect, test } from 'vitest';
import { ManualClock } from '#base';
import { DueList } from './due-list.ts';

test('ten thousand things are done in the order of their times, with one timer', async () => {
  const clock = new ManualClock();
  const done: number[] = [];
  const list = new DueList<{ dueMs: number }>(clock, (one) => {
    expect(one.dueMs).toBeLessThanOrEqual(clock.monotonicMs());
    done.push(one.dueMs);
  });
  const times = Array.from({ length: 10_000 }, (_, i) => ((i * 7919) % 10_007) + 1);
  for (const dueMs of times) list.add({ dueMs });
  expect(clock.timerCount).toBe(1);
  for (let step = 0; step < 11; step++) await clock.advance(1000);
  expect(done).toEqual(times.toSorted((one, other) => one - other));
  expect(clock.timerCount).toBe(0);
});

test('what is added while things are done comes in its turn', async () => {
  const clock = new ManualClock();
  const done: number[] = [];
  const list: DueList<{ dueMs: number }> = new DueList(clock, (one) => {
    done.push(one.dueMs);
    if (one.dueMs < 100) list.add({ dueMs: one.dueMs + 30 });
  });
  list.add({ dueMs: 10 });
  await clock.advance(1000);
  expect(done).toEqual([10, 40, 70, 100]);
});
