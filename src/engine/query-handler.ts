/** Answers one query over HTTP. */
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noBody, readBody, readForm, spoolBody } from './body.ts';
import type { QueryResult } from './chdb.ts';
import { EngineError, engineError, parseChdbError } from './errors.ts';
import { contentTypeOf } from './formats.ts';
import { HeldResult } from './held-result.ts';
import { type InsertPlan, type Plan, planQuery, type QueryPlan } from './plan.ts';
import { headerOf, isReadOnly, isTrue, type QueryRequest, readQueryRequest } from './request.ts';
import { Answer, type EngineFacts, type Summary } from './response.ts';
import type { LaneName, Runner, Seat } from './runner.ts';

export interface QueryHandlerOptions {
  /** Bodies, and results that are kept back whole, stay in memory up to this size; larger ones go through a file. */
  readonly inlineBodyBytes: number;
  /** So much of a result is kept back while the query runs, so that an early error still gets a status of its own. */
  readonly holdBytes: number;
}

const noContent = new Uint8Array(0);

/** Handles `/` with a query. Never throws: whatever goes wrong becomes the answer, or is passed to `onBug`. */
export class QueryHandler {
  readonly #runner: Runner;
  readonly #facts: EngineFacts;
  readonly #options: QueryHandlerOptions;
  readonly #onBug: (error: unknown) => void;

  constructor(runner: Runner, facts: EngineFacts, options: QueryHandlerOptions, onBug: (error: unknown) => void) {
    this.#runner = runner;
    this.#facts = facts;
    this.#options = options;
    this.#onBug = onBug;
  }

  async handle(request: IncomingMessage, response: ServerResponse, parameters: URLSearchParams): Promise<void> {
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
    try {
      const isForm = headerOf(request, 'content-type').startsWith('multipart/form-data');
      const form = isForm ? await readForm(request, this.#options.inlineBodyBytes) : undefined;
      const query = readQueryRequest(request, parameters, form);
      answer.describe(query.queryId, undefined, 'text/plain; charset=UTF-8');
      const inBlocks = isTrue(parameters.get('decompress'));
      const body = isForm ? noBody : await readBody(request, this.#options.inlineBodyBytes, inBlocks);
      await this.#run(query, planQuery(query.query, body), answer, gone.signal);
    } catch (error) {
      await this.#fail(error, request, answer, gone.signal);
    }
  }

  async #fail(error: unknown, request: IncomingMessage, answer: Answer, signal: AbortSignal): Promise<void> {
    const known = error instanceof EngineError ? error : parseChdbError(error);
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

  async #run(query: QueryRequest, plan: Plan, answer: Answer, signal: AbortSignal): Promise<void> {
    if (plan.kind === 'insert-data') return this.#insert(query, plan, answer, signal);
    refuseWriting(query, plan);
    const seat = await this.#runner.seat(laneOf(plan), query, signal);
    try {
      const format = plan.format ?? query.defaultFormat;
      answer.describe(query.queryId, plan.kind === 'insert-select' ? undefined : format, contentTypeOf(format));
      if (plan.kind === 'insert-select') {
        const result = await this.#runner.write(seat, plan.sql);
        await seat.release();
        await answer.send(noContent, result);
      } else if (plan.kind !== 'select') {
        const result = await this.#runner.query(seat, plan.sql, format, signal);
        await seat.release();
        await answer.send(result.bytes, result);
      } else if (query.waitEndOfQuery) await this.#selectWhole(seat, plan.sql, format, answer, signal);
      else await this.#selectStream(seat, plan.sql, format, answer, signal);
    } finally {
      await seat.release();
    }
  }

  async #insert(query: QueryRequest, plan: InsertPlan, answer: Answer, signal: AbortSignal): Promise<void> {
    refuseWriting(query, plan);
    // The file is written before a lane is taken: a slow upload keeps nobody waiting.
    const path = this.#runner.tmpFile('insert');
    try {
      await spoolBody(path, plan.data, plan.rest);
      const seat = await this.#runner.seat('insert', query, signal);
      let result: Summary;
      try {
        result = await this.#write(seat, plan, path);
      } finally {
        await seat.release();
      }
      await answer.send(noContent, result);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #write(seat: Seat, plan: InsertPlan, path: string): Promise<Summary> {
    try {
      return await this.#runner.write(seat, plan.sql(path));
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
      answer.start(result);
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

/**
 * The engine refuses writes by its setting `readonly`; in a session, which goes on to other queries, that setting could
 * not be taken back, so the kind of statement decides.
 */
function refuseWriting(query: QueryRequest, plan: Plan): void {
  if (query.session === undefined || !isReadOnly(query)) return;
  if (plan.kind === 'select' || plan.kind === 'show') return;
  if (plan.kind === 'control' && /^\s*(SET|USE)\b/i.test(plan.sql)) return;
  throw engineError('READONLY', 'default: Cannot execute query in readonly mode. Use POST to write');
}

function laneOf(plan: QueryPlan): LaneName {
  if (plan.kind === 'select') return 'read';
  // An INSERT … SELECT may run for long: it must not take the lanes of inserts with data.
  return 'control';
}

/** JSON formats end with what was read from tables; chDB tells it nowhere else. */
function sendResult(answer: Answer, body: Buffer, format: string, result: Summary): Promise<void> {
  let summary = result;
  if (/^JSON/i.test(format)) {
    const tail = body.subarray(-400).toString('latin1');
    const statistics = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/.exec(tail);
    if (statistics !== null) {
      summary = { ...result, readRows: Number(statistics[1]), readBytes: Number(statistics[2]) };
    }
  }
  return answer.send(body, summary);
}
