import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { Deadline } from './deadline.ts';

test.each([10_000, 500, 1, 0])(
  'who keeps to the budget of a deadline of %s ms is over before the wait for it',
  async (ms) => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock, ms);
    const { budgetMs } = deadline;
    let hasEnded = false;
    const waiting = deadline.isOver(
      new Promise<void>((resolve) => {
        clock.after(budgetMs, () => {
          hasEnded = true;
          resolve();
        });
      }),
    );
    await clock.advance(ms + 100);
    expect(await waiting).toBe(true);
    expect(hasEnded).toBe(true);
  },
);

test('nested deadlines end from the inside out', async () => {
  const clock = new ManualClock();
  const ended: string[] = [];
  const nested = async (
    name: string,
    budgetMs: number,
    inner: (budgetMs: number) => Promise<unknown>,
  ): Promise<void> => {
    const deadline = new Deadline(clock, budgetMs);
    await deadline.isOver(inner(deadline.budgetMs));
    ended.push(name);
  };
  const never = new Promise(() => undefined);
  const all = nested('outer', 10_000, (ms) => nested('middle', ms, (less) => nested('inner', less, () => never)));
  await clock.advance(10_000);
  await all;
  expect(ended).toEqual(['inner', 'middle', 'outer']);
});

test('parts are shares of what is left', async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock, 1000);
  await clock.advance(600);
  expect(deadline.part(0.5).leftMs).toBe(200);
  await clock.advance(600);
  expect([deadline.leftMs, deadline.budgetMs]).toEqual([0, 0]);
});
