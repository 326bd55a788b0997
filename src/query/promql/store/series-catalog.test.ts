import { afterAll, beforeAll, expect, test } from 'vitest';
import { METRIC_HISTOGRAM, METRIC_SUM } from '#pdata';
import type { ReadOptions, SpentOnRequest, StoreReader } from '../../reader/index.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { SeriesCatalog, type SeriesCatalogOptions } from './series-catalog.ts';

let store: TestStore;
let tenants = 0;
let nowMs = 0;

beforeAll(async () => {
  store = await startTestStore();
}, 60_000);
afterAll(() => store?.close());

const SEEN_S = 1_763_800_000;

interface Written {
  readonly id: number;
  readonly name?: string;
  readonly label?: string;
  readonly lastS?: number;
  readonly boundsIds?: readonly number[];
}

async function write({ tenant }: StoreReader, rows: readonly Written[]): Promise<void> {
  await store.insert(
    'metric_series',
    rows.map(({ id, name = 'm', label = `k=${id}`, lastS = SEEN_S, boundsIds = [] }) => ({
      tenant,
      name,
      prometheus_name: name,
      series_id: String(id),
      type: boundsIds.length > 0 ? METRIC_HISTOGRAM : METRIC_SUM,
      temporality: 2,
      monotonic: 1,
      labels: [`__name__=${name}`, label].sort(),
      bounds_ids: boundsIds.map(String),
      first_seen: SEEN_S,
      last_seen: lastS,
    })),
  );
}

function setUp(options: SeriesCatalogOptions = {}) {
  const reader = store.reader.ofTenant(`catalog-${++tenants}`);
  const catalog = new SeriesCatalog({ nowMs: () => nowMs, ...options });
  const rows = async (names: readonly string[] | undefined, spent?: SpentOnRequest) => {
    const series = await catalog.series(reader, names, spent === undefined ? {} : { spent });
    return series && [...series.rows.values()].sort((a, b) => Number(a.id) - Number(b.id));
  };
  return { reader, catalog, rows };
}

const statementsOf = () => ({ ms: 0, statements: [] as NonNullable<SpentOnRequest['statements']> });

test('asks nothing of the store for as long as an answer is fresh, and then only for what is new', async () => {
  const { reader, rows } = setUp();
  await write(reader, [{ id: 1 }, { id: 2 }, { id: 3, name: 'other' }]);
  const before = (await rows(['m']))!;
  expect(before.map(({ id, labels }) => `${id} ${labels}`)).toEqual(['1 {k="1"}', '2 {k="2"}']);
  await write(reader, [{ id: 4 }, { id: 1, lastS: SEEN_S + 3600 }]);
  nowMs += 999;
  const none = statementsOf();
  expect(await rows(['m'], none)).toEqual(before);
  expect(none.statements).toEqual([]);
  nowMs += 1;
  const some = statementsOf();
  const after = (await rows(['m'], some))!;
  expect(after.map(({ id, lastS }) => [id, lastS])).toEqual([
    ['1', SEEN_S + 3600],
    ['2', SEEN_S],
    ['4', SEEN_S],
  ]);
  // The labels are those of before, and not read again.
  expect(after[0]!.labels).toBe(before[0]!.labels);
  const whole = some.statements.filter(({ sql }) => sql.includes('label_list'));
  expect(whole).toHaveLength(1);
  expect(Object.values(whole[0]!.parameters)).toContain('4');
});

test('forgets what the store has forgotten, and sees new bounds of a histogram', async () => {
  const { reader, rows } = setUp();
  await write(reader, [{ id: 11, boundsIds: [5] }, { id: 12 }]);
  expect((await rows(['m']))!.map(({ boundsIds }) => boundsIds)).toEqual([['5'], []]);
  await store.run(
    `ALTER TABLE ${store.database}.metric_series DELETE WHERE series_id = 12 SETTINGS mutations_sync = 1`,
  );
  await write(reader, [{ id: 11, boundsIds: [6] }]);
  nowMs += 1000;
  expect((await rows(['m']))!.map(({ boundsIds }) => [...boundsIds].sort())).toEqual([['5', '6']]);
});

test('finds the series of a label', async () => {
  const { reader, catalog } = setUp();
  await write(reader, [
    { id: 21, label: 'a=x' },
    { id: 22, label: 'a=y' },
  ]);
  const series = (await catalog.series(reader, ['m'], {}))!;
  const ids = (...labels: (readonly [string, string])[]) => Array.from(series.having(labels), ({ id }) => id);
  expect(ids(['a', 'y'])).toEqual(['22']);
  expect(ids(['a', 'z'])).toEqual([]);
  expect(ids().sort()).toEqual(['21', '22']);
});

test('one tenant does not see the series of another', async () => {
  const { reader, catalog, rows } = setUp();
  await write(reader, [{ id: 31 }]);
  expect(await rows(undefined)).toHaveLength(1);
  const other = await catalog.series(store.reader.ofTenant('nobody'), undefined, {});
  expect(other!.rows.size).toBe(0);
});

test('keeps no more than its bytes, and what was asked for last', async () => {
  const { reader, catalog, rows } = setUp({ maxBytes: 40_000, freshMs: 1_000_000 });
  const names = Array.from({ length: 8 }, (_, i) => `m${i}`);
  await write(
    reader,
    names.flatMap((name, n) => Array.from({ length: 10 }, (_, i) => ({ id: 100 * (n + 1) + i, name }))),
  );
  for (const name of names) {
    await rows(['m0']);
    expect(await rows([name])).toHaveLength(10);
    expect(catalog.bytes).toBeGreaterThan(0);
    expect(catalog.bytes).toBeLessThanOrEqual(40_000);
  }
  const isKept = async (name: string): Promise<boolean> => {
    const spent = statementsOf();
    await rows([name], spent);
    return spent.statements.length === 0;
  };
  expect(await isKept('m0')).toBe(true);
  expect(await isKept('m7')).toBe(true);
  expect(await isKept('m1')).toBe(false);
});

test('does not keep more series than so many under a name', async () => {
  const { reader, catalog, rows } = setUp({ maxSeries: 2 });
  await write(reader, [{ id: 41 }, { id: 42 }]);
  expect(await rows(['m'])).toHaveLength(2);
  await write(reader, [{ id: 43 }]);
  nowMs += 1000;
  expect(await rows(['m'])).toBeUndefined();
  expect(catalog.bytes).toBeLessThan(1_000);
});

test('a failure is not kept', async () => {
  const { reader, catalog, rows } = setUp();
  await write(reader, [{ id: 51 }]);
  await expect(catalog.series(reader, ['m'], { settings: { max_threads: 'none' as never } })).rejects.toThrow();
  expect(catalog.bytes).toBe(0);
  expect(await rows(['m'])).toHaveLength(1);
});

test('who asks at the same time waits for the same answer, which does not end with the first one', async () => {
  const { reader, catalog } = setUp();
  await write(reader, [{ id: 61 }]);
  const [first, third] = [new AbortController(), new AbortController()];
  const spent = statementsOf();
  const ask = (options: ReadOptions) => catalog.series(reader, ['m'], options);
  const answers = [ask({ signal: first.signal }), ask({ spent }), ask({ signal: third.signal }), ask({})];
  const reasons = [answers[0], answers[2]].map((each) => each!.catch((error: unknown) => error));
  first.abort('gone');
  third.abort('gone, too');
  // Neither has to wait for the store.
  expect(await Promise.all(reasons)).toEqual(['gone', 'gone, too']);
  const [a, b] = await Promise.all([answers[1], answers[3]]);
  expect(a!.rows.size).toBe(1);
  expect(b).toBe(a);
  expect(spent.statements).toEqual([]);
});
