/**
 * Queries to the store: ClickHouse's HTTP interface, embedded or not. One place sets limits and turns the store's
 * errors into those that people see.
 */
import { addAbortSignal } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { excerpt, messageOf, withoutPaths } from '#base';
import type { StoreEndpoint } from '#store';
import { type Sql, sql } from '../sql/index.ts';
import { CpuMeter } from './cpu-meter.ts';
import { QueryError } from './errors.ts';
import { decodeTable, type Table } from './native/table.ts';

export interface StoreReaderOptions extends Partial<StoreEndpoint> {
  /** A query's limit unless it brings its own. Default 20 s. */
  readonly timeoutMs?: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Further settings of ClickHouse, such as a limit on what is read. */
  readonly settings?: ClickHouseSettings;
  /**
   * `cheap` where the statement reads little however much is stored: a few index ranges, a trace by its id. Such reads pass the others.
   * Default `heavy`.
   */
  readonly cost?: ReadCost;
  /** Counts what the statements of one request take of the store. */
  readonly spent?: SpentOnRequest;
  /** The answer may not be longer. Default 32 MiB; a statement that can give more has to cut values and rows itself. */
  readonly maxBytes?: number;
}

/** What a statement took, as the store says. */
export interface StatementCost {
  readonly sql: string;
  /** What stands for `{p0:…}` and so on, as texts. */
  readonly parameters: { readonly [name: string]: string };
  /** As last seen: an engine of ours does not tell it of a statement that was over soon. A ClickHouse server always does. */
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly storeMs: number;
}

export interface SpentOnRequest {
  ms: number;
  /** Where it is there, each statement is noted. */
  readonly statements?: StatementCost[];
}

export type ReadCost = 'cheap' | 'heavy';

/**
 * ClickHouse's setting `priority`: a query waits while one with a smaller number runs. The engine keeps lanes for those with 1. Queries of
 * other programs have 0, which takes no part in this.
 */
const PRIORITY: { readonly [cost in ReadCost]: string } = { cheap: '1', heavy: '10' };

const DEFAULT_TIMEOUT_MS = 20_000;
/** On top of a query's limit, which the store keeps itself: one that says nothing for longer hangs. */
const HANGS_AFTER_MS = 2_000;
/** Answers are held in memory while they are turned into what the console wants, in several forms at a time. */
const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;
/** Parameters travel in the URL, and servers take at most 1 MiB of it: what has no limit of its own must be a subquery. */
const MAX_PARAMETER_BYTES = 256 * 1024;

export interface EngineFacts {
  readonly uptimeS: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssBytes: number;
}

/** Of a statement, or of one of its parameters, in an explanation. */
const EXPLAINED_CHARS = 20_000;

/** Reads from the store. Connections are opened when the first query runs. */
export class StoreReader {
  readonly #options: StoreReaderOptions;
  #client: Promise<ClickHouseClient> | undefined;
  readonly #meter = new CpuMeter();
  #engineProcess: EngineFacts | undefined;
  #answeredMs: number | undefined;

  constructor(options: StoreReaderOptions = {}) {
    this.#options = options;
  }

  /** When the store last answered a query, well or with an error of its own. */
  get answeredMs(): number | undefined {
    return this.#answeredMs;
  }

  /** The process that answers, where it is an engine of ours: as of its last answer, with the CPU of its last interval. */
  get engineProcess(): EngineFacts | undefined {
    return this.#engineProcess;
  }

  #noteProcess(header: string | string[] | undefined): void {
    const facts = new Map(
      String(header ?? '')
        .split(' ')
        .map((fact) => fact.split('=') as [string, string]),
    );
    const number = (name: string): number => Number(facts.get(name) ?? Number.NaN);
    const [cpuMs, uptimeMs, rssBytes] = [number('cpu_ms'), number('uptime_ms'), number('rss_bytes')];
    if (!Number.isFinite(cpuMs) || !(uptimeMs > 0) || !Number.isFinite(rssBytes)) return;
    const now = { atMs: performance.now(), cpuMs };
    this.#meter.add(now.atMs, cpuMs);
    const cpuPercent = this.#meter.percent(now) ?? (cpuMs / uptimeMs) * 100;
    this.#engineProcess = { uptimeS: uptimeMs / 1000, cpuPercent, rssBytes };
  }

  /** Runs a SELECT. Throws QueryError. An aborted query is stopped in the store, too. */
  async read(statement: Sql, options: ReadOptions = {}): Promise<Table> {
    return decodeTable(await this.#readBytes(statement, options));
  }

  async #readBytes(statement: Sql, options: ReadOptions): Promise<Buffer> {
    try {
      return await this.#fetch(statement, options);
    } catch (error) {
      if (!isLostConnection(error)) throw this.#failed(options.signal, error);
    }
    // The store may have restarted since the connection was opened: a read is safe to try again.
    try {
      return await this.#fetch(statement, options);
    } catch (error) {
      throw this.#failed(options.signal, error);
    }
  }

  async #fetch(statement: Sql, options: ReadOptions): Promise<Buffer> {
    const client = await this.#connect();
    const { text, params } = statement.render();
    const parameterBytes = Object.values(params).reduce<number>((sum, value) => sum + String(value).length, 0);
    if (parameterBytes > MAX_PARAMETER_BYTES)
      throw new Error(`bug: ${parameterBytes} bytes of parameters in: ${text.slice(0, 200)}`);
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const hangs = AbortSignal.timeout(timeoutMs + HANGS_AFTER_MS);
    const signal = options.signal === undefined ? hangs : AbortSignal.any([options.signal, hangs]);
    const result = await client.exec({
      query: `${text}\nFORMAT Native`,
      query_params: { ...params },
      abort_signal: signal,
      clickhouse_settings: {
        max_execution_time: timeoutMs / 1000,
        max_result_bytes: String(maxBytes),
        result_overflow_mode: 'throw',
        // Errors in the middle of an answer come as an error, not as a cut-off body.
        wait_end_of_query: 1,
        cancel_http_readonly_queries_on_client_close: 1,
        priority: PRIORITY[options.cost ?? 'heavy'],
        ...options.settings,
      },
    });
    this.#noteProcess(result.response_headers['x-signalbox-engine']);
    // By the store's own clock, which begins when the statement may run.
    const storeMs = Number(result.summary?.elapsed_ns ?? 0) / 1e6;
    if (options.spent !== undefined) options.spent.ms += storeMs;
    options.spent?.statements?.push({
      sql: excerpt(text, EXPLAINED_CHARS),
      parameters: Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, excerpt(String(value), EXPLAINED_CHARS)]),
      ),
      rowsRead: Number(result.summary?.read_rows ?? 0),
      bytesRead: Number(result.summary?.read_bytes ?? 0),
      storeMs,
    });
    const chunks: Buffer[] = [];
    let byteLength = 0;
    for await (const chunk of addAbortSignal(signal, result.stream)) {
      byteLength += (chunk as Buffer).length;
      // The limit above counts the store's own form of the rows; this one counts what comes.
      if (byteLength > 2 * maxBytes) throw tooLarge('', undefined);
      chunks.push(chunk as Buffer);
    }
    this.#answeredMs = Date.now();
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }

  #failed(signal: AbortSignal | undefined, error: unknown): QueryError {
    const { code } = error as { code?: unknown };
    // ClickHouse's errors have numbers: an error of its own is an answer.
    if (typeof code === 'string' && /^\d+$/.test(code)) this.#answeredMs = Date.now();
    return givenUp(signal, error) ?? toQueryError(error);
  }

  /** Throws QueryError where the store does not answer. */
  async ping(): Promise<void> {
    await this.read(sql`SELECT 1`, { timeoutMs: 3_000 });
  }

  /** The client's code is loaded when the first query comes. */
  #connect(): Promise<ClickHouseClient> {
    this.#client ??= import('#store').then(({ createStoreClient }) => createStoreClient(this.#options));
    return this.#client;
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }
}

/** What an aborted signal means: who set a deadline says so by its reason, everybody else went away. */
function givenUp(signal: AbortSignal | undefined, cause: unknown): QueryError | undefined {
  if (!signal?.aborted) return undefined;
  return signal.reason instanceof QueryError
    ? signal.reason
    : new QueryError('timeout', 'the request was given up', { cause });
}

const lostConnectionCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND']);

function isLostConnection(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return (typeof code === 'string' && lostConnectionCodes.has(code)) || /socket hang up/i.test(messageOf(error));
}

/** ClickHouse's numbers of the errors that have a meaning of their own for people. */
const CODES: { readonly [code: string]: (message: string, cause: unknown) => QueryError } = {
  // TIMEOUT_EXCEEDED, TOO_SLOW
  159: timeout,
  160: timeout,
  // TOO_MANY_ROWS, TOO_MANY_BYTES, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES
  158: tooLarge,
  307: tooLarge,
  241: tooLarge,
  396: tooLarge,
  // TOO_MANY_SIMULTANEOUS_QUERIES
  202: (_, cause) => unavailable('the store is busy with other queries', 'try again in a moment', cause),
  // UNKNOWN_TABLE, UNKNOWN_DATABASE, ABORTED
  60: notReady,
  81: notReady,
  236: notReady,
  // AUTHENTICATION_FAILED
  516: (_, cause) =>
    unavailable('the store refuses the user or the password', 'check the settings of the store', cause),
  // CANNOT_COMPILE_REGEXP
  427: (message, cause) =>
    new QueryError('bad_query', `not a valid regular expression: ${regexReason(message)}`, { cause }),
};

function timeout(_message: string, cause: unknown): QueryError {
  return new QueryError('timeout', 'the query took longer than allowed', {
    hint: 'choose a shorter time range, or narrow it by service',
    cause,
  });
}

/** The store holds the connection and says nothing. */
export function storeHangs(cause?: unknown): QueryError {
  return new QueryError('timeout', 'the store does not answer in time', {
    hint: 'it may hang; the page of the system says since when',
    ...(cause !== undefined && { cause }),
  });
}

function tooLarge(_message: string, cause: unknown): QueryError {
  return new QueryError('too_large', 'the query would read or hold more than allowed', {
    hint: 'choose a shorter time range, or narrow it by service',
    cause,
  });
}

function notReady(_message: string, cause: unknown): QueryError {
  return unavailable(
    'the store is not set up yet',
    'it is, once the collector has started with the store exporter',
    cause,
  );
}

function unavailable(message: string, hint: string, cause: unknown): QueryError {
  return new QueryError('store_unavailable', message, { hint, cause });
}

function regexReason(message: string): string {
  return excerpt(/error: ([^.:]+)/.exec(message)?.[1] ?? message.split('\n')[0]!);
}

/** Any error of a query as the one that people see. */
function toQueryError(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && Object.hasOwn(CODES, code)) return CODES[code]!(messageOf(error), error);
  if (isLostConnection(error))
    return unavailable('the store does not answer', 'it comes back by itself; the page tries again', error);
  // Node's error of an aborted stream, and the client's of an aborted request.
  if (error instanceof Error && (error.name === 'AbortError' || /aborted a request/.test(error.message)))
    return storeHangs(error);
  if (/timeout/i.test(messageOf(error)) && typeof code !== 'string') return timeout('', error);
  return new QueryError(
    'internal',
    `the store failed: ${excerpt(withoutPaths(messageOf(error).split('\n')[0]!), 300)}`,
    {
      cause: error,
    },
  );
}
