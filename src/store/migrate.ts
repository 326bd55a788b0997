import type { ClickHouseClient } from '@clickhouse/client';
import { StartError } from '#base';
import { viewsDatabase } from '#base/store-access.ts';
import { createStoreClient } from './client.ts';
import { type StoreEndpoint, storeEndpoint } from './endpoint.ts';
import { fullText, readDisk, reserveOf } from './free-space.ts';
import { MIGRATIONS } from './migrations/index.ts';
import {
  createTableStatement,
  createViewStatement,
  type EngineNames,
  enginesOn,
  type Migration,
  migrationsTableStatement,
  OWN_TABLES,
  type RetentionSignal,
  sqlViewStatements,
  TABLES,
  type Table,
  VIEWS,
} from './schema/index.ts';

/** How long items are kept, counted from when they were taken in. Seconds per signal; 0 keeps them for ever. */
export type Retention = Readonly<Record<RetentionSignal, number>>;

const DAY_SECONDS = 86_400;
export const DEFAULT_RETENTION: Retention = {
  traces: 14 * DAY_SECONDS,
  logs: 14 * DAY_SECONDS,
  metrics: 30 * DAY_SECONDS,
};

export interface PrepareOptions {
  readonly endpoint: StoreEndpoint;
  /** Undefined leaves what is noted as it is: it is another writer's to say. */
  readonly retention: Retention | undefined;
  /** Ends it between two statements; what is done by then stays. */
  readonly signal?: AbortSignal;
}

/** All that the store needs: its tables, then what describes them. Safe to run by several processes at a time and again after a crash. */
export async function prepareStore(options: PrepareOptions): Promise<void> {
  await prepareTables(options);
  await prepareDescriptions(options);
}

/**
 * Brings the database to this version's schema. Throws a StartError where the database was written by a newer version; anything else that
 * it throws comes from the engine or the way to it, and may be tried again.
 */
export function prepareTables(options: PrepareOptions): Promise<void> {
  return changing(options, async ({ client, database, engines, change }) => {
    await change(`CREATE DATABASE IF NOT EXISTS ${database}${engines.onCluster}`);
    await change(migrationsTableStatement(database, engines));
    await migrate(client, database, engines, change);
    await remakeLost(client, database, engines, change);
  });
}

/**
 * Makes the views for SQL and notes the retention: some forty statements, for which nothing that is written has to wait. The tables must be
 * there. What it throws comes from the engine or the way to it.
 */
export function prepareDescriptions(options: PrepareOptions): Promise<void> {
  return changing(options, async ({ client, database, engines, change }) => {
    await makeSqlViews(client, database, engines, change);
    if (options.retention !== undefined) await noteRetention(client, database, options.retention, engines, change);
  });
}

type Change = (query: string) => Promise<void>;

interface Changing {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly engines: EngineNames;
  readonly change: Change;
}

async function changing(
  { endpoint: given, signal }: PrepareOptions,
  run: (changing: Changing) => Promise<void>,
): Promise<void> {
  const endpoint = storeEndpoint(given);
  const { database, cluster } = endpoint;
  const client = createStoreClient({ ...endpoint, database: 'default', readonly: false });
  const change = async (query: string): Promise<void> => {
    signal?.throwIfAborted();
    await changeTables(client, database, query, signal);
  };
  try {
    await run({ client, database, engines: enginesOn(cluster), change });
  } finally {
    await client.close();
  }
}

/** A definition that is changed on a full disk is lost, and with it its table: not there. */
async function changeTables(
  client: ClickHouseClient,
  database: string,
  query: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // A store that doesn't tell its disks, for want of a grant, is taken for one with space.
  const disk = await readDisk(client, database).catch(() => undefined);
  if (disk !== undefined && disk.freeBytes < reserveOf(disk.totalBytes) / 2)
    throw new Error(fullText(disk, reserveOf(disk.totalBytes) / 2));
  await client.command({
    query,
    // Numbers of few values, such as status codes, are kept like words: the server takes that for a slip unless told.
    clickhouse_settings: { allow_suspicious_low_cardinality_types: 1 },
    ...(signal !== undefined && { abort_signal: signal }),
  });
}

/** A table whose definition was lost all the same is made anew, empty: the others, and what comes, are not to suffer for it. So is one of a new store. */
async function remakeLost(
  client: ClickHouseClient,
  database: string,
  engines: EngineNames,
  change: Change,
): Promise<void> {
  const known = await tableFacts(client, database, 'engine');
  for (const table of [...TABLES, ...OWN_TABLES]) {
    if (!known.has(table.name)) await change(createTableStatement(table, database, engines));
  }
  for (const view of VIEWS) if (!known.has(view.name)) await change(createViewStatement(view, database, engines));
}

/** ClickHouse's code. */
const ACCESS_DENIED = '497';

/** Views hold nothing: those of another version are made anew. */
async function makeSqlViews(
  client: ClickHouseClient,
  database: string,
  engines: EngineNames,
  change: Change,
): Promise<void> {
  const views = viewsDatabase(database);
  const known = await tableFacts(client, views, 'comment');
  const missing = sqlViewStatements(database, engines).filter(({ name, comment }) => known.get(name) !== comment);
  try {
    if (missing.length > 0) await change(`CREATE DATABASE IF NOT EXISTS ${views}${engines.onCluster}`);
    for (const { statement } of missing) await change(statement);
  } catch (error) {
    // A server whose user got its rights from an earlier version goes on without them, and SQL says what is missing.
    if ((error as { readonly code?: unknown }).code !== ACCESS_DENIED) throw error;
  }
}

async function migrate(
  client: ClickHouseClient,
  database: string,
  engines: EngineNames,
  change: Change,
): Promise<void> {
  const applied = await rows<{ version: number }>(client, `SELECT version FROM ${database}.schema_migrations`);
  const newest = Math.max(0, ...applied.map((row) => row.version));
  const known = MIGRATIONS.at(-1)!.version;
  if (newest > 0 && newest < MIGRATIONS[0]!.version) {
    throw new StartError(
      `database ${database}: an unreleased version of Signalbox made it, with tables that this version can't use`,
      'move the data folder away, so that a new one is made, or choose another database',
    );
  }
  if (newest > known) {
    throw new StartError(
      `database ${database}: its schema has version ${newest}, this version of Signalbox knows up to ${known}`,
      'start the newer version of Signalbox that wrote it, or choose another database',
    );
  }
  const note = async (migrations: readonly Migration[]): Promise<void> => {
    const values = migrations.map(({ version, name }) => ({ version, name }));
    await client.insert({ table: `${database}.schema_migrations`, values, format: 'JSONEachRow' });
  };
  if (newest === 0 && (await tableFacts(client, database, 'engine')).size === 1) {
    // Nothing but the table of migrations: what all of them together make is made at once.
    await remakeLost(client, database, engines, change);
    await note(MIGRATIONS);
    return;
  }
  for (const migration of MIGRATIONS) {
    if (migration.version <= newest) continue;
    for (const query of migration.statements(database, engines)) await change(query);
    await note([migration]);
  }
}

/** How long a table's rows are kept; what all signals share, as long as the one that is kept longest. */
export function retentionSeconds(retention: Retention, signal: Table['signal']): number {
  if (signal !== 'shared') return retention[signal];
  const all = [retention.traces, retention.logs, retention.metrics];
  return all.includes(0) ? 0 : Math.max(...all);
}

/** What a table's comment says of its retention, where a person and the System page read it. 0 seconds keep for ever. */
export function retentionComment(seconds: number): string {
  return seconds === 0 ? 'kept for ever' : `kept for ${seconds} s`;
}

/** Writes each table's retention into its comment where it differs. What is done about it is the sweeper's (retention.ts). */
async function noteRetention(
  client: ClickHouseClient,
  database: string,
  retention: Retention,
  engines: EngineNames,
  change: Change,
): Promise<void> {
  const comments = await tableFacts(client, database, 'comment');
  for (const { name, signal } of TABLES) {
    const comment = retentionComment(Math.ceil(retentionSeconds(retention, signal)));
    if (comments.get(name) === comment) continue;
    await change(`ALTER TABLE ${database}.${name}${engines.onCluster} MODIFY COMMENT '${comment}'`);
  }
}

/** A column of system.tables, by name of the table. */
async function tableFacts(client: ClickHouseClient, database: string, column: string): Promise<Map<string, string>> {
  const query = `SELECT name, ${column} AS fact FROM system.tables WHERE database = '${database}'`;
  return new Map((await rows<{ name: string; fact: string }>(client, query)).map(({ name, fact }) => [name, fact]));
}

async function rows<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return await result.json<Row>();
}
