import type { ClickHouseClient } from '@clickhouse/client';
import { StartError } from '#base';
import { createStoreClient } from './client.ts';
import { type StoreEndpoint, storeEndpoint } from './endpoint.ts';
import {
  type EngineNames,
  expiryExpression,
  MIGRATIONS,
  migrationsTableStatement,
  type RetentionSignal,
  SINGLE_MACHINE,
  TABLES,
} from './schema.ts';

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
  readonly retention: Retention;
  readonly engines?: EngineNames;
}

/**
 * Brings the database to this version's schema and applies the retention. Safe to run by several processes at a time and again after a
 * crash. Throws a StartError where the database was written by a newer version; anything else that it throws comes from the
 * engine or the way to it, and may be tried again.
 */
export async function prepareStore(options: PrepareOptions): Promise<void> {
  const endpoint = storeEndpoint(options.endpoint);
  const { database } = endpoint;
  const client = createStoreClient({ ...endpoint, database: 'default', readonly: false });
  const engines = options.engines ?? SINGLE_MACHINE;
  try {
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}${engines.onCluster}` });
    await client.command({ query: migrationsTableStatement(database, engines) });
    await migrate(client, database, engines);
    await applyRetention(client, database, options.retention, engines);
  } finally {
    await client.close();
  }
}

async function migrate(client: ClickHouseClient, database: string, engines: EngineNames): Promise<void> {
  const applied = await rows<{ version: number }>(client, `SELECT version FROM ${database}.schema_migrations`);
  const newest = Math.max(0, ...applied.map((row) => row.version));
  const known = MIGRATIONS.at(-1)!.version;
  if (newest > known) {
    throw new StartError(
      `database ${database}: its schema has version ${newest}, this version of Signalbox knows up to ${known}`,
      'start the newer version of Signalbox that wrote it, or choose another database',
    );
  }
  for (const { version, name, statements } of MIGRATIONS) {
    if (version <= newest) continue;
    for (const query of statements(database, engines)) await client.command({ query });
    await client.insert({
      table: `${database}.schema_migrations`,
      values: [{ version, name }],
      format: 'JSONEachRow',
    });
  }
}

/** Sets each table's TTL where it differs: this only writes the expiry times of parts anew, not the parts. */
async function applyRetention(
  client: ClickHouseClient,
  database: string,
  retention: Retention,
  engines: EngineNames,
): Promise<void> {
  const current = await rows<{ name: string; definition: string }>(
    client,
    `SELECT name, create_table_query AS definition FROM system.tables WHERE database = '${database}'`,
  );
  const definitions = new Map(current.map((row) => [row.name, row.definition]));
  for (const table of TABLES) {
    const seconds = Math.ceil(retention[table.signal]);
    const expiry = expiryExpression(table, seconds);
    const definition = definitions.get(table.name) ?? '';
    if (seconds === 0 ? !definition.includes(' TTL ') : definition.includes(` TTL ${expiry} `)) continue;
    const change = seconds === 0 ? 'REMOVE TTL' : `MODIFY TTL ${expiry}`;
    await client.command({ query: `ALTER TABLE ${database}.${table.name}${engines.onCluster} ${change}` });
  }
}

async function rows<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return await result.json<Row>();
}
