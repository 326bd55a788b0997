/** Saved searches over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, type SavedSearch, type SavedSearches, SearchesFull, startServer } from '../index.ts';
import type { SearchesResponse } from './types.ts';

let server: RunningServer;
let kept: SavedSearch[] = [];
let refusal: string | undefined;
let isFull = false;

const searches: SavedSearches = {
  list: async () => kept,
  refusal: async () => refusal,
  save: async ({ id = 'new', ...search }) => {
    if (isFull) throw new SearchesFull('500 searches are saved already');
    if (id === 'gone') return undefined;
    const saved = { ...search, id, savedMs: 7 };
    kept = [...kept.filter((one) => one.id !== id), saved];
    return saved;
  },
  remove: async (id) => {
    const before = kept.length;
    kept = kept.filter((one) => one.id !== id);
    return kept.length < before;
  },
};

beforeAll(async () => {
  server = await startServer({ port: 0, searches: { of: () => searches } });
});
afterAll(() => server.close());

async function ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${server.url}/api/console/searches${path}`, init);
  return { status: response.status, body: (await response.json()) as unknown };
}

const SLOW = { name: ' slow ', page: 'traces', search: '?q=duration>1s' };

test('a search is saved, listed, renamed and deleted', async () => {
  const saved = { id: 'new', name: 'slow', page: 'traces', search: 'q=duration>1s', savedMs: 7, author: '' };
  expect(await ask('POST', '', SLOW)).toEqual({ status: 200, body: saved });
  expect((await ask('POST', '', { ...SLOW, id: 'new', name: 'slower' })).body).toEqual({ ...saved, name: 'slower' });
  expect(((await ask('GET', '')).body as SearchesResponse).searches.map(({ name }) => name)).toEqual(['slower']);
  expect(await ask('DELETE', '/new')).toEqual({ status: 200, body: { id: 'new' } });
  expect((await ask('DELETE', '/new')).status).toBe(404);
  expect((await ask('POST', '', { ...SLOW, id: 'gone' })).status).toBe(404);
});

test.each([
  ['no name', { ...SLOW, name: '  ' }, 400, /name/],
  ['a long name', { ...SLOW, name: 'x'.repeat(121) }, 422, /at most 120/],
  ['another page', { ...SLOW, page: 'system' }, 400, /expected one of traces, logs/],
  ['no search', { name: 'x', page: 'logs' }, 400, /search/],
  ['a long search', { ...SLOW, search: 'x'.repeat(16_385) }, 422, /at most 16384/],
  ['an id that is none', { ...SLOW, id: 5 }, 400, /id/],
  ['no object', [], 400, /name/],
])('%s is refused', async (_, body, status, message) => {
  const answer = await ask('POST', '', body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(message);
});

test('a server that may only read says so, and one that has as many as it may', async () => {
  refusal = 'this server may only read its store';
  expect(((await ask('GET', '')).body as SearchesResponse).saveRefusal).toBe(refusal);
  expect((await ask('POST', '', SLOW)).status).toBe(503);
  refusal = undefined;
  isFull = true;
  expect(await ask('POST', '', SLOW)).toMatchObject({ status: 422, body: { error: { code: 'too_large' } } });
  isFull = false;
});
