import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineProcess } from '../spawn.ts';
import { loginHeaders, run, startTestEngine, temporaryFolder } from '../testing.ts';
import { type Canary, hostileStatement, seeded } from './hostile.ts';

const SECRET = 'canary-in-the-file-7d1f';
const PRIVATE_ROW = 'canary-in-the-table-51ac';
const attacksPath = new URL('../../../../shared/attacks/statements.txt', import.meta.url);
/** How many statements of the generator at most, in how much time; each goes out in every way. */
const rounds = Number(process.env.HOSTILE_ROUNDS ?? 250);
const limitMs = Number(process.env.HOSTILE_SECONDS ?? 30) * 1000;
const seed = Number(process.env.HOSTILE_SEED ?? 20_261);

const folder = temporaryFolder();
let engine: EngineProcess;
let canary: Canary;
let listener: Server;
let connections = 0;

beforeAll(async () => {
  engine = await startTestEngine({ dataDir: join(folder.path, 'data') });
  const emptyFolder = join(folder.path, 'empty');
  mkdirSync(emptyFolder);
  const secretPath = join(folder.path, 'secret.csv');
  writeFileSync(secretPath, `${SECRET}\n`);
  listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  canary = { secretPath, emptyFolder, silentAddress: `127.0.0.1:${(listener.address() as AddressInfo).port}` };
  for (const database of ['private', 'signalbox']) {
    await run(engine.address, `CREATE DATABASE ${database}`);
    const table = database === 'private' ? 'private.canary' : 'signalbox.spans';
    await run(
      engine.address,
      `CREATE TABLE ${table} (service_name String, attributes String) ENGINE = MergeTree ORDER BY ()`,
    );
    await run(engine.address, `INSERT INTO ${table} VALUES ('${database === 'private' ? PRIVATE_ROW : 'shop'}', '')`);
  }
});

afterAll(async () => {
  // Whatever was sent: the process is alive and ends well.
  if (engine !== undefined) expect(await engine.stop()).toBe(0);
  listener?.close();
  folder.remove();
});

interface Way {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly user: 'reader' | 'signalbox' | undefined;
  readonly parameters?: Readonly<Record<string, string>>;
}

const ways: readonly Way[] = [
  { name: 'POST as reader', method: 'POST', user: 'reader' },
  { name: 'POST as reader with a session', method: 'POST', user: 'reader', parameters: { session_id: 'r' } },
  { name: 'GET as reader', method: 'GET', user: 'reader' },
  { name: 'GET as reader with a session', method: 'GET', user: 'reader', parameters: { session_id: 's' } },
  { name: 'POST without credentials', method: 'POST', user: undefined },
  { name: 'GET without credentials', method: 'GET', user: undefined },
];

async function send(way: Way, statement: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const parameters = new URLSearchParams({ ...way.parameters, ...more });
  if (way.method === 'GET') parameters.set('query', statement);
  const headers = way.user === undefined ? {} : loginHeaders(engine.access[way.user]);
  const init = way.method === 'GET' ? { headers } : { method: 'POST', body: statement, headers };
  const response = await fetch(`${engine.address}/?${parameters}`, init);
  const text = await response.text();
  if (way.user === undefined) expect(response.status).toBe(403);
  return text;
}

/** What an answer must not hold, and what must be as it was. */
function checkAnswer(text: string, what: string): void {
  expect(text.includes(SECRET), `${what}\nshowed the file`).toBe(false);
  expect(text.includes(PRIVATE_ROW), `${what}\nshowed the table`).toBe(false);
  expect(text.includes(join(folder.path, 'data')), `${what}\nshowed where the data is`).toBe(false);
}

async function checkCanaries(what: string): Promise<void> {
  expect(readdirSync(canary.emptyFolder), what).toEqual([]);
  expect(readFileSync(canary.secretPath, 'utf8'), what).toBe(`${SECRET}\n`);
  expect(connections, `${what}: connections to the silent port`).toBe(0);
  expect(await run(engine.address, 'SELECT groupArray(service_name) FROM private.canary'), what).toBe(
    `['${PRIVATE_ROW}']`,
  );
  expect(await run(engine.address, 'SELECT service_name FROM signalbox.spans'), what).toBe('shop');
  const names = "SELECT count() FROM system.tables WHERE database IN ('default', 'private', 'signalbox', 'x')";
  expect(await run(engine.address, names), what).toBe('2');
}

test('nothing that a generator of hostile statements makes gets through', { timeout: 240_000 }, async () => {
  const random = seeded(seed);
  const endMs = Date.now() + limitMs;
  for (let round = 0; round < rounds && (round < 50 || Date.now() < endMs); round++) {
    const statement = hostileStatement(random, canary);
    for (const way of ways) {
      // Parameters are part of the statement only as values.
      const text = await send(way, statement, { param_secret: canary.secretPath, param_name: 'file' });
      checkAnswer(text, `seed ${seed}, round ${round}, ${way.name}: ${JSON.stringify(statement)}`);
    }
    if (round % 50 === 49) await checkCanaries(`seed ${seed}, before round ${round}`);
  }
  await checkCanaries(`seed ${seed}`);
});

const attacks = existsSync(attacksPath)
  ? readFileSync(attacksPath, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
  : [];

test.skipIf(attacks.length === 0)(
  'the known attacks get nothing (skipped where ../shared/attacks is missing)',
  // A dozen requests for each of them; what a request takes is the machine's matter.
  { timeout: attacks.length * 30_000 },
  async () => {
    for (const attack of attacks) {
      const [, text = '', parameter] = /^(.*?)(?:\s+\(URL: (.*)\))?$/.exec(attack)!;
      const place = (part: string): string =>
        part
          .replaceAll('{S}', canary.secretPath)
          .replaceAll('{T}', canary.emptyFolder)
          .replaceAll('{U}', canary.silentAddress);
      const [name, value] = parameter === undefined ? [] : place(parameter).split('=');
      const more = name === undefined ? {} : { [name]: value! };
      const all: readonly Way[] = [...ways, { name: 'GET as signalbox', method: 'GET', user: 'signalbox' }];
      await Promise.all(
        all.map(async (way) => {
          const answer = await send(way, place(text), more);
          checkAnswer(answer, `${way.name}: ${attack}`);
          expect(answer, `${way.name}: ${attack}`).toMatch(/^Code: \d+\. DB::Exception/);
        }),
      );
      await checkCanaries(attack);
    }
  },
);

describe('settings in the URL', () => {
  test.each([
    ['format_template_row', '/etc/passwd'],
    ['format_template_resultset', '/etc/passwd'],
    ['format_schema', '/etc/passwd:x'],
    ['additional_result_filter', 'throwIf(1) = 0'],
    ['dialect', 'kusto'],
    ['output_format_schema', '/tmp/x'],
    ['input_format_record_errors_file_path', '/tmp/x'],
    ['allow_introspection_functions', '1'],
  ])('%s is refused for both users', async (name, value) => {
    for (const user of ['reader', 'signalbox'] as const) {
      for (const method of ['GET', 'POST'] as const) {
        expect(await send({ name, method, user }, 'SELECT 1', { [name]: value })).toMatch(/^Code: 452\./);
      }
    }
  });

  test('a reader may lower a limit and not raise it', async () => {
    const way = { name: '', method: 'POST', user: 'reader' } as const;
    expect(await send(way, 'SELECT 1', { max_execution_time: '5', readonly: '2', max_threads: '1' })).toBe('1\n');
    for (const value of ['301', '0', '-1', 'many']) {
      expect(await send(way, 'SELECT 1', { max_execution_time: value })).toMatch(/^Code: 452\./);
    }
  });
});

describe('what signalbox may not do either', () => {
  test.each([
    "SELECT file('/etc/hostname')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    'CREATE DATABASE f ENGINE = Filesystem',
    "CREATE TABLE f (a String) ENGINE = File(LineAsString, '/etc/hostname')",
    "CREATE TABLE f (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/tmp/')",
    "CREATE DICTIONARY f (id UInt64) PRIMARY KEY id SOURCE(EXECUTABLE(command 'id' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE TABLE f (a String DEFAULT file('/etc/hostname')) ENGINE = Memory",
    'CREATE MATERIALIZED VIEW f ENGINE = File(CSV) AS SELECT 1 AS a',
    "CREATE TABLE f (a Date, b String) ENGINE = MergeTree ORDER BY a TTL a GROUP BY a SET b = max(file('/etc/hostname'))",
    "INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a String') SELECT 'x'",
    "INSERT INTO signalbox.spans FROM INFILE '/etc/hostname' FORMAT LineAsString",
    "INSERT INTO signalbox.spans VALUES (file('/etc/hostname'), '')",
    "BACKUP TABLE signalbox.spans TO File('/tmp/b.zip')",
    'SYSTEM SHUTDOWN',
    'CREATE USER x',
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/hostname'",
    "INSERT INTO signalbox.spans SETTINGS input_format_values_interpret_expressions=1 VALUES (file('/etc/hostname'))",
    "INSERT INTO signalbox.spans FORMAT Values SETTINGS input_format_values_interpret_expressions = 1 (file('/etc/hostname'))",
    "INSERT INTO signalbox.spans SELECT * FROM input('a String, b String DEFAULT file(''/etc/hostname'')') FORMAT JSONEachRow {}",
    "INSERT INTO signalbox.spans SETTINGS input_format_allow_errors_num=5, input_format_record_errors_file_path='/tmp/x' FORMAT TSV\na\tb\n",
    "SELECT 1 SETTINGS send_logs_level = 'trace'",
    "SELECT 1 SETTINGS allow_experimental_kusto_dialect = 1, dialect = 'kusto'",
    'SET `dialect` = 1',
    'DROP DATABASE system',
    'DETACH DATABASE `system`',
    'RENAME DATABASE system TO x',
  ])('%s', async (statement) => {
    expect(await send({ name: '', method: 'POST', user: 'signalbox' }, statement)).toMatch(
      /^Code: \d+\. DB::Exception/,
    );
  });
});

describe('a reader in another database than the store’s', () => {
  const way = { name: '', method: 'POST', user: 'reader' } as const;

  test.each([
    "SELECT 'x' IN canary",
    "SELECT in('x', canary)",
    "SELECT arrayMap(v -> v IN canary, ['x'])",
    'SELECT 1 IN {y:Identifier}',
    "SELECT x FROM (SELECT 'x' AS x) WHERE x IN `canary`",
  ])('asks no table whether something is in it: %s', async (sql) => {
    expect(await send(way, sql, { database: 'private', param_y: 'canary' })).toMatch(/^Code: 497\./);
  });

  test("nor one of ClickHouse's own that it may not read", async () => {
    expect(await send(way, 'SELECT 1 IN (processes)', { database: 'system' })).toMatch(/^Code: 497\./);
    expect(await send(way, 'SELECT 1 IN (SELECT toUInt8(1) FROM one)', { database: 'system' })).toBe('1\n');
  });
});

describe('what no limit would end', () => {
  const way = { name: '', method: 'POST', user: 'reader' } as const;

  test.each([
    "SELECT levenshteinDistance(repeat('a', 10), 'b')",
    'SELECT arrayLevenshteinDistance([1], [2])',
    'SELECT isProbablePrime(7)',
    'SELECT length(range(400000000))',
    `SELECT 1 ${'UNION ALL SELECT 1 '.repeat(8000)}`,
  ])('is refused: %s', async (sql) => {
    expect(await send(way, sql)).toMatch(/^Code: (497|168|69|62)\./);
  });

  test.each(['0', '0.0000001', '1e-9', '-1', '301', 'inf'])('a time of %s is no limit', async (time) => {
    expect(await send(way, 'SELECT 1', { max_execution_time: time })).toMatch(/^Code: 452\./);
  });
});

describe('what a reader may do', () => {
  test.each([
    { sql: 'SELECT timezone()', text: /\w/ },
    { sql: 'SELECT version(), timezone()', text: /^26/ },
    {
      sql: "SELECT name, value, changed, description, type, readonly FROM system.settings WHERE name = 'max_threads'",
      text: /max_threads/,
    },
    { sql: 'SELECT count() FROM spans', text: /^1\n$/ },
    {
      sql: 'SELECT s.service_name, count(*) FROM signalbox.spans AS s GROUP BY ALL ORDER BY 1 FORMAT CSV',
      text: /^"shop",1\n$/,
    },
    { sql: 'WITH a AS (SELECT 1 AS n UNION ALL SELECT 2) SELECT sum(n) FROM a', text: /^3\n$/ },
    { sql: 'SHOW TABLES', text: /^spans\n$/ },
    { sql: 'SHOW DATABASES', text: /^INFORMATION_SCHEMA\ninformation_schema\nsignalbox\nsystem\n$/ },
    { sql: 'DESCRIBE TABLE spans', text: /service_name\tString/ },
    { sql: 'SHOW CREATE TABLE signalbox.spans', text: /MergeTree/ },
    { sql: 'EXISTS TABLE signalbox.spans', text: /^1\n$/ },
    { sql: 'EXPLAIN indexes = 1 SELECT count() FROM spans WHERE service_name = 1::String', text: /./ },
    { sql: "SELECT 'it''s; a -- text', [1, 2][1], (1, 'a').2 FROM (SELECT 1 AS x) FORMAT TSV", text: /text\t1\ta/ },
    { sql: 'SELECT arrayMap(x -> x + 1, range(3)), quantilesIf(0.5)(number, 1) FROM numbers(3)', text: /\[1,2,3\]/ },
    { sql: 'SELECT currentDatabase()', text: /^signalbox\n$/ },
    { sql: 'SELECT table_name FROM information_schema.tables WHERE table_schema = database()', text: /spans/ },
  ])('$sql', async ({ sql, text }) => {
    for (const method of ['GET', 'POST'] as const) {
      expect(await send({ name: '', method, user: 'reader' }, sql)).toMatch(text);
    }
  });

  test('a checked text does not hold for another identifier in its parameters', async () => {
    const way = { name: '', method: 'POST', user: 'reader' } as const;
    const sql = 'SELECT count() FROM {db:Identifier}.{t:Identifier}';
    expect(await send(way, sql, { param_db: 'signalbox', param_t: 'spans' })).toBe('1\n');
    expect(await send(way, sql, { param_db: 'private', param_t: 'canary' })).toMatch(/^Code: 497\./);
    expect(await send(way, 'SELECT arrayMap({f:Identifier}, [1])', { param_f: 'toString' })).toBe("['1']\n");
    expect(await send(way, 'SELECT arrayMap({f:Identifier}, [1])', { param_f: 'file' })).toMatch(/^Code: 497\./);
  });

  test('a checked text does not hold for an identifier that a session has', async () => {
    const way = { name: '', method: 'POST', user: 'reader' } as const;
    const sql = 'SELECT count() FROM {db:Identifier}.{t:Identifier}';
    const hidden = 'SELECT count() FROM {db:Identifier}./* */{t: /* */ Identifier}';
    for (const text of [sql, hidden]) {
      expect(await send(way, text, { param_db: 'signalbox', param_t: 'spans' })).toBe('1\n');
      const session = { session_id: `identifiers ${text.length}` };
      await send(way, "SET param_db = 'private', param_t = 'canary'", session);
      expect(await send(way, text, session)).not.toMatch(/^\d+\n$/);
      expect(await send(way, text, { ...session, param_t: 'canary' })).not.toMatch(/^\d+\n$/);
      expect(await send(way, text, { param_db: 'private', param_t: 'canary' })).not.toMatch(/^\d+\n$/);
    }
  });
});
