import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { DocumentStore } from './documents.ts';
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
