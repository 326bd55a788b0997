import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { createTableStatement, migrationsTableStatement, SINGLE_MACHINE, TABLES } from './schema.ts';
import { spawnTestEngine, type TestEngine } from './testing/test-store.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await spawnTestEngine();
});
afterAll(async () => {
  await engine.close();
});

const endpointOf = (database: string) => ({ ...engine.endpoint, database });

/** Each table of a database as ClickHouse would make it, without its name and comment. */
async function tablesOf(database: string): Promise<Record<string, string>> {
  const text = await engine.text(
    `SELECT name, create_table_query FROM system.tables WHERE database = '${database}' ORDER BY name FORMAT TSVRaw`,
  );
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const [name, definition] = line.split('\t');
      return [name, definition!.replace(`${database}.`, '').replace(/ COMMENT '[^']*'$/, '')];
    }),
  );
}

/** A migration that ran on somebody's database is history: change a table by a further one, never by another text of an old one. */
test.each([
  { version: 1, sha256: 'ab7a7f3818c2da9c182c93a51adef4edc66c8330ae077252c3920d43ebdf7eba' },
  { version: 2, sha256: 'dc658f995fe6fd12a4d1517290cfe3607ad19e31ff2e98a7ce7ad62cfea58f8c' },
])('migration $version is frozen', ({ version, sha256 }) => {
  const withTtl = new Map(TABLES.map(({ name }) => [name, 'CREATE TABLE x TTL y ']));
  const text = MIGRATIONS[version - 1]!.statements('db', SINGLE_MACHINE, withTtl).join('\n');
  expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
});

test('migrations count up by one', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
});

test('a fresh database, one upgraded from the first version and the tables of the schema are the same', async () => {
  await prepareStore({ endpoint: endpointOf('fresh'), retention: DEFAULT_RETENTION });

  // As the first version left it: its tables, its retention as a TTL, and rows.
  await engine.text('CREATE DATABASE old');
  await engine.text(migrationsTableStatement('old', SINGLE_MACHINE));
  for (const query of MIGRATIONS[0]!.statements('old', SINGLE_MACHINE, new Map())) await engine.text(query);
  await engine.text("INSERT INTO old.schema_migrations (version, name) VALUES (1, 'tables')");
  const expiries: Record<string, string> = { trace_index: 'ingested_at', metric_series: 'last_seen' };
  for (const { name } of TABLES) {
    const expiry = expiries[name] ?? 'toDateTime(ingested_at)';
    await engine.text(`ALTER TABLE old.${name} MODIFY TTL ${expiry} + toIntervalSecond(1209600)`);
  }
  await engine.text("INSERT INTO old.logs (time, body, ingested_at) VALUES (now64(9), 'kept', now64(9))");
  await prepareStore({ endpoint: endpointOf('old'), retention: DEFAULT_RETENTION });

  await engine.text('CREATE DATABASE schema');
  await engine.text(migrationsTableStatement('schema', SINGLE_MACHINE));
  for (const table of TABLES) await engine.text(createTableStatement(table, 'schema', SINGLE_MACHINE));

  const fresh = await tablesOf('fresh');
  expect(Object.keys(fresh)).toHaveLength(TABLES.length + 1);
  expect(await tablesOf('old')).toEqual(fresh);
  expect(await tablesOf('schema')).toEqual(fresh);
  expect(Object.values(fresh).join('\n')).not.toMatch(/ TTL /);
  expect(await engine.text('SELECT body FROM old.logs')).toBe('kept');
});

test('a migration that was interrupted after any of its statements runs again to the same end', async () => {
  await engine.text('CREATE DATABASE torn');
  await engine.text(migrationsTableStatement('torn', SINGLE_MACHINE));
  for (const { statements } of MIGRATIONS)
    for (const query of statements('torn', SINGLE_MACHINE, new Map())) await engine.text(query);
  // Nothing is noted as applied.
  await prepareStore({ endpoint: endpointOf('torn'), retention: DEFAULT_RETENTION });
  await prepareStore({ endpoint: endpointOf('torn'), retention: DEFAULT_RETENTION });
  expect(await tablesOf('torn')).toEqual(await tablesOf('fresh'));
  expect(await engine.text('SELECT arraySort(groupArray(version)) FROM torn.schema_migrations')).toBe('[1,2]');
});

test('the retention stands in the comment of each table', async () => {
  await prepareStore({ endpoint: endpointOf('fresh'), retention: { traces: 3600, logs: 0, metrics: 60 } });
  const text = await engine.text(
    "SELECT comment FROM system.tables WHERE database = 'fresh' AND name IN ('spans', 'logs', 'metric_series') ORDER BY name FORMAT TSV",
  );
  expect(text.split('\n')).toEqual(['kept for ever', 'kept for 60 s', 'kept for 3600 s']);
});

test('a table that was lost is made anew, and the others keep what they have', async () => {
  await engine.text("INSERT INTO fresh.logs (time, body, ingested_at) VALUES (now64(9), 'kept', now64(9))");
  const before = await tablesOf('fresh');
  await engine.text('DROP TABLE fresh.spans SYNC');
  await prepareStore({ endpoint: endpointOf('fresh'), retention: DEFAULT_RETENTION });
  expect(await tablesOf('fresh')).toEqual(before);
  expect(await engine.text('SELECT body FROM fresh.logs')).toBe('kept');
});
