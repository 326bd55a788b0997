/** What the store says of itself: tables, sizes, retention, disk. */

import type { Table as StoreTable } from '#store';
import type { ProcessView, SignalName, StoreView, TableView } from '../answers/index.ts';
import { leftJoin } from '../plan/index.ts';
import type { ReadOptions, StoreReader } from '../reader/index.ts';
import {
  DETACHED_PARTS,
  DISKS,
  ITEM_TABLES,
  SERVER_COUNTERS,
  SERVER_LEVELS,
  STORE_PARTS,
  STORE_TABLES,
} from '../source/index.ts';
import { Bound, sql } from '../sql/index.ts';

const PARTS_BY_TABLE = sql`SELECT table, sumIf(rows, active) AS row_count, sum(bytes_on_disk) AS disk, sumIf(bytes_on_disk, active) AS active_disk,
    sumIf(data_uncompressed_bytes, active) AS uncompressed, countIf(active) AS part_count,
    minIf(toDateOrZero(partition), active) AS oldest, toInt64(maxIf(modification_time, active)) AS newest
  ${STORE_PARTS} GROUP BY table`;
/** Parts that lie aside and are named. */
const NAMED_PARTS = 5;

export async function readStoreView(reader: StoreReader, options?: ReadOptions): Promise<StoreView> {
  // Loaded when it is asked for: the store's code brings the writer along.
  const { TABLES, reserveOf } = await import('#store');
  const [tables, disks, aside] = await Promise.all([
    reader.read(
      sql`SELECT t.name AS name, t.comment AS comment, p.row_count AS row_count, p.disk AS disk, p.active_disk AS active_disk,
          p.uncompressed AS uncompressed,
          p.part_count AS part_count, p.oldest AS oldest, p.newest AS newest
        FROM (SELECT name, comment ${STORE_TABLES} AND engine LIKE '%MergeTree') AS t
        ${leftJoin({ rows: PARTS_BY_TABLE, as: 'p' }, { 'p.table': 't.name' })}
        ORDER BY name`,
      { ...options, cost: 'cheap' },
    ),
    reader.read(
      sql`SELECT argMin(free_space, free_space) AS free, argMin(total_space, free_space) AS total ${DISKS}`,
      options,
    ),
    reader.read(
      sql`SELECT count() AS part_count,
          arraySlice(arraySort(groupArray(concat(table, ' ', name))), 1, ${new Bound('UInt32', NAMED_PARTS)}) AS first,
          arrayStringConcat(first, ', ') AS names FROM (SELECT DISTINCT table, name ${DETACHED_PARTS})`,
      options,
    ),
  ]);
  const column = {
    comment: tables.strings('comment'),
    rows: tables.numbers('row_count'),
    disk: tables.numbers('disk'),
    activeDisk: tables.numbers('active_disk'),
    uncompressed: tables.numbers('uncompressed'),
    parts: tables.numbers('part_count'),
    oldest: tables.column<number>('oldest'),
    newest: tables.numbers('newest'),
  };
  const views = tables.strings('name').map(
    (name, row): TableView => ({
      name,
      signal: signalOf(TABLES, name),
      rows: column.rows[row]!,
      bytesOnDisk: column.disk[row]!,
      activeBytesOnDisk: column.activeDisk[row]!,
      bytesUncompressed: column.uncompressed[row]!,
      parts: column.parts[row]!,
      ...(column.oldest[row]! > 0 && { oldestMs: column.oldest[row]! * 86_400_000 }),
      ...(column.newest[row]! > 0 && { newestMs: column.newest[row]! * 1000 }),
      retention: retentionOf(column.comment[row]!),
    }),
  );
  const itemsOf = (signal: SignalName): number =>
    views.reduce((sum, { name, rows }) => (ITEM_TABLES[signal].includes(name) ? sum + rows : sum), 0);
  const itemCount = { traces: itemsOf('traces'), logs: itemsOf('logs'), metrics: itemsOf('metrics') };
  const perItem = (signal: SignalName): number => {
    if (itemCount[signal] === 0) return 0;
    const bytes = views.reduce((sum, view) => (view.signal === signal ? sum + view.activeBytesOnDisk : sum), 0);
    return bytes / itemCount[signal];
  };
  const free = disks.numbers('free')[0] ?? 0;
  return {
    available: true,
    message: '',
    ...(free > 0 && { diskFreeBytes: free }),
    problems: [
      ...asideProblem(aside.numbers('part_count')[0] ?? 0, aside.strings('names')[0] ?? ''),
      ...diskProblem(free, disks.numbers('total')[0] ?? 0, reserveOf),
    ],
    tables: views,
    itemCount,
    bytesPerItem: {
      traces: perItem('traces'),
      logs: perItem('logs'),
      metrics: perItem('metrics'),
    },
  };
}

function asideProblem(count: number, names: string): readonly string[] {
  if (count === 0) return [];
  const parts = count === 1 ? '1 part of the store lies aside' : `${count} parts of the store lie aside`;
  const more = count > NAMED_PARTS ? ', …' : '';
  return [
    `${parts}, damaged or put there; queries don't see the rows: ${names}${more}; put the files back from a backup and attach the part ` +
      '(ALTER TABLE … ATTACH PART), or delete its folder in detached; the log of the collector has the reason',
  ];
}

/** The writer's own word on this can't be stored then. */
function diskProblem(free: number, total: number, reserveOf: (totalBytes: number) => number): readonly string[] {
  if (total === 0 || free > reserveOf(total)) return [];
  const [freeMib, totalMib, reserveMib] = [free, total, reserveOf(total)].map((bytes) => Math.floor(bytes / 2 ** 20));
  return [
    `the store is out of disk: ${freeMib} of ${totalMib} MiB are free, inserts stop at ${reserveMib}; free some space or shorten the retention`,
  ];
}

/**
 * The store's process: an engine of ours says what it takes with each answer, a ClickHouse server in its own tables. There the CPU is that
 * since its start.
 */
export async function readEngine(reader: StoreReader, options?: ReadOptions): Promise<ProcessView | undefined> {
  await reader.read(sql`SELECT 1`, { ...options, cost: 'cheap' });
  if (reader.engineProcess !== undefined) return { role: 'engine', ...reader.engineProcess };
  const table = await reader.read(
    sql`SELECT (SELECT toFloat64(any(value)) ${SERVER_LEVELS} AND metric = 'MemoryResident') AS memory,
      (SELECT toFloat64(sum(value)) ${SERVER_COUNTERS} AND event = 'OSCPUVirtualTimeMicroseconds') AS cpu, uptime() AS uptime`,
    options,
  );
  const uptimeS = table.numbers('uptime')[0] ?? 0;
  if (uptimeS <= 0) return undefined;
  const [memory, cpu] = [table.column<number | null>('memory')[0], table.column<number | null>('cpu')[0]];
  return { role: 'engine', uptimeS, cpuPercent: ((cpu ?? 0) / 1e6 / uptimeS) * 100, rssBytes: memory ?? 0 };
}

function signalOf(tables: readonly StoreTable[], name: string): TableView['signal'] {
  const signal = tables.find((table) => table.name === name)?.signal ?? 'shared';
  return signal === 'shared' ? 'other' : signal;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** The retention that a table's comment names (retentionComment of #store), in words: `7 days`; `for ever` without one. */
export function retentionOf(comment: string): string {
  const match = /kept for (\d+) s/.exec(comment);
  if (match === null) return 'for ever';
  const seconds = Number(match[1]);
  const [size, name] = UNITS.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
