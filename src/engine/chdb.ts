/**
 * The native chDB addon, typed. Only this file knows it.
 *
 * The addon is used below the `chdb` package's own JavaScript, because that layer neither inserts binary formats nor
 * gives a connection arguments of its own for each query. Rules that its JavaScript keeps for others, we keep ourselves:
 * a connection runs one operation at a time and is closed only when nothing runs on it (closing it earlier aborts the
 * engine); the addon must live in the process's main thread (in a worker it crashes at exit).
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseChdbError } from './errors.ts';

interface NativeResult {
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly elapsed: number;
  /** Rows of the result. */
  readonly rowsRead: number;
  readonly bytesRead: number;
}

interface NativeInsertResult {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/** What the addon exports, as far as it is used here. A handle belongs to the addon. */
interface Native {
  CreateConnection(path: string, args: readonly string[]): unknown;
  CloseConnection(handle: unknown): void;
  QueryAsyncConnection(handle: unknown, sql: string, format: string): Promise<NativeResult>;
  InsertRawAsyncConnection(
    handle: unknown,
    prefix: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<NativeInsertResult>;
}

export interface QueryResult {
  readonly bytes: Uint8Array;
  /** Rows and bytes of the result (not of what was read from tables: the addon does not tell). */
  readonly resultRows: number;
  readonly resultBytes: number;
}

export interface WriteResult {
  readonly writtenRows: number;
  readonly writtenBytes: number;
}

const noData = new Uint8Array(0);
let native: Native | undefined;

/** Loads the addon; throws what its loader says where the platform has no build of it. Takes 0.1 to 0.7 s. */
function loadNative(): Native {
  if (native === undefined) {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve('chdb/package.json'));
    const loader = require(join(folder, 'dist', 'loader.js')) as { loadNative(): Native };
    native = loader.loadNative();
  }
  return native;
}

/**
 * One connection to the engine of this process: settings, parameters, current database and temporary tables of its
 * own. Opening one takes 0.2 ms once the engine is open, so each query gets a new one and nothing leaks between them.
 */
export class Connection {
  readonly #native: Native;
  #handle: unknown;
  #busy = false;

  /** `args` are `--setting=value` pairs. The engine ignores unknown names, so check settings of users by `SET`. */
  constructor(path: string, args: readonly string[] = []) {
    this.#native = loadNative();
    try {
      this.#handle = this.#native.CreateConnection(path, args);
    } catch (error) {
      throw parseChdbError(error);
    }
  }

  /** Runs statements and gives the whole result of the last one in `format`. */
  async query(sql: string, format = 'TabSeparated'): Promise<QueryResult> {
    this.#begin();
    try {
      const result = await this.#native.QueryAsyncConnection(this.#handle, sql, format);
      return { bytes: result.bytes, resultRows: result.rowsRead, resultBytes: result.bytesRead };
    } catch (error) {
      throw parseChdbError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Runs a statement that writes, and tells how much: the addon does so only by its call for INSERTs with data. */
  async write(sql: string): Promise<WriteResult> {
    this.#begin();
    try {
      const result = await this.#native.InsertRawAsyncConnection(this.#handle, sql, noData, false);
      return { writtenRows: result.rowsWritten, writtenBytes: result.bytesWritten };
    } catch (error) {
      throw parseChdbError(error);
    } finally {
      this.#busy = false;
    }
  }

  #begin(): void {
    if (this.#busy) throw new Error('bug: two operations at a time on one chDB connection');
    if (this.#handle === undefined) throw new Error('bug: the chDB connection is closed');
    this.#busy = true;
  }

  /** Only when nothing runs on it. */
  close(): void {
    if (this.#busy) throw new Error('bug: closing a chDB connection while it runs');
    if (this.#handle === undefined) return;
    const handle = this.#handle;
    this.#handle = undefined;
    this.#native.CloseConnection(handle);
  }
}
