import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertSpans } from '../../query/testing/fixtures.ts';
import { SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../../query/testing/shop.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, shopSpans());
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server?.close();
  await store?.close();
});

test('explain=1 says which statements an answer took, with what was read and how long; nobody else hears of them', async () => {
  const path = `${server.url}/api/console/services?from=${SHOP_FROM_MS}&to=${SHOP_TO_MS}`;
  const plain = (await (await fetch(path)).json()) as { readonly explain?: unknown };
  expect(plain).not.toHaveProperty('explain');
  const { explain, ...answer } = (await (await fetch(`${path}&explain=1`)).json()) as {
    readonly explain: readonly { sql: string; rowsRead: number; bytesRead: number; storeMs: number }[];
  };
  expect(answer).toEqual(plain);
  expect(explain.length).toBeGreaterThan(1);
  const census = explain.find(({ sql }) => sql.includes('calls_itself'))!;
  expect(census.sql).toMatch(/^SELECT service_name.*\{p\d:/s);
  expect(census.rowsRead).toBeLessThan(shopSpans().length);
  expect(explain.every(({ storeMs }) => storeMs > 0)).toBe(true);
});
