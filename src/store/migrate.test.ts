import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { EXCEPTION_STATEMENTS } from './migrations/0003-exceptions.ts';
import { LOG_STATEMENTS } from './migrations/0003-logs.ts';
import { METRIC_STATEMENTS } from './migrations/0003-metrics.ts';
import { OWNER_STATEMENTS } from './migrations/0003-owners.ts';
import { TRACE_STATEMENTS } from './migrations/0003-traces.ts';
import { NOTE_STATEMENTS } from './migrations/0004-notes.ts';
import { TRACE_TIME_STATEMENTS } from './migrations/0005-trace-times.ts';
import { DOCUMENT_STATEMENTS } from './migrations/0006-documents.ts';
import { POINT_STATEMENTS } from './migrations/0007-points.ts';
import { WIDE_PART_STATEMENTS } from './migrations/0008-wide-parts.ts';
import { EXACT_COUNT_STATEMENTS } from './migrations/0009-exact-counts.ts';
import { CALL_STATEMENTS } from './migrations/0010-calls.ts';
import { MIGRATIONS } from './migrations/index.ts';
import {
  createTableStatement,
  createViewStatement,
  migrationsTableStatement,
  OWN_TABLES,
  SINGLE_MACHINE,
  TABLES,
  VIEWS,
} from './schema/index.ts';
import { spawnTestEngine, type TestEngine } from './testing/test-store.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await spawnTestEngine();
});
afterAll(async () => {
  await engine.close();
});

const endpointOf = (database: string) => ({ ...engine.endpoint, database });

/** Each table of a database as ClickHouse would make it, without its name and comment, its settings in the order of their names. */
async function tablesOf(database: string): Promise<Record<string, string>> {
  const text = await engine.text(
    `SELECT name, create_table_query FROM system.tables WHERE database = '${database}' ORDER BY name FORMAT TSVRaw`,
  );
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const [name, definition] = line.split('\t');
      const own = definition!.replaceAll(`${database}.`, '').replace(/ COMMENT '[^']*'$/, '');
      return [name, own.replace(/(?<= SETTINGS ).*$/, (settings) => settings.split(', ').sort().join(', '))];
    }),
  );
}

/** A migration that ran on somebody's database is history: change a table by a further one, never by another text of an old one. */
test.each([
  {
    file: '0003-owners',
    statements: OWNER_STATEMENTS,
    sha256: '99be1acb03e75ea0b4904a69d318d70dffa2e36ac4c699457f7c2fc3092d3a0e',
  },
  {
    file: '0003-traces',
    statements: TRACE_STATEMENTS,
    sha256: '18ed4e56e6ab1dea7abee6cd7d5e036bfe36b13ca48d0ce22fde0265b56242ad',
  },
  {
    file: '0003-logs',
    statements: LOG_STATEMENTS,
    sha256: 'db71ccdf18ffa6767689c4783af7e8994fdd7d171d8d7f8f904dbcb7888a49ae',
  },
  {
    file: '0003-metrics',
    statements: METRIC_STATEMENTS,
    sha256: 'd2c7f60f3e359d77e29fc7fd631fc8c28ac93bc02894f5bd0608c1ed16e963e9',
  },
  {
    file: '0003-exceptions',
    statements: EXCEPTION_STATEMENTS,
    sha256: '61979aa57784a8ab0e65badedda988c23392e2969e8e58b16d59edf93667af79',
  },
  {
    file: '0004-notes',
    statements: NOTE_STATEMENTS,
    sha256: '27e46edf3436c565afe1aed82c7fd7b38df4fec5d8803c41244807c8d3bd15fc',
  },
  {
    file: '0005-trace-times',
    statements: TRACE_TIME_STATEMENTS,
    sha256: 'eb869d42e19cbdf7172031d5fa3791d6bb355a7705b5bc261e2f20186b7a3461',
  },
  {
    file: '0006-documents',
    statements: DOCUMENT_STATEMENTS,
    sha256: '36278b59ea033d1516d93c111fee7836f84b034368c9cc618d052854ccd769e8',
  },
  {
    file: '0007-points',
    statements: POINT_STATEMENTS,
    sha256: '15ae92e6711639fd2e3001f74e4f6022697fe98aaec1707aba91ac60217e7205',
  },
  {
    file: '0008-wide-parts',
    statements: WIDE_PART_STATEMENTS,
    sha256: 'e085c8e4107076a086897f765b3fbaaaabca048b38eb58c826627b5e0e9fa0be',
  },
  {
    file: '0009-exact-counts',
    statements: EXACT_COUNT_STATEMENTS,
    sha256: 'd7ddc637d0f39ed7e1fd3f73816b09ee5a7b4d58a197f59267443dc893d2db5e',
  },
  {
    file: '0010-calls',
    statements: CALL_STATEMENTS,
    sha256: 'e50ce1b75219cf98fe272ae4bc65b4c4b32a2de2775f0e4869154758b22e3de8',
  },
])('migration $file is frozen', ({ statements, sha256 }) => {
  expect(createHash('sha256').update(statements.join('\n')).digest('hex')).toBe(sha256);
});

test('migrations count up by one', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 3));
});

test('a fresh database has the tables and views of the schema', async () => {
  await prepareStore({ endpoint: endpointOf('fresh'), retention: DEFAULT_RETENTION });

  await engine.text('CREATE DATABASE schema');
  await engine.text(migrationsTableStatement('schema', SINGLE_MACHINE));
  for (const table of [...TABLES, ...OWN_TABLES])
    await engine.text(createTableStatement(table, 'schema', SINGLE_MACHINE));
  for (const view of VIEWS) await engine.text(createViewStatement(view, 'schema', SINGLE_MACHINE));

  const fresh = await tablesOf('fresh');
  expect(Object.keys(fresh)).toHaveLength(TABLES.length + OWN_TABLES.length + VIEWS.length + 1);
  expect(await tablesOf('schema')).toEqual(fresh);
});

test('every table begins with the tenant, and is sorted by it first', async () => {
  const text = await engine.text(
    `SELECT name, splitByChar(',', sorting_key)[1] AS first FROM system.tables
      WHERE database = 'fresh' AND engine LIKE '%MergeTree' AND name != 'schema_migrations' AND first != 'tenant' FORMAT TSV`,
  );
  expect(text).toBe('');
  expect(
    await engine.text(
      `SELECT count() FROM system.columns WHERE database = 'fresh' AND position = 1 AND name = 'tenant'
        AND table IN (${TABLES.map(({ name }) => `'${name}'`).join()}) FORMAT TSV`,
    ),
  ).toBe(String(TABLES.length));
});

test('a database of an unreleased version is refused with words, and left as it is', async () => {
  await engine.text('CREATE DATABASE old');
  await engine.text(migrationsTableStatement('old', SINGLE_MACHINE));
  await engine.text("INSERT INTO old.schema_migrations (version, name) VALUES (1, 'tables'), (2, 'retention')");
  await expect(prepareStore({ endpoint: endpointOf('old'), retention: DEFAULT_RETENTION })).rejects.toThrow(
    /^database old: an unreleased version of Signalbox made it/,
  );
  expect(Object.keys(await tablesOf('old'))).toEqual(['schema_migrations']);
});

test('a migration that was interrupted after any of its statements runs again to the same end', async () => {
  await engine.text('CREATE DATABASE torn');
  await engine.text(migrationsTableStatement('torn', SINGLE_MACHINE));
  for (const { statements } of MIGRATIONS)
    for (const query of statements('torn', SINGLE_MACHINE)) await engine.text(query);
  // Nothing is noted as applied.
  await prepareStore({ endpoint: endpointOf('torn'), retention: DEFAULT_RETENTION });
  await prepareStore({ endpoint: endpointOf('torn'), retention: DEFAULT_RETENTION });
  expect(await tablesOf('torn')).toEqual(await tablesOf('fresh'));
  expect(await engine.text('SELECT arraySort(groupArray(version)) FROM torn.schema_migrations')).toBe(
    JSON.stringify(MIGRATIONS.map(({ version }) => version)),
  );
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
