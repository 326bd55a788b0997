import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { createStoreClient } from './client.ts';
import type { StoreEndpoint } from './endpoint.ts';
import { FENCED_CODE, FencedError, fenceCondition } from './fence.ts';

/** A document as it is now. */
export interface StoreDocument {
  readonly key: string;
  /** Counts up with each change; microseconds since the epoch at first, so that two servers' changes are in order. */
  readonly version: number;
  readonly body: unknown;
}

/** A change of a document; without a body it is deleted. */
export interface DocumentChange {
  readonly kind: string;
  readonly key: string;
  /** Microseconds since the epoch. */
  readonly version: number;
  readonly body: unknown;
}

/** A document to be kept; undefined deletes it. */
export interface NewDocument {
  readonly key: string;
  readonly body: object | undefined;
}

export interface DocumentsOptions {
  readonly endpoint: StoreEndpoint;
  readonly tenant: string;
  /** The calendar, for versions. */
  readonly nowMs: () => number;
}

const TIMEOUT_SECONDS = 10;
/** Of one document, as JSON. */
export const DOCUMENT_LIMIT_BYTES: number = 4 * 1024 * 1024;

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
    await this.#insert(kind, key, textOf(body), false);
  }

  async remove(kind: string, key: string): Promise<void> {
    await this.#insert(kind, key, '', true);
  }

  /**
   * Keeps or deletes several at once; their versions are of the store's own clock, so do not mix this with `put` for one kind. With `member` only
   * while that is a member of the servers (fence.ts), which the store itself checks. Throws a FencedError.
   */
  async putAll(kind: string, documents: readonly NewDocument[], member?: string): Promise<void> {
    const rows = documents.map(({ key, body }) => ({
      key,
      is_deleted: body === undefined,
      body: body === undefined ? '' : textOf(body),
    }));
    if (rows.length === 0) return;
    const condition = member === undefined ? '1' : fenceCondition(member);
    await this.#insertWhere(kind, rows, { condition });
  }

  /** Keeps a document unless its key was ever given to one: of several who try at a time one succeeds. Whether this one did. */
  async claim(kind: string, key: string, body: object): Promise<boolean> {
    const text = textOf(body);
    const isTaken =
      'SELECT count() FROM documents WHERE tenant = {tenant:String} AND kind = {kind:String} AND key = {key:String}';
    try {
      await this.#insertWhere(kind, [{ key, is_deleted: false, body: text }], {
        condition: `(SELECT throwIf((${isTaken}) > 0)) = 0`,
        params: { key },
        // Of those that found it free at the same moment the store takes the first.
        token: `${this.#tenant}/${kind}/${key}`,
      });
    } catch (error) {
      if (error instanceof FencedError) return false;
      throw error;
    }
    const [kept] = await this.#rows<{ body: string }>(
      `SELECT body FROM documents FINAL WHERE tenant = {tenant:String} AND kind = {kind:String} AND key = {key:String}`,
      { kind, key },
    );
    return kept?.body === text;
  }

  /** The one whose key is the last in order; undefined where there is none. */
  async last(kind: string): Promise<StoreDocument | undefined> {
    const [row] = await this.#rows<{ key: string; version: string; body: string }>(
      `SELECT key, toString(version) AS version, body FROM documents FINAL
        WHERE tenant = {tenant:String} AND kind = {kind:String} AND NOT is_deleted ORDER BY key DESC LIMIT 1`,
      { kind },
    );
    return row && { key: row.key, version: Number(row.version), body: JSON.parse(row.body) as unknown };
  }

  /** What changed after a version, the last change of each document, in the order of the changes. */
  async changedSince(kinds: readonly string[], version: number): Promise<readonly DocumentChange[]> {
    const rows = await this.#rows<{ kind: string; key: string; version: string; is_deleted: boolean; body: string }>(
      `SELECT kind, key, toString(max(version)) AS version, argMax(is_deleted, documents.version) AS is_deleted,
          argMax(body, documents.version) AS body
        FROM documents WHERE tenant = {tenant:String} AND kind IN {kinds:Array(String)} AND documents.version > {after:UInt64}
        GROUP BY kind, key ORDER BY max(documents.version)`,
      { kinds, after: String(Math.max(0, Math.floor(version))) },
    );
    return rows.map(({ kind, key, version: at, is_deleted: isDeleted, body }) => ({
      kind,
      key,
      version: Number(at),
      body: isDeleted ? undefined : (JSON.parse(body) as unknown),
    }));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #rows<T>(query: string, params: Readonly<Record<string, unknown>>): Promise<readonly T[]> {
    const answer = await this.#client.query({
      query,
      query_params: { tenant: this.#tenant, ...params },
      format: 'JSONEachRow',
    });
    return await answer.json<T>();
  }

  /** One statement that asks and writes: nothing comes between. Throws a FencedError where the condition does. */
  async #insertWhere(
    kind: string,
    rows: readonly { readonly key: string; readonly is_deleted: boolean; readonly body: string }[],
    how: { readonly condition: string; readonly params?: Readonly<Record<string, string>>; readonly token?: string },
  ): Promise<void> {
    const { condition, params = {}, token } = how;
    try {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO documents (tenant, kind, key, version, is_deleted, body, written_at)
          SELECT {tenant:String}, {kind:String}, key, toUInt64(toUnixTimestamp64Micro(now64(6))), is_deleted, body, now64(3)
          FROM input('key String, is_deleted Bool, body String') WHERE ${condition} FORMAT JSONEachRow`,
        query_params: { tenant: this.#tenant, kind, ...params },
        values: Readable.from([rows.map((row) => JSON.stringify(row)).join('\n')]),
        ...(token !== undefined && {
          clickhouse_settings: { insert_deduplicate: 1, insert_deduplication_token: token } as const,
        }),
      });
      for await (const _ of stream);
    } catch (error) {
      if (error instanceof ClickHouseError && Number(error.code) === FENCED_CODE)
        throw new FencedError(error.message, { cause: error });
      throw error;
    }
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

function textOf(body: object): string {
  const text = JSON.stringify(body);
  if (text.length > DOCUMENT_LIMIT_BYTES) throw new Error(`a document of ${text.length} bytes is too long to be kept`);
  return text;
}
