import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { StoreEndpoint } from './endpoint.ts';
import type { TableBlock } from './native/columns.ts';

/**
 * What a failed insert means for its block.
 *   unavailable  the engine can't be reached or broke off: nothing is known, all blocks wait
 *   refused      the engine answered, but not now (memory, parts, a missing table): this block waits
 *   content      the engine can't take this block, now or ever
 */
export type InsertFailure = 'unavailable' | 'refused' | 'content';

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

/**
 * ClickHouse's codes that speak of the data itself: bad arguments and incorrect data, types that can't be parsed or converted, sizes
 * beyond its limits, logical errors. Source: ClickHouse src/Common/ErrorCodes.cpp.
 */
const CONTENT_CODES: ReadonlySet<number> = new Set([
  6, 9, 10, 16, 20, 25, 26, 27, 33, 36, 38, 41, 43, 44, 49, 50, 53, 70, 72, 117, 128, 130, 131, 190, 321, 349, 407, 432,
  636,
]);

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

  constructor(endpoint: StoreEndpoint, timeoutMs: number) {
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    const isTls = new URL(endpoint.url).protocol === 'https:';
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    this.#request = isTls ? requestHttps : requestHttp;
  }

  /** Whether the table has rows of the segment with this `ingested_at`. Throws InsertError. */
  async hasRows(table: string, ingestedAtNs: bigint): Promise<boolean> {
    const url = new URL(this.#endpoint.url);
    url.searchParams.set('database', this.#endpoint.database);
    const query = `SELECT 1 FROM ${table} WHERE ingested_at = fromUnixTimestamp64Nano(${ingestedAtNs}, 'UTC') LIMIT 1`;
    const body = new TextEncoder().encode(query);
    const answer = await this.#post(url, [body], body.length);
    return answer.trim() === '1';
  }

  /** Inserts a Native block under a token: sent again under the same token, it is stored once. Throws InsertError. */
  async insert({ table, columns, parts, byteLength }: TableBlock, token: string): Promise<void> {
    const url = new URL(this.#endpoint.url);
    for (const [name, value] of Object.entries(SETTINGS)) url.searchParams.set(name, value);
    url.searchParams.set('database', this.#endpoint.database);
    url.searchParams.set('query', `INSERT INTO ${table} (${columns.join(', ')}) FORMAT Native`);
    url.searchParams.set('insert_deduplication_token', token);
    await this.#post(url, parts, byteLength);
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
  if (code === 0) return new InsertError(`the engine answered ${message}`, 'unavailable', 0);
  return new InsertError(message, CONTENT_CODES.has(code) ? 'content' : 'refused', code);
}
