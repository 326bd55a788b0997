/**
 * A real store for tests: the engine in a process of its own on a free port, the tables of src/store/schema, and
 * rows inserted by plain INSERT … FORMAT JSONEachRow, so that what is tested is not read back by what wrote it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLogin } from '#base/store-access.ts';
import { type EngineProcess, spawnEngine } from '#engine';
import { createTableStatement, DEFAULT_DATABASE, SINGLE_MACHINE, TABLES } from '#store';
import type { TableBlock } from '../../store/native/columns.ts';
import { copyTemplate } from '../../store/testing/engine-template.ts';
import { StoreReader } from '../reader/index.ts';
import { encodeRows } from './encode-rows.ts';

export interface TestStore {
  readonly url: string;
  /** As whom `reader` asks. */
  readonly readerLogin: StoreLogin;
  /** Of the user who may write. */
  readonly headers: Readonly<Record<string, string>>;
  readonly database: string;
  readonly reader: StoreReader;
  /** The engine's process. */
  enginePid(): number;
  /** Runs a statement; throws what the engine says. Gives the text of the answer. */
  run(statement: string, data?: string | Buffer): Promise<string>;
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Inserts what the writer's encoder made. */
  insertBlock(block: TableBlock): Promise<void>;
  /** Kills the engine at once. */
  kill(): Promise<void>;
  /** Starts the engine again on the same data and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A machine under load answers late. */
const PATIENCE_MS = 180_000;

/** Tables alone: what the store's views would derive, a test writes itself. */
export async function startTestStore(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-query-'));
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${DEFAULT_DATABASE}`,
    ...TABLES.map((table) => createTableStatement(table, DEFAULT_DATABASE, SINGLE_MACHINE)),
  ];
  await copyTemplate(folder, statements, async (made) => {
    for (const statement of statements) await runOn(made, statement);
  });
  let engine: EngineProcess = await spawnEngine({ dataDir: folder });
  const url = engine.address;
  const database = DEFAULT_DATABASE;
  const { signalbox, reader: readerLogin } = engine.access;
  const headers = { 'X-ClickHouse-User': signalbox.username, 'X-ClickHouse-Key': signalbox.password };
  const run = (statement: string, data: string | Buffer = ''): Promise<string> => runOn(engine, statement, data);
  const reader = new StoreReader({ url, database, ...readerLogin, timeoutMs: PATIENCE_MS });
  return {
    url,
    readerLogin,
    headers,
    database,
    reader,
    enginePid: () => engine.pid,
    run,
    async insert(table, rows) {
      if (rows.length === 0) return;

      await run(`INSERT INTO ${database}.${table} FORMAT JSONEachRow`, encodeRows(rows));
    },
    async insertBlock({ table, columns, parts }) {
      await run(`INSERT INTO ${database}.${table} (${columns.join(', ')}) FORMAT Native`, Buffer.concat(parts));
    },
    async kill() {
      await engine.stop('SIGKILL');
    },
    async restart() {
      engine = await spawnEngine({ dataDir: folder, port: Number(new URL(url).port) });
    },
    async close() {
      await reader.close();
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As the user who may write. */
async function runOn(engine: EngineProcess, statement: string, data: string | Buffer = ''): Promise<string> {
  const { username, password } = engine.access.signalbox;
  const path = `${engine.address}/?allow_suspicious_low_cardinality_types=1&query=${encodeURIComponent(statement)}`;
  const response = await fetch(path, {
    method: 'POST',
    body: data,
    headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${statement.slice(0, 200)}: ${text}`);
  return text;
}
