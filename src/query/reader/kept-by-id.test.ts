import { afterAll, expect, test } from 'vitest';
import { KeptById } from './kept-by-id.ts';
import { StoreReader } from './store-reader.ts';

/** Nothing is asked of it. */
const keeping = new StoreReader({ keepsSeries: true });
const forgetting = new StoreReader();
afterAll(() => Promise.all([keeping.close(), forgetting.close()]));

test('each tenant finds its own, and a reader that keeps nothing finds nothing', () => {
  const kept = new KeptById<string>(10_000, ({ length }) => length);
  kept.keep(keeping, 1n, 'one');
  kept.keep(forgetting, 1n, 'one');
  expect(kept.find(keeping, [1n, 2n, 1n])).toEqual({ found: new Map([[1n, 'one']]), missing: [2n] });
  expect(kept.find(keeping.ofTenant('other'), [1n]).missing).toEqual([1n]);
  expect(kept.find(forgetting, [1n]).missing).toEqual([1n]);
});

test('what was read longest ago goes first', () => {
  const kept = new KeptById<string>(1_000, ({ length }) => length);
  for (const id of ['a', 'b', 'c']) kept.keep(keeping, id, id.repeat(300));
  expect(kept.find(keeping, ['a', 'b', 'c']).missing).toEqual(['a']);
});
