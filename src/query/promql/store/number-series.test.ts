import { afterAll, beforeAll, expect, test } from 'vitest';
import { METRIC_GAUGE } from '#pdata';
import { raw } from '../../sql/index.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { Labels } from '../labels.ts';
import { type NumberSeries, readNumbers } from './number-series.ts';
import type { SeriesRow } from './series.ts';

/** Samples of many series, in slices. */

const START_MS = 1_763_800_000_000;
const INTERVAL_MS = 15_000;
const SERIES = 40;
const SAMPLES = 100;
/** Ends in between. */
const ODD = 7;
const METRIC = 'sliced';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  const points: object[] = [];
  for (let series = 0; series < SERIES; series++)
    for (let i = 0; i < SAMPLES; i++)
      points.push({
        name: METRIC,
        series_id: idOf(series),
        time: new Date(START_MS + i * INTERVAL_MS).toISOString().replace('T', ' ').slice(0, -1),
        value_double: sampleValue(series, i),
        flags: series === ODD && i === 50 ? 1 : 0,
      });
  await store.insert('metric_points', points);
}, 60_000);
afterAll(() => store?.close());

/** Two have their low words in common. */
function idOf(series: number): string {
  return String(series === 1 ? 5n + (1n << 40n) : BigInt(5 + series * 1000));
}

function sampleValue(series: number, sample: number): number {
  return series * 1000 + sample + 0.5;
}

const ROWS: readonly SeriesRow[] = Array.from({ length: SERIES }, (_, series) => ({
  id: idOf(series),
  type: METRIC_GAUGE,
  isNative: false,
  isDelta: false,
  isGauge: false,
  isCounter: false,
  sharing: 'gauge',
  metric: METRIC,
  prometheusName: METRIC,
  labels: Labels.of([['series', String(series)]]),
  resourceId: 0,
  lacksResource: false,
  textLength: 0,
  boundsIds: [],
  firstS: START_MS / 1000,
  lastS: START_MS / 1000,
  name: METRIC,
  parts: ['value'],
  other: undefined,
}));

async function read(
  isBrief: boolean,
  limits: { readonly samples: number; readonly bytes: number },
  rows?: readonly SeriesRow[],
) {
  const reading = {
    rows: rows ?? ROWS,
    // It lets all through.
    selector: raw(`FROM metric_points WHERE name = '${METRIC}'`),
    isWhole: rows === undefined,
    range: { fromMs: START_MS, toMs: START_MS + SAMPLES * INTERVAL_MS },
    needsStarts: false,
    isBrief,
  };
  const atOnce = new Map<string, readonly number[]>();
  const kept: NumberSeries[] = [];
  const odd: string[] = [];
  let slices = 0;
  for await (const slice of readNumbers(store.reader, reading, {}, limits)) {
    slices++;
    for (const each of slice.found) {
      atOnce.set(each.row.id, [...each.floats.values]);
      kept.push(each);
      expect(each.floats.timesMs[1]! - each.floats.timesMs[0]!).toBe(INTERVAL_MS);
    }
    odd.push(...slice.odd.map(({ id }) => id));
  }
  return { atOnce, kept, odd, slices };
}

const WANTED = new Map(
  Array.from({ length: SERIES }, (_, series) => series)
    .filter((series) => series !== ODD)
    .map((series) => [idOf(series), Array.from({ length: SAMPLES }, (_, i) => sampleValue(series, i))]),
);

test.each([
  { name: 'all at once', limits: { samples: 1_000_000, bytes: 1e7 }, slices: 1 },
  { name: 'a few series each', limits: { samples: 600, bytes: 1e7 }, slices: 7 },
  { name: 'as few as fit', limits: { samples: 1_000_000, bytes: 20_000 }, slices: 4 },
])('slices have each series once and whole: $name', async ({ limits, slices }) => {
  for (const isBrief of [false, true]) {
    const found = await read(isBrief, limits);
    expect(found.atOnce).toEqual(WANTED);
    expect(found.odd).toEqual([idOf(ODD)]);
    expect(found.slices).toBe(slices);
    // What is not brief stays as it was.
    if (!isBrief)
      for (const { row, floats } of found.kept) expect([...floats.values], row.id).toEqual(WANTED.get(row.id));
  }
});

test('brief slices use the same memory again', async () => {
  const buffersOf = async (isBrief: boolean): Promise<number> =>
    new Set((await read(isBrief, { samples: 600, bytes: 1e7 })).kept.map(({ floats }) => floats.values.buffer)).size;
  expect(await buffersOf(false)).toBe(7);
  expect(await buffersOf(true)).toBeLessThan(4);
});

test('series beside those that are wanted are not taken for one of them', async () => {
  // So many that the statement does not name them.
  const unknown = Array.from({ length: 4_100 }, (_, i) => ({ ...ROWS[1]!, id: String(900_000_000 + i) }));
  const rows = [...ROWS.filter(({ id }) => id !== idOf(0)), ...unknown];
  const { atOnce } = await read(false, { samples: 1_000_000, bytes: 1e7 }, rows);
  expect(atOnce.get(idOf(1))).toEqual(WANTED.get(idOf(1)));
  expect(atOnce.size).toBe(WANTED.size - 1);
});
