import type { ClickHouseClient } from '@clickhouse/client';
import type { CalendarWatch, Clock } from '#base';
import { type Retention, retentionSeconds } from './migrate.ts';
import { PinnedRows } from './pinned-traces.ts';
import { type EngineNames, TABLES, type Table } from './schema/index.ts';

/** The calendar must have held for so long before anything is dropped by it. */
export const CALENDAR_HOLDS_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** `last_seen` lags by up to an hour behind the rows that name a series or a resource, and these by the time in the spool. */
const NAMED_MARGIN_MS = DAY_MS;

export interface RetentionOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly retention: Retention;
  readonly engines: EngineNames;
  /** See StoreEndpoint. */
  readonly cluster?: string | undefined;
  readonly clock: Clock;
  readonly watch: CalendarWatch;
}

/** A day of a table that was dropped. */
export interface DroppedDay {
  readonly table: string;
  /** As in 20261128, UTC. */
  readonly day: string;
}

/**
 * Drops what is older than the retention: days of arrival, whole. Instead of ClickHouse's TTL, which believes the clock: a clock that is
 * wrong for a minute may cost everything. Here it costs nothing, because nothing is dropped before the calendar has held for an hour since its
 * last jump and since the process started; and a clock that is wrong for longer costs a day of each table per sweep at most,
 * so that there is time to see it. Rows of pinned traces are carried into the present before their day goes. The writer sweeps, because its
 * configuration has the retention and its clock gave the days; each of several collectors on one store does so by its own.
 */
export class RetentionSweeper {
  readonly #options: RetentionOptions;
  readonly #pinned: PinnedRows;

  constructor(options: RetentionOptions) {
    this.#options = options;
    const { client, database, cluster, clock } = options;
    this.#pinned = new PinnedRows({ client, database, cluster, nowMs: () => clock.nowMs() });
  }

  /** One sweep: the oldest day of each table, where it is over. */
  async sweep(): Promise<readonly DroppedDay[]> {
    const { watch, retention } = this.#options;
    if (watch.heldMs() < CALENDAR_HOLDS_MS) return [];
    const oldest = await this.#oldestDays();
    const dropped: DroppedDay[] = [];
    let hasPinned: boolean | undefined;
    for (const { name, signal, partitioned } of TABLES) {
      const day = oldest.get(name);
      if (partitioned === false || day === undefined) continue;
      if (!this.#isOver(day, retentionSeconds(retention, signal))) continue;
      // The calendar may have jumped since the sweep began.
      if (watch.heldMs() < CALENDAR_HOLDS_MS) break;
      hasPinned ??= await this.#pinned.hasAny();
      if (signal === 'traces' && hasPinned) await this.#pinned.carry(name, day);
      await this.#run(`ALTER TABLE ${this.#place(name)} DROP PARTITION ID '${day}'`);
      dropped.push({ table: name, day });
    }
    for (const table of TABLES)
      if (table.partitioned === false && dropped.some((one) => names(table, one.table)))
        await this.#forgetUnnamed(table);
    return dropped;
  }

  /** Whether all of a day is older than the retention. */
  #isOver(day: string, retentionSeconds: number): boolean {
    if (retentionSeconds === 0) return false;
    return startOf(day) + DAY_MS + retentionSeconds * 1000 <= this.#options.clock.nowMs();
  }

  async #oldestDays(): Promise<ReadonlyMap<string, string>> {
    const { client, database } = this.#options;
    const answer = await client.query({
      query: `SELECT table, min(partition_id) AS day FROM system.parts
        WHERE database = '${database}' AND active AND rows > 0 AND match(partition_id, '^[0-9]{8}$') GROUP BY table`,
      format: 'JSONEachRow',
    });
    const rows = await answer.json<{ table: string; day: string }>();
    return new Map(rows.map(({ table, day }) => [table, day]));
  }

  /** What no row names any more: series without points, resources. Their tables are small and not cut into days, so rows are deleted. */
  async #forgetUnnamed(table: Table): Promise<void> {
    const { retention, clock } = this.#options;
    const seconds = retentionSeconds(retention, table.signal);
    if (seconds === 0) return;
    let endMs = clock.nowMs() - seconds * 1000;
    for (const [other, day] of await this.#oldestDays()) if (names(table, other)) endMs = Math.min(endMs, startOf(day));
    const before = Math.floor((endMs - NAMED_MARGIN_MS) / 1000);
    const kept = await this.#keptOf(table);
    if (kept === undefined) return;
    await this.#run(
      `ALTER TABLE ${this.#place(table.name)} DELETE WHERE last_seen < fromUnixTimestamp(${before})${kept}`,
    );
  }

  /** What pinned traces name stays, as a condition; undefined where it is too much to say, and all stays. */
  async #keptOf({ name }: Table): Promise<string | undefined> {
    const column = name === 'resources' ? 'resource_id' : name === 'scopes' ? 'scope_id' : undefined;
    if (column === undefined || !(await this.#pinned.hasAny())) return '';
    const ids = await this.#pinned.named(column);
    if (ids === undefined) return undefined;
    return ids.length === 0 ? '' : ` AND ${column} NOT IN (${ids.join(', ')})`;
  }

  #place(table: string): string {
    return `${this.#options.database}.${table}${this.#options.engines.onCluster}`;
  }

  async #run(query: string): Promise<void> {
    // A server refuses to drop what is larger than 50 GB, in case it is a mistake.
    await this.#options.client.command({ query, clickhouse_settings: { max_partition_size_to_drop: '0' } });
  }
}

/** Whether rows of the table `other` may name what `table` holds: those of its signal, or of any. */
function names(table: Table, other: string): boolean {
  const signal = TABLES.find(({ name }) => name === other)?.signal;
  return signal !== undefined && other !== table.name && (table.signal === 'shared' || table.signal === signal);
}

/** When a day begins, in milliseconds since the epoch. */
function startOf(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
}
