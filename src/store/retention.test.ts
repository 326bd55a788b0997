import { afterAll, beforeEach, expect, test } from 'vitest';
import { CalendarWatch, ManualClock } from '#base';
import { eventually } from '#base/testing.ts';
import { createStoreClient } from './client.ts';
import { prepareStore } from './migrate.ts';
import { PinnedRows, PinnedTraces } from './pinned-traces.ts';
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

test('a pinned trace outlives its days, with its notes, events and resource, and is carried once', async () => {
  const [pinned, other] = ['aa'.repeat(16), 'bb'.repeat(16)];
  const pins = new PinnedTraces({ endpoint: engine.endpoint, tenant: '', nowMs: () => clock.nowMs() });
  await pins.pin(pinned);
  await pins.pin('cc'.repeat(16));
  await pins.unpin('cc'.repeat(16));
  expect(await pins.list()).toEqual([pinned]);
  await pins.close();
  const at = `fromUnixTimestamp(${(NOW_MS - 40 * DAY_MS) / 1000})`;
  for (const [id, resource] of [
    [pinned, 7],
    [other, 8],
  ]) {
    const of = `unhex('${id}'), ${at}`;
    await engine.text(
      `INSERT INTO signalbox.spans (trace_id, ingested_at, time, service_name, resource_id) VALUES (${of}, ${at}, 'shop', ${resource})`,
    );
    await engine.text(
      `INSERT INTO signalbox.span_events (trace_id, ingested_at, span_time, name) VALUES (${of}, ${at}, 'e')`,
    );
    await engine.text(
      `INSERT INTO signalbox.traces (trace_id, ingested_at, start, span_count) VALUES (${of}, ${at}, 1)`,
    );
    await engine.text(
      `INSERT INTO signalbox.resources (resource_id, service_name, last_seen) VALUES (${resource}, 'shop', ${at})`,
    );
  }
  await engine.text(
    `INSERT INTO signalbox.request_slots (second, service_name, ingested_at) VALUES (1, 'shop', ${at})`,
  );
  await clock.advance(CALENDAR_HOLDS_MS);
  // As after an end of the process between carrying and dropping.
  const rows = new PinnedRows({
    client,
    database: 'signalbox',
    cluster: undefined,
    nowMs: () => clock.nowMs() - DAY_MS,
  });
  await rows.carry('spans', '20261019');
  expect(await sweeper.sweep()).toHaveLength(4);
  for (const table of ['spans', 'span_events', 'traces'])
    expect([table, await engine.text(`SELECT lower(hex(trace_id)) FROM signalbox.${table} FORMAT TSV`)]).toEqual([
      table,
      pinned,
    ]);
  const slots =
    'SELECT second = intDiv(toInt64(time), 5) * 5, s.service_name, span_count FROM signalbox.request_slots s CROSS JOIN signalbox.spans';
  expect(await engine.text(`${slots} FORMAT CSV`)).toBe('1,"shop",0');
  await eventually('the other resource goes', async () => {
    const left = await engine.text('SELECT resource_id FROM signalbox.resources FORMAT TSV');
    return left === '7';
  });
  // The day it was carried to is over in its turn.
  clock.jump(20 * DAY_MS);
  expect(await sweeper.sweep()).toEqual([]);
  await clock.advance(CALENDAR_HOLDS_MS);
  expect(await sweeper.sweep()).toHaveLength(4);
  expect(await daysOf('spans')).toEqual(['20261218']);
});
