import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabelMatcher, parsePromql } from '#lang/promql';
import { METRIC_HISTOGRAM } from '#pdata';
import { StoreReader } from '../../../reader/index.ts';
import { startTestStore, type TestStore } from '../../../testing/test-store.ts';
import { StoreSource } from '../store-source.ts';

/** Histograms whose parts are kept, beside the same read anew. */

const START_MS = 1_763_800_000_000;
const SPAN_MS = 12 * 3_600_000;
const EVERY_MS = 240_000;
const NAME = 'http_request_duration_seconds';
const SERIES = ['a', 'b', 'c', 'd', 'e'];
const BOUNDS: Readonly<Record<string, readonly number[]>> = { 7: [0.1, 1, 2.5], 8: [0.5, 1] };

let store: TestStore;
const TENANT = 'kept-histograms';

beforeAll(async () => {
  store = await startTestStore();
  const seen = { tenant: TENANT, first_seen: START_MS / 1000, last_seen: (START_MS + SPAN_MS) / 1000 };
  const bounds = Object.entries(BOUNDS).map(([id, list]) => ({ ...seen, bounds_id: id, bounds: list }));
  await store.insert('metric_bounds', bounds);
  const series = SERIES.map((path, i) => ({
    ...seen,
    name: 'http.request.duration',
    prometheus_name: NAME,
    series_id: idOf(i),
    type: METRIC_HISTOGRAM,
    temporality: 2,
    monotonic: 0,
    labels: [`__name__=${NAME}`, `path=${path}`],
    bounds_ids: Object.keys(BOUNDS),
  }));
  await store.insert('metric_series', series);
  const points: Point[] = [];
  SERIES.forEach((_, i) => {
    for (let at = 0; at < SPAN_MS; at += EVERY_MS) points.push({ series: i, atMs: START_MS + at + i });
  });
  await write(points);
}, 60_000);
afterAll(() => store?.close());

interface Point {
  readonly series: number;
  readonly atMs: number;
  readonly boundsId?: string;
  readonly startMs?: number;
  readonly isStale?: boolean;
}

function idOf(series: number): string {
  return String(1000 + series);
}

async function write(points: readonly Point[]): Promise<void> {
  const text = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
  await store.insert(
    'metric_histograms',
    points.map(({ series, atMs, boundsId = '7', startMs = 1, isStale = false }) => {
      const step = Math.round((atMs - START_MS) / 1000);
      const buckets = [...BOUNDS[boundsId]!, 0].map((_, bucket) => step * (bucket + 1 + series));
      return {
        tenant: TENANT,
        name: 'http.request.duration',
        series_id: idOf(series),
        time: text(atMs),
        start_time: text(startMs),
        bounds_id: boundsId,
        bucket_counts: buckets,
        count: buckets.reduce((sum, count) => sum + count, 0),
        sum: step / 7,
        flags: isStale ? 1 : 0,
        ingested_at: text(Date.now()),
      };
    }),
  );
}

class CountingReader extends StoreReader {
  points = 0;
  override read(...asked: Parameters<StoreReader['read']>): ReturnType<StoreReader['read']> {
    const { text } = asked[0].render();
    if (text.includes('FROM metric_histograms') && !text.includes('UNION ALL')) this.points++;
    return super.read(...asked);
  }
}

function readerOf(keepsSeries: boolean): CountingReader {
  return new CountingReader({
    url: store.url,
    database: store.database,
    ...store.readerLogin,
    tenant: TENANT,
    keepsSeries,
  });
}

/** What a selector has in a range, by labels. */
async function answerOf(reader: StoreReader, text: string, fromMs: number, toMs: number) {
  const { matchers } = parsePromql(text) as { readonly matchers: readonly LabelMatcher[] } & ReturnType<
    typeof parsePromql
  >;
  const found = await new StoreSource(reader, {}).select({ matchers, fromMs, toMs });
  return new Map(
    found
      .filter(({ floats, histograms, staleMs }) => floats.timesMs.length > 0 || (histograms ?? staleMs) !== undefined)
      .map(({ labels, ...rest }) => [labels.key, rest] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const TEXTS = [
  `${NAME}_bucket`,
  `${NAME}_count`,
  `${NAME}_sum`,
  `${NAME}_bucket{le="1"}`,
  `{__name__=~"${NAME}_(sum|bucket)", path=~"[a-d]"}`,
  // Native ones are read each time.
  NAME,
];

test('parts of histograms are read once, and then only asked about', async () => {
  const [keeping, anew] = [readerOf(true), readerOf(false)];
  for (const text of TEXTS) {
    const kept = await answerOf(keeping, text, START_MS, START_MS + SPAN_MS);
    expect(kept.size).toBeGreaterThan(4);
    expect(kept).toEqual(await answerOf(anew, text, START_MS, START_MS + SPAN_MS));
  }
  expect(keeping.points).toBe(2);
  await Promise.all([keeping.close(), anew.close()]);
});

test('whatever comes, what is kept answers as what is read', async () => {
  let seed = 5;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const [keeping, anew] = [readerOf(true), readerOf(false)];
  let answered = 0;
  for (let round = 0; round < 25; round++) {
    await write(
      Array.from({ length: random(3) }, (): Point => {
        const kind = random(6);
        return {
          series: random(SERIES.length),
          atMs: START_MS + random(SPAN_MS),
          boundsId: random(2) === 0 ? '7' : '8',
          ...(kind === 0 && round > 10 && { startMs: 99 }),
          ...(kind === 1 && round > 10 && { isStale: true }),
        };
      }),
    );
    const text = TEXTS[random(TEXTS.length)]!;
    const [fromMs, toMs] = [START_MS + random(SPAN_MS / 3), START_MS + SPAN_MS - random(SPAN_MS / 3)];
    const kept = await answerOf(keeping, text, fromMs, toMs);
    expect(kept, `round ${round}: ${text}`).toEqual(await answerOf(anew, text, fromMs, toMs));
    answered += kept.size;
  }
  expect(answered).toBeGreaterThan(120);
  await Promise.all([keeping.close(), anew.close()]);
});

test('a histogram that was asked for alone, and then beside others over a longer time, has each sample once', async () => {
  const [keeping, anew] = [readerOf(true), readerOf(false)];
  const middle = START_MS + SPAN_MS / 2;
  for (const [text, fromMs, toMs] of [
    [`${NAME}_bucket{path=~"[a-d]"}`, middle - SPAN_MS / 3, middle + SPAN_MS / 3],
    [`${NAME}_bucket`, START_MS, START_MS + SPAN_MS],
  ] as const)
    expect(await answerOf(keeping, text, fromMs, toMs)).toEqual(await answerOf(anew, text, fromMs, toMs));
  await Promise.all([keeping.close(), anew.close()]);
});
