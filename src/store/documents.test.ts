import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { DocumentStore } from './documents.ts';
import { FencedError, MEMBERS_KIND } from './fence.ts';
import { prepareStore } from './migrate.ts';
import { startTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
const opened: DocumentStore[] = [];
const clock = new ManualClock();
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await store.close();
});

function documents(tenant = ''): DocumentStore {
  const made = new DocumentStore({ endpoint: store.endpoint, tenant, nowMs: () => clock.nowMs() });
  opened.push(made);
  return made;
}

test('the last version of each document is listed, by key, without those that are deleted', async () => {
  const some = documents();
  await some.put('note', 'b', { text: 'first' });
  await some.put('note', 'a', { text: 'ä "quoted" \n' });
  await some.put('note', 'b', { text: 'second' });
  await some.put('note', 'c', {});
  await some.remove('note', 'c');
  await some.put('other', 'b', { text: 'of another kind' });
  // As another process reads them.
  expect((await documents().list('note')).map(({ key, body }) => ({ key, body }))).toEqual([
    { key: 'a', body: { text: 'ä "quoted" \n' } },
    { key: 'b', body: { text: 'second' } },
  ]);
});

test('whoever may write is told so', async () => {
  expect(await documents().mayWrite()).toBe(true);
});

test('a change by another server comes behind what it saw, even where that has the same millisecond', async () => {
  const [one, other] = [documents('race'), documents('race')];
  await one.put('note', 'x', { by: 'one' });
  clock.jump(1);
  await other.put('note', 'x', { by: 'other' });
  expect((await one.list('note')).map(({ body }) => body)).toEqual([{ by: 'other' }]);
});

test('no tenant sees the documents of another', async () => {
  await documents('red').put('note', 'k', { of: 'red' });
  await documents('blue').put('note', 'k', { of: 'blue' });
  expect((await documents('red').list('note')).map(({ body }) => body)).toEqual([{ of: 'red' }]);
  expect((await documents('green').list('note')).length).toBe(0);
});

test('what was written stays when the schema is made again, and through a merge', async () => {
  const some = documents('kept');
  for (const n of [1, 2, 3]) await some.put('note', 'k', { n });
  await prepareStore({ endpoint: store.endpoint, retention: { traces: 1, logs: 1, metrics: 1 } });
  await store.query('OPTIMIZE TABLE signalbox.documents FINAL');
  expect((await some.list('note')).map(({ body }) => body)).toEqual([{ n: 3 }]);
  expect(await store.text("SELECT count() FROM signalbox.documents WHERE tenant = 'kept'")).toBe('1');
});

test('of several who claim a key at a time one gets it, and nobody does later, even where it was deleted', async () => {
  const some = [1, 2, 3, 4].map(() => documents('claims'));
  const got = await Promise.all(some.map((one, by) => one.claim('list', '1', { by })));
  expect(got.filter(Boolean)).toHaveLength(1);
  expect((await some[0]!.last('list'))!.body).toEqual({ by: got.indexOf(true) });
  await some[0]!.putAll('list', [{ key: '1', body: undefined }]);
  expect(await some[0]!.last('list')).toBeUndefined();
  expect(await some[1]!.claim('list', '1', { by: 9 })).toBe(false);
  expect(await some[1]!.claim('list', '2', { by: 9 })).toBe(true);
});

test('who is not in the last list of members keeps nothing', async () => {
  const some = documents();
  await expect(some.putAll('note', [{ key: 'x', body: {} }], 'aa')).rejects.toThrow(FencedError);
  await some.claim(MEMBERS_KIND, '000001', { members: ['aa'] });
  await some.putAll('note', [{ key: 'x', body: { n: 1 } }], 'aa');
  await some.claim(MEMBERS_KIND, '000002', { members: ['bb'] });
  await expect(some.putAll('note', [{ key: 'x', body: { n: 2 } }], 'aa')).rejects.toThrow(FencedError);
  await some.putAll('note', [{ key: 'y', body: { n: 3 } }], 'bb');
  const found = (await some.list('note')).filter(({ key }) => 'xy'.includes(key));
  expect(found.map(({ key, body }) => [key, body])).toEqual([
    ['x', { n: 1 }],
    ['y', { n: 3 }],
  ]);
});

test('changes since a version, each document once, deleted ones without a body', async () => {
  const some = documents('changes');
  await some.putAll('one', [
    { key: 'a', body: { n: 1 } },
    { key: 'b', body: { n: 1 } },
  ]);
  const [first] = await some.changedSince(['one'], 0);
  await some.putAll('one', [{ key: 'b', body: { n: 2 } }]);
  await some.putAll('two', [{ key: 'c', body: { n: 3 } }]);
  await some.putAll('one', [{ key: 'a', body: undefined }]);
  const changes = await some.changedSince(['one', 'two'], first!.version);
  expect(changes.map(({ kind, key, body }) => [kind, key, body])).toEqual([
    ['one', 'b', { n: 2 }],
    ['two', 'c', { n: 3 }],
    ['one', 'a', undefined],
  ]);
});
