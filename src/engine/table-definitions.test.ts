import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type EngineProcess, spawnEngine } from './spawn.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function ask(engine: EngineProcess, sql: string): Promise<string> {
  const { username, password } = engine.access.signalbox;
  const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
  const answer = await fetch(engine.address, { method: 'POST', body: sql, headers });
  const text = (await answer.text()).trim();
  if (!answer.ok) throw new Error(text);
  return text;
}

test('a definition that a full disk left empty keeps the engine from nothing: its copy takes its place', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-definitions-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
  let engine = await spawnEngine({ dataDir });
  cleanups.push(() => engine.stop());
  await ask(engine, 'CREATE DATABASE d');
  for (const table of ['kept', 'lost']) {
    await ask(engine, `CREATE TABLE d.${table} (a UInt8) ENGINE = MergeTree ORDER BY a`);
    await ask(engine, `INSERT INTO d.${table} VALUES (7)`);
    // A start copies what is there.
    if (table === 'lost') continue;
    await engine.stop();
    engine = await spawnEngine({ dataDir });
  }
  await engine.stop('SIGKILL');
  for (const table of ['kept', 'lost'])
    for (const path of globSync(join(dataDir, `clickhouse/store/*/*/${table}.sql`))) writeFileSync(path, '');
  engine = await spawnEngine({ dataDir });
  expect(await ask(engine, 'SELECT a FROM d.kept')).toBe('7');
  // Of this one there was no copy yet: it is not there, and nothing else is in the way.
  expect(await ask(engine, "SELECT count() FROM system.tables WHERE database = 'd' AND name = 'lost'")).toBe('0');
  await ask(engine, 'CREATE TABLE d.lost (a UInt8) ENGINE = MergeTree ORDER BY a');
});
