import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listEnvironments, readSignals } from '../system/index.ts';
import { insertLogs, insertSeries, insertSpans } from '../testing/fixtures.ts';
import { groupBy, SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../testing/shop.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { listAttributeKeys, listAttributeValues } from './attributes.ts';

const spans = shopSpans();
const range = { fromMs: SHOP_FROM_MS, toMs: SHOP_TO_MS };
const newestMs = Math.max(...spans.map((span) => Number(span.timeNs / 1_000_000n)));
let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, spans);
});
afterAll(() => store.close());

describe('keys', () => {
  test('come with scope and type, the most used first, behind the intrinsics', async () => {
    const keys = await listAttributeKeys(store.reader, { ...range, signal: 'traces' });
    expect(keys[0]).toEqual({ key: 'service', scope: 'intrinsic', type: 'string' });
    const stored = keys.filter((key) => key.scope !== 'intrinsic');
    expect(stored).toContainEqual({ key: 'http.response.status_code', scope: 'item', type: 'int' });
    expect(stored).toContainEqual({ key: 'retry', scope: 'item', type: 'bool' });
    expect(stored).toContainEqual({ key: 'deployment.environment.name', scope: 'resource', type: 'string' });
    expect(stored.findIndex(({ key }) => key === 'service.name')).toBeLessThan(
      stored.findIndex(({ key }) => key === 'retry'),
    );
  });

  test('are narrowed by what was typed', async () => {
    const keys = await listAttributeKeys(store.reader, { ...range, signal: 'traces', prefix: 'HTTP.re' });
    expect(keys.map(({ key }) => key).sort()).toEqual(['http.request.method', 'http.response.status_code']);
  });
});

describe('values', () => {
  const values = (key: string, prefix = '') =>
    listAttributeValues(store.reader, { ...range, signal: 'traces', key, prefix, limit: 100 });
  const count = (matches: (span: (typeof spans)[number]) => boolean) => spans.filter(matches).length;

  test('of an attribute, of numbers, of a resource and of intrinsics', async () => {
    const routes = groupBy(
      spans,
      (span) => (span.attributes as { [key: string]: unknown } | undefined)?.['http.route'],
    );
    routes.delete(undefined);
    expect(new Map((await values('http.route')).map((one) => [one.value, one.count]))).toEqual(
      new Map([...routes].map(([route, list]) => [route, list.length])),
    );
    expect((await values('http.response.status_code')).map((one) => one.value)).toEqual(['200', '500']);
    expect(await values('telemetry.sdk.language', 'pyt')).toEqual([
      { value: 'python', count: count((span) => span.service === 'payments') },
    ]);
    expect((await values('service')).map((one) => one.value)).toContain('inventory');
    expect((await values('kind', 'ser')).map((one) => one.value)).toEqual(['server']);
    expect(await values('nothing')).toEqual([]);
    expect(await values('trace')).toEqual([]);
    expect(await values('')).toEqual([]);
  });
});

test('the newest item of each signal; the future does not count', async () => {
  const before = await readSignals(store.reader, SHOP_TO_MS);
  expect(before).toEqual({
    traces: { hasData: true, newestMs },
    logs: { hasData: false, newestMs: undefined },
    metrics: { hasData: false, newestMs: undefined },
  });
  const future = BigInt(SHOP_TO_MS + 86_400_000) * 1_000_000n;
  await insertLogs(store, [
    { timeNs: future, service: 'x', body: 'from the future' },
    { timeNs: BigInt(SHOP_FROM_MS) * 1_000_000n, service: 'x', body: 'real' },
  ]);
  await insertSeries(store, [{ seriesId: 1n, name: 'm', type: 5, service: 'x' }], BigInt(SHOP_FROM_MS) * 1_000_000n);
  const after = await readSignals(store.reader, SHOP_TO_MS);
  expect(after.logs).toEqual({ hasData: true, newestMs: SHOP_FROM_MS });
  expect(after.metrics).toEqual({ hasData: true, newestMs: SHOP_FROM_MS });
});

test('environments of the last day, the busiest first', async () => {
  expect(await listEnvironments(store.reader, SHOP_TO_MS)).toEqual(['prod', 'test']);
});
