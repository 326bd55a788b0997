/** What was stored stays stored, and once: restarts, kill -9, repeated inserts, folders in use. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from '#base';
import { eventually } from '#base/testing.ts';
import { type EngineProcess, spawnEngine } from './spawn.ts';
import { fetchEngine, post, run, startTestEngine, temporaryFolder } from './testing.ts';

let folder: { readonly path: string; remove(): void };
const engines: EngineProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.stop('SIGKILL')));
  engines.length = 0;
  folder.remove();
});

async function start(flags: readonly string[] = []): Promise<EngineProcess> {
  const engine = await startTestEngine({ dataDir: folder.path, flags });
  engines.push(engine);
  return engine;
}

async function native(address: string, sql: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchEngine(address, '/', { method: 'POST', body: `${sql} FORMAT Native` });
  if (response.status !== 200) throw new Error(await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

test.each([
  { name: 'in memory', flags: [] },
  { name: 'through a file', flags: ['--inline-bytes', '1000'] },
])('a token stores an insert once, in views too, and after kill -9: $name', async ({ flags }) => {
  let engine = await start(flags);
  const window = 'SETTINGS non_replicated_deduplication_window = 1000';
  await run(engine.address, `CREATE TABLE spans (id UInt64, service String) ENGINE = MergeTree ORDER BY id ${window}`);
  await run(
    engine.address,
    `CREATE TABLE services (service String, c UInt64) ENGINE = SummingMergeTree ORDER BY service ${window}`,
  );
  await run(
    engine.address,
    'CREATE MATERIALIZED VIEW services_view TO services AS SELECT service, count() AS c FROM spans GROUP BY service',
  );
  const block = await native(
    engine.address,
    "SELECT number AS id, ['a', 'b'][number % 2 + 1] AS service FROM numbers(1000)",
  );
  const insert = async (token: string): Promise<void> => {
    const answer = await post(engine.address, block, {
      query: 'INSERT INTO spans (id, service) FORMAT Native',
      insert_deduplication_token: token,
      deduplicate_blocks_in_dependent_materialized_views: '1',
    });
    expect([answer.status, answer.text]).toEqual([200, '']);
  };
  const counts = (): Promise<string> =>
    run(engine.address, 'SELECT (SELECT count() FROM spans), (SELECT sum(c) FROM services)');
  await insert('one');
  await insert('one');
  expect(await counts()).toBe('1000\t1000');
  await insert('two');
  expect(await counts()).toBe('2000\t2000');
  expect(await engine.stop('SIGKILL')).toBe('SIGKILL');
  engine = await start(flags);
  await insert('one');
  await insert('two');
  expect(await counts()).toBe('2000\t2000');
  await insert('three');
  expect(await counts()).toBe('3000\t3000');
});

test('kill -9 in the middle of inserts loses nothing that was answered, and repeats store nothing twice', async () => {
  let engine = await start();
  await run(
    engine.address,
    'CREATE TABLE numbered (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10000',
  );
  const rowsPerInsert = 1000;
  const insert = async (address: string, i: number, token = `part ${i}`): Promise<boolean> => {
    const rows = Array.from({ length: rowsPerInsert }, (_, k) => `${i * rowsPerInsert + k}\n`).join('');
    const parameters = { query: 'INSERT INTO numbered FORMAT TSV', insert_deduplication_token: token };
    return post(address, rows, parameters).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  // The engine notes a part and its token one after the other, so a kill between the two can leave a token without its part.
  const insertAgain = async (address: string, i: number): Promise<void> => {
    const from = i * rowsPerInsert;
    const rowsOf = (): Promise<string> =>
      run(address, `SELECT count() FROM numbered WHERE n >= ${from} AND n < ${from + rowsPerInsert}`);
    expect(await insert(address, i)).toBe(true);
    if ((await rowsOf()) === '0') expect(await insert(address, i, `part ${i} again`)).toBe(true);
    expect(await rowsOf()).toBe(String(rowsPerInsert));
  };
  let next = 0;
  const unanswered: number[] = [];
  for (let round = 0; round < 3; round++) {
    const { address } = engine;
    const sender = async (): Promise<void> => {
      for (;;) {
        const i = next++;
        if (await insert(address, i)) continue;
        unanswered.push(i);
        return;
      }
    };
    const begun = next;
    const senders = [sender(), sender(), sender()];
    await eventually('twenty inserts', () => next >= begun + 20);
    await engine.stop('SIGKILL');
    await Promise.all(senders);
    engine = await start();
    // As a writer does after a crash: what was not answered is sent again, and so is something that was.
    for (const i of [...unanswered.splice(0), begun, begun + 1]) await insertAgain(engine.address, i);
  }
  expect(await run(engine.address, 'SELECT count(), uniqExact(n), max(n) + 1 FROM numbered')).toBe(
    Array(3)
      .fill(next * rowsPerInsert)
      .join('\t'),
  );
});

test('a folder opens again after every kind of end, with and without tables in default', async () => {
  const isThere = 'EXISTS TABLE default.kept';
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) await (await start()).stop(signal);
  let engine = await start();
  await run(engine.address, 'CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a');
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await engine.stop(signal);
    engine = await start();
    expect(await run(engine.address, isThere)).toBe('1');
  }
  await run(engine.address, 'DROP TABLE kept SYNC');
  await engine.stop('SIGKILL');
  engine = await start();
  expect(await run(engine.address, isThere)).toBe('0');
  await run(engine.address, 'DROP DATABASE default');
  await run(engine.address, 'CREATE TABLE default.kept (a UInt8) ENGINE = MergeTree ORDER BY a');
  await engine.stop('SIGKILL');
  engine = await start();
  expect(await run(engine.address, isThere)).toBe('1');
  // A power cut may lose the link; see mendDefaultDatabase.
  await engine.stop();
  rmSync(join(folder.path, 'clickhouse', 'metadata', 'default'));
  engine = await start();
  expect(await run(engine.address, isThere)).toBe('1');
});

test('SIGTERM while queries run ends cleanly, and data and views are there after it', async () => {
  let engine = await start();
  await run(engine.address, 'CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a');
  await run(engine.address, 'INSERT INTO kept SELECT number FROM numbers(100000)');
  await run(engine.address, 'CREATE VIEW kept_view AS SELECT max(a) AS m FROM kept');
  const slow = Array.from({ length: 3 }, () =>
    post(engine.address, 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)').catch(() => undefined),
  );
  await post(engine.address, 'SELECT 1', { priority: '1' });
  expect(await engine.stop()).toBe(0);
  await Promise.all(slow);
  expect(readdirSync(folder.path).sort()).toEqual(['VERSION', 'clickhouse', 'definitions', 'engine.xml', 'secret']);
  engine = await start();
  expect(await run(engine.address, 'SELECT count(), (SELECT m FROM kept_view) FROM kept')).toBe('100000\t99999');
  expect(await engine.stop()).toBe(0);
});

test('flattened JSON columns go back in as they came out', async () => {
  const { address } = await start();
  const columns = 'id UInt32, attributes JSON(max_dynamic_paths = 8)';
  await run(address, `CREATE TABLE documents (${columns}) ENGINE = MergeTree ORDER BY id`);
  await run(address, `CREATE TABLE copies (${columns}) ENGINE = MergeTree ORDER BY id`);
  const json = `concat('{"n":', toString(number), ',"s":"v', toString(number % 7), '","list":[1,2],"p', toString(number % 40), '":true}')`;
  await run(address, `INSERT INTO documents SELECT number, ${json} FROM numbers(500)`);
  const block = await native(
    address,
    'SELECT * FROM documents ORDER BY id SETTINGS output_format_native_use_flattened_dynamic_and_json_serialization = 1',
  );
  const answer = await post(address, block, { query: 'INSERT INTO copies FORMAT Native' });
  expect([answer.status, answer.text]).toEqual([200, '']);
  const rows = (table: string): Promise<string> =>
    run(address, `SELECT * FROM ${table} ORDER BY id FORMAT JSONEachRow`);
  expect(await rows('copies')).toBe(await rows('documents'));
  expect(await run(address, 'SELECT sum(attributes.n::UInt64), countIf(attributes.p3::Bool) FROM copies')).toBe(
    '124750\t13',
  );
});

async function startError(flags: readonly string[] = []): Promise<StartError> {
  const error = await start(flags).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  return error as StartError;
}

test('a second engine on the same folder is refused, a lock left by kill -9 is not in the way', async () => {
  const first = await start();
  const error = await startError();
  expect(error.message).toContain(`process ${first.pid}`);
  expect(error.message).toContain(folder.path);
  expect(error.hint).toContain('--data');
  expect(await run(first.address, 'SELECT 1')).toBe('1');
  await first.stop('SIGKILL');
  expect(existsSync(join(folder.path, 'engine.lock'))).toBe(true);
  writeFileSync(join(folder.path, 'tmp', 'insert-9'), 'left over');
  const second = await start();
  expect(await run(second.address, 'SELECT 1')).toBe('1');
  expect(readdirSync(join(folder.path, 'tmp'))).not.toContain('insert-9');
});

test('of several engines that start at once, one gets the folder', async () => {
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => start()));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a folder of a newer version is refused and not touched', async () => {
  writeFileSync(join(folder.path, 'VERSION'), '2\n');
  mkdirSync(join(folder.path, 'clickhouse'));
  const error = await startError();
  expect(error.message).toMatch(/format is 2, this version of Signalbox reads up to 1/);
  expect(readdirSync(folder.path).sort()).toEqual(['VERSION', 'clickhouse']);
  expect(readFileSync(join(folder.path, 'VERSION'), 'utf8')).toBe('2\n');
});

test('a folder that is a file, and one that can not be made', async () => {
  writeFileSync(join(folder.path, 'file'), '');
  const inFile = spawnEngine({ dataDir: join(folder.path, 'file', 'data') });
  await expect(inFile).rejects.toThrow(/a folder on its path, is a file/);
  await expect(spawnEngine({ dataDir: join(folder.path, 'file') })).rejects.toThrow(/a folder on its path, is a file/);
});

test.skipIf(process.getuid?.() === 0)('a folder without permission to write', async () => {
  // root writes everywhere, so there this proves nothing.
  chmodSync(folder.path, 0o500);
  const error = await startError();
  chmodSync(folder.path, 0o700);
  expect(error.message).toContain('no permission to write');
});

test('a read-only folder', async () => {
  // These take no files from anyone, root included.
  await expect(spawnEngine({ dataDir: '/proc/signalbox' })).rejects.toThrow(StartError);
  await expect(spawnEngine({ dataDir: '/sys/signalbox' })).rejects.toThrow(/^data folder \/sys\/signalbox: /);
});

test('an engine does not outlive the process that started it', async () => {
  const engine = await start();
  engine.child.stdin!.destroy();
  expect(await engine.exited).toBe(0);
});

test('a taken port names the flag', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const error = await startError(['--port', String(port)]);
  expect(error.message).toContain(`127.0.0.1:${port}`);
  expect(error.hint).toMatch(/--engine-address or SIGNALBOX_ENGINE_ADDRESS/);
  server.close();
  // The folder was given back.
  expect(existsSync(join(folder.path, 'engine.lock'))).toBe(false);
});
