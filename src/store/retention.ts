import type { ClickHouseClient } from '@clickhouse/client';
import type { CalendarWatch, Clock } from '#base';
import type { Retention } from './migrate.ts';
import { type EngineNames, type RetentionSignal, TABLES, type Table } from './schema/index.ts';

/** The calendar must have held for so long before anything is dropped by it. */
export const CALENDAR_HOLDS_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** `last_seen` of a series lags by up to an hour behind its points (SERIES_RENEW_SECONDS), and points by the time in the spool. */
const SERIES_MARGIN_MS = DAY_MS;
/** Tables that are small and not cut into days, and whose rows tell of those of others: they are deleted once those are gone. */
const KEY_TABLES = TABLES.filter(({ aggregating, partitioned }) => aggregating === true && partitioned === false);

export interface RetentionOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly retention: Retention;
  readonly engines: EngineNames;
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
 * so that there is time to see it. The writer sweeps, because its configuration has the retention and its clock gave the days; each of several
 * collectors on one store does so by its own.
 */
export class RetentionSweeper {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** One sweep: the oldest day of each table, where it is over. */
  async sweep(): Promise<readonly DroppedDay[]> {
    const { watch, retention } = this.#options;
    if (watch.heldMs() < CALENDAR_HOLDS_MS) return [];
    const oldest = await this.#oldestDays();
    const dropped: (DroppedDay & { readonly signal: RetentionSignal })[] = [];
    for (const { name, signal, partitioned } of TABLES) {
      const day = oldest.get(name);
      if (partitioned === false || day === undefined || !this.#isOver(day, retention[signal])) continue;
      // The calendar may have jumped since the sweep began.
      if (watch.heldMs() < CALENDAR_HOLDS_MS) break;
      await this.#run(`ALTER TABLE ${this.#place(name)} DROP PARTITION ID '${day}'`);
      dropped.push({ table: name, day, signal });
    }
    for (const table of KEY_TABLES)
      if (dropped.some(({ signal }) => signal === table.signal)) await this.#forgetKeys(table);
    return dropped.map(({ table, day }) => ({ table, day }));
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

  /** Series of which no points are left, streams of which no logs are left. */
  async #forgetKeys({ name, signal }: Table): Promise<void> {
    const { retention, clock } = this.#options;
    let endMs = clock.nowMs() - retention[signal] * 1000;
    const oldest = await this.#oldestDays();
    for (const table of TABLES) {
      const day = table.signal === signal ? oldest.get(table.name) : undefined;
      if (day !== undefined) endMs = Math.min(endMs, startOf(day));
    }
    const seconds = Math.floor((endMs - SERIES_MARGIN_MS) / 1000);
    await this.#run(`ALTER TABLE ${this.#place(name)} DELETE WHERE last_seen < fromUnixTimestamp(${seconds})`);
  }

  #place(table: string): string {
    return `${this.#options.database}.${table}${this.#options.engines.onCluster}`;
  }

  async #run(query: string): Promise<void> {
    // A server refuses to drop what is larger than 50 GB, in case it is a mistake.
    await this.#options.client.command({ query, clickhouse_settings: { max_partition_size_to_drop: '0' } });
  }
}

/** When a day begins, in milliseconds since the epoch. */
function startOf(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
}
