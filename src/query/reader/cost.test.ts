import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchLogs } from '../logs/index.ts';
import { listServices } from '../services/index.ts';
import { insertLogs, insertSpans } from '../testing/fixtures.ts';
import { SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../testing/shop.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readTrace, searchTraces } from '../traces/index.ts';
import type { ReadLimits, SpentOnRequest } from './options.ts';
import { StoreReader } from './store-reader.ts';

/** What a statement may read is known before it reads: one that would read more is refused with the figures. */

const RANGE = { fromMs: SHOP_FROM_MS, toMs: SHOP_TO_MS };
const spans = shopSpans();
let store: TestStore;
const readers: StoreReader[] = [];
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, spans);
  const { timeNs } = spans[0]!;
  await insertLogs(
    store,
    Array.from({ length: 50 }, (_, i) => ({ timeNs: timeNs + BigInt(i), service: 'orders', body: `line ${i}` })),
  );
});
afterAll(async () => {
  for (const reader of readers) await reader.close();
  await store?.close();
});

function readerWith(readLimits: Partial<ReadLimits>): StoreReader {
  const { url, database, readerLogin } = store;
  const reader = new StoreReader({ url, database, ...readerLogin, readLimits });
  readers.push(reader);
  return reader;
}

describe('a statement whose cost grows with its range', () => {
  test('is refused before it reads, with the rows, the limit and the way out', async () => {
    const spent: SpentOnRequest = { ms: 0 };
    const asked = listServices(readerWith({ rows: 10 }), RANGE, { spent });
    await expect(asked).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/^the query would read [\d,]{3,} rows, at most 10 are allowed$/),
      hint: expect.stringContaining('signalbox::query::max_read_rows'),
    });
    expect(spent.ms).toBe(0);
  });

  test('is refused for what one reads in bytes', async () => {
    const asked = searchTraces(readerWith({ bytes: 100 }), { ...RANGE, sort: 'slowest', limit: 10 });
    await expect(asked).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/more than 100 bytes of [\d,]+ rows/),
      hint: expect.stringContaining('signalbox::query::max_read_bytes'),
    });
  });

  test('runs within the limits, and an explanation shows both figures', async () => {
    const spent: SpentOnRequest = { ms: 0, statements: [] };
    await searchTraces(readerWith({ rows: 1_000_000 }), { ...RANGE, sort: 'slowest', limit: 10 }, { spent });
    const ranked = spent.statements!.find(({ sql }) => sql.includes('is_match'))!;
    expect(ranked.estimatedRows).toBeGreaterThanOrEqual(spans.length);
    expect(ranked.limits).toMatchObject({ rows: 1_000_000 });
  });
});

test('what stops early, or reads little, is not held against the rows of its range', async () => {
  const reader = readerWith({ rows: 10 });
  const { logs } = await searchLogs(reader, { ...RANGE, severities: [], limit: 5, direction: 'older' });
  expect(logs).toHaveLength(5);
  expect((await readTrace(reader, spans[0]!.traceId)).traceId).toBe(spans[0]!.traceId);
});
