/** Answers one query over HTTP. */
import { rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, type Timer } from '#base';
import { noBody, readBody, readForm, spoolBody } from './body.ts';
import type { QueryResult } from './chdb.ts';
import { EngineError, engineError, parseChdbError, withoutForeignHint } from './errors.ts';
import { checkFormat, contentTypeOf, statisticsOf } from './formats.ts';
import { checkReaderLimits, isAllowedSetting, type ReaderLimits, refusedSetting } from './guard/settings.ts';
import type { StatementGuard } from './guard/statement-guard.ts';
import { tenantFilters } from './guard/tables.ts';
import { HeldResult } from './held-result.ts';
import { type InsertPlan, type Plan, planQuery, planRead, type QueryPlan } from './plan.ts';
import { headerOf, isTrue, type QueryRequest, readQueryRequest, type UserName } from './request.ts';
import { Answer, type EngineFacts, type Summary } from './response.ts';
import type { LaneName, Runner, Seat } from './runner.ts';
import { killRequestOf, RunningQueries, type RunningQuery } from './running-queries.ts';
import { quoteString } from './sql-text.ts';

export interface QueryHandlerOptions {
  /** Bodies, and results that are kept back whole, stay in memory up to this size; larger ones go through a file. */
  readonly inlineBodyBytes: number;
  /** So much of a result is kept back while the query runs, so that an early error still gets a status of its own. */
  readonly holdBytes: number;
  readonly readerLimits: ReaderLimits;
  readonly guard: StatementGuard;
  /** The database of `reader`, unless it names another. */
  readonly readerDatabase: string;
}

/** A request on its way. */
interface Job {
  readonly query: QueryRequest;
  readonly entry: RunningQuery;
  readonly answer: Answer;
  /** Aborts when the client is gone, or somebody killed the query. */
  readonly signal: AbortSignal;
}

const noContent = new Uint8Array(0);
/** The setting that adds a condition to a table wherever it is read. */
const FILTERS = 'additional_table_filters';
/** How often a query is looked at whose client did not ask how far it has come: for the counts of its summary. */
const IDLE_PROGRESS_MS = 500;
/** Clients take heads of some 16 KB, and a line has 200 bytes: after so many lines the time between them doubles. */
const PROGRESS_LINES_AT_ONE_PACE = 5;
/** Of a query's text, in answers to KILL QUERY. */
const SHOWN_TEXT_LENGTH = 1000;
const MAX_EXPRESSION_BYTES = 64 * 1024;

/** Handles `/` with a query. Never throws: whatever goes wrong becomes the answer, or is passed to `onBug`. */
export class QueryHandler {
  readonly #runner: Runner;
  readonly #facts: EngineFacts;
  readonly #options: QueryHandlerOptions;
  readonly #onBug: (error: unknown) => void;
  readonly #running = new RunningQueries();

  constructor(runner: Runner, facts: EngineFacts, options: QueryHandlerOptions, onBug: (error: unknown) => void) {
    this.#runner = runner;
    this.#facts = facts;
    this.#options = options;
    this.#onBug = onBug;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    parameters: URLSearchParams,
    user: UserName,
  ): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished)
        gone.abort(engineError('QUERY_WAS_CANCELLED', 'the client closed the connection'));
    });
    const compression = {
      http: isTrue(parameters.get('enable_http_compression')),
      blocks: isTrue(parameters.get('compress')),
    };
    const answer = new Answer(request, response, this.#facts, compression, gone.signal);
    let end: (() => void) | undefined;
    try {
      const isForm = headerOf(request, 'content-type').startsWith('multipart/form-data');
      const form = isForm ? await readForm(request, this.#options.inlineBodyBytes) : undefined;
      const query = this.#withFilters(this.#withDatabase(readQueryRequest(request, parameters, user, form)));
      answer.describe(query.queryId, undefined, 'text/plain; charset=UTF-8');
      const inBlocks = isTrue(parameters.get('decompress'));
      const body = isForm ? noBody : await readBody(request, this.#options.inlineBodyBytes, inBlocks);
      await this.#checkSettings(query);
      const plan = query.readOnly ? planRead(query.query, body) : planQuery(query.query, body);
      const entry: RunningQuery = {
        id: query.queryId,
        user,
        text: plan.sql.slice(0, SHOWN_TEXT_LENGTH),
        cancel: () => gone.abort(engineError('QUERY_WAS_CANCELLED', 'Query was cancelled')),
        tag: undefined,
      };
      end = this.#running.begin(entry);
      await this.#run({ query, entry, answer, signal: gone.signal }, plan);
    } catch (error) {
      await this.#fail(error, user, request, answer, gone.signal);
    } finally {
      end?.();
    }
  }

  async #fail(
    error: unknown,
    user: UserName,
    request: IncomingMessage,
    answer: Answer,
    signal: AbortSignal,
  ): Promise<void> {
    const parsed = error instanceof EngineError ? error : parseChdbError(error);
    const known = user === 'reader' ? withoutForeignHint(parsed, this.#options.readerDatabase) : parsed;
    // Once the client is gone, pipes and sockets fail in many ways, and nobody is there to be told.
    if (!(error instanceof EngineError) && !signal.aborted) this.#onBug(error);
    try {
      await answer.fail(known);
      // What is left of the body is read away, so that the client sees the answer instead of a broken connection.
      if (!request.complete) request.resume();
    } catch (failure) {
      this.#onBug(failure);
    }
  }

  /** `default`, which clients name without being told, is for a reader the store's database. */
  #withDatabase(query: QueryRequest): QueryRequest {
    const isLeftOpen = query.database === '' || query.database === 'default';
    if (query.user !== 'reader' || !isLeftOpen) return query;
    return { ...query, database: this.#options.readerDatabase, isDatabaseChosen: false };
  }

  /** Of the store's tables a reader may ask for one tenant's rows alone. */
  #withFilters(query: QueryRequest): QueryRequest {
    const { [FILTERS]: filters, ...others } = Object.fromEntries(query.settings);
    if (query.user !== 'reader' || filters === undefined) return query;
    const tableFilters = tenantFilters(filters, this.#options.readerDatabase);
    return { ...query, settings: new Map(Object.entries(others)), tableFilters };
  }

  async #checkSettings({ settings, user, readOnly }: QueryRequest): Promise<void> {
    for (const name of settings.keys()) {
      if (isAllowedSetting(name, !readOnly)) continue;
      const found = await this.#runner.ask(`SELECT count() FROM system.settings WHERE name = ${quoteString(name)}`);
      throw refusedSetting(name, user, found.trim() === '1');
    }
    if (user === 'reader') checkReaderLimits(user, settings, this.#options.readerLimits);
  }

  /** The statement as it may be run. Of some, ClickHouse runs parts to find out. */
  #checked(
    seat: Seat,
    sql: string,
    { user, readOnly, parameters }: QueryRequest,
    signal: AbortSignal,
  ): Promise<string> {
    const { database } = seat;
    const request = { user, mayWrite: !readOnly, mayReadAll: user !== 'reader', database, parameters };
    return this.#runner.cancellable(seat, signal, () => this.#options.guard.check(seat.connection, sql, request));
  }

  async #run(job: Job, plan: Plan): Promise<void> {
    if (plan.kind === 'insert-data') return this.#insert(job, plan);
    const { query, answer, signal } = job;
    const format = plan.format ?? query.defaultFormat;
    checkFormat(format, query.user);
    const seat = await this.#takeSeat(laneOf(plan), job);
    const stopReporting = this.#reportProgress(job, seat);
    try {
      const sql = await this.#settled(await this.#checked(seat, plan.sql, query, signal), query);
      answer.describe(query.queryId, plan.kind === 'insert-select' ? undefined : format, contentTypeOf(format));
      if (plan.kind === 'insert-select') {
        const result = await this.#runner.write(seat, sql);
        await seat.release();
        await stopReporting();
        await answer.send(noContent, result);
      } else if (plan.kind !== 'select') {
        const result = await this.#runner.query(seat, sql, format, signal);
        await seat.release();
        await stopReporting();
        await answer.send(result.bytes, result);
      } else if (isHeldInMemory(query, format)) {
        const { bytes, ...summary } = await this.#runner.query(seat, sql, format, signal);
        await seat.release();
        await answer.send(bytes, summary);
      } else if (query.waitEndOfQuery) await this.#selectWhole(seat, sql, format, answer, signal);
      else await this.#selectStream(seat, sql, format, answer, signal);
    } finally {
      await stopReporting();
      await seat.release();
    }
  }

  async #takeSeat(lane: LaneName, { query, entry, signal }: Job): Promise<Seat> {
    const seat = await this.#runner.seat(lane, query, signal);
    entry.tag = seat.tag;
    return seat;
  }

  /** The statements that are about queries under way, for which clients use ids of their own. */
  async #settled(sql: string, { user }: QueryRequest): Promise<string> {
    const kill = killRequestOf(sql);
    if (kill !== undefined) return this.#running.kill({ ...kill, id: await this.#clientIdOf(kill.id) }, user);
    return sql === 'SHOW PROCESSLIST' ? this.#running.processList() : sql;
  }

  /** system.processes shows ids of ClickHouse's own making, by which a query can be stopped too. */
  async #clientIdOf(id: string): Promise<string> {
    if (this.#running.has(id)) return id;
    const sql = `SELECT Settings['log_comment'] FROM system.processes WHERE query_id = ${quoteString(id)}`;
    return this.#running.idOf((await this.#runner.ask(sql, 'TabSeparatedRaw')).trim()) ?? id;
  }

  /** Looks from time to time how far the query has come. The function returned ends that. */
  #reportProgress({ query, answer }: Job, seat: Seat): () => Promise<void> {
    const { progressIntervalMs } = query;
    let lines = 0;
    let timer: Timer | undefined;
    let asking = Promise.resolve();
    const wait = (): void => {
      const delayMs =
        progressIntervalMs === undefined ? IDLE_PROGRESS_MS : progressDelayMs(lines++, progressIntervalMs);
      timer = after(delayMs, () => {
        asking = ask().finally(wait);
        return asking;
      });
    };
    const ask = async (): Promise<void> => {
      const progress = await this.#runner.progressOf(seat.tag);
      if (progress !== undefined) answer.report(progress, progressIntervalMs !== undefined);
    };
    wait();
    return async () => {
      await asking.catch(() => undefined);
      timer?.cancel();
    };
  }

  async #insert(job: Job, plan: InsertPlan): Promise<void> {
    const { query, answer, signal } = job;
    checkFormat(plan.format, query.user);
    // The file is written before a lane is taken: a slow upload keeps nobody waiting.
    const path = this.#runner.tmpFile('insert');
    try {
      await spoolBody(path, plan.data, plan.rest);
      const seat = await this.#takeSeat('insert', job);
      const stopReporting = this.#reportProgress(job, seat);
      let result: Summary;
      try {
        const sql = plan.withFile(await this.#checked(seat, plan.sql, query, signal), path);
        await this.#settleExpressions(seat, plan, job, path);
        result = await this.#write(seat, plan, sql);
      } finally {
        await stopReporting();
        await seat.release();
      }
      // What is read of an INSERT is what is written.
      await answer.send(noContent, {
        readRows: result.writtenRows ?? 0,
        readBytes: result.writtenBytes ?? 0,
        ...result,
      });
    } finally {
      await rm(path, { force: true });
    }
  }

  /**
   * ClickHouse runs the expressions that stand in VALUES. Short data go through the guard like a statement, and what it wrote is inserted;
   * in all other data an expression is an error.
   */
  async #settleExpressions(seat: Seat, plan: InsertPlan, { query, signal }: Job, path: string): Promise<void> {
    if (!plan.isValues) return;
    if (plan.rest === undefined && plan.data.length > 0 && plan.data.length <= MAX_EXPRESSION_BYTES) {
      const text = `SELECT ${plan.data.toString('utf8').replace(/[;,\s]+$/, '')}`;
      const checked = await this.#checked(seat, text, { ...query, readOnly: true }, signal).catch(() => undefined);
      if (checked !== undefined && plan.data.equals(Buffer.from(plan.data.toString('utf8')))) {
        await writeFile(path, checked.slice('SELECT '.length));
        return;
      }
    }
    await seat.connection.query(
      'SET input_format_values_interpret_expressions = 0, input_format_values_deduce_templates_of_expressions = 0',
    );
  }

  async #write(seat: Seat, plan: InsertPlan, sql: string): Promise<Summary> {
    try {
      return await this.#runner.write(seat, sql);
    } catch (error) {
      // An empty stream of rows is a legal insert of nothing.
      const isEmpty = plan.data.length === 0 && plan.rest === undefined;
      if (isEmpty && error instanceof EngineError && error.codeName === 'NO_DATA_TO_INSERT') return {};
      throw error;
    }
  }

  async #selectStream(seat: Seat, sql: string, format: string, answer: Answer, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const { pipe, ended } = this.#runner.select(seat, sql, format, AbortSignal.any([signal, failed.signal]));
    try {
      const held: Uint8Array[] = [];
      let heldBytes = 0;
      for await (const chunk of pipe.chunks()) {
        signal.throwIfAborted();
        if (answer.started) {
          await answer.write(chunk);
          continue;
        }
        held.push(chunk);
        heldBytes += chunk.length;
        if (heldBytes < this.#options.holdBytes) continue;
        answer.start({});
        await answer.write(Buffer.concat(held));
        held.length = 0;
      }
      const result = await ended;
      if (result instanceof EngineError) throw result;
      held.push(result.bytes);
      await seat.release();
      if (answer.started) await answer.end();
      else await sendResult(answer, Buffer.concat(held), format, result);
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      pipe.discard();
      await ended;
    }
  }

  async #selectWhole(seat: Seat, sql: string, format: string, answer: Answer, signal: AbortSignal): Promise<void> {
    const held = new HeldResult(this.#options.inlineBodyBytes, this.#runner.tmpFile('result'));
    try {
      const result = await this.#hold(seat, sql, format, held, signal);
      await seat.release();
      if (held.small !== undefined) {
        return await sendResult(answer, Buffer.concat([held.small, result.bytes]), format, result);
      }
      answer.start({ ...result, ...statisticsOf(format, held.tail) });
      for await (const chunk of held.chunks()) await answer.write(chunk);
      await answer.end();
    } finally {
      await held.remove();
    }
  }

  async #hold(seat: Seat, sql: string, format: string, held: HeldResult, signal: AbortSignal): Promise<QueryResult> {
    const failed = new AbortController();
    const { pipe, ended } = this.#runner.select(seat, sql, format, AbortSignal.any([signal, failed.signal]));
    try {
      for await (const chunk of pipe.chunks()) {
        signal.throwIfAborted();
        await held.add(chunk);
      }
      const result = await ended;
      if (result instanceof EngineError) throw result;
      return result;
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      pipe.discard();
      await ended;
    }
  }
}

/** Results of so many bytes, which their query says it doesn't exceed, take no way round by a pipe and a file. */
const MAX_IN_MEMORY_BYTES = 128 * 1024 * 1024;

/** Only in ClickHouse's own format is a result as large as the limit counts it. */
function isHeldInMemory({ waitEndOfQuery, settings }: QueryRequest, format: string): boolean {
  const limit = Number(settings.get('max_result_bytes') ?? 0);
  return (
    waitEndOfQuery &&
    format === 'Native' &&
    limit > 0 &&
    limit <= MAX_IN_MEMORY_BYTES &&
    settings.get('result_overflow_mode') === 'throw'
  );
}

function laneOf(plan: QueryPlan): LaneName {
  if (plan.kind === 'select') return 'read';
  // An INSERT … SELECT may run for long: it must not take the lanes of inserts with data.
  return 'control';
}

function sendResult(answer: Answer, body: Buffer, format: string, result: Summary): Promise<void> {
  return answer.send(body, { ...result, ...statisticsOf(format, body) });
}

/** How long to wait before another line of progress, when there are so many already. */
export function progressDelayMs(lineCount: number, intervalMs: number): number {
  return Math.max(intervalMs, 50 * 2 ** Math.floor(lineCount / PROGRESS_LINES_AT_ONE_PACE));
}
