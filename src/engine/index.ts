/**
 * The embedded ClickHouse: chDB behind ClickHouse's own HTTP interface. One process runs one engine, in its main
 * thread.
 */
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { after, every, messageOf, StartError, sleep } from '#base';
import { HostGuard } from '#base/host-guard.ts';
import { openStoreAccess, type StoreAccess } from '#base/store-access.ts';
import { hasCgroupMemory } from './cgroup.ts';
import { Connection } from './chdb.ts';
import { defaultMemoryLimitBytes, machineCores, printConfigFile } from './config-file.ts';
import { createPipes, type DataFolder, openDataFolder } from './data-folder.ts';
import { mendDefaultDatabase, replaceDefaultDatabase } from './default-database.ts';
import { settleEnvironment } from './environment.ts';
import type { ReaderLimits } from './guard/settings.ts';
import { StatementGuard } from './guard/statement-guard.ts';
import { rowFilters } from './guard/tables.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createHttpServer, TLS_CURE } from './http.ts';
import { defaultLanes, threadPoolSize } from './limits.ts';
import { QueryHandler } from './query-handler.ts';
import { Runner } from './runner.ts';
import { keepDefinitions, mendDefinitions } from './table-definitions.ts';

export { printGrants } from './grants.ts';
export { threadPoolSize } from './limits.ts';
export { type EngineProcess, type SpawnEngineOptions, spawnEngine } from './spawn.ts';

export interface EngineOptions {
  /** The engine's own folder; created where it is missing. */
  readonly dataDir: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 4380; 0 takes a free one. */
  readonly port?: number;
  /** What queries, merges and caches together may take. Default: half of the machine's memory, 512 MB to 8 GB. */
  readonly memoryLimitBytes?: number;
  /** Names besides its own that it answers to. */
  readonly allowedHosts?: readonly string[];
  /** The store's database, which `reader` may read. Default `signalbox`. */
  readonly readerDatabase?: string;
  /** SELECTs that run at a time. Default 4. */
  readonly readLanes?: number;
  /** Inserts with data that run at a time. Default 2. */
  readonly insertLanes?: number;
  /** All other statements that run at a time. Default 3. */
  readonly controlLanes?: number;
  /** Queries of each kind that may wait for a lane. Default 100. */
  readonly maxWaiting?: number;
  /** How long one may wait. Default 60 s. */
  readonly maxWaitMs?: number;
  /** A query's max_execution_time unless it sets its own. Default 300 s. */
  readonly maxExecutionTimeSeconds?: number;
  /** A query's max_memory_usage unless it sets its own. Default: half of `memoryLimitBytes`. */
  readonly maxQueryMemoryBytes?: number;
  /** Longer bodies are written to a file as they come. A query without data may not be longer. Default 4 MiB. */
  readonly inlineBodyBytes?: number;
  /** Takes what is worth a line in the log. */
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export interface Engine {
  /** `http://host:port`. */
  readonly address: string;
  readonly port: number;
  /** ClickHouse's version. */
  readonly version: string;
  /** Ends what runs, closes the engine and gives the folder back. Resolves when all is done; may be called twice. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 4380;
/** How long `close` waits for running queries before it stops them. */
const CLOSE_GRACE_MS = 5_000;

/** Opens the data folder, chDB and the port. Throws StartError: folder in use, newer, not writable; port taken. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  process.env.UV_THREADPOOL_SIZE ??= String(threadPoolSize(options));
  settleEnvironment(process.env);
  const folder = openDataFolder(options.dataDir);
  let runner: Runner | undefined;
  try {
    await checkAddress(options.host ?? '127.0.0.1', options.port ?? DEFAULT_PORT);
    runner = openRunner(folder, options);
    await replaceDefaultDatabase(folder.clickhousePath, runner);
    keepDefinitions(folder.path, folder.clickhousePath);
    return await serve(folder, runner, openStoreAccess(folder.path), options);
  } catch (error) {
    runner?.close();
    folder.release();
    throw error;
  }
}

function openRunner(folder: DataFolder, options: EngineOptions): Runner {
  const memoryLimitBytes = memoryLimitOf(options);
  const disksPath = join(folder.path, 'disks');
  folder.writeConfig(
    printConfigFile({ memoryLimitBytes, cores: machineCores(), hasCgroupMemory: hasCgroupMemory(), disksPath }),
  );
  const pipePaths = createPipes(folder, options.readLanes ?? defaultLanes.readLanes);
  const limits = queryLimits(options);
  const defaults = new Map<string, string>([
    ...Object.entries(limits).map(([name, value]) => [name, String(value)] as const),
    // A statement goes through the formatter as hex digits.
    ['max_query_size', String(1024 * 1024)],
    // chDB's own defaults differ from a server's in these.
    ['implicit_select', '0'],
    ['allow_introspection_functions', '0'],
    // One row and one statement stay small, whatever they ask for: the limits on time are looked at between rows.
    ['function_range_max_elements_in_block', '10000000'],
    ['max_ast_elements', '20000'],
  ]);
  for (const line of mendDefinitions(folder.path, folder.clickhousePath)) options.log?.('error', `engine: ${line}`);
  mendDefaultDatabase(folder.clickhousePath);
  let base: Connection;
  try {
    base = new Connection(folder.clickhousePath, [`--config-file=${folder.configPath}`]);
  } catch (error) {
    throw new StartError(
      `data folder ${folder.path}: chDB can't open it: ${messageOf(error)}`,
      'if another program has it open, stop that one; else see its clickhouse folder for the damage',
      { cause: error },
    );
  }
  return new Runner(base, {
    clickhousePath: folder.clickhousePath,
    tmpPath: folder.tmpPath,
    pipePaths,
    insertLanes: options.insertLanes ?? defaultLanes.insertLanes,
    controlLanes: options.controlLanes ?? defaultLanes.controlLanes,
    maxWaiting: options.maxWaiting ?? 100,
    maxWaitMs: options.maxWaitMs ?? 60_000,
    defaults,
  });
}

function memoryLimitOf(options: EngineOptions): number {
  return options.memoryLimitBytes ?? defaultMemoryLimitBytes(totalmem());
}

function queryLimits(options: EngineOptions): ReaderLimits {
  return {
    max_execution_time: options.maxExecutionTimeSeconds ?? 300,
    max_memory_usage: options.maxQueryMemoryBytes ?? Math.round(memoryLimitOf(options) / 2),
  };
}

async function openGuard(runner: Runner, database: string): Promise<StatementGuard> {
  const names = await runner.ask('SELECT DISTINCT lower(name) FROM system.functions');
  const settings = await runner.ask('SELECT name FROM system.settings');
  return new StatementGuard({
    database,
    knownFunctions: new Set(names.split('\n')),
    knownSettings: new Set(settings.split('\n')),
    ask: (sql) => runner.ask(sql, 'TabSeparatedRaw'),
  });
}

async function serve(folder: DataFolder, runner: Runner, access: StoreAccess, options: EngineOptions): Promise<Engine> {
  const log = options.log ?? ((): void => undefined);
  const [version, timezone] = (await runner.ask('SELECT version(), timezone()')).trim().split('\t') as [string, string];
  const facts = { dataPath: folder.path, version, timezone, displayName: hostname() };
  const readerDatabase = options.readerDatabase ?? 'signalbox';
  const withDatabase = "SELECT DISTINCT table FROM system.columns WHERE database = 'system' AND name = 'database'";
  runner.readerFilters = rowFilters((await runner.ask(withDatabase)).trim().split('\n'), readerDatabase);
  const handlerOptions = {
    inlineBodyBytes: options.inlineBodyBytes ?? 4 * 1024 * 1024,
    holdBytes: 256 * 1024,
    readerLimits: queryLimits(options),
    guard: await openGuard(runner, readerDatabase),
    readerDatabase,
  };
  const handler = new QueryHandler(runner, facts, handlerOptions, (error) =>
    log('error', `engine: ${messageOf(error)}`),
  );
  const host = options.host ?? '127.0.0.1';
  const hosts = new HostGuard({
    listener: 'engine',
    ownHost: host,
    allowed: options.allowedHosts ?? [],
    onRefused: (message, isFirst) => {
      if (isFirst) log('warn', message);
    },
  });
  const onTlsHello = (): void => log('warn', `engine: ${TLS_CURE}`);
  const server = createHttpServer({ version, access, hosts, handler, onTlsHello });
  server.on('listening', () => hosts.listensOn(server.address()));
  const port = await listen(server, host, options.port ?? DEFAULT_PORT);
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  folder.writeAddress(address);
  const stopHousekeeping = startHousekeeping(runner, () => keepDefinitions(folder.path, folder.clickhousePath));
  let closing: Promise<void> | undefined;
  return {
    address,
    port,
    version,
    close: () => (closing ??= closeAll(server, runner, folder, stopHousekeeping)),
  };
}

async function listen(server: NetServer, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Before chDB is opened, which takes a while: whether the address can be had. Throws StartError. */
async function checkAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  await listen(server, host, port);
  await new Promise((resolve) => server.close(resolve));
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'the port is taken by another program',
    EACCES: 'no permission to use this port',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return new StartError(
    `engine: can't listen on ${host}:${port}: ${reasons[error.code ?? ''] ?? error.message}`,
    'choose another address with --engine-address or SIGNALBOX_ENGINE_ADDRESS',
    { cause: error },
  );
}

async function closeAll(
  server: Server,
  runner: Runner,
  folder: DataFolder,
  stopHousekeeping: () => Promise<void>,
): Promise<void> {
  await stopHousekeeping();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections stay open for a client's next request, which is not to come.
  const idle = every(20, () => server.closeIdleConnections(), { keepsAlive: true });
  const timer = after(CLOSE_GRACE_MS, () => server.closeAllConnections(), { keepsAlive: true });
  await closed;
  idle.cancel();
  timer.cancel();
  // Queries whose clients were cut off are being stopped; chDB must not be closed under them.
  while (runner.running > 0 || runner.waiting > 0) await sleep(20);
  runner.close();
  folder.release();
}
