import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parsePromql } from '#lang/promql';
import { METRIC_GAUGE, METRIC_SUM } from '#pdata';
import { StoreReader } from '../../reader/index.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { DEFAULT_OPTIONS, queryRange, type StepSeries, StoreSource } from '../index.ts';
import { SharedWindows } from './shared-windows.ts';
import type { StorePlan } from './store-source.ts';

/** What ClickHouse finds is what TypeScript finds from the same samples, for series of all kinds. */

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
}, 60_000);
afterAll(() => store?.close());

const START_MS = 1_763_800_000_000;

interface Written {
  readonly labels: Readonly<Record<string, string>>;
  readonly isCounter?: boolean;
  readonly isDelta?: boolean;
  readonly points: readonly {
    readonly timeMs: number;
    readonly value: number;
    readonly startMs?: number;
    readonly isStale?: boolean;
  }[];
}

let tenants = 0;

async function write(series: readonly Written[]): Promise<string> {
  const tenant = `windows-${++tenants}`;
  const seriesRows: object[] = [];
  const points: object[] = [];
  series.forEach(({ labels, isCounter = false, isDelta = false, points: own }, i) => {
    const id = String(1000 * tenants + i);
    seriesRows.push({
      tenant,
      name: labels.__name__,
      prometheus_name: labels.__name__,
      series_id: id,
      resource_id: i,
      type: isCounter || isDelta ? METRIC_SUM : METRIC_GAUGE,
      temporality: isDelta ? 1 : isCounter ? 2 : 0,
      monotonic: isCounter || isDelta ? 1 : 0,
      labels: Object.entries(labels).map(([name, value]) => `${name}=${value}`),
      first_seen: START_MS / 1000,
      last_seen: START_MS / 1000 + 3600,
    });
    for (const { timeMs, value, startMs = 0, isStale = false } of own)
      points.push({
        tenant,
        name: labels.__name__,
        series_id: id,
        time: timeText(timeMs),
        start_time: timeText(startMs),
        value_form: 0,
        value_double: String(value).replace('Infinity', 'inf'),
        flags: isStale ? 1 : 0,
      });
  });
  await store.insert('metric_series', seriesRows);
  await store.insert('metric_points', points);
  return tenant;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}

/** A source that counts what the store has found itself. */
class CountingSource extends StoreSource {
  pushed = 0;
  override async windows(request: Parameters<StoreSource['windows']>[0]): ReturnType<StoreSource['windows']> {
    const answer = await super.windows(request);
    if (answer !== undefined) this.pushed++;
    return answer;
  }
}

async function ask(tenant: string, text: string, plan: StorePlan, stepMs: number) {
  const source = new CountingSource(store.reader.ofTenant(tenant), {}, undefined, plan);
  const times = { startMs: START_MS + 600_000, endMs: START_MS + 2_400_000, stepMs };
  const answer = await queryRange({ expr: parsePromql(text), source, options: DEFAULT_OPTIONS }, times);
  if (answer.type !== 'matrix') throw new Error('no matrix');
  return { series: answer.series, pushed: source.pushed, notes: answer.annotations.texts('info', text) };
}

/** Equal, but for the last digits: the tolerance of Prometheus' own tests. */
function expectSame(found: readonly StepSeries[], wanted: readonly StepSeries[], text: string): number {
  expect(
    found.map(({ labels }) => labels.key),
    text,
  ).toEqual(wanted.map(({ labels }) => labels.key));
  let values = 0;
  found.forEach((series, i) => {
    const other = wanted[i]!;
    expect([...series.kinds], `${text} ${series.labels}`).toEqual([...other.kinds]);
    series.kinds.forEach((kind, step) => {
      if (kind === 0) return;
      values++;
      const [a, b] = [series.floats[step]!, other.floats[step]!];
      if (Object.is(a, b)) return;
      const difference = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
      expect(difference, `${text} ${series.labels} at step ${step}: ${a} instead of ${b}`).toBeLessThan(1e-12);
    });
  });
  return values;
}

/** Numbers from 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of every kind that a process can send: with gaps, resets, stale markers, NaN, retries. */
function randomSeries(next: () => number, place: number): Written {
  const isCounter = place % 2 === 0;
  const intervalMs = [1000, 15_000, 60_000, 7_300][place % 4]!;
  const points: { timeMs: number; value: number; startMs: number; isStale?: boolean }[] = [];
  let value = 0;
  const startMs = START_MS - 5000;
  for (let timeMs = START_MS + Math.floor(next() * intervalMs); timeMs < START_MS + 2_500_000; timeMs += intervalMs) {
    const chance = next();
    if (chance < 0.03) timeMs += Math.floor(next() * 400_000);
    if (isCounter) value = chance > 0.97 ? next() * 5 : value + Math.floor(next() * 50) / 4;
    else value = (next() - 0.5) * 10 ** Math.floor(next() * 6);
    const isStale = chance > 0.5 && chance < 0.505;
    points.push({ timeMs, value: !isCounter && chance > 0.99 ? Number.NaN : value, startMs, isStale });
    if (chance > 0.4 && chance < 0.42) points.push({ timeMs, value, startMs, isStale });
  }
  return {
    labels: { __name__: 'm_total', place: String(place), parity: String(place % 3) },
    isCounter,
    points,
  };
}

const FUNCTIONS = ['rate', 'increase', 'delta', 'irate', 'idelta', 'changes', 'resets', 'last_over_time'];
const OVER_TIME = ['max_over_time', 'min_over_time', 'present_over_time'];

it('finds what TypeScript finds, of random series', async () => {
  const next = random(7);
  const tenant = await write(Array.from({ length: 12 }, (_, place) => randomSeries(next, place)));
  const ranges = ['4m', '61s', '7500ms'];
  const texts = [
    'm_total',
    'm_total offset 1m',
    'm_total @ 1763801000.5',
    ...[...FUNCTIONS, ...OVER_TIME].flatMap((fn) => ranges.map((range) => `${fn}(m_total[${range}])`)),
    ...['sum', 'min', 'max', 'count', 'avg', 'group'].flatMap((operator) => [
      `${operator} by (parity) (rate(m_total[4m]))`,
      `${operator}(m_total)`,
      `${operator} without (place) (delta(m_total[4m] offset 30s))`,
    ]),
    'rate(m_total[5m] @ 1763801000)',
  ];
  let values = 0;
  let pushed = 0;
  for (const text of texts) {
    for (const stepMs of text.includes('7500ms') ? [1_300] : [60_000, 15_000]) {
      const inStore = await ask(tenant, text, 'sql', stepMs);
      const here = await ask(tenant, text, 'samples', stepMs);
      values += expectSame(inStore.series, here.series, `${text} step ${stepMs}`);
      expect(inStore.notes).toEqual(here.notes);
      pushed += inStore.pushed;
    }
  }
  expect(values).toBeGreaterThan(50_000);
  expect(pushed).toBeGreaterThan(texts.length);
}, 300_000);

const every = (intervalMs: number, count: number, valueAt: (i: number) => number, startMs = START_MS) =>
  Array.from({ length: count }, (_, i) => ({ timeMs: START_MS + i * intervalMs, value: valueAt(i), startMs }));

it.each<{ readonly name: string; readonly series: readonly Written[] }>([
  {
    name: 'deltas',
    series: [{ labels: { __name__: 'm_total', a: '1' }, isDelta: true, points: every(15_000, 160, (i) => i % 7) }],
  },
  {
    name: 'writers that no label tells apart',
    series: [
      {
        labels: { __name__: 'm_total', a: '1' },
        isCounter: true,
        points: [
          ...every(15_000, 160, (i) => i, START_MS - 1000),
          ...every(15_000, 160, (i) => 3 * i, START_MS - 2000).map((each) => ({ ...each, timeMs: each.timeMs + 500 })),
        ].sort((a, b) => a.timeMs - b.timeMs),
      },
    ],
  },
  {
    name: 'one set of labels in two stored series',
    series: [
      { labels: { __name__: 'm_total', a: '1' }, isCounter: true, points: every(15_000, 160, (i) => i) },
      { labels: { __name__: 'm_total', a: '1' }, isCounter: true, points: every(15_000, 160, (i) => 2 * i) },
      { labels: { __name__: 'm_total', a: '2' }, isCounter: true, points: every(15_000, 160, (i) => 5 * i) },
    ],
  },
  {
    name: 'values that cancel each other out',
    series: [1e16, 1, -1e16, 3].map((value, i) => ({
      labels: { __name__: 'm_total', a: String(i) },
      points: every(15_000, 160, () => value),
    })),
  },
])('leaves $name to TypeScript', async ({ series }) => {
  const tenant = await write(series);
  for (const text of [
    'sum(rate(m_total[5m]))',
    'sum(m_total)',
    'rate(m_total[5m])',
    'avg by (a) (increase(m_total[2m]))',
  ]) {
    const inStore = await ask(tenant, text, 'sql', 30_000);
    const here = await ask(tenant, text, 'samples', 30_000);
    expect(expectSame(inStore.series, here.series, text)).toBeGreaterThan(50);
  }
});

/** Counts statements on samples, and those of them that find windows. */
class CountingReader extends StoreReader {
  points = 0;
  windows = 0;
  override read(...asked: Parameters<StoreReader['read']>): ReturnType<StoreReader['read']> {
    const { text } = asked[0].render();
    if (text.includes('FROM metric_points')) this.points++;
    if (text.includes('ToGrid(')) this.windows++;
    return super.read(...asked);
  }
}

/**
 * Makes queries be of one moment on any machine: those that look for others go on when so many have come to look, a reading ends when all have
 * come to read, and time stands still.
 */
function meet(readers: number, lookers: number): { readonly end: () => void } {
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const { isWanted, read } = SharedWindows.prototype;
  const allLook = Promise.withResolvers<void>();
  const allRead = Promise.withResolvers<void>();
  let [looking, reading] = [0, 0];
  const looks = vi.spyOn(SharedWindows.prototype, 'isWanted').mockImplementation(async function (this: Shared, key) {
    if (++looking === lookers) allLook.resolve();
    await allLook.promise;
    return isWanted.call(this, key);
  });
  const reads = vi.spyOn(SharedWindows.prototype, 'read').mockImplementation(function (this: Shared, key, options, of) {
    if (++reading === readers) allRead.resolve();
    return read.call(this, key, options, (all) => allRead.promise.then(() => of(all)));
  });
  const end = (): void => {
    for (const spy of [now, looks, reads]) spy.mockRestore();
  };
  return { end };
}

type Shared = SharedWindows<unknown>;

it.each([
  { fn: 'irate', who: 'ClickHouse', isInStore: true },
  { fn: 'rate', who: 'TypeScript', isInStore: false },
])('reads once what several queries of one moment ask, and answers each as if it were alone: $who', async (asked) => {
  const { fn, isInStore } = asked;
  const tenant = await write(
    Array.from({ length: 4 }, (_, place) => ({
      labels: { __name__: 'm_total', place: String(place), parity: String(place % 2) },
      isCounter: true,
      points: every(15_000, 160, (i) => i * (1 + place)),
    })),
  );
  const access = { url: store.url, database: store.database, ...store.readerLogin };
  const reader = new CountingReader({ ...access, tenant, keepsSeries: true });
  // So long that sharing is worth it.
  const times = { startMs: START_MS + 600_000, endMs: START_MS + 100 * 86_400_000, stepMs: 3_600_000 };
  const windows = `${fn}(m_total[2h])`;
  const texts = [`sum by (parity) (${windows})`, `max(${windows})`, `topk(2, ${windows})`];
  const answer = async (text: string): Promise<readonly StepSeries[]> => {
    const source = new StoreSource(reader, {});
    const found = await queryRange({ expr: parsePromql(text), source, options: DEFAULT_OPTIONS }, times);
    return found.type === 'matrix' ? found.series : [];
  };
  const alone: (readonly StepSeries[])[] = [];
  for (const text of texts) alone.push(await answer(text));
  const { points } = reader;
  expect(points % 3).toBe(0);
  const meeting = meet(texts.length, isInStore ? 2 : 3);
  const together = await Promise.all(texts.map(answer));
  meeting.end();
  expect(reader.points).toBe(points + points / 3);
  expect(reader.windows).toBe(isInStore ? reader.points : 0);
  for (const [i, text] of texts.entries()) expect(expectSame(together[i]!, alone[i]!, text)).toBeGreaterThan(2);
  await reader.close();
});

it('adds changes up from step to step of a subquery, and leaves counters beside them as they are', async () => {
  const tenant = await write([
    { labels: { __name__: 'm_total', a: '1' }, isDelta: true, points: every(15_000, 160, (i) => i % 7) },
    { labels: { __name__: 'm_total', a: '2' }, isCounter: true, points: every(15_000, 160, (i) => 2 * i) },
  ]);
  for (const plan of ['sql', 'samples'] as const) {
    const changes = await ask(tenant, 'increase(m_total{a="1"}[5m])', plan, 60_000);
    for (const text of [
      'increase(m_total[5m:20s])',
      'sum_over_time((m_total{a="1"})[5m:20s])',
      'increase(m_total[5m:10s])',
    ]) {
      const { series } = await ask(tenant, text, plan, 60_000);
      const own = series.filter(({ labels }) => labels.get('a') === '1');
      expect(expectSame(own, changes.series, text)).toBeGreaterThan(20);
    }
    const last = await ask(tenant, 'max_over_time(m_total{a="2"}[5m:5s])', plan, 60_000);
    const plain = await ask(tenant, 'max_over_time(m_total{a="2"}[5m])', plan, 60_000);
    expect(expectSame(last.series, plain.series, 'max_over_time')).toBeGreaterThan(20);
  }
  // Steps that are further apart than samples are looked for.
  const far = await ask(tenant, 'increase(m_total{a="1"}[1000s:500s] offset 100s)', 'sql', 500_000);
  const near = await ask(tenant, 'increase(m_total{a="1"}[1000s] offset 100s)', 'sql', 500_000);
  expect(expectSame(far.series, near.series, 'far')).toBeGreaterThan(1);
});
