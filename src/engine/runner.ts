/** Runs statements on chDB: lanes, connections with their settings, cancelling. Knows nothing of HTTP. */

import { join } from 'node:path';
import { after, type Timer } from '#base';
import { Connection, type QueryResult, type WriteResult } from './chdb.ts';
import { type EngineError, engineError, parseChdbError } from './errors.ts';
import { LaneGroup } from './lanes.ts';
import { OutputPipe } from './output-pipe.ts';
import type { QueryRequest, SessionRequest } from './request.ts';
import type { Progress } from './response.ts';
import { SessionStore } from './sessions.ts';
import { quoteName, quoteString } from './sql-text.ts';

export interface RunnerOptions {
  readonly clickhousePath: string;
  readonly tmpPath: string;
  /** One named pipe for each lane of `readLanes`. */
  readonly pipePaths: readonly string[];
  readonly insertLanes: number;
  readonly controlLanes: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** Settings that every query starts with. */
  readonly defaults: ReadonlyMap<string, string>;
}

export type LaneName = 'read' | 'insert' | 'control';

/**
 * A lane and a connection, prepared for one query. `release` must be called once nothing runs on it, and before the client
 * gets the end of its answer: it may send the session's next query at once. A second call does nothing.
 */
export interface Seat {
  readonly connection: Connection;
  readonly lane: number;
  /** The current database. */
  readonly database: string;
  /** By this the query is found among the running ones. */
  readonly tag: string;
  release(): Promise<void>;
}

export interface RunningSelect {
  readonly pipe: OutputPipe;
  /** Settles when the query has ended; what it wrote may still be in the pipe. */
  readonly ended: Promise<QueryResult | EngineError>;
}

/** The highest value of ClickHouse's setting `priority`, by which a client says that its query is short and waited for. */
const URGENT_PRIORITY = '1';
/** How often a query is told to stop while it doesn't. */
const KILL_INTERVAL_MS = 200;

export class Runner {
  readonly #options: RunnerOptions;
  readonly #lanes: Record<LaneName, LaneGroup>;
  readonly #sessions: SessionStore;
  readonly #base: Connection;
  /** Entries of `additional_table_filters` for queries of `reader`. */
  readerFilters = '';
  #counter = 0;
  #repair: Promise<unknown> | undefined;

  /** `base` keeps the engine open; it is closed by `close`. */
  constructor(base: Connection, options: RunnerOptions) {
    this.#base = base;
    this.#options = options;
    const { maxWaiting, maxWaitMs } = options;
    const group = (name: string, lanes: number, urgentLanes = 0): LaneGroup =>
      new LaneGroup({ name, lanes, urgentLanes, maxWaiting, maxWaitMs });
    const readLanes = options.pipePaths.length;
    this.#lanes = {
      read: group('read', readLanes, Math.floor(readLanes / 2)),
      insert: group('insert', options.insertLanes),
      control: group('control', options.controlLanes),
    };
    this.#sessions = new SessionStore(() => this.#connect([]));
  }

  /** Queries since the start. */
  get started(): number {
    return this.#counter;
  }

  get running(): number {
    return this.#lanes.read.running + this.#lanes.insert.running + this.#lanes.control.running;
  }

  get waiting(): number {
    return this.#lanes.read.waiting + this.#lanes.insert.waiting + this.#lanes.control.waiting;
  }

  /** Waits for a lane and prepares a connection with the request's database, settings and parameters. */
  async seat(laneName: LaneName, request: QueryRequest, signal: AbortSignal): Promise<Seat> {
    const group = this.#lanes[laneName];
    const lane = await group.acquire(signal, request.settings.get('priority') === URGENT_PRIORITY);
    const tag = `signalbox ${++this.#counter}`;
    let connection: Connection | undefined;
    try {
      const { session } = request;
      connection =
        session === undefined ? await this.#connect([`--log_comment=${tag}`]) : await this.#sessions.take(session);
      const filters = [this.readerFilters, request.tableFilters].filter((text) => text !== '').join(', ');
      const fixed = request.user === 'reader' ? [`additional_table_filters = {${filters}}`] : [];
      const { undo, database } = await prepare(connection, request, tag, fixed);
      let released: Promise<void> | undefined;
      const release = (): Promise<void> => {
        released ??= this.#release(group, lane, connection!, session, undo);
        return released;
      };
      return { connection, lane, tag, database, release };
    } catch (error) {
      if (connection !== undefined) await this.#release(group, lane, connection, request.session, '');
      else group.release(lane);
      throw error;
    }
  }

  async #release(
    group: LaneGroup,
    lane: number,
    connection: Connection,
    session: SessionRequest | undefined,
    undo: string,
  ): Promise<void> {
    try {
      if (session === undefined) connection.close();
      else {
        if (undo !== '') await connection.query(undo).catch(() => undefined);
        this.#sessions.give(session);
      }
    } finally {
      group.release(lane);
    }
  }

  async #connect(args: readonly string[]): Promise<Connection> {
    const defaults = [...this.#options.defaults].map(([name, value]) => `--${name}=${value}`);
    return this.#open([...defaults, ...args]);
  }

  /** A new connection begins in the database `default` and can't be opened without it: make it again if it was dropped. */
  async #open(args: readonly string[]): Promise<Connection> {
    const { clickhousePath } = this.#options;
    try {
      return new Connection(clickhousePath, args);
    } catch {
      this.#repair ??= this.#base.query('CREATE DATABASE IF NOT EXISTS default ENGINE = Atomic').finally(() => {
        this.#repair = undefined;
      });
      await this.#repair;
      return new Connection(clickhousePath, args);
    }
  }

  /** Starts a query whose result comes through the lane's pipe. */
  select(seat: Seat, sql: string, format: string, signal: AbortSignal): RunningSelect {
    const path = this.#options.pipePaths[seat.lane]!;
    const pipe = new OutputPipe(path);
    const ended = this.#selectInto(seat, sql, format, path, signal)
      .catch((error: unknown) => parseChdbError(error))
      .finally(() => pipe.finish());
    return { pipe, ended };
  }

  async #selectInto(seat: Seat, sql: string, format: string, path: string, signal: AbortSignal): Promise<QueryResult> {
    const suffix = `\nINTO OUTFILE ${quoteString(path)} APPEND FORMAT ${quoteName(format)}`;
    try {
      return await this.cancellable(seat, signal, () => seat.connection.query(sql + suffix));
    } catch (error) {
      const known = parseChdbError(error);
      if (known.codeName !== 'SYNTAX_ERROR' || !known.message.includes(path)) throw known;
      // The formatter has read the statement, so what can't stand there is what was added; the text of the error would show its place.
      throw engineError(
        'SYNTAX_ERROR',
        'Syntax error: a query whose result is sent ends without a clause for its output',
      );
    }
  }

  /** Runs a statement whose result is small. */
  query(seat: Seat, sql: string, format: string, signal: AbortSignal): Promise<QueryResult> {
    return this.cancellable(seat, signal, () => seat.connection.query(sql, format));
  }

  /** Runs a statement that writes. It goes on to its end even when the client is gone. */
  write(seat: Seat, sql: string): Promise<WriteResult> {
    return seat.connection.write(sql);
  }

  /** A new name in the temporary folder, which is emptied at every start. */
  tmpFile(purpose: string): string {
    return join(this.#options.tmpPath, `${purpose}-${++this.#counter}`);
  }

  /** Runs what asks on the seat's connection; what runs there is killed when `signal` aborts. */
  async cancellable<T>(seat: Seat, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    let timer: Timer | undefined;
    let killing = Promise.resolve();
    const kill = (): void => {
      killing = this.#kill(seat.tag).then(() => {
        timer = after(KILL_INTERVAL_MS, kill, { keepsAlive: true });
      });
    };
    signal.addEventListener('abort', kill, { once: true });
    try {
      if (signal.aborted) kill();
      return await run();
    } finally {
      signal.removeEventListener('abort', kill);
      // The killer uses a connection of its own; wait for it, so that none is left when the engine closes.
      await killing;
      timer?.cancel();
    }
  }

  async #kill(tag: string): Promise<void> {
    let connection: Connection | undefined;
    try {
      connection = await this.#open([]);
      await connection.query(`KILL QUERY WHERE Settings['log_comment'] = ${quoteString(tag)} ASYNC FORMAT Null`);
    } catch {
      // Nothing to stop: the query has ended meanwhile, or max_execution_time will end it.
    } finally {
      connection?.close();
    }
  }

  /** How far a query has come; undefined where it has not begun, or has ended. */
  async progressOf(tag: string): Promise<Progress | undefined> {
    const line = await this.ask(
      `SELECT toString(read_rows), toString(read_bytes), toString(written_rows), toString(written_bytes),
        toString(total_rows_approx), toString(toUInt64(elapsed * 1e9)), toString(memory_usage)
      FROM system.processes WHERE Settings['log_comment'] = ${quoteString(tag)}`,
    );
    const numbers = line.trim().split('\t').map(Number);
    if (numbers.length !== 7) return undefined;
    const [readRows, readBytes, writtenRows, writtenBytes, totalRowsToRead, elapsedNs, memoryBytes] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return { readRows, readBytes, writtenRows, writtenBytes, totalRowsToRead, elapsedNs, memoryBytes };
  }

  /** Runs a statement of our own. */
  async ask(sql: string, format = 'TabSeparated'): Promise<string> {
    const connection = await this.#open([]);
    try {
      return Buffer.from((await connection.query(sql, format)).bytes).toString('utf8');
    } finally {
      connection.close();
    }
  }

  /** Closes the engine. Nothing may run any more. */
  close(): void {
    this.#sessions.closeAll();
    this.#base.close();
  }
}

interface Prepared {
  /** Takes the settings back, which a session needs for its next query; empty where there is nothing to take back. */
  readonly undo: string;
  readonly database: string;
}

/** Sets the database, the settings and the parameters of a request; where it only reads, none can be changed from then on. */
async function prepare(
  connection: Connection,
  request: QueryRequest,
  tag: string,
  fixed: readonly string[],
): Promise<Prepared> {
  const { session, settings } = request;
  const changes = [...settings].map(([name, value]) => `${settingName(name)} = ${quoteString(value)}`);
  changes.push(...fixed);
  const names = [...settings.keys()];
  if (session !== undefined) {
    names.push('log_comment');
    if (!settings.has('log_comment')) changes.push(`log_comment = ${quoteString(tag)}`);
  }
  for (const [name, value] of request.parameters)
    changes.push(`${settingName(`param_${name}`)} = ${quoteString(value)}`);
  const undo = session === undefined ? '' : await undoOf(connection, names);
  // ClickHouse itself then refuses writes, and no later statement of this connection can change it.
  if (request.readOnly) changes.push('readonly = 1');
  const change = changes.length > 0 ? `SET ${changes.join(', ')}` : '';
  const database = await enterDatabase(connection, request, change);
  return { undo, database };
}

/** Changes the database, then the settings, in one go. */
async function enterDatabase(connection: Connection, request: QueryRequest, change: string): Promise<string> {
  const { database, session } = request;
  const stays = database === '' || (database === 'default' && session === undefined);
  const statements = [...(stays ? [] : [`USE ${quoteName(database)}`]), ...(change === '' ? [] : [change])];
  if (statements.length === 0) return 'default';
  try {
    await connection.query(statements.join(';\n'));
    return stays ? 'default' : database;
  } catch (error) {
    // The reader's database, which it didn't ask for by name, is made when the first collector starts.
    const isMissing = !stays && parseChdbError(error).codeName === 'UNKNOWN_DATABASE';
    if (!isMissing || request.isDatabaseChosen) throw error;
    if (change !== '') await connection.query(change);
    return 'default';
  }
}

async function undoOf(connection: Connection, names: readonly string[]): Promise<string> {
  const list = names.map(quoteString).join(', ');
  const result = await connection.query(
    `SELECT name, value, changed FROM system.settings WHERE name IN (${list})`,
    'JSONCompactEachRow',
  );
  const lines = Buffer.from(result.bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const changes = lines.map((line) => {
    const [name, value, changed] = JSON.parse(line) as [string, string, number];
    return `${settingName(name)} = ${changed === 0 ? 'DEFAULT' : quoteString(value)}`;
  });
  return changes.length === 0 ? '' : `SET ${changes.join(', ')}`;
}

function settingName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoteName(name);
}
