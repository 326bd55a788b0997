import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { METRIC_SUM } from '#pdata';
import { type ReadOptions, StoreReader } from '../../../reader/index.ts';
import { raw } from '../../../sql/index.ts';
import { startTestStore, type TestStore } from '../../../testing/test-store.ts';
import { Labels } from '../../labels.ts';
import { type NumberReading, type NumberSlice, readNumbers } from '../number-series.ts';
import type { SeriesRow } from '../series.ts';
import { keptShare, numbersOf } from './kept-numbers.ts';
import { KeptSamples } from './kept-samples.ts';

/** Samples that are kept, beside those that are read anew. */

const START_MS = 1_763_800_000_000;
const SPAN_MS = 24 * 3_600_000;
const METRIC = 'kept';

let store: TestStore;
let tenants = 0;

beforeAll(async () => {
  store = await startTestStore();
}, 60_000);
afterAll(() => store?.close());

/** Counts statements that hand samples out, and those that ask what has changed. */
class CountingReader extends StoreReader {
  samples = 0;
  changes = 0;
  /** Until then it gives no answer. */
  hangs: Promise<void> | undefined;
  override async read(...asked: Parameters<StoreReader['read']>): ReturnType<StoreReader['read']> {
    await this.hangs;
    if (asked[0].render().text.includes('UNION ALL')) this.changes++;
    else this.samples++;
    return super.read(...asked);
  }
}

interface Point {
  readonly series: number;
  readonly atMs: number;
  readonly value?: number;
  readonly startMs?: number;
  readonly isStale?: boolean;
  readonly ingestedMs?: number;
  readonly metric?: string;
  readonly id?: string;
}

function setUp(options: ConstructorParameters<typeof KeptSamples>[0] = {}) {
  const tenant = `kept-${++tenants}`;
  const access = { url: store.url, database: store.database, ...store.readerLogin };
  const reader = new CountingReader({ ...access, tenant, keepsSeries: true });
  const kept = new KeptSamples(options);
  const write = (points: readonly Point[]): Promise<void> =>
    store.insert(
      'metric_points',
      points.map(({ series, atMs, value = atMs / 1000, startMs = 1, isStale = false, ingestedMs, metric, id }) => ({
        tenant,
        name: metric ?? METRIC,
        series_id: id ?? idOf(series),
        time: dateTime(atMs),
        start_time: dateTime(startMs),
        value_double: value,
        flags: isStale ? 1 : 0,
        ingested_at: dateTime(ingestedMs ?? Date.now()),
      })),
    );
  const remove = (condition: string): Promise<string> =>
    store.run(
      `ALTER TABLE ${store.database}.metric_points DELETE WHERE tenant = '${tenant}' AND ${condition} SETTINGS mutations_sync = 1`,
    );
  return { reader, kept, write, remove };
}

function dateTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}

function idOf(series: number): string {
  return String(5n + BigInt(series) * (1n << 33n));
}

function rowOf(series: number, metric = METRIC): SeriesRow {
  return {
    id: idOf(series),
    type: METRIC_SUM,
    isDelta: false,
    isGauge: false,
    isCounter: true,
    sharing: 'counter',
    metric,
    name: metric,
    labels: Labels.of([['series', String(series)]]),
    parts: ['value'],
    boundsIds: [],
    other: undefined,
  };
}

const ALL: readonly SeriesRow[] = Array.from({ length: 20 }, (_, series) => rowOf(series));
const WHOLE: NumberReading = {
  rows: ALL,
  selector: raw(''),
  isWhole: true,
  range: { fromMs: START_MS, toMs: START_MS + SPAN_MS },
  needsStarts: false,
  isBrief: true,
};

/** By id; those that are odd have no samples. */
type Answer = ReadonlyMap<string, readonly Sample[] | 'odd'>;
/** A last one without a time has those at which the series ended behind it. */
type Sample = readonly [timeMs: number, value: number, ...startOrEndsMs: readonly (number | undefined)[]];

async function answerOf(slices: AsyncIterable<NumberSlice>): Promise<Answer> {
  const answer = new Map<string, readonly Sample[] | 'odd'>();
  for await (const { found, detailed, odd } of slices) {
    for (const { row, floats, staleMs } of [...found, ...detailed]) {
      expect(answer.has(row.id)).toBe(false);
      const { timesMs, values, startsMs } = floats;
      const samples = Array.from(timesMs, (timeMs, i) => [timeMs, values[i]!, startsMs?.[i]] as const);
      answer.set(row.id, staleMs === undefined ? samples : [...samples, [Number.NaN, 0, ...staleMs]]);
    }
    for (const { id } of odd) answer.set(id, 'odd');
  }
  return answer;
}

/** With the details of those that only details tell. */
async function readAnew(reader: StoreReader, reading: NumberReading): Promise<Answer> {
  const brief = await answerOf(readNumbers(reader, reading, {}));
  const odd = reading.rows.filter(({ id }) => brief.get(id) === 'odd');
  if (odd.length === 0) return brief;
  const detailed = await answerOf(readNumbers(reader, { ...reading, rows: odd, isDetailed: true }, {}));
  return new Map([...brief, ...detailed]);
}

const steady = (series: number, fromMs = START_MS, count = 960, everyMs = 90_000): Point[] =>
  Array.from({ length: count }, (_, i) => ({ series, atMs: fromMs + i * everyMs + series, value: i * (series + 1) }));

test('samples are read once, and then only asked about', async () => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  const anew = await answerOf(readNumbers(reader, WHOLE, {}));
  expect(anew.size).toBe(20);
  expect(anew.get(idOf(3))).toHaveLength(960);
  reader.samples = 0;
  for (const [asked, samples] of [
    [WHOLE, 1],
    [WHOLE, 1],
    [{ ...WHOLE, isBrief: false }, 1],
    // Parts of it.
    [{ ...WHOLE, rows: ALL.slice(4, 17), isWhole: false }, 1],
    [{ ...WHOLE, range: { fromMs: START_MS + 1_234_567, toMs: START_MS + SPAN_MS - 2_345_678 } }, 1],
    [{ ...WHOLE, needsStarts: true }, 1],
    // An hour more than was read.
    [{ ...WHOLE, range: { ...WHOLE.range, fromMs: START_MS - 3_600_000 } }, 2],
  ] as const) {
    const found = await answerOf(numbersOf(reader, asked, {}, kept));
    expect(reader.samples).toBe(samples);
    const read = await answerOf(readNumbers(reader, asked, {}));
    reader.samples = samples;
    expect(found).toEqual(read);
  }
  expect(reader.changes).toBe(7);
  // Times that are 90 s apart take four bytes more than usual ones.
  expect(kept.bytes / (20 * 960)).toBeLessThan(12);
  await reader.close();
});

test('few samples, details, and statements that somebody wants to see are not kept', async () => {
  const { reader, kept, write } = setUp();
  await write(steady(1));
  for (const reading of [
    { ...WHOLE, rows: [rowOf(1)] },
    { ...WHOLE, isDetailed: true },
  ])
    expect((await answerOf(numbersOf(reader, reading, {}, kept))).size).toBe(1);
  const seen: ReadOptions = { spent: { ms: 0, statements: [] } };
  expect((await answerOf(numbersOf(reader, WHOLE, seen))).size).toBe(1);
  expect([reader.changes, kept.bytes]).toEqual([0, 0]);
  await answerOf(numbersOf(reader, WHOLE, {}));
  expect(reader.changes).toBe(1);
  await reader.close();
});

test('samples that lie closer than usual are given up where they take too much, and read each time', async () => {
  const { reader, kept, write } = setUp({ maxBytes: 300_000 });
  const dense = (series: number): Point[] =>
    steady(series, START_MS, 2000, 20_000).map((point, i) => ({ ...point, value: Math.sin(i * (series + 1)) }));
  await write(ALL.flatMap((_, series) => dense(series)));
  const range = { fromMs: START_MS, toMs: START_MS + 11.5 * 3_600_000 };
  const anew = await readAnew(reader, { ...WHOLE, range });
  expect(anew.get(idOf(3))).toHaveLength(2000);
  for (let i = 0; i < 2; i++) {
    expect(await answerOf(numbersOf(reader, { ...WHOLE, range }, {}, kept))).toEqual(anew);
    expect(kept.bytes).toBeLessThan(10_000);
  }
  await reader.close();
});

test.each([
  { name: 'new rows', points: [{ series: 2, atMs: START_MS + 80_000_000 }], gaps: 1 },
  {
    name: 'late rows',
    points: [{ series: 2, atMs: START_MS + 1000, ingestedMs: Date.now() - 30_000 }],
    gaps: 1,
  },
  {
    name: 'late rows of two times',
    points: [START_MS + 1000, START_MS + 70_000_000].map((atMs) => ({ series: 2, atMs })),
    gaps: 2,
  },
  {
    name: 'rows that were ingested long ago',
    points: [{ series: 2, atMs: START_MS + 1000, ingestedMs: Date.now() - 3_600_000 }],
    gaps: 1,
  },
  { name: 'rows of another metric', points: [{ series: 2, atMs: START_MS + 1000, metric: 'other' }], gaps: 0 },
  { name: 'another start', points: [{ series: 2, atMs: START_MS + 1000, startMs: 77 }], gaps: 1 },
  { name: 'an end', points: [{ series: 2, atMs: START_MS + 80_000_000, isStale: true }], gaps: 1 },
])('what comes is seen at once: $name', async ({ points, gaps }) => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  await answerOf(numbersOf(reader, WHOLE, {}, kept));
  await write(points);
  reader.samples = 0;
  const found = await answerOf(numbersOf(reader, WHOLE, {}, kept));
  expect(reader.samples).toBe(gaps);
  expect(found).toEqual(await readAnew(reader, WHOLE));
  await reader.close();
});

test('a clock that was ahead for a while makes nothing be read again and again', async () => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  const ask = async (): Promise<void> => {
    reader.samples = 0;
    const found = await answerOf(numbersOf(reader, WHOLE, {}, kept));
    const { samples } = reader;
    expect(found).toEqual(await readAnew(reader, WHOLE));
    reader.samples = samples;
  };
  const ahead = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
  try {
    await ask();
    await write([{ series: 3, atMs: START_MS + 2000 }]);
    await ask();
    expect(reader.samples).toBe(1);
  } finally {
    ahead.mockRestore();
  }
  await ask();
  await write([START_MS + 3000, START_MS + 70_000_000].map((atMs) => ({ series: 3, atMs })));
  await ask();
  // Of all of it there would be one reading.
  expect(reader.samples).toBe(2);
  await reader.close();
});

test('tenants whose series have the same ids have their own samples', async () => {
  const { reader, kept, write } = setUp();
  const other = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  await other.write(ALL.flatMap((_, series) => steady(series).map((point) => ({ ...point, value: -1 - series }))));
  const readers = [reader, reader.ofTenant(other.reader.tenant)];
  const anew = await Promise.all(readers.map((each) => answerOf(readNumbers(each, WHOLE, {}))));
  expect(anew[1]).not.toEqual(anew[0]);
  for (let i = 0; i < 2; i++)
    expect(await Promise.all(readers.map((each) => answerOf(numbersOf(each, WHOLE, {}, kept))))).toEqual(anew);
  await Promise.all([reader.close(), other.reader.close()]);
});

test('what goes is gone at once', async () => {
  const { reader, kept, write, remove } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  await answerOf(numbersOf(reader, WHOLE, {}, kept));
  await remove(`time < '${dateTime(START_MS + SPAN_MS / 2)}'`);
  const found = await answerOf(numbersOf(reader, WHOLE, {}, kept));
  expect(found.get(idOf(2))).toHaveLength(480);
  expect(found).toEqual(await readAnew(reader, WHOLE));
  await reader.close();
});

test('whatever comes and goes, what is kept answers as what is read', async () => {
  let seed = 11;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  // So little that blocks go in between.
  const { reader, kept, write, remove } = setUp({ maxBytes: 1_000_000 });
  await write(ALL.flatMap((_, series) => steady(series, START_MS, 300, 288_000)));
  let answered = 0;
  for (let round = 0; round < 25; round++) {
    const ageMs = [0, 20_000, 59_000, 300_000][random(4)]!;
    const points = Array.from({ length: random(4) }, (): Point => {
      const kind = random(8);
      return {
        series: random(20),
        atMs: START_MS + random(SPAN_MS),
        value: random(1_000_000) / 8,
        ingestedMs: Date.now() - ageMs,
        ...(kind === 0 && { startMs: 99 }),
        ...(kind === 1 && { isStale: true }),
      };
    });
    // The store drops rows by their day: never one while another one comes to its block.
    if (random(10) === 0) await remove(`series_id = ${idOf(random(20))} AND rand() % 5 = 0`);
    else await write(points);
    const [a, b] = [random(SPAN_MS / 3), random(SPAN_MS / 3)];
    const reading: NumberReading = {
      ...WHOLE,
      rows: ALL.filter(() => random(5) > 0),
      isWhole: false,
      range: { fromMs: START_MS + a, toMs: START_MS + SPAN_MS - b },
      needsStarts: random(2) === 0,
      isBrief: random(2) === 0,
    };
    const found = await answerOf(numbersOf(reader, reading, {}, kept));
    const anew = await readAnew(reader, reading);
    expect([...found.keys()].sort(), `round ${round}`).toEqual([...anew.keys()].sort());
    for (const [id, samples] of found) {
      // Too few to be kept.
      if (samples === 'odd') continue;
      answered++;
      expect(samples, `round ${round}, ${id}`).toEqual(anew.get(id));
    }
  }
  expect(answered).toBeGreaterThan(300);
  await reader.close();
});

test('readings at the same time share what one of them reads, and ask one after the other what has changed', async () => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  const answers = await Promise.all(Array.from({ length: 6 }, () => answerOf(numbersOf(reader, WHOLE, {}, kept))));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]!.size).toBe(20);
  // The first one asks for itself, the others together.
  expect(reader.changes).toBe(2);
  await reader.close();
});

test('one that goes away takes nothing from others, and what it left is whole', async () => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  const control = new AbortController();
  const gone = answerOf(numbersOf(reader, WHOLE, { signal: control.signal }, kept));
  const stays = answerOf(numbersOf(reader, WHOLE, {}, kept));
  control.abort();
  await expect(gone).rejects.toThrow();
  const read = await answerOf(readNumbers(reader, WHOLE, {}));
  expect(await stays).toEqual(read);
  expect(await answerOf(numbersOf(reader, WHOLE, {}, kept))).toEqual(read);
  await reader.close();
});

test('series that are kept already are not taken for others whose ids end alike', async () => {
  const { reader, kept, write } = setUp();
  const idsOf = [5n + (1n << 40n), ...Array.from({ length: 5_000 }, (_, i) => 5n + BigInt(i))].map(String);
  const rows = idsOf.map((id, i): SeriesRow => ({ ...rowOf(i), id }));
  await write([0, 1].flatMap((i) => steady(i).map((point) => ({ ...point, id: idsOf[i]! }))));
  // More than a statement names, so that it gives all of a selector.
  const selector = raw('FROM metric_points');
  const range = { fromMs: START_MS, toMs: START_MS + SPAN_MS / 72 };
  const some = { ...WHOLE, rows: [rows[0]!, ...rows.slice(4_300)], isWhole: false, selector, range };
  expect((await answerOf(numbersOf(reader, some, {}, kept))).get(idsOf[0]!)).toHaveLength(14);
  const all = await answerOf(numbersOf(reader, { ...WHOLE, rows, selector, range }, {}, kept));
  expect(all.size).toBe(2);
  expect(all.get(idsOf[1]!)).toEqual(steady(1, START_MS, 14).map(({ atMs, value }) => [atMs, value, undefined]));
  await reader.close();
});

test('one that goes away has not to wait for the store', async () => {
  const { reader, kept, write } = setUp();
  await write(ALL.flatMap((_, series) => steady(series)));
  const { promise, resolve } = Promise.withResolvers<void>();
  reader.hangs = promise;
  const controls = Array.from({ length: 3 }, () => new AbortController());
  const gone = controls.map(({ signal }) => answerOf(numbersOf(reader, WHOLE, { signal }, kept)));
  const stays = answerOf(numbersOf(reader, WHOLE, {}, kept));
  const reasons = gone.map((each) => each.catch((error: unknown) => error));
  for (const control of controls) control.abort('gone');
  expect(await Promise.all(reasons)).toEqual(['gone', 'gone', 'gone']);
  resolve();
  expect(await stays).toEqual(await answerOf(readNumbers(reader, WHOLE, {})));
  await reader.close();
});

test('no more is kept than may be, what was used last longest; idle samples go', async () => {
  let nowMs = 0;
  const { reader, kept, write } = setUp({ maxBytes: 500_000, nowMs: () => nowMs });
  const rows = (metric: string): SeriesRow[] => ALL.map((_, series) => rowOf(series, metric));
  for (const metric of ['a', 'b', 'c']) await write(ALL.flatMap((_, i) => steady(i).map((p) => ({ ...p, metric }))));
  // Half a day: a day is more than one reading may take.
  const range = { fromMs: START_MS, toMs: START_MS + SPAN_MS / 2 };
  const share = (metric: string): number => keptShare(reader, { rows: rows(metric), range }, {}, kept);
  for (const metric of ['a', 'b', 'a', 'c', 'a', 'b', 'c']) {
    nowMs += 1000;
    await answerOf(numbersOf(reader, { ...WHOLE, rows: rows(metric), range }, {}, kept));
    expect(kept.bytes).toBeLessThanOrEqual(500_000);
    expect(share(metric)).toBeGreaterThan(0.3);
  }
  kept.forgetIdle();
  expect(share('c')).toBeGreaterThan(0.3);
  nowMs += 600_001;
  kept.forgetIdle();
  expect(kept.bytes).toBe(0);
  await reader.close();
});
