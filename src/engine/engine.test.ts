import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  TupleParam,
} from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { EngineProcess } from './spawn.ts';
import { fetchEngine, loginHeaders, post, run, startTestEngine, temporaryFolder } from './testing.ts';

const folder = temporaryFolder();
let engine: EngineProcess;
let client: ClickHouseClient;

beforeAll(async () => {
  engine = await startTestEngine({ dataDir: folder.path });
  client = createClient({ url: engine.address, ...engine.access.signalbox, log: { level: ClickHouseLogLevel.OFF } });
});

afterAll(async () => {
  await client?.close();
  if (engine !== undefined) expect(await engine.stop()).toBe(0);
  folder.remove();
});

async function rowCount(table: string): Promise<number> {
  return Number(await run(engine.address, `SELECT count() FROM ${table}`));
}

test('ping', async () => {
  expect(await client.ping()).toMatchObject({ success: true });
  expect(await client.ping({ select: true })).toMatchObject({ success: true });
});

test('rows go in as JSON and come back by parameters', async () => {
  await client.command({ query: 'CREATE TABLE basic (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
  const text = 'it\'s\ttwo\\"\n€';
  const values = [
    { a: 1, b: 'one' },
    { a: 2, b: text },
  ];
  const inserted = await client.insert({ table: 'basic', values, format: 'JSONEachRow' });
  expect(inserted.executed).toBe(true);
  expect(inserted.summary).toMatchObject({ written_rows: '2' });
  const result = await client.query({
    query: 'SELECT b FROM {table:Identifier} WHERE a IN {ids:Array(UInt32)} AND b = {text:String}',
    query_params: { table: 'basic', ids: [1, 2, 3], text },
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ b: text }]);
});

test('parameters of many types', async () => {
  const result = await client.query({
    query: `SELECT {n:Nullable(String)} AS n, {d:DateTime64(3)} AS d, {m:Map(String, UInt8)} AS m, {f:Float64} AS f,
      {b:Bool} AS b, {i:Int64} AS i, {t:Tuple(String, UInt8)} AS t`,
    query_params: {
      n: null,
      d: new Date('2024-01-02T03:04:05.678Z'),
      m: { x: 1 },
      f: 1.5,
      b: true,
      i: '-4611686018427',
      t: new TupleParam(["a'b", 7]),
    },
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([
    { n: null, d: '2024-01-02 03:04:05.678', m: { x: 1 }, f: 1.5, b: true, i: -4611686018427, t: ["a'b", 7] },
  ]);
});

test('parameters in a form, as the client sends long ones', async () => {
  const result = await client.query({
    query: 'SELECT length({long:String}) AS n',
    query_params: { long: 'x'.repeat(200_000) },
    use_multipart_params: true,
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ n: 200_000 }]);
});

test('the default format of the client carries names, types and statistics', async () => {
  const result = await client.query({ query: 'SELECT number AS n, toString(number) AS s FROM numbers(3)' });
  const json = await result.json<{ n: number; s: string }>();
  expect(json.data).toEqual([0, 1, 2].map((n) => ({ n, s: `${n}` })));
  expect(json.meta).toEqual([
    { name: 'n', type: 'UInt64' },
    { name: 's', type: 'String' },
  ]);
  expect(json.rows).toBe(3);
  expect(json.statistics?.rows_read).toBe(3);
});

test('a large result streams, and so does a Native one by exec', async () => {
  const result = await client.query({ query: 'SELECT number FROM numbers(500000)', format: 'JSONEachRow' });
  let rows = 0;
  let sum = 0;
  for await (const batch of result.stream<{ number: number }>()) {
    for (const row of batch) {
      rows++;
      sum += row.json().number;
    }
  }
  expect([rows, sum]).toEqual([500_000, (500_000 * 499_999) / 2]);
  const { stream } = await client.exec({ query: 'SELECT number FROM numbers(500000) FORMAT Native' });
  let byteLength = 0;
  for await (const chunk of stream) byteLength += (chunk as Buffer).length;
  expect(byteLength).toBeGreaterThan(500_000 * 8);
});

test('a stream of rows, and a stream of Native blocks larger than what stays in memory', async () => {
  await client.command({ query: 'CREATE TABLE streamed (a UInt64, b String) ENGINE = MergeTree ORDER BY a' });
  const rows = Readable.from(Array.from({ length: 1000 }, (_, a) => ({ a, b: `row ${a}` })));
  await client.insert({ table: 'streamed', values: rows, format: 'JSONEachRow' });
  expect(await rowCount('streamed')).toBe(1000);
  const native = await fetchEngine(engine.address, '/', {
    method: 'POST',
    body: "SELECT number AS a, repeat('x', 20) AS b FROM numbers(300000) FORMAT Native",
  });
  const bytes = Buffer.from(await native.arrayBuffer());
  expect(bytes.length).toBeGreaterThan(8 * 1024 * 1024);
  const { stream, summary } = await client.exec({
    query: 'INSERT INTO streamed (a, b) FORMAT Native',
    values: Readable.from([bytes.subarray(0, 5_000_000), bytes.subarray(5_000_000)], { objectMode: false }),
  });
  stream.resume();
  expect(summary).toMatchObject({ written_rows: '300000' });
  expect(await rowCount('streamed')).toBe(301_000);
});

test('an insert of no rows is no error', async () => {
  await client.command({ query: 'CREATE TABLE nothing (a UInt8) ENGINE = MergeTree ORDER BY a' });
  await client.insert({ table: 'nothing', values: Readable.from([]), format: 'JSONEachRow' });
  expect(await rowCount('nothing')).toBe(0);
});

test.each(['gzip', 'zstd'] as const)('compression both ways: %s', async (codec) => {
  const compressed = createClient({
    url: engine.address,
    ...engine.access.signalbox,
    compression: { request: { codec }, response: { codec } },
  });
  await compressed.command({ query: 'CREATE TABLE IF NOT EXISTS packed (a UInt64) ENGINE = MergeTree ORDER BY a' });
  await compressed.command({ query: 'TRUNCATE TABLE packed' });
  const values = Array.from({ length: 2000 }, (_, a) => ({ a }));
  await compressed.insert({ table: 'packed', values, format: 'JSONEachRow' });
  const result = await compressed.query({ query: 'SELECT a FROM packed ORDER BY a', format: 'JSONCompactEachRow' });
  expect(await result.json()).toEqual(values.map(({ a }) => [a]));
  await compressed.close();
});

test('settings hold for their query alone', async () => {
  const threads = (clickhouse_settings: Record<string, string>): Promise<unknown> =>
    client
      .query({ query: "SELECT getSetting('max_threads') AS n", format: 'JSONEachRow', clickhouse_settings })
      .then((result) => result.json());
  const usual = await threads({});
  expect(await threads({ max_threads: '7' })).toEqual([{ n: 7 }]);
  expect(await threads({})).toEqual(usual);
});

test('concurrent queries keep their own parameters and settings', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const result = await client.query({
        query: "SELECT {x:UInt32} AS x, getSetting('max_block_size') AS size",
        query_params: { x: i },
        clickhouse_settings: { max_block_size: `${1000 + i}` },
        format: 'JSONEachRow',
      });
      return (await result.json<{ x: number; size: number }>())[0];
    }),
  );
  expect(answers).toEqual(answers.map((_, i) => ({ x: i, size: 1000 + i })));
});

test('errors arrive as ClickHouse errors, also in the middle of a stream', async () => {
  const failed = await client.query({ query: 'SELECT * FROM nowhere' }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ClickHouseError);
  expect(failed).toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
  const result = await client.query({
    query: "SELECT number, throwIf(number = 2000000, 'too far') FROM numbers(3000000)",
    format: 'JSONEachRow',
    clickhouse_settings: { max_threads: 1 },
  });
  const rows = result.stream();
  const late = await (async (): Promise<unknown> => {
    try {
      for await (const _ of rows);
      return undefined;
    } catch (error) {
      return error;
    }
  })();
  expect(late).toBeInstanceOf(ClickHouseError);
  expect(late).toMatchObject({ code: '395', message: expect.stringContaining('too far') });
});

test('an aborted query stops in the engine', async () => {
  const abort = new AbortController();
  const slow = client
    .query({
      query: 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)',
      abort_signal: abort.signal,
    })
    .catch((error: unknown) => error);
  const count = async (): Promise<string> =>
    run(
      engine.address,
      "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'",
    );
  await eventually('the count', async () => (await count()) === '1');
  abort.abort();
  expect(await slow).toBeInstanceOf(Error);
  await eventually('the count', async () => (await count()) === '0');
});

test('a client that leaves in the middle of a result stops its query', async () => {
  const abort = new AbortController();
  const response = await fetchEngine(engine.address, '/', {
    method: 'POST',
    body: 'SELECT number AS endless FROM numbers(1000000000000)',
    signal: abort.signal,
  });
  const count = (): Promise<string> =>
    run(
      engine.address,
      "SELECT count() FROM system.processes WHERE query LIKE '%endless%' AND query NOT LIKE '%processes%'",
    );
  await response.body!.getReader().read();
  expect(await count()).toBe('1');
  abort.abort();
  await eventually('the count', async () => (await count()) === '0');
});

test('slow queries keep neither inserts nor DDL waiting', async () => {
  await run(engine.address, 'CREATE TABLE quick (a UInt64) ENGINE = MergeTree ORDER BY a');
  const abort = new AbortController();
  const slow = Array.from({ length: 8 }, () =>
    fetchEngine(engine.address, '/?max_threads=1', {
      method: 'POST',
      body: 'SELECT sum(sipHash64(number, 1)) FROM numbers(1000000000000)',
      signal: abort.signal,
    }).catch(() => undefined),
  );
  // Two of the four lanes are kept for urgent queries.
  await eventually(
    'the count',
    async () =>
      (await run(engine.address, 'SHOW PROCESSLIST FORMAT JSONEachRow')).match(/sipHash64\(number, 1\)/g)?.length === 2,
  );
  await post(engine.address, '1\n2\n', { query: 'INSERT INTO quick FORMAT TSV' });
  await run(engine.address, 'ALTER TABLE quick ADD COLUMN b String');
  expect(await run(engine.address, 'DESCRIBE TABLE quick FORMAT JSONCompactColumns')).toContain('"b"');
  abort.abort();
  await Promise.all(slow);
  await eventually('the count', async () => (await rowCount('quick')) === 2);
});

test('a session keeps settings and temporary tables', async () => {
  const session = createClient({ url: engine.address, ...engine.access.signalbox, session_id: 'one' });
  await session.command({ query: 'CREATE TEMPORARY TABLE mine (a UInt8)' });
  await session.insert({ table: 'mine', values: [{ a: 5 }], format: 'JSONEachRow' });
  await session.command({ query: 'SET max_block_size = 4321' });
  await session.query({ query: 'SELECT 1', clickhouse_settings: { max_block_size: '9999' } }).then((r) => r.text());
  const result = await session.query({
    query: "SELECT a, getSetting('max_block_size') AS size FROM mine",
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ a: 5, size: 4321 }]);
  await session.close();
  await expect(client.query({ query: 'SELECT * FROM mine' })).rejects.toThrow(/Unknown table/);
});

test.each(['signalbox', 'reader'] as const)(
  "an answer in ClickHouse's own format whose length is limited comes whole, or not at all: %s",
  async (name) => {
    const limits = { wait_end_of_query: '1', result_overflow_mode: 'throw', max_result_bytes: '1000000' };
    const limited = (sql: string) => post(engine.address, sql, limits, loginHeaders(engine.access[name]));
    const numbers = (count: number): string => `SELECT number FROM numbers(${count}) FORMAT Native`;
    const whole = await limited(numbers(50_000));
    expect([whole.status, whole.text.includes('UInt64')]).toEqual([200, true]);
    expect(Number(whole.headers.get('content-length'))).toBeGreaterThan(400_000);
    const tooLong = await limited(numbers(500_000));
    expect([tooLong.status, tooLong.text]).toEqual([500, expect.stringContaining('Limit for result exceeded')]);
    const late = 'SELECT throwIf(number = 49999) FROM numbers(50000) FORMAT Native';
    expect((await limited(late)).status).toBe(500);
    if (name === 'signalbox') return;
    // What a statement sets itself would let its answer grow in memory.
    const own = await limited(`${numbers(500_000)} SETTINGS max_result_bytes = 0`);
    expect([own.status, own.text]).toEqual([expect.any(Number), expect.stringContaining('max_result_bytes')]);
    expect(own.status).toBeGreaterThanOrEqual(400);
  },
);
