import { afterAll, beforeEach, expect, test } from 'vitest';
import { CalendarWatch, ManualClock } from '#base';
import { createStoreClient } from './client.ts';
import { prepareStore } from './migrate.ts';
import { CALENDAR_HOLDS_MS, RetentionSweeper } from './retention.ts';
import { SINGLE_MACHINE } from './schema/index.ts';
import { spawnTestEngine } from './testing/test-store.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 28, 12);
const RETENTION = { traces: 14 * 86_400, logs: 14 * 86_400, metrics: 30 * 86_400 };

const engine = await spawnTestEngine();
const client = createStoreClient({ ...engine.endpoint, readonly: false });
afterAll(async () => {
  await client.close();
  await engine.close();
});

let clock: ManualClock;
let jumps: number[];
let sweeper: RetentionSweeper;
beforeEach(async () => {
  await engine.text('DROP DATABASE IF EXISTS signalbox SYNC');
  await prepareStore({ endpoint: engine.endpoint, retention: RETENTION });
  clock = new ManualClock(NOW_MS);
  jumps = [];
  const watch = new CalendarWatch(clock, (byMs) => jumps.push(byMs));
  watch.start();
  sweeper = sweeperWith(RETENTION, watch);
});

function sweeperWith(retention: typeof RETENTION, watch: CalendarWatch): RetentionSweeper {
  return new RetentionSweeper({ client, database: 'signalbox', retention, engines: SINGLE_MACHINE, clock, watch });
}

/** One log record that arrived so many days ago, for each number. */
async function insertLogs(...daysAgo: readonly number[]): Promise<void> {
  for (const days of daysAgo) {
    const at = `fromUnixTimestamp(${(NOW_MS - days * DAY_MS) / 1000})`;
    await engine.text(`INSERT INTO signalbox.logs (time, body, ingested_at) VALUES (${at}, 'x', ${at})`);
  }
}
const daysOf = async (table: string): Promise<string[]> =>
  (
    await engine.text(
      `SELECT DISTINCT partition_id FROM system.parts WHERE database = 'signalbox' AND table = '${table}' AND active AND rows > 0
        ORDER BY partition_id FORMAT TSV`,
    )
  ).split('\n');

test('the oldest day that is over goes, one a sweep, and the others stay', async () => {
  await insertLogs(20, 16, 14, 1, 0);
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeper.sweep()).toEqual([{ table: 'logs', day: '20261108' }]);
  expect(await daysOf('logs')).toEqual(['20261112', '20261114', '20261127', '20261128']);
  expect(await sweeper.sweep()).toEqual([{ table: 'logs', day: '20261112' }]);
  // Of the 14th, the second half is younger than 14 days.
  expect(await sweeper.sweep()).toEqual([]);
  expect(await daysOf('logs')).toEqual(['20261114', '20261127', '20261128']);
});

test('nothing goes before the calendar has held for an hour, after the start and after each jump', async () => {
  await insertLogs(20, 1, 0);
  expect(await sweeper.sweep()).toEqual([]);
  await clock.advance(CALENDAR_HOLDS_MS - 1);
  expect(await sweeper.sweep()).toEqual([]);
  // Three weeks ahead: all of it would be over.
  clock.jump(21 * DAY_MS);
  expect(await sweeper.sweep()).toEqual([]);
  await clock.advance(CALENDAR_HOLDS_MS / 2);
  expect(await sweeper.sweep()).toEqual([]);
  // And back again within the hour: nothing was lost.
  clock.jump(-21 * DAY_MS);
  expect(await sweeper.sweep()).toEqual([]);
  await clock.advance(CALENDAR_HOLDS_MS - 1);
  expect(await sweeper.sweep()).toEqual([]);
  expect(await daysOf('logs')).toEqual(['20261108', '20261127', '20261128']);
  expect(jumps).toEqual([21 * DAY_MS, -21 * DAY_MS]);
  await clock.advance(1);
  expect(await sweeper.sweep()).toEqual([{ table: 'logs', day: '20261108' }]);
});

test('what the database holds is not deleted behind our back, whatever its age', async () => {
  await insertLogs(3000);
  await engine.text('OPTIMIZE TABLE signalbox.logs FINAL');
  expect(await engine.text('SELECT count() FROM signalbox.logs')).toBe('1');
});

test('a retention of 0 keeps for ever', async () => {
  await insertLogs(3000);
  const watch = new CalendarWatch(clock, () => undefined);
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeperWith({ ...RETENTION, logs: 0 }, watch).sweep()).toEqual([]);
});

test('a series goes with its last points', async () => {
  const at = (days: number): string => `fromUnixTimestamp(${(NOW_MS - days * DAY_MS) / 1000})`;
  for (const [id, days] of [
    [1, 40],
    [2, 3],
  ] as const) {
    await engine.text(
      `INSERT INTO signalbox.metric_points (name, series_id, time, ingested_at) VALUES ('m', ${id}, ${at(days)}, ${at(days)})`,
    );
    await engine.text(
      `INSERT INTO signalbox.metric_series (name, series_id, first_seen, last_seen) VALUES ('m', ${id}, ${at(40)}, ${at(days)})`,
    );
  }
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeper.sweep()).toEqual([{ table: 'metric_points', day: '20261019' }]);
  await expect
    .poll(() => engine.text('SELECT groupArray(series_id) FROM signalbox.metric_series'), { timeout: 30_000 })
    .toBe('[2]');
});

test('a stream goes with its last records', async () => {
  const at = (days: number): string => `fromUnixTimestamp(${(NOW_MS - days * DAY_MS) / 1000})`;
  await insertLogs(20, 3);
  await engine.text(
    `INSERT INTO signalbox.log_streams (stream_id, first_seen, last_seen) VALUES (1, ${at(40)}, ${at(20)}), (2, ${at(40)}, ${at(3)})`,
  );
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeper.sweep()).toEqual([{ table: 'logs', day: '20261108' }]);
  await expect
    .poll(() => engine.text('SELECT groupArray(stream_id) FROM signalbox.log_streams'), { timeout: 30_000 })
    .toBe('[2]');
});

test('a resource stays as long as the signal that is kept longest, and goes with the last rows that may name it', async () => {
  const at = (days: number): string => `fromUnixTimestamp(${(NOW_MS - days * DAY_MS) / 1000})`;
  for (const [id, days] of [
    [1, 40],
    [2, 20],
    [3, 3],
  ] as const) {
    await engine.text(
      `INSERT INTO signalbox.spans (time, resource_id, ingested_at) VALUES (${at(days)}, ${id}, ${at(days)})`,
    );
    await engine.text(
      `INSERT INTO signalbox.resources (resource_id, first_seen, last_seen) VALUES (${id}, ${at(40)}, ${at(days)})`,
    );
  }
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeper.sweep()).toEqual([{ table: 'spans', day: '20261019' }]);
  expect(await sweeper.sweep()).toEqual([{ table: 'spans', day: '20261108' }]);
  // The spans of the second are gone, but points that name it may be 30 days old.
  await expect
    .poll(() => engine.text('SELECT arraySort(groupArray(resource_id)) FROM signalbox.resources'), { timeout: 30_000 })
    .toBe('[2,3]');
});
