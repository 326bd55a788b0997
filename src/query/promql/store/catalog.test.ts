import { afterAll, beforeAll, expect, test } from 'vitest';
import { METRIC_HISTOGRAM } from '#pdata';
import { type ReadOptions, type SpentOnRequest, StoreReader } from '../../reader/index.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { listLabels, listLabelValues } from './catalog.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
}, 60_000);
afterAll(() => store?.close());

const SEEN_S = 1_763_800_000;
const RANGE = { fromMs: SEEN_S * 1000, toMs: SEEN_S * 1000 + 60_000 };

test('what ids of bounds and resources name is asked for once', async () => {
  const tenant = 'listed';
  await store.insert('metric_series', [
    {
      tenant,
      name: 'm',
      prometheus_name: 'm',
      series_id: '1',
      type: METRIC_HISTOGRAM,
      temporality: 2,
      resource_id: '5',
      labels: ['__name__=m', 'route=/'],
      bounds_ids: ['7'],
      first_seen: SEEN_S,
      last_seen: SEEN_S,
    },
  ]);
  await store.insert('metric_bounds', [
    { tenant, bounds_id: '7', bounds: [0.5], first_seen: SEEN_S, last_seen: SEEN_S },
  ]);
  await store.insert('resources', [
    { tenant, resource_id: '5', attributes: { 'service.name': 'cart', 'process.owner': 'me' } },
  ]);
  const { url, database, readerLogin } = store;
  const kept = new StoreReader({ url, database, ...readerLogin, keepsSeries: true });
  try {
    const reader = kept.ofTenant(tenant);
    const statementsOf = async (ask: (options: ReadOptions) => Promise<unknown>): Promise<string[]> => {
      const statements: NonNullable<SpentOnRequest['statements']> = [];
      await ask({ spent: { ms: 0, statements } });
      return statements.map(({ sql }) => sql);
    };
    const labels = (options: ReadOptions): Promise<string[]> => listLabels(reader, [], RANGE, options);
    // `process_owner` is one of target_info, `le` one of buckets.
    expect(await labels({})).toEqual(expect.arrayContaining(['le', 'process_owner', 'route']));
    const again = await statementsOf(labels);
    expect(again.filter((sql) => /metric_bounds|resources/.test(sql))).toEqual([]);
    const values = (options: ReadOptions): Promise<string[]> => listLabelValues(reader, 'le', [], RANGE, options);
    expect(await values({})).toEqual(['+Inf', '0.5']);
    expect((await statementsOf(values)).filter((sql) => sql.includes('metric_bounds'))).toEqual([]);
    // Another tenant's ids may be the same.
    expect(await listLabels(kept.ofTenant('nobody'), [], RANGE, {})).toEqual([]);
  } finally {
    await kept.close();
  }
});
