import { expect, test } from 'vitest';
import { SearchesFull, type SearchToSave } from '#api';
import { StoredSearches } from './saved-searches.ts';

const SLOW: SearchToSave = { name: 'slow', page: 'traces', search: 'q=duration>1s', author: 'eve' };

/** Documents of one kind, in memory. */
function shelf({ mayWrite = true, nowMs = (): number => 1000.5 } = {}): StoredSearches {
  const bodies = new Map<string, object>();
  return new StoredSearches({
    nowMs,
    documents: {
      list: async (_kind, prefix = '') =>
        [...bodies].filter(([key]) => key.startsWith(prefix)).map(([key, body]) => ({ key, version: 1, body })),
      put: async (_kind, key, body) => void bodies.set(key, body),
      remove: async (_kind, key) => void bodies.delete(key),
      mayWrite: async () => mayWrite,
    },
  });
}

test('what is saved is listed by name, is renamed under its id, and is gone when removed', async () => {
  const searches = shelf();
  const slow = (await searches.save(SLOW))!;
  expect(slow).toEqual({ ...SLOW, id: slow.id, savedMs: 1000 });
  const failed = (await searches.save({ ...SLOW, name: 'failed', page: 'logs', search: 'severity=error' }))!;
  expect((await searches.list()).map(({ name }) => name)).toEqual(['failed', 'slow']);
  expect(await searches.save({ ...SLOW, id: slow.id, name: 'a slow one' })).toMatchObject({ id: slow.id });
  expect((await searches.list()).map(({ name, id }) => [name, id])).toEqual([
    ['a slow one', slow.id],
    ['failed', failed.id],
  ]);
  expect(await searches.remove(failed.id)).toBe(true);
  expect(await searches.remove(failed.id)).toBe(false);
  expect(await searches.save({ ...SLOW, id: failed.id })).toBeUndefined();
  expect(await searches.list()).toHaveLength(1);
});

test('no more than 500 are kept, and one of them may still be changed', async () => {
  const searches = shelf();
  for (let i = 0; i < 500; i++) await searches.save({ ...SLOW, name: `n${i}` });
  await expect(searches.save(SLOW)).rejects.toThrow(SearchesFull);
  const [first] = await searches.list();
  expect(await searches.save({ ...SLOW, id: first!.id })).toMatchObject({ name: 'slow' });
});

test('a server that may only read says so', async () => {
  expect(await shelf({ mayWrite: false }).refusal()).toContain('may only read');
  expect(await shelf().refusal()).toBeUndefined();
});
