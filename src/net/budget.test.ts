import { expect, test } from 'vitest';
import { ByteBudget, Share } from './budget.ts';
import { Busy } from './busy.ts';

test('a budget gives no more than it has, and again what came back', () => {
  const budget = new ByteBudget(100);
  expect([budget.tryTake(60), budget.tryTake(41), budget.tryTake(40), budget.tryTake(1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  budget.giveBack(1);
  expect(budget.tryTake(1)).toBe(true);
  expect(budget.usedBytes).toBe(100);
});

test('0 means no limit', () => {
  expect(new ByteBudget(0).tryTake(Number.MAX_SAFE_INTEGER)).toBe(true);
});

test('a share gives back what it took, once, however often it is released', () => {
  const budget = new ByteBudget(100);
  const one = new Share(budget);
  const other = new Share(budget);
  one.take(50);
  other.take(50);
  expect(() => one.take(1)).toThrow(Busy);
  one.giveBack(80);
  expect(budget.usedBytes).toBe(50);
  one.release();
  one.release();
  other.release();
  expect(budget.usedBytes).toBe(0);
});

test('works in turn run one after the other, also behind one that failed', async () => {
  const budget = new ByteBudget(1);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = budget.inTurn(async () => {
    order.push('first');
    await gate.promise;
    order.push('first ends');
    throw new Error('no');
  });
  const second = budget.inTurn(() => order.push('second'));
  gate.resolve();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(order).toEqual(['first', 'first ends', 'second']);
});
