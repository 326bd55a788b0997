import type { ClickHouseClient } from '@clickhouse/client';
import { createStoreClient } from './client.ts';
import type { StoreEndpoint } from './endpoint.ts';

/** Of a statement that counts the calls of some minutes. */
const TIMEOUT_SECONDS = 120;
/** Behind whatever somebody waits for: see PRIORITY of #query. */
const PRIORITY = '20';
const MOST_TENANTS = '10000';

/** The calls of some slots, as a statement finds them. */
export interface CallsToWrite {
  readonly tenant: string;
  /** Statements whose rows have `columns`; all of them together are the calls of the slots. */
  readonly selects: readonly { readonly text: string; readonly params: { readonly [name: string]: unknown } }[];
  readonly columns: readonly string[];
  /** In seconds since the epoch, and what the counts follow from (`span_count` of `call_slots`). */
  readonly slots: readonly { readonly slot: number; readonly spanCount: number }[];
}

/** UNKNOWN_TABLE, UNKNOWN_DATABASE. */
const NOT_THERE: ReadonlySet<string> = new Set(['60', '81']);

/** Writes who called whom into `service_calls` and `call_slots`. */
export class CallWriter {
  readonly #client: ClickHouseClient;
  readonly #nowMs: () => number;
  /** In [0, 1). */
  readonly #random: () => number;

  constructor(endpoint: StoreEndpoint, nowMs: () => number, random: () => number) {
    this.#client = createStoreClient({
      ...endpoint,
      readonly: false,
      maxExecutionTimeSeconds: TIMEOUT_SECONDS,
      maxOpenConnections: 2,
    });
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /** Those that have spans: nobody before the tables are made, which at a first start takes a moment. */
  async tenants(): Promise<readonly string[]> {
    const query = `SELECT tenant FROM request_slots GROUP BY tenant ORDER BY tenant LIMIT ${MOST_TENANTS}`;
    try {
      const answer = await this.#client.query({ query, format: 'JSONEachRow' });
      return (await answer.json<{ tenant: string }>()).map(({ tenant }) => tenant);
    } catch (error) {
      if (error instanceof Error && 'code' in error && NOT_THERE.has(String(error.code))) return [];
      throw error;
    }
  }

  /** Resolves when it is on disk. The slots are noted behind their calls: where it fails in between, what was there before holds. */
  async write({ tenant, selects, columns, slots }: CallsToWrite): Promise<void> {
    // Digits below the millisecond tell two servers apart that count the same slots.
    const version = String(BigInt(Math.floor(this.#nowMs())) * 1_000_000n + BigInt(Math.floor(this.#random() * 1e6)));
    const names = columns.join(', ');
    for (const { text, params } of selects) {
      await this.#client.command({
        query: `INSERT INTO service_calls (tenant, ${names}, ingested_at)
          SELECT {call_tenant:String}, ${names}, fromUnixTimestamp64Nano({call_version:Int64}, 'UTC') FROM (${text})`,
        query_params: { ...params, call_tenant: tenant, call_version: version },
        clickhouse_settings: { priority: PRIORITY, max_threads: 1 },
      });
    }
    await this.#client.command({
      query: `INSERT INTO call_slots (tenant, slot, span_count, ingested_at)
        SELECT {call_tenant:String}, counted.1, counted.2, fromUnixTimestamp64Nano({call_version:Int64}, 'UTC')
        FROM (SELECT arrayJoin(arrayZip({slots:Array(Int64)}, {counts:Array(UInt64)})) AS counted)`,
      query_params: {
        call_tenant: tenant,
        call_version: version,
        slots: slots.map(({ slot }) => slot),
        counts: slots.map(({ spanCount }) => spanCount),
      },
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
