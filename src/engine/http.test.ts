import { connect } from 'node:net';
import {
  brotliCompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineProcess } from './spawn.ts';
import { fetchEngine, get, loginHeaders, post, run, startTestEngine, temporaryFolder } from './testing.ts';

const folder = temporaryFolder();
let engine: EngineProcess;
let url: string;

beforeAll(async () => {
  engine = await startTestEngine({
    dataDir: folder.path,
    flags: ['--inline-bytes', '65536', '--read-lanes', '2', '--max-waiting', '2'],
  });
  url = engine.address;
});

afterAll(async () => {
  // Whatever the tests below sent: the process is alive and ends well.
  if (engine !== undefined) expect(await engine.stop()).toBe(0);
  folder.remove();
});

/** Sends bytes as they are and gives all that comes back until the server closes. */
function sendRaw(bytes: string | Uint8Array, leave = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(engine.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.on('error', reject);
    if (leave) socket.write(bytes, () => socket.destroy());
    else socket.write(bytes);
  });
}

function loginLines(): string {
  const headers = Object.entries(loginHeaders(engine.access.signalbox));
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** Sends a request with headers of the test's own choice; `fetch` keeps some for itself. */
async function requestWith(headers: Record<string, string>, body: string): Promise<string> {
  const lines = Object.entries({
    Host: `127.0.0.1:${engine.port}`,
    Connection: 'close',
    ...loginHeaders(engine.access.signalbox),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return sendRaw(`POST / HTTP/1.1\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

describe('routes', () => {
  test.each([
    { name: '/ping', path: '/ping', status: 200, text: 'Ok.\n' },
    { name: '/replicas_status', path: '/replicas_status', status: 200, text: 'Ok.\n' },
    { name: '/ without a query', path: '/', status: 200, text: 'Ok.\n' },
    { name: 'an unknown path', path: '/nope', status: 404, text: expect.stringContaining('/nope') },
  ])('$name', async ({ path, status, text }) => {
    const response = await fetchEngine(url, path);
    expect([response.status, await response.text()]).toEqual([status, text]);
  });

  test('other methods are refused', async () => {
    expect((await fetchEngine(url, '/', { method: 'DELETE' })).status).toBe(405);
  });

  test('HEAD has headers and no body', async () => {
    const response = await fetchEngine(url, '/?query=SELECT+1', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('x-clickhouse-format')).toBe('TabSeparated');
  });
});

describe('answers', () => {
  test('have the headers of ClickHouse', async () => {
    const { headers, text } = await post(url, 'SELECT number FROM numbers(3) FORMAT JSON', { query_id: 'my id' });
    expect(JSON.parse(text).rows).toBe(3);
    expect(headers.get('x-clickhouse-query-id')).toBe('my id');
    expect(headers.get('x-clickhouse-format')).toBe('JSON');
    expect(headers.get('x-clickhouse-timezone')).toMatch(/\w/);
    expect(headers.get('x-clickhouse-server-display-name')).toMatch(/\w/);
    expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
    const summary = JSON.parse(headers.get('x-clickhouse-summary') ?? '{}') as Record<string, string>;
    expect(summary).toMatchObject({ read_rows: '3', read_bytes: '24', result_rows: '3', written_rows: '0' });
    expect(Number(summary.elapsed_ns)).toBeGreaterThan(0);
  });

  test.each([
    { format: 'TabSeparated', type: 'text/tab-separated-values; charset=UTF-8', text: '1\n' },
    { format: 'CSVWithNames', type: 'text/csv; charset=UTF-8; header=present', text: '"a"\n1\n' },
    { format: 'JSONEachRow', type: 'application/x-ndjson; charset=UTF-8', text: '{"a":1}\n' },
    { format: 'JSONCompactEachRow', type: 'application/x-ndjson; charset=UTF-8', text: '[1]\n' },
    { format: 'RowBinary', type: 'application/octet-stream', text: '\x01' },
    { format: 'Vertical', type: 'text/plain; charset=UTF-8', text: expect.stringContaining('a: 1') },
  ])('$format', async ({ format, type, text }) => {
    const answer = await post(url, 'SELECT 1 AS a', { default_format: format });
    expect([answer.text, answer.headers.get('content-type')]).toEqual([text, type]);
    expect((await post(url, `SELECT 1 AS a FORMAT ${format};`)).text).toEqual(text);
    expect((await post(url, 'SELECT 1 AS a', {}, { 'X-ClickHouse-Format': format })).text).toEqual(text);
  });

  test('headers of a format stand once, however long the result', async () => {
    const { text } = await post(url, 'SELECT number AS n FROM numbers(300000) FORMAT CSVWithNames');
    expect(text.match(/"n"/g)).toHaveLength(1);
    expect(text.split('\n')).toHaveLength(300_002);
  });

  test('totals, extremes and rows_before_limit', async () => {
    const sql =
      'SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k LIMIT 1 FORMAT JSON';
    const json = JSON.parse((await post(url, sql, { extremes: '1' })).text);
    expect(json).toMatchObject({ totals: { k: 0, c: 10 }, rows_before_limit_at_least: 2 });
    expect(json.extremes).toBeDefined();
  });

  test.each([
    { name: 'SHOW', sql: 'SHOW DATABASES', text: expect.stringContaining('system') },
    { name: 'EXPLAIN', sql: 'EXPLAIN AST SELECT 1', text: expect.stringContaining('Literal UInt64_1') },
    { name: 'EXISTS', sql: 'EXISTS TABLE nothing', text: '0\n' },
    { name: 'DESCRIBE', sql: 'DESCRIBE (SELECT 1 AS a)', text: expect.stringMatching(/^a\tUInt8/) },
    { name: 'WITH', sql: 'WITH 5 AS x SELECT x', text: '5\n' },
    { name: 'brackets', sql: '(SELECT 1) UNION ALL (SELECT 1)', text: '1\n1\n' },
    { name: 'comments and a semicolon', sql: '-- first\nSELECT /* ; */ 1 -- last;\n;  -- and out', text: '1\n' },
    { name: 'settings behind the format', sql: 'SELECT 1 FORMAT TSV SETTINGS max_threads = 1', text: '1\n' },
    { name: 'a column named format', sql: 'SELECT format FROM (SELECT 1 AS format)', text: '1\n' },
    { name: 'FORMAT Null', sql: 'SELECT 1 FORMAT Null', text: '' },
    { name: 'no rows', sql: 'SELECT 1 WHERE 0', text: '' },
  ])('$name', async ({ sql, text }) => {
    expect(await post(url, sql)).toMatchObject({ status: 200, text });
  });

  test('wait_end_of_query keeps back what a late error would follow', async () => {
    const sql = "SELECT number, throwIf(number = 400000, 'late') FROM numbers(500000)";
    expect((await post(url, sql, { wait_end_of_query: '1' })).status).toBe(500);
    const whole = await post(url, 'SELECT number FROM numbers(500000)', { wait_end_of_query: '1' });
    expect(whole.text.split('\n')).toHaveLength(500_001);
    expect(whole.headers.get('x-clickhouse-summary')).toContain('"result_rows":"500000"');
    // Beyond what stays in memory.
    const large = await post(url, "SELECT repeat('x', 99) FROM numbers(100000)", { wait_end_of_query: '1' });
    expect(large.text).toBe(`${'x'.repeat(99)}\n`.repeat(100_000));
    const lateAndLarge = "SELECT repeat('x', 99), throwIf(number = 99999, 'late') FROM numbers(100000)";
    expect((await post(url, lateAndLarge, { wait_end_of_query: '1' })).status).toBe(500);
  });
});

describe('requests', () => {
  test('the query may stand in the URL, in the body, or begin in the one and go on in the other', async () => {
    expect((await get(url, 'SELECT 1')).text).toBe('1\n');
    expect((await post(url, '', { query: 'SELECT 1' })).text).toBe('1\n');
    expect((await post(url, '1 + 1', { query: 'SELECT' })).text).toBe('2\n');
    await run(url, 'CREATE TABLE split (a UInt8, b String) ENGINE = Memory');
    await post(url, "(1, 'x')", { query: 'INSERT INTO split VALUES' });
    await post(url, "INSERT INTO split (a, b) VALUES (2, 'y; z')");
    await post(url, 'FORMAT JSONEachRow {"a":3,"b":"é"}', { query: 'INSERT INTO split' });
    await post(url, 'INSERT INTO split FORMAT CSV\n4,"FORMAT JSON"\n');
    await post(url, '', { query: "INSERT INTO split VALUES (5, 'in the URL')" });
    expect(await run(url, 'SELECT a, b FROM split ORDER BY a')).toBe(
      '1\tx\n2\ty; z\n3\té\n4\tFORMAT JSON\n5\tin the URL',
    );
  });

  test('a large insert goes through a file, with its settings, head and data in either place', async () => {
    await run(url, 'CREATE TABLE big (a UInt64) ENGINE = MergeTree ORDER BY a');
    const rows = Array.from({ length: 30_000 }, (_, i) => `${i}\n`).join('');
    // One after the other: more than this test's engine lets wait would be refused.
    const answers = [
      await post(url, rows, { query: 'INSERT INTO big FORMAT TSV' }),
      await post(url, `INSERT INTO big SETTINGS max_threads = 1 FORMAT TSV\n${rows}`),
      await post(url, rows, { query: 'INSERT INTO big FORMAT TSV SETTINGS max_threads = 1' }),
      await post(url, rows.replaceAll(/(\d+)\n/g, '($1),'), { query: 'INSERT INTO big VALUES' }),
      await post(url, gzipSync(rows), { query: 'INSERT INTO big (a) FORMAT TSV' }, { 'Content-Encoding': 'gzip' }),
    ];
    expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [200, '']));
    expect(answers[0]!.headers.get('x-clickhouse-summary')).toContain('"written_rows":"30000"');
    expect(await run(url, 'SELECT count(), sum(a) FROM big')).toBe(`150000\t${(5 * 30_000 * 29_999) / 2}`);
  });

  test.each([
    { name: 'an empty line', format: 'TSV', data: 'x\n\ny\n', rows: ['x', '', 'y'] },
    {
      name: 'a statement behind an empty line',
      format: 'TSV',
      data: 'x\n\nDROP TABLE lines\n',
      rows: ['x', '', 'DROP TABLE lines'],
    },
    { name: 'an empty line in CSV', format: 'CSV', data: '"a\n\nb"\n', rows: ['a\n\nb'] },
    { name: 'an empty line in RowBinary', format: 'RowBinary', data: '\x03\n\n\n', rows: ['\n\n\n'] },
    {
      name: 'an empty line between JSON rows',
      format: 'JSONEachRow',
      data: '{"a":"x"}\n\n{"a":"y"}',
      rows: ['x', 'y'],
    },
    { name: 'a semicolon in a value', format: 'Values', data: "('x;y'),\n\n('\n\n;')", rows: ['x;y', '\n\n;'] },
    { name: 'an expression', format: 'Values', data: "(concat('x', 'y')),('z');", rows: ['xy', 'z'] },
    { name: 'names of functions that are refused', format: 'Values', data: "('my file (1)')", rows: ['my file (1)'] },
  ])('data is data: $name', async ({ format, data, rows }) => {
    await run(url, 'CREATE OR REPLACE TABLE lines (a String) ENGINE = MergeTree ORDER BY tuple()');
    expect(await post(url, data, { query: `INSERT INTO lines FORMAT ${format}` })).toMatchObject({
      status: 200,
      text: '',
    });
    expect(await post(url, `INSERT INTO lines (a) FORMAT ${format}\n${data}`)).toMatchObject({ status: 200, text: '' });
    const stored = JSON.parse(await run(url, 'SELECT groupArray(a) AS a FROM lines FORMAT JSONCompact')) as {
      data: string[][][];
    };
    expect(stored.data[0]![0]).toEqual([...rows, ...rows]);
  });

  test('nothing runs behind the values of an INSERT', async () => {
    await run(url, 'CREATE OR REPLACE TABLE lines (a String) ENGINE = Memory');
    await post(url, "INSERT INTO lines VALUES ('x'); DROP TABLE lines");
    await post(url, '', { query: "INSERT INTO lines VALUES ('x'); DROP TABLE lines" });
    expect((await post(url, 'INSERT INTO lines SELECT 1; DROP TABLE lines')).status).toBe(400);
    expect(await run(url, 'EXISTS TABLE lines')).toBe('1');
  });

  test('settings behind the format, before the data', async () => {
    await run(url, 'CREATE OR REPLACE TABLE lines (a String) ENGINE = Memory');
    const settings = "SETTINGS format_csv_delimiter = ';', max_threads = 1";
    await post(url, `INSERT INTO lines FORMAT CSV ${settings}\n"x"\n`);
    await post(url, 'y\n', { query: `INSERT INTO lines FORMAT CSV ${settings}` });
    expect(await run(url, 'SELECT a FROM lines ORDER BY a')).toBe('x\ny');
  });

  test('INSERT through input() and INSERT … SELECT', async () => {
    await run(url, 'CREATE TABLE through (a UInt8) ENGINE = Memory');
    await post(url, '1\n2\n', { query: "INSERT INTO through SELECT a * 10 FROM input('a UInt8') FORMAT TSV" });
    const answer = await post(url, 'INSERT INTO through SELECT number FROM numbers(3)');
    expect(answer.headers.get('x-clickhouse-summary')).toContain('"written_rows":"3"');
    expect(await run(url, 'SELECT a FROM through ORDER BY a')).toBe('0\n1\n2\n10\n20');
  });

  test('the database: by parameter, by header, and an unknown one', async () => {
    await run(url, 'CREATE DATABASE IF NOT EXISTS other');
    expect((await post(url, 'SELECT currentDatabase()', { database: 'other' })).text).toBe('other\n');
    expect((await post(url, 'SELECT currentDatabase()', {}, { 'X-ClickHouse-Database': 'other' })).text).toBe(
      'other\n',
    );
    expect(await post(url, 'SELECT 1', { database: 'missing' })).toMatchObject({ status: 404 });
    expect(await run(url, 'SELECT currentDatabase()')).toBe('default');
  });

  test('the engine lives on when the default database is dropped', async () => {
    await run(url, 'DROP DATABASE default');
    expect(await run(url, 'SELECT 1')).toBe('1');
  });

  test.each([
    { name: 'gzip', pack: gzipSync },
    { name: 'deflate', pack: deflateSync },
    { name: 'zstd', pack: zstdCompressSync },
    { name: 'br', pack: brotliCompressSync },
  ])('a body in $name', async ({ name, pack }) => {
    expect((await post(url, new Uint8Array(pack('SELECT 42')), {}, { 'Content-Encoding': name })).text).toBe('42\n');
  });

  test.each([
    { accept: 'gzip', unpack: gunzipSync },
    { accept: 'deflate', unpack: inflateSync },
    { accept: 'zstd', unpack: zstdDecompressSync },
  ])('an answer in $accept, only where the parameter asks for it', async ({ accept, unpack }) => {
    const ask = async (parameters: string, sql: string): Promise<string> => {
      const body = `Host: 127.0.0.1\r\n${loginLines()}Connection: close\r\nAccept-Encoding: ${accept}\r\nContent-Length: ${sql.length}\r\n\r\n${sql}`;
      return sendRaw(`POST /?${parameters} HTTP/1.0\r\n${body}`);
    };
    expect(await ask('', 'SELECT 42')).toMatch(/\r\n\r\n42\n$/);
    const answer = await ask('enable_http_compression=1', 'SELECT number FROM numbers(200000)');
    expect(answer).toContain(`Content-Encoding: ${accept}`);
    const packed = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1');
    expect(unpack(packed).toString().split('\n')).toHaveLength(200_001);
  });
});

describe('errors', () => {
  test.each([
    { name: 'syntax', sql: 'SELEC 1', status: 400, code: 62 },
    { name: 'syntax at the end', sql: 'SELECT 1 +', status: 400, code: 62 },
    { name: 'two statements', sql: 'SELECT 1; SELECT 2', status: 400, code: 62 },
    { name: 'nothing', sql: ' -- nothing', status: 400, code: 62 },
    { name: 'unknown table', sql: 'SELECT * FROM missing', status: 404, code: 60 },
    { name: 'unknown table of an insert', sql: 'INSERT INTO missing VALUES (1)', status: 404, code: 60 },
    { name: 'unknown database', sql: 'SELECT * FROM missing.missing', status: 404, code: 81 },
    { name: 'unknown function', sql: 'SELECT missing(1)', status: 404, code: 46 },
    { name: 'unknown column', sql: 'SELECT missing', status: 404, code: 47 },
    { name: 'unknown format', sql: 'SELECT 1 FORMAT Missing', status: 404, code: 73 },
    { name: 'type', sql: "SELECT toUInt8('x')", status: 400, code: 6 },
    { name: 'a missing parameter', sql: 'SELECT {x:UInt8}', status: 500, code: 456 },
    { name: 'exists already', sql: 'CREATE DATABASE default', status: 500, code: 82 },
    {
      name: 'memory',
      sql: 'SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 10000000',
      status: 500,
      code: 241,
    },
    {
      name: 'time',
      sql: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000) SETTINGS max_execution_time = 0.2',
      status: 408,
      code: 159,
    },
    { name: 'thrown', sql: "SELECT throwIf(1, 'INTO OUTFILE is a text')", status: 500, code: 395 },
  ])('$name', async ({ sql, status, code }) => {
    const answer = await post(url, sql, { default_format: 'JSON' });
    expect(answer.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: [\\s\\S]*\\([A-Z_0-9]+\\) \\(version [\\d.]+ .*\\)\\n$`),
    );
    expect(answer.text).not.toContain(folder.path);
    expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([status, String(code)]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
  });

  test.each([
    { name: 'an unknown setting', parameters: { nonsense: '1' }, status: 404, code: 115 },
    { name: 'a setting of the wrong type', parameters: { max_threads: 'many' }, status: 400, code: 27 },
    { name: 'a setting with an odd name', parameters: { 'a`b = 1, c': '1' }, status: 404, code: 115 },
    {
      name: 'a parameter of the wrong type',
      parameters: { param_x: 'many', query: 'SELECT {x:UInt8}' },
      status: 500,
      code: 457,
    },
    { name: 'a body that is not in compressed blocks', parameters: { decompress: '1' }, status: 500, code: 271 },
    { name: 'a session that must exist', parameters: { session_id: 's', session_check: '1' }, status: 500, code: 372 },
    {
      name: 'a session timeout too long',
      parameters: { session_id: 's', session_timeout: '99999' },
      status: 500,
      code: 374,
    },
  ])('$name', async ({ parameters, status, code }) => {
    const answer = await post(url, 'query' in parameters ? '' : 'SELECT 1', parameters as Record<string, string>);
    expect(answer.text).toMatch(new RegExp(`^Code: ${code}\\.`));
    expect(answer.status).toBe(status);
  });

  test('GET only reads, in a session too, and the session can write afterwards', async () => {
    await run(url, 'CREATE TABLE readers (a UInt8) ENGINE = Memory');
    for (const parameters of [{}, { session_id: 'one' }] as Record<string, string>[]) {
      const create = 'CREATE TABLE written (a UInt8) ENGINE = Memory';
      expect((await get(url, create, parameters)).text).toMatch(/^Code: 164\./);
      expect((await get(url, 'INSERT INTO readers VALUES (9)', parameters)).text).toMatch(/^Code: 164\./);
      expect((await get(url, 'SELECT 1', { ...parameters, max_threads: '1' })).text).toBe('1\n');
      expect((await post(url, create, parameters)).status).toBe(200);
      await run(url, 'DROP TABLE written');
    }
  });

  test.each([
    { name: 'truncated Native', query: 'INSERT INTO damaged FORMAT Native', body: Buffer.from('0201016105', 'hex') },
    { name: 'random Native', query: 'INSERT INTO damaged FORMAT Native', body: Buffer.alloc(1000, 0xa7) },
    { name: 'huge counts in Native', query: 'INSERT INTO damaged FORMAT Native', body: Buffer.alloc(40, 0xff) },
    { name: 'random RowBinary', query: 'INSERT INTO damaged FORMAT RowBinary', body: Buffer.alloc(1000, 0xff) },
    { name: 'broken JSON', query: 'INSERT INTO damaged FORMAT JSONEachRow', body: Buffer.from('{"a":1') },
    { name: 'wrong type in JSON', query: 'INSERT INTO damaged FORMAT JSONEachRow', body: Buffer.from('{"a":"x"}') },
    { name: 'random Parquet', query: 'INSERT INTO damaged FORMAT Parquet', body: Buffer.alloc(1000, 7) },
    { name: 'random Arrow', query: 'INSERT INTO damaged FORMAT Arrow', body: Buffer.alloc(1000, 7) },
    { name: 'an unknown format', query: 'INSERT INTO damaged FORMAT Nonsense', body: Buffer.from('x') },
    { name: 'NUL bytes in a query', query: '', body: Buffer.from('SELECT \0 1') },
    { name: 'invalid UTF-8 in a query', query: '', body: Buffer.from([0x53, 0xff, 0xfe, 0x80]) },
    { name: 'deep nesting', query: '', body: Buffer.from(`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`) },
  ])('bad data: $name, small and through a file', async ({ query, body }) => {
    await run(url, 'CREATE TABLE IF NOT EXISTS damaged (a UInt32, b String) ENGINE = MergeTree ORDER BY a');
    const bodies = query === '' ? [body] : [body, Buffer.concat([body, Buffer.alloc(70_000, body.at(-1))])];
    for (const bytes of bodies) {
      const answer = await post(url, new Uint8Array(bytes), query === '' ? {} : { query });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).toMatch(/^Code: \d+\. DB::Exception: /);
    }
    expect(await run(url, 'SELECT count() FROM damaged')).toBe('0');
  });

  test.each([
    { encoding: 'gzip', body: 'not gzip', code: 271 },
    { encoding: 'zstd', body: 'not zstd', code: 271 },
    { encoding: 'lz4', body: 'SELECT 1', code: 271 },
  ])('a body that is not $encoding', async ({ encoding, body, code }) => {
    const answer = await post(url, body, {}, { 'Content-Encoding': encoding });
    expect(answer.text).toMatch(new RegExp(`^Code: ${code}\\.`));
  });

  test('a gzip body that ends early stores nothing', async () => {
    await run(url, 'CREATE TABLE IF NOT EXISTS cut (a UInt64) ENGINE = MergeTree ORDER BY a');
    const rows = Array.from({ length: 200_000 }, (_, i) => `${i * 7919}\n`).join('');
    const packed = gzipSync(rows);
    const half = new Uint8Array(packed.subarray(0, packed.length / 2));
    const answer = await post(url, half, { query: 'INSERT INTO cut FORMAT TSV' }, { 'Content-Encoding': 'gzip' });
    expect(answer.text).toMatch(/^Code: 271\./);
    expect(await run(url, 'SELECT count() FROM cut')).toBe('0');
  });

  test('a client that leaves in the middle of its body stores nothing', async () => {
    await run(url, 'CREATE TABLE IF NOT EXISTS left_early (a UInt64) ENGINE = MergeTree ORDER BY a');
    const head = `POST /?query=INSERT+INTO+left_early+FORMAT+TSV HTTP/1.1\r\nHost: 127.0.0.1\r\n${loginLines()}`;
    await sendRaw(`${head}Content-Length: 1000000\r\n\r\n${'1\n'.repeat(100_000)}`, true);
    await sendRaw(`${head}Transfer-Encoding: chunked\r\n\r\n4\r\n1\n2\n\r\n`, true);
    expect(await run(url, 'SELECT count() FROM left_early')).toBe('0');
  });

  test('a URL too long, and what is no HTTP', async () => {
    const long = await sendRaw(`GET /?query=SELECT+'${'x'.repeat(1_200_000)}' HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1.1 414 .*[\s\S]*Code: 229\./);
    expect(await sendRaw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*[\s\S]*Code: 36\./);
    expect(await sendRaw(Buffer.alloc(100_000, 0))).toMatch(/^HTTP\/1.1 400 /);
    const fits = await sendRaw(
      `GET /?query=SELECT+length('${'x'.repeat(200_000)}') HTTP/1.1\r\nHost: 127.0.0.1\r\n${loginLines()}Connection: close\r\n\r\n`,
    );
    expect(fits).toMatch(/200000\n/);
  });

  test('too many queries at a time', async () => {
    const abort = new AbortController();
    const all = Array.from({ length: 5 }, () =>
      fetchEngine(url, '/?max_threads=1', {
        method: 'POST',
        body: 'SELECT sum(sipHash64(number, 2)) FROM numbers(1000000000000)',
        signal: abort.signal,
      }).then(
        (response) => response.text(),
        () => 'aborted',
      ),
    );
    // Two run and two wait; the fifth is refused at once, while the others go on.
    expect(await Promise.race(all)).toMatch(/^Code: 202\. .*TOO_MANY_SIMULTANEOUS_QUERIES/);
    abort.abort();
    const texts = await Promise.all(all);
    expect(texts.filter((text) => text === 'aborted')).toHaveLength(4);
  });
});

describe('X-ClickHouse-Summary', () => {
  const rows = 1000;
  const matching = 10;
  beforeAll(async () => {
    await run(url, 'CREATE TABLE summed (a UInt64, b String) ENGINE = MergeTree ORDER BY ()');
    await run(url, `INSERT INTO summed SELECT number, toString(number) FROM numbers(${rows})`);
  });
  const summaryOf = async (sql: string, parameters = {}): Promise<Record<string, string>> => {
    const answer = await post(url, sql, parameters);
    expect(answer.status, answer.text).toBe(200);
    return JSON.parse(answer.headers.get('x-clickhouse-summary')!) as Record<string, string>;
  };

  test.each(
    `JSON JSONCompact JSONStrings JSONCompactStrings JSONColumnsWithMetadata XML JSONEachRowWithProgress JSONCompactEachRowWithProgress`.split(
      ' ',
    ),
  )('tells exactly what was read and given: %s', async (format) => {
    for (const end of ['0', '1']) {
      const sql = `SELECT a, b FROM summed WHERE a % ${rows / matching} = 0 FORMAT ${format}`;
      const summary = await summaryOf(sql, { wait_end_of_query: end });
      expect(summary).toMatchObject({ read_rows: String(rows), read_bytes: '12890', result_rows: String(matching) });
      expect(Number(summary.result_bytes)).toBeGreaterThan(0);
    }
  });

  test.each(
    `RowBinary Native CSV TSV JSONEachRow Parquet Arrow Pretty Vertical Values Markdown MsgPack ORC BSONEachRow SQLInsert`.split(
      ' ',
    ),
  )('tells exactly what was given, and nothing wrong of what was read: %s', async (format) => {
    const summary = await summaryOf(`SELECT a FROM summed WHERE a % ${rows / matching} = 0 FORMAT ${format}`);
    expect(summary).toMatchObject({ result_rows: String(matching), written_rows: '0' });
    expect(['0', String(rows)]).toContain(summary.read_rows);
  });

  test('of a result beyond what stays in memory, that is kept back whole', async () => {
    const parameters = { wait_end_of_query: '1' };
    const sql = "SELECT a, repeat('x', 200000) AS b FROM summed LIMIT 50 FORMAT JSONCompact";
    expect(await summaryOf(sql, parameters)).toMatchObject({ result_rows: '50', read_rows: String(rows) });
  });

  test('of what was written, in every way of writing', async () => {
    await run(url, 'CREATE TABLE summed_up (a UInt64) ENGINE = MergeTree ORDER BY a');
    const written = { written_rows: '3', read_rows: '3' };
    expect(await summaryOf('INSERT INTO summed_up VALUES (1), (2), (3)')).toMatchObject(written);
    expect(await summaryOf('INSERT INTO summed_up FORMAT TSV\n1\n2\n3\n')).toMatchObject(written);
    const select = await summaryOf('INSERT INTO summed_up SELECT a FROM summed LIMIT 3');
    expect(select).toMatchObject({ written_rows: '3', result_rows: '0' });
  });
});

test('a NUL byte in a statement is named with its place', async () => {
  for (const sql of ['SELECT 1\0', "SELECT 'a\0b'", '\0SELECT 1', 'SELECT 1; -- \0']) {
    const place = sql.indexOf('\0') + 1;
    for (const answer of [await post(url, sql), await get(url, sql)]) {
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`the statement has a NUL byte at position ${place}; in a text write it as \\0`);
    }
  }
  expect((await post(url, "SELECT length('a\\0b')")).text).toBe('3\n');
  expect((await post(url, 'SELECT length({a:String})', { param_a: 'a\\0b' })).text).toBe('3\n');
});

test('two Host headers are a broken request, whatever they name', async () => {
  const head = `Host: 127.0.0.1\r\nhost: 127.0.0.1\r\n${loginLines()}Connection: close`;
  expect(await sendRaw(`GET /ping HTTP/1.1\r\n${head}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 [\s\S]*has Host twice/);
});

describe('who may ask what', () => {
  test.each([
    { name: 'a page of another site', headers: { Origin: 'https://evil.example' } },
    { name: 'a name that someone pointed at this machine', headers: { Host: 'evil.example:4380' } },
  ])('refused: $name', async ({ headers }) => {
    expect(await requestWith(headers, 'SELECT 1')).toMatch(/^HTTP\/1.1 403 [\s\S]*ACCESS_DENIED/);
  });

  test.each([
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "INSERT INTO targets FROM INFILE '/etc/passwd' FORMAT LineAsString",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM '/etc/passwd'",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM url('file:///etc/passwd', LineAsString)",
    "INSERT INTO targets VALUES (1, file('/etc/passwd'))",
    "CREATE DATABASE f ENGINE = Filesystem('/etc')",
    "CREATE TABLE f (a String) ENGINE = /* x */ File(LineAsString, '/etc/passwd')",
    'SELECT addressToSymbol(1)',
  ])('refused: %s', async (sql) => {
    const answer = await post(url, sql);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('root:');
  });

  describe.each(['signalbox', 'reader'] as const)('credentials of %s', (user) => {
    test.each([
      { name: 'X-ClickHouse headers', headers: (p: string) => ({ 'X-ClickHouse-User': user, 'X-ClickHouse-Key': p }) },
      { name: 'basic', headers: (p: string) => ({ Authorization: `Basic ${btoa(`${user}:${p}`)}` }) },
      { name: 'URL', parameters: (p: string) => ({ user, password: p }) },
    ])('$name', async ({ headers, parameters }) => {
      const ask = async (password: string): Promise<string> => {
        const path = `${url}/?${new URLSearchParams(parameters?.(password) ?? {})}`;
        const response = await fetch(path, { method: 'POST', body: 'SELECT 1', headers: headers?.(password) ?? {} });
        return `${response.status} ${await response.text()}`;
      };
      expect(await ask(engine.access[user].password)).toBe('200 1\n');
      for (const wrong of ['', 'x', `x${engine.access[user].password}`]) {
        expect(await ask(wrong)).toMatch(
          new RegExp(
            `^403 Code: 516\\. DB::Exception: ${user}: Authentication failed: [\\s\\S]*\\(AUTHENTICATION_FAILED\\) \\(version `,
          ),
        );
      }
    });
  });

  test('two ways at a time are refused, and no answer asks a browser for a password', async () => {
    const { username, password } = engine.access.signalbox;
    const answer = await post(url, 'SELECT 1', { user: username, password });
    expect([answer.status, answer.text]).toEqual([403, expect.stringMatching(/^Code: 516\./)]);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  test.each([
    '/',
    '/?query=SELECT+1',
    '/query?query=SELECT+1',
    '/replicas_status',
    '/nope',
    '/?user=default&query=SELECT+1',
  ])('without credentials nothing is done: %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE']) {
      expect((await fetch(url + path, { method })).status).toBe(403);
    }
    expect(await (await fetch(`${url}/ping`)).text()).toBe('Ok.\n');
  });

  test.each(['cross-site', 'same-site'])(
    'a browser says that the request comes from another page: %s',
    async (site) => {
      expect((await post(url, 'SELECT 1', {}, { 'Sec-Fetch-Site': site })).text).toMatch(/^Code: 497\./);
      expect((await post(url, 'SELECT 1', {}, { 'Sec-Fetch-Site': 'none' })).text).toBe('1\n');
    },
  );
});
