import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ATTRIBUTE_NAMES } from '#lang';
import { type FixtureSpan, insertLogs, insertSpans } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import type { AttributeKeysResponse, AttributeValuesResponse, LogsResponse, TracesResponse } from './types.ts';

/** A span for every name that the conventions ever gave an attribute, each with a value of its own group; the same for logs. */
const FROM_MS = 1_760_000_000_000;
const range = `from=${FROM_MS}&to=${FROM_MS + 60_000}`;
const named = ATTRIBUTE_NAMES.flatMap((names, group) => names.map((name) => ({ name, group })));
const traceIdOf = (index: number): string => (index + 1).toString(16).padStart(32, '0');

let store: TestStore;
let server: RunningServer;

beforeAll(async () => {
  store = await startTestStore();
  const timeNs = BigInt(FROM_MS + 1000) * 1_000_000n;
  const spans = named.map(({ name, group }, index): FixtureSpan => {
    const one = { traceId: traceIdOf(index), spanId: '1', timeNs, durationNs: 1, service: 's', name: 'n' };
    const attributes = { [name]: `value ${group}` };
    // Attributes of a deployment are the resource's.
    return name.startsWith('deployment.') ? { ...one, resource: attributes } : { ...one, attributes };
  });
  await insertSpans(store, spans);
  await insertLogs(
    store,
    named.map(({ name, group }, index) => {
      return { timeNs, service: 's', body: String(index), attributes: { [name]: `value ${group}` } };
    }),
  );
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server?.close();
  await store?.close();
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path.slice(0, 200)}: ${text}`);
  return JSON.parse(text) as T;
}

/** So many are asked for at once. */
const CHUNK = 6;

/** The names at a place of their groups, a few at a time, each asked for its group's value; and what must be found: all of these groups. */
function askedBy(place: number): readonly { readonly q: string; readonly found: readonly number[] }[] {
  const all = ATTRIBUTE_NAMES.flatMap((names, group) => (place < names.length ? [group] : []));
  const chunks = Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK));
  return chunks.map((groups) => ({
    q: groups.map((group) => `"${ATTRIBUTE_NAMES[group]![place]}"="value ${group}"`).join(' OR '),
    found: named.flatMap(({ group }, index) => (groups.includes(group) ? [index] : [])),
  }));
}
const places = [...Array(Math.max(...ATTRIBUTE_NAMES.map((names) => names.length))).keys()];

describe.each(places)('asked by name %i of each attribute', (place) => {
  test('all names are found in spans', async () => {
    for (const { q, found } of askedBy(place)) {
      const asked = `/api/console/traces?${range}&limit=500&q=${encodeURIComponent(q)}`;
      const { traces } = await get<TracesResponse>(asked);
      expect(traces.map(({ traceId }) => traceId).sort(), q).toEqual(found.map(traceIdOf).sort());
    }
  });

  test('all names are found in logs', async () => {
    for (const { q, found } of askedBy(place)) {
      const { logs } = await get<LogsResponse>(`/api/console/logs?${range}&limit=500&q=${encodeURIComponent(q)}`);
      expect(logs.map(({ body }) => Number(body)).sort(), q).toEqual([...found].sort());
    }
  });
});

test('tags of Jaeger, completion of values and of keys know all names', async () => {
  const tags = encodeURIComponent(JSON.stringify({ 'http.method': 'value 0' }));
  const micros = `start=${FROM_MS * 1000}&end=${(FROM_MS + 60_000) * 1000}`;
  const jaeger = await get<{ data: unknown[] }>(`/jaeger/api/traces?service=s&tags=${tags}&${micros}`);
  expect(jaeger.data).toHaveLength(ATTRIBUTE_NAMES[0]!.length);
  const values = await get<AttributeValuesResponse>(
    `/api/console/attributes/values?signal=traces&${range}&key=db.statement`,
  );
  const group = ATTRIBUTE_NAMES.findIndex(([name]) => name === 'db.query.text');
  expect(values.values).toEqual([{ value: `value ${group}`, count: 2 }]);
  const keys = await get<AttributeKeysResponse>(`/api/console/attributes?signal=traces&${range}&prefix=db.query.te`);
  expect(keys.keys.map(({ key }) => key).sort()).toEqual(['db.query.text', 'db.statement']);
});

test('no name stands for two attributes', () => {
  expect(new Set(named.map(({ name }) => name)).size).toBe(named.length);
});
