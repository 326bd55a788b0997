/** What `reader` sees of ClickHouse's own tables: nothing of other databases, and not where files lie. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineProcess } from '../spawn.ts';
import { loginHeaders, run, startTestEngine, temporaryFolder } from '../testing.ts';
import { hiddenColumns } from './hidden-columns.ts';
import { readableSystemTables } from './tables.ts';

const folder = temporaryFolder();
let engine: EngineProcess;
beforeAll(async () => {
  engine = await startTestEngine({ dataDir: folder.path });
  for (const [database, table] of [
    ['signalbox', 'spans'],
    ['canary_base', 'canary_table'],
  ]) {
    await run(engine.address, `CREATE DATABASE ${database}`);
    await run(engine.address, `CREATE TABLE ${database}.${table} (path String, n UInt8) ENGINE = MergeTree ORDER BY n`);
    await run(engine.address, `INSERT INTO ${database}.${table} SELECT 'a/b', 1`);
  }
});
afterAll(async () => {
  expect(await engine.stop()).toBe(0);
  folder.remove();
});

async function read(sql: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(`${engine.address}/?${new URLSearchParams(parameters)}`, {
    method: 'POST',
    body: sql,
    headers: loginHeaders(engine.access.reader),
  });
  const text = await answer.text();
  // A refusal may name what was asked for, and nothing else.
  for (const secret of [folder.path, 'canary_table', 'canary_base'])
    if (!sql.includes(secret) || answer.ok) expect(text, sql).not.toContain(secret);
  return text;
}

describe('rows about other databases', () => {
  test.each(readableSystemTables)('system.%s shows none', async (table) => {
    const hidden = hiddenColumns.get(table) ?? [];
    const all = hidden.length === 0 ? '*' : `* EXCEPT (${hidden.join(', ')})`;
    const answer = await read(`SELECT ${all} FROM system.${table} LIMIT 10000`);
    // chDB has no such table, or keeps it from its only user.
    if (['asynchronous_metrics', 'roles'].includes(table)) expect(answer).toMatch(/^Code: (?:60|497)\./);
    else expect(answer).not.toMatch(/^Code:/);
  });

  test.each([
    'SHOW DATABASES',
    'SHOW TABLES FROM canary_base',
    'SHOW COLUMNS FROM canary_table FROM canary_base',
    'EXISTS TABLE canary_base.canary_table',
    'EXISTS DATABASE canary_base',
    'SHOW CREATE TABLE canary_base.canary_table',
    "SELECT table_name, table_schema FROM information_schema.tables WHERE table_schema LIKE 'canary%'",
    "SELECT table_name FROM information_schema.columns WHERE table_schema LIKE 'canary%'",
    'SELECT schema_name FROM information_schema.schemata',
    'SELECT name FROM system.tables AS `system.databases`',
    'SELECT name FROM system.databases AS `system.tables`',
    'WITH x AS (SELECT * EXCEPT (data_paths, metadata_path) FROM system.tables) SELECT database, name FROM x',
    "SELECT 'canary_' || 'table' IN (SELECT name FROM system.tables)",
    'SELECT * FROM canary_tabl',
    'SELECT * FROM signalbox.canary_tabl',
  ])('nor does %s', async (sql) => {
    expect(await read(sql)).toMatch(/^$|^\w|^Code: (?:497|60)\./);
    expect(await read(sql, { enable_analyzer: '0' })).not.toContain('canary_table\t');
  });
});

describe('columns that show where files lie', () => {
  test('are all known', async () => {
    const found = await run(
      engine.address,
      `SELECT table || '.' || name FROM system.columns WHERE database = 'system'
        AND table IN (${readableSystemTables.map((table) => `'${table}'`).join()}) AND table != 'licenses' AND match(name, '(^|_)(path|paths|trace|message)$')`,
    );
    const known = [...hiddenColumns].flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`));
    for (const place of found.split('\n')) expect(known).toContain(place);
  });

  test.each([
    'SELECT path FROM system.disks',
    'SELECT * FROM system.disks',
    'SELECT d.* FROM system.disks AS d',
    'SELECT p FROM (SELECT path AS p FROM system.disks)',
    'WITH path AS a SELECT a FROM system.disks',
    "SELECT COLUMNS('^pa') FROM system.disks",
    'SELECT * APPLY(toString) FROM system.disks',
    'SELECT name FROM system.disks WHERE startsWith(path, {a:String})',
    'SELECT name FROM system.disks ORDER BY path',
    'SELECT n FROM system.disks AS d JOIN spans AS s USING (path)',
    "SELECT CAST((SELECT any(path) FROM system.disks), 'UInt8')",
    'SELECT (SELECT any(path) FROM system.disks)',
    'SELECT 1 LIMIT (SELECT any(length(path)) FROM system.disks)',
    'SELECT number FROM numbers(assumeNotNull((SELECT any(length(path)) FROM system.disks)))',
    'SELECT * FROM view(SELECT path FROM system.disks)',
    'SELECT * FROM `VIEW`(SELECT path FROM system.disks)',
    'SELECT 1 FROM system.one, view(SELECT path FROM system.disks)',
    "SELECT * FROM values('a String', (SELECT any(path) FROM system.disks))",
    'SELECT number FROM generateSeries(1, assumeNotNull((SELECT any(length(path)) FROM system.disks)))',
    'SELECT number FROM zeros(length(assumeNotNull((SELECT any(p) FROM (SELECT path AS p FROM system.disks)))))',
    'EXPLAIN QUERY TREE SELECT (SELECT any(path) FROM system.disks)',
    'EXPLAIN SELECT 1 WHERE (SELECT any(path) FROM system.disks) = {a:String}',
    'DESCRIBE (SELECT toFixedString({a:String}, (SELECT any(length(path)) FROM system.disks)))',
    'SELECT data_paths FROM system.tables',
    'SELECT metadata_path FROM {db:Identifier}.tables',
    'SELECT path FROM system.parts',
    'SELECT last_error_message FROM system.errors',
    'SELECT 1 IN (SELECT path FROM system.disks)',
    'SELECT (SELECT * FROM system.disks LIMIT 1)',
    'SELECT (SELECT * FROM system.disks LIMIT 1).2',
    'SELECT untuple((SELECT * FROM (SELECT * FROM system.disks) LIMIT 1))',
    'SELECT arrayJoin((SELECT groupArray(path) FROM system.disks))',
    'SELECT (SELECT toLowCardinality(any(path)) FROM system.disks)',
    'SELECT (SELECT anyState(path) FROM system.disks)',
    "SELECT name FROM system.disks WHERE startsWith((SELECT groupArray(path) FROM system.disks)[1], '/w')",
    'SELECT name FROM system.tables LIMIT length((SELECT any(data_path) FROM system.databases))',
  ])('%s is refused', async (sql) => {
    expect(await read(sql, { param_a: 'x', param_db: 'system' })).toMatch(/^Code: \d+\. DB::Exception/);
    expect(await read(sql, { param_a: 'x', param_db: 'system', enable_analyzer: '0' })).toMatch(/^Code: \d+\./);
  });

  test('a bare name in the database system is the same table', async () => {
    expect(await read('SELECT path FROM disks', { database: 'system' })).toMatch(/^Code: 497\./);
    expect(await read('SELECT name FROM disks', { database: 'system' })).toBe('default\n');
  });

  test('the refusal says what to leave out, and that works', async () => {
    expect(await read('SELECT * FROM system.disks')).toContain('SELECT * EXCEPT (path, cache_path)');
    expect(await read('SELECT * EXCEPT (path, cache_path) FROM system.disks')).toMatch(/^default\t/);
    expect(await read('SELECT count() FROM system.disks')).toBe('1\n');
    expect(await read('SELECT name FROM (SELECT * FROM system.disks)')).toBe('default\n');
    expect(await read('SELECT nam FROM system.disks')).toContain("Maybe you meant: ['name']");
    expect(await read('DESCRIBE TABLE system.disks')).toContain('free_space');
    // As drivers ask for the types that there are.
    const types =
      "SELECT name, v.c2 FROM system.data_type_families AS t JOIN (SELECT * FROM values(('String', 1))) AS v ON v.c1 = t.name";
    expect(await read(types)).toBe('String\t1\n');
  });

  test('the own tables may have columns of these names', async () => {
    expect(await read("SELECT path, 'file system' FROM spans")).toBe('a/b\tfile system\n');
    expect(await read('EXPLAIN SELECT path FROM spans')).toContain('ReadFromMergeTree');
  });

  test('who owns the store sees them', async () => {
    expect(await run(engine.address, 'SELECT path FROM system.disks')).toContain(folder.path);
  });
});
