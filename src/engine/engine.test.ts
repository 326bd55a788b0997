import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineProcess, spawnEngine } from './spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-engine-'));
let engine: EngineProcess;

beforeAll(async () => {
  engine = await spawnEngine({ dataDir: folder });
});

afterAll(async () => {
  expect(await engine.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

test('the client inserts rows as JSON and reads them back with parameters', async () => {
  const client = createClient({ url: engine.address });
  expect((await client.ping()).success).toBe(true);
  await client.command({ query: 'CREATE TABLE basic (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
  const inserted = await client.insert({
    table: 'basic',
    values: [
      { a: 1, b: 'one' },
      { a: 2, b: 'it\'s\ttwo\\"' },
    ],
    format: 'JSONEachRow',
  });
  expect(inserted.summary?.written_rows).toBe('2');
  const result = await client.query({
    query: 'SELECT b FROM basic WHERE a IN {ids:Array(UInt32)} AND b = {text:String}',
    query_params: { ids: [1, 2, 3], text: 'it\'s\ttwo\\"' },
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ b: 'it\'s\ttwo\\"' }]);
  await client.close();
});
