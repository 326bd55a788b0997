import type { ClickHouseClient } from '@clickhouse/client';
import { DocumentStore, type DocumentsOptions } from './documents.ts';
import { REQUEST_SLOT_SECONDS } from './schema/index.ts';

/** The kind of the documents that name pinned traces: their keys are trace ids in hex, in lower case. */
const KIND = 'pinned_trace';
const MAX_PINNED = 10_000;

/** Traces that are kept whatever the retention, by the wish of people. */
export class PinnedTraces {
  readonly #documents: DocumentStore;
  readonly #nowMs: () => number;

  constructor(options: DocumentsOptions) {
    this.#documents = new DocumentStore(options);
    this.#nowMs = options.nowMs;
  }

  /** Ids of all that are pinned, in hex. */
  async list(): Promise<readonly string[]> {
    return (await this.#documents.list(KIND)).map(({ key }) => key);
  }

  /** Resolves when it is on disk. Throws where too many are pinned. `traceId`: 32 hex digits in lower case. */
  async pin(traceId: string): Promise<void> {
    const pinned = await this.list();
    if (pinned.includes(traceId)) return;
    if (pinned.length >= MAX_PINNED)
      throw new Error(`${MAX_PINNED} traces are pinned already; unpin some before another is pinned`);
    await this.#documents.put(KIND, traceId, { pinnedAtMs: this.#nowMs() });
  }

  async unpin(traceId: string): Promise<void> {
    await this.#documents.remove(KIND, traceId);
  }

  close(): Promise<void> {
    return this.#documents.close();
  }
}

export interface CarryOptions {
  readonly client: ClickHouseClient;
  readonly database: string;
  /** See StoreEndpoint. */
  readonly cluster: string | undefined;
  readonly nowMs: () => number;
}

/** Tables whose rows say of which trace they are. */
const OF_TRACES: readonly string[] = ['spans', 'traces', 'span_events', 'span_links'];
/** As many ids as the text of a statement holds. */
const MAX_NAMED = 8_000;
const DAY_NS = 86_400_000_000_000n;

/**
 * Before a day of arrival is dropped, the rows of pinned traces in it are written once more, as if they had arrived today. So they are
 * found by every query as before. A row says from which day it was carried: its time of arrival lies as many ns behind its midnight as the day's
 * digits say. So nothing is carried twice when the process ends between carrying and dropping.
 */
export class PinnedRows {
  readonly #options: CarryOptions;

  constructor(options: CarryOptions) {
    this.#options = options;
  }

  /** Whether any trace is pinned, of whatever tenant. */
  async hasAny(): Promise<boolean> {
    const answer = await this.#options.client.query({ query: `${this.#pinned()} LIMIT 1`, format: 'JSONEachRow' });
    return (await answer.json()).length > 0;
  }

  /** Carries rows of a table from a day (20261128) that is over. */
  async carry(table: string, day: string): Promise<void> {
    const stamp = `fromUnixTimestamp64Nano(${this.#midnightNs() + BigInt(day)}, 'UTC')`;
    if (table === 'request_slots') await this.#run(this.#slots(day, stamp));
    if (!OF_TRACES.includes(table)) return;
    const columns = await this.#columns(table);
    const values = columns.map((name) => (name === 'ingested_at' ? stamp : name));
    await this.#run(`INSERT INTO ${this.#options.database}.${table} (${columns.join(', ')})
      SELECT ${values.join(', ')} FROM ${this.#source(table)}
      WHERE _partition_id = '${day}' AND (tenant, trace_id) IN (${this.#pinned()})
        AND (tenant, trace_id) NOT IN (SELECT tenant, trace_id FROM ${this.#source(table)} WHERE ${carriedFrom(day)})`);
  }

  /** What pinned spans name in the column `resource_id` or `scope_id`: it must stay when it is forgotten otherwise. Undefined where it is much. */
  async named(column: string): Promise<readonly string[] | undefined> {
    const answer = await this.#options.client.query({
      query: `SELECT DISTINCT toString(${column}) AS id FROM ${this.#source('spans')} WHERE (tenant, trace_id) IN (${this.#pinned()})
        LIMIT ${MAX_NAMED + 1}`,
      format: 'JSONEachRow',
    });
    const ids = (await answer.json<{ id: string }>()).map(({ id }) => id);
    return ids.length > MAX_NAMED ? undefined : ids;
  }

  /**
   * Of requests long ago nobody asks how many there were; but a search for an attribute looks only where a slot doesn't say that there is none, so
   * where the carried spans lie there are slots that say nothing.
   */
  #slots(day: string, stamp: string): string {
    const slots = `${this.#options.database}.request_slots`;
    return `INSERT INTO ${slots} (tenant, second, service_name, resource_id, first_time, last_time, ingested_at)
      SELECT tenant, intDiv(toInt64(time), ${REQUEST_SLOT_SECONDS}) * ${REQUEST_SLOT_SECONDS} AS slot, service_name, any(resource_id),
        min(time), max(time), ${stamp}
      FROM ${this.#source('spans')} WHERE ${carriedFrom(day)} AND (tenant, trace_id) IN (${this.#pinned()})
        AND (SELECT count() FROM ${this.#source('request_slots')} WHERE ${carriedFrom(day)}) = 0
      GROUP BY tenant, slot, service_name`;
  }

  async #columns(table: string): Promise<readonly string[]> {
    const { client, database } = this.#options;
    const answer = await client.query({
      query: `SELECT name FROM system.columns WHERE database = '${database}' AND table = '${table}'
        AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')`,
      format: 'JSONEachRow',
    });
    return (await answer.json<{ name: string }>()).map(({ name }) => name);
  }

  #pinned(): string {
    return `SELECT tenant, toFixedString(unhex(key), 16) FROM ${this.#source('documents')} FINAL
      WHERE kind = '${KIND}' AND NOT is_deleted AND length(key) = 32`;
  }

  #source(table: string): string {
    const { database, cluster } = this.#options;
    return cluster === undefined ? `${database}.${table}` : `cluster('${cluster}', ${database}, ${table})`;
  }

  #midnightNs(): bigint {
    const nowNs = BigInt(Math.floor(this.#options.nowMs())) * 1_000_000n;
    return nowNs - (nowNs % DAY_NS);
  }

  async #run(query: string): Promise<void> {
    await this.#options.client.command({
      query,
      // One part, all of it or nothing.
      clickhouse_settings: { max_threads: 1, max_insert_threads: '1', min_insert_block_size_rows: '100000000' },
    });
  }
}

function carriedFrom(day: string): string {
  return `toUnixTimestamp64Nano(ingested_at) % ${DAY_NS} = ${Number(day)}`;
}
