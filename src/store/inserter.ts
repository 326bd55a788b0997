import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { ClickHouseError } from '@clickhouse/client';
import { messageOf } from '#base';
import type { StoreEndpoint } from './endpoint.ts';
import { FENCED_CODE, fenceCondition } from './fence.ts';
import type { TableBlock } from './native/columns.ts';

/**
 * What a failed insert means for its block.
 *   unavailable  the engine can't be reached or broke off: nothing is known, all blocks wait
 *   refused      the engine answered, but not now (memory, parts, a missing table): this block waits
 *   full         there is too little disk for it: all blocks wait
 *   content      the engine can't take this block, now or ever
 *   fenced       who wrote it is no longer a member of the servers: it must not be stored
 */
export type InsertFailure = 'unavailable' | 'refused' | 'full' | 'content' | 'fenced';

export class InsertError extends Error {
  override name = 'InsertError';
  readonly failure: InsertFailure;
  /** ClickHouse's code; 0 where it gave none. */
  readonly code: number;
  constructor(message: string, failure: InsertFailure, code = 0, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.code = code;
  }
}

/** What a failure of the client for questions means for the segment on whose behalf they were asked. */
export function insertErrorOf(error: unknown): InsertError {
  if (error instanceof InsertError) return error;
  if (error instanceof ClickHouseError)
    return new InsertError(error.message, 'refused', Number(error.code), { cause: error });
  return new InsertError(messageOf(error), 'unavailable', 0, { cause: error });
}

/** What may pass while a file is read; anything else stays so. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EACCES',
  'EPERM',
  'EAGAIN',
  'ESTALE',
]);

/** What it means for a segment that its file can't be read. */
export function fileErrorOf(error: unknown): InsertError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const failure = PASSING_CODES.has(code) ? 'refused' : 'content';
  return new InsertError(`its file can't be read: ${messageOf(error)}`, failure, 0, { cause: error });
}

/**
 * ClickHouse's codes that speak of the data itself: bad arguments and incorrect data, types that can't be parsed or converted, sizes
 * beyond its limits, logical errors. Source: ClickHouse src/Common/ErrorCodes.cpp.
 */
const CONTENT_CODES: ReadonlySet<number> = new Set([
  6, 9, 10, 16, 20, 25, 26, 27, 33, 36, 38, 41, 43, 44, 49, 50, 53, 70, 72, 117, 128, 130, 131, 190, 321, 349, 407, 432,
  636,
]);

const NOT_ENOUGH_SPACE = 243;

/** One block per statement, so that its token stands for all of it; never through the asynchronous queue, which answers early. */
const SETTINGS: Readonly<Record<string, string>> = {
  insert_deduplicate: '1',
  async_insert: '0',
  max_insert_block_size: '100000000',
  min_insert_block_size_rows: '0',
  min_insert_block_size_bytes: '0',
  max_partitions_per_insert_block: '0',
};

/** Sends blocks to the engine over kept-alive connections. Safe for several inserts at a time. */
export class Inserter {
  readonly #endpoint: StoreEndpoint;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #request: typeof requestHttp;
  readonly #member: string | undefined;
  /** Names and types of columns, by table, for statements with a condition. */
  readonly #structures = new Map<string, Promise<string>>();

  /** With `member` blocks of items are stored only while that is one of the servers' (fence.ts). */
  constructor(endpoint: StoreEndpoint, timeoutMs: number, member?: string) {
    this.#member = member;
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    const isTls = new URL(endpoint.url).protocol === 'https:';
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    this.#request = isTls ? requestHttps : requestHttp;
  }

  /**
   * How many rows a table has of the segment with this `ingested_at`. Reads all of their columns, so that it fails where one can't be read.
   * Throws InsertError.
   */
  async countRows(table: string, ingestedAtNs: bigint): Promise<number> {
    return await this.#number(`SELECT count() + sum(ignore(*)) FROM ${table} WHERE ${ofSegment(ingestedAtNs)}`);
  }

  /**
   * How many different values of `key` the segment's rows in `source` have, that no row of `table` has. Where rows of `source` are of no
   * segment themselves, they are those that its rows name: `through` a key, in a table of items. Throws InsertError.
   */
  async countMissingKeys(asked: {
    readonly table: string;
    readonly key: string;
    readonly source: string;
    readonly through?: { readonly key: string; readonly items: string };
    readonly ingestedAtNs: bigint;
  }): Promise<number> {
    const { table, key, source, through, ingestedAtNs } = asked;
    const own = ofSegment(ingestedAtNs);
    const isNamed = (by: string, items: string): string => `${by} IN (SELECT ${by} FROM ${items} WHERE ${own})`;
    const rows = `FROM ${source} WHERE ${through === undefined ? own : isNamed(through.key, through.items)}`;
    return await this.#number(
      `SELECT (SELECT uniqExact(${key}) ${rows}) -
        (SELECT uniqExact(${key}) + sum(ignore(*)) FROM ${table} WHERE ${key} IN (SELECT ${key} ${rows}))`,
    );
  }

  async #number(query: string): Promise<number> {
    return Number((await this.#text(query)).trim());
  }

  async #text(query: string): Promise<string> {
    const url = new URL(this.#endpoint.url);
    url.searchParams.set('database', this.#endpoint.database);
    const body = new TextEncoder().encode(query);
    return await this.#post(url, [body], body.length);
  }

  /** Inserts a Native block under a token: sent again under the same token, it is stored once. Throws InsertError. */
  async insert({ table, columns, parts, byteLength }: TableBlock, token: string, isFenced = false): Promise<void> {
    const names = columns.join(', ');
    const from =
      isFenced && this.#member !== undefined
        ? ` SELECT ${names} FROM input('${await this.#structureOf(table, columns)}') WHERE ${fenceCondition(this.#member)}`
        : '';
    const url = new URL(this.#endpoint.url);
    for (const [name, value] of Object.entries(SETTINGS)) url.searchParams.set(name, value);
    url.searchParams.set('database', this.#endpoint.database);
    url.searchParams.set('query', `INSERT INTO ${table} (${names})${from} FORMAT Native`);
    url.searchParams.set('insert_deduplication_token', token);
    await this.#post(url, parts, byteLength);
  }

  /** As a text within quotes. */
  #structureOf(table: string, columns: readonly string[]): Promise<string> {
    const names = columns.map((name) => `'${name}'`).join(', ');
    const query = `SELECT arrayStringConcat(groupArray(name || ' ' || type), ', ') FROM (SELECT name, type FROM system.columns
      WHERE database = currentDatabase() AND table = '${table}' AND name IN (${names}) ORDER BY indexOf([${names}], name)) FORMAT TSVRaw`;
    const known = this.#structures.get(table) ?? this.#text(query).then((text) => text.trim().replaceAll("'", "\\'"));
    this.#structures.set(table, known);
    known.catch(() => this.#structures.delete(table));
    return known;
  }

  #post(url: URL, parts: readonly Uint8Array[], byteLength: number): Promise<string> {
    const { username, password } = this.#endpoint;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new InsertError(`${url.origin}: ${error.message}`, 'unavailable', 0, { cause: error }));
      const request: ClientRequest = this.#request(url, {
        method: 'POST',
        agent: this.#agent,
        timeout: this.#timeoutMs,
        headers: {
          'content-length': byteLength,
          'content-type': 'application/octet-stream',
          'x-clickhouse-user': username,
          ...(password === '' ? {} : { 'x-clickhouse-key': password }),
        },
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${this.#timeoutMs / 1000} s`)));
      request.on('error', fail);
      request.on('response', (response) => {
        readAnswer(response).then((text) => {
          if (response.statusCode === 200 && !text.includes('DB::Exception')) resolve(text);
          else reject(answerError(response, text));
        }, fail);
      });
      // One writev of all parts, without joining them.
      request.cork();
      for (const part of parts) request.write(part);
      request.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function ofSegment(ingestedAtNs: bigint): string {
  return `ingested_at = fromUnixTimestamp64Nano(${ingestedAtNs}, 'UTC')`;
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) if (text.length < 4096) text += part as string;
  return text;
}

function answerError(response: IncomingMessage, text: string): InsertError {
  const header = response.headers['x-clickhouse-exception-code'];
  const code = Number(header ?? /Code: (\d+)/.exec(text)?.[1] ?? 0);
  const message = text.trim().slice(0, 500) || `status ${response.statusCode}`;
  if (code === NOT_ENOUGH_SPACE) return new InsertError(`the store is out of disk: ${message}`, 'full', code);
  if (code === 0) return new InsertError(`the engine answered ${message}`, 'unavailable', 0);
  if (code === FENCED_CODE) return new InsertError(message, 'fenced', code);
  return new InsertError(message, CONTENT_CODES.has(code) ? 'content' : 'refused', code);
}
