import { expect, test } from 'vitest';
import { FakeAccount } from './testing/account.ts';

test('each call is an entry of its own outcome, and nothing is none', () => {
  const account = new FakeAccount();
  account.dropped('traces', 1, 'timeout');
  account.filtered('traces', 2, 'unwanted');
  account.sampledOut('traces', 3, 'not_sampled');
  account.absorbed('traces', 4, 'aggregated');
  account.added('metrics', 5, 'aggregated');
  account.refused('logs', 6, 'memory');
  account.lost('logs', 7, 'damaged');
  account.trouble('retried', 8);
  account.dropped('traces', 0, 'timeout');
  expect(account.reports.map(({ outcome, signal, count }) => [outcome, signal, count])).toEqual([
    ['dropped', 'traces', 1],
    ['filtered', 'traces', 2],
    ['sampled_out', 'traces', 3],
    ['absorbed', 'traces', 4],
    ['added', 'metrics', 5],
    ['refused', 'logs', 6],
    ['lost', 'logs', 7],
    ['trouble', undefined, 8],
  ]);
});

test('what is held is read when asked, until that ends', () => {
  const account = new FakeAccount();
  let items = 3;
  const end = account.holds('logs', () => items);
  items = 5;
  expect([account.held('logs'), account.held('traces')]).toEqual([5, 0]);
  end();
  expect(account.held('logs')).toBe(0);
});
