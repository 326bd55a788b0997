import type { ClickHouseClient } from '@clickhouse/client';
import { createStoreClient } from './client.ts';
import type { StoreEndpoint } from './endpoint.ts';

/** A document as it is now. */
export interface StoreDocument {
  readonly key: string;
  /** Counts up with each change; microseconds since the epoch at first, so that two servers' changes are in order. */
  readonly version: number;
  readonly body: unknown;
}

export interface DocumentsOptions {
  readonly endpoint: StoreEndpoint;
  readonly tenant: string;
  /** The calendar, for versions. */
  readonly nowMs: () => number;
}

const TIMEOUT_SECONDS = 10;
/** Of one document, as JSON. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Small state that outlives processes and is the same for all servers of a store: what is no telemetry, in kinds, by key. A change is on disk when it
 * resolves. Whoever reads sees the last version of each; two who change one document at a time leave the later one.
 */
export class DocumentStore {
  readonly #client: ClickHouseClient;
  readonly #tenant: string;
  readonly #nowMs: () => number;
  #lastVersion = 0;

  constructor({ endpoint, tenant, nowMs }: DocumentsOptions) {
    this.#client = createStoreClient({ ...endpoint, readonly: false, maxExecutionTimeSeconds: TIMEOUT_SECONDS });
    this.#tenant = tenant;
    this.#nowMs = nowMs;
  }

  /** All of a kind that are not deleted, by key; with `prefix` those whose keys begin with it. */
  async list(kind: string, prefix = ''): Promise<readonly StoreDocument[]> {
    const answer = await this.#client.query({
      query: `SELECT key, toString(version) AS version, body FROM documents FINAL
        WHERE tenant = {tenant:String} AND kind = {kind:String} AND startsWith(key, {prefix:String}) AND NOT is_deleted ORDER BY key`,
      query_params: { tenant: this.#tenant, kind, prefix },
      format: 'JSONEachRow',
    });
    const rows = await answer.json<{ key: string; version: string; body: string }>();
    return rows.map(({ key, version, body }) => ({ key, version: Number(version), body: JSON.parse(body) as unknown }));
  }

  /** Whether the store takes changes of this user at all. */
  async mayWrite(): Promise<boolean> {
    const answer = await this.#client.query({ query: "SELECT getSetting('readonly') AS level", format: 'JSONEachRow' });
    const [row] = await answer.json<{ level: string | number }>();
    return Number(row?.level) !== 1;
  }

  /** Resolves when it is on disk. */
  async put(kind: string, key: string, body: object): Promise<void> {
    const text = JSON.stringify(body);
    if (text.length > BODY_LIMIT_BYTES) throw new Error(`a document of ${text.length} bytes is too long to be kept`);
    await this.#insert(kind, key, text, false);
  }

  async remove(kind: string, key: string): Promise<void> {
    await this.#insert(kind, key, '', true);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #insert(kind: string, key: string, body: string, isDeleted: boolean): Promise<void> {
    const nowMs = this.#nowMs();
    this.#lastVersion = Math.max(this.#lastVersion + 1, Math.floor(nowMs * 1000));
    await this.#client.insert({
      table: 'documents',
      columns: ['tenant', 'kind', 'key', 'version', 'is_deleted', 'body', 'written_at'],
      values: [
        {
          tenant: this.#tenant,
          kind,
          key,
          version: String(this.#lastVersion),
          is_deleted: isDeleted,
          body,
          written_at: (nowMs / 1000).toFixed(3),
        },
      ],
      format: 'JSONEachRow',
    });
  }
}
