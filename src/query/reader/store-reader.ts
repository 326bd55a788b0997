/**
 * Queries to the store, for one tenant: every statement is sent with whose rows it may read (`TENANT` of sql/). One place sets limits and turns
 * the store's errors into those that people see.
 */
import { excerpt } from '#base';
import { OWN_TABLES, TABLES } from '#store/schema.ts';
import { type Sql, sql } from '../sql/index.ts';
import { decodeTable, type Table } from './native/table.ts';
import type { ReadCost, ReadLimits, ReadOptions } from './options.ts';
import { type Answered, type EngineFacts, StoreConnection, type StoreConnectionOptions } from './store-connection.ts';
import { costsTooMuch, failed, wasTooMuch } from './store-errors.ts';

/**
 * ClickHouse's setting `priority`: a query waits while one with a smaller number runs. The engine keeps lanes for those with 1. Queries of
 * other programs have 0, which takes no part in this.
 */
const PRIORITY: { readonly [cost in ReadCost]: string } = { cheap: '1', bounded: '10', heavy: '10' };

/** On top of a query's limit, which the store keeps itself: one that says nothing for longer hangs. */
const HANGS_AFTER_MS = 2_000;
/** Answers are held in memory while they are turned into what the console wants, in several forms at a time. */
const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;
const ESTIMATE_TIMEOUT_MS = 5_000;
/** Of a statement, or of one of its parameters, in an explanation. */
const EXPLAINED_CHARS = 20_000;

export interface StoreReaderOptions extends StoreConnectionOptions {
  /** Whose rows are read. Default: the tenant without a name. */
  readonly tenant?: string;
  /** Whether what the store says of series may be kept between queries, for about a second. Default false. */
  readonly keepsSeries?: boolean;
}

export class StoreReader {
  readonly tenant: string;
  readonly keepsSeries: boolean;
  readonly #connection: StoreConnection;

  constructor({ tenant = '', keepsSeries = false, ...options }: StoreReaderOptions = {}, connection?: StoreConnection) {
    this.tenant = tenant;
    this.keepsSeries = keepsSeries;
    this.#connection = connection ?? new StoreConnection(options);
  }

  /** A reader of another tenant's rows on the same connections. */
  ofTenant(tenant: string): StoreReader {
    return new StoreReader({ tenant, keepsSeries: this.keepsSeries }, this.#connection);
  }

  /** The same object for the readers of all tenants of a store. */
  get store(): object {
    return this.#connection;
  }

  /** Whether several machines are the store, of which one may know what another does not know yet. */
  get isCluster(): boolean {
    return this.#connection.cluster !== undefined;
  }

  /** When the store last answered a query, well or with an error of its own. */
  get answeredMs(): number | undefined {
    return this.#connection.answeredMs;
  }

  /** The process that answers, where it is an engine of ours: as of its last answer, with the CPU of its last interval. */
  get engineProcess(): EngineFacts | undefined {
    return this.#connection.engineProcess;
  }

  /** Runs a SELECT. Throws QueryError. An aborted query is stopped in the store, too. */
  async read(statement: Sql, options: ReadOptions = {}): Promise<Table> {
    const { cluster } = this.#connection;
    const { text, params } = statement.render({ tenant: this.tenant, cluster });
    const cost = options.cost ?? 'heavy';
    const { rows, bytes } = this.#connection.readLimits;
    const limits: Partial<ReadLimits> = cost === 'cheap' ? {} : cost === 'bounded' ? { bytes } : { rows, bytes };
    const isExplained = options.spent?.statements !== undefined;
    const estimatedRows = isExplained ? await this.#estimatedRows(text, params, options) : undefined;
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const timeoutMs = options.timeoutMs ?? this.#connection.timeoutMs;
    const signal = stopSignal(options.signal, timeoutMs);
    let answered: Answered;
    try {
      answered = await this.#connection.send({
        text,
        params,
        signal,
        maxBytes,
        memory: options.memory,
        settings: {
          max_execution_time: timeoutMs / 1000,
          max_result_bytes: String(maxBytes),
          result_overflow_mode: 'throw',
          // Errors in the middle of an answer come as an error, not as a cut-off body.
          wait_end_of_query: 1,
          cancel_http_readonly_queries_on_client_close: 1,
          priority: PRIORITY[cost],
          // A subquery on all shards is asked once, and its answer sent to each.
          ...(cluster !== undefined && { distributed_product_mode: 'global' }),
          // The store knows from its index how many rows it would read, and refuses before it reads the first. Bytes are counted as they are read.
          ...(limits.rows !== undefined && { max_rows_to_read: String(limits.rows) }),
          ...(limits.bytes !== undefined && { max_bytes_to_read: String(limits.bytes) }),
          ...options.settings,
        },
      });
    } catch (error) {
      if (!wasTooMuch(error)) throw failed(options.signal, error);
      throw costsTooMuch(limits, await this.#estimatedRows(text, params, options), error);
    }
    if (options.spent !== undefined) options.spent.ms += answered.storeMs;
    options.spent?.statements?.push({
      sql: excerpt(text, EXPLAINED_CHARS),
      parameters: Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, excerpt(String(value), EXPLAINED_CHARS)]),
      ),
      ...(estimatedRows !== undefined && { estimatedRows }),
      limits,
      rowsRead: answered.rowsRead,
      bytesRead: answered.bytesRead,
      storeMs: answered.storeMs,
    });
    return decodeTable(answered.bytes);
  }

  /** A statement as it would be sent: for whoever writes what it finds back to the store. */
  rendered(statement: Sql): ReturnType<Sql['render']> {
    return statement.render({ tenant: this.tenant, cluster: this.#connection.cluster });
  }

  /**
   * Sends a statement that somebody wrote, and that statement/ has checked, as it stands: of the store's tables it sees the tenant's rows, and the
   * limits are those of a heavy read. Gives the answer in the format's bytes. Throws the store's own errors.
   */
  async ask(text: string, { format, maxBytes, maxRows }: AskedText, options: ReadOptions = {}): Promise<Answered> {
    const { rows, bytes } = this.#connection.readLimits;
    const timeoutMs = options.timeoutMs ?? this.#connection.timeoutMs;
    const answered = await this.#connection.send({
      text,
      params: {},
      signal: stopSignal(options.signal, timeoutMs),
      maxBytes,
      format,
      isOfViews: true,
      settings: {
        additional_table_filters: ownRows(this.#connection.database, this.tenant) as never,
        max_execution_time: timeoutMs / 1000,
        max_result_bytes: String(maxBytes),
        result_overflow_mode: 'throw',
        wait_end_of_query: 1,
        cancel_http_readonly_queries_on_client_close: 1,
        priority: PRIORITY.heavy,
        max_rows_to_read: String(rows),
        max_bytes_to_read: String(bytes),
        ...(maxRows !== undefined && { limit: String(maxRows) }),
        ...options.settings,
      },
    });
    if (options.spent !== undefined) options.spent.ms += answered.storeMs;
    return answered;
  }

  /**
   * How many rows a statement would read; undefined where the store does not say. It takes as long as finding the parts to read, some ms, which
   * the statement then does once more: so only where somebody asked, or where the store has refused.
   */
  async #estimatedRows(
    text: string,
    params: { readonly [name: string]: unknown },
    options: ReadOptions,
  ): Promise<number | undefined> {
    try {
      const { bytes } = await this.#connection.send({
        text: `EXPLAIN ESTIMATE ${text}`,
        params,
        signal: stopSignal(options.signal, ESTIMATE_TIMEOUT_MS),
        maxBytes: DEFAULT_MAX_BYTES,
        settings: { max_execution_time: ESTIMATE_TIMEOUT_MS / 1000, priority: PRIORITY.cheap },
      });
      return decodeTable(bytes)
        .numbers('rows')
        .reduce((sum, count) => sum + count, 0);
    } catch (error) {
      if (options.signal?.aborted) throw failed(options.signal, error);
      return undefined;
    }
  }

  /** Throws QueryError where the store does not answer. */
  async ping(): Promise<void> {
    await this.read(sql`SELECT 1`, { timeoutMs: 3_000 });
  }

  /** Ends the connections, of all tenants' readers. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

export interface AskedText {
  /** Of ClickHouse. */
  readonly format: string;
  readonly maxBytes: number;
  /** A SELECT ends after so many rows. */
  readonly maxRows?: number;
}

/** ClickHouse's setting that adds a condition to tables, wherever a statement or a view reads them. */
function ownRows(database: string, tenant: string): string {
  const condition = quoted(`tenant = ${quoted(tenant)}`);
  return `{${[...TABLES, ...OWN_TABLES].map(({ name }) => `${quoted(`${database}.${name}`)}: ${condition}`).join(', ')}}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function stopSignal(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const hangs = AbortSignal.timeout(timeoutMs + HANGS_AFTER_MS);
  return signal === undefined ? hangs : AbortSignal.any([signal, hangs]);
}
