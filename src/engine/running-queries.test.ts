import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { progressDelayMs } from './query-handler.ts';
import type { EngineProcess } from './spawn.ts';
import { fetchEngine, get, loginHeaders, post, startTestEngine, temporaryFolder } from './testing.ts';

const folder = temporaryFolder();
let engine: EngineProcess;
let url: string;

beforeAll(async () => {
  engine = await startTestEngine({ dataDir: folder.path });
  url = engine.address;
});

afterAll(async () => {
  await engine?.stop();
  folder.remove();
});

/** Runs for minutes unless it is stopped, a row each millisecond. */
const ENDLESS = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)';

/** Until SHOW PROCESSLIST names the query. */
async function untilRunning(id: string): Promise<void> {
  for (;;) {
    const answer = await post(url, 'SHOW PROCESSLIST', { default_format: 'JSON' });
    const { data } = JSON.parse(answer.text) as { data: { query_id: string }[] };
    if (data.some((row) => row.query_id === id)) return;
  }
}

describe("a client's query_id", () => {
  test('comes back in the answer, and a second query with it is refused while the first runs', async () => {
    const first = post(url, ENDLESS, { query_id: 'twice' });
    await untilRunning('twice');
    const second = await post(url, 'SELECT 1', { query_id: 'twice' });
    expect(second.text).toMatch(/^Code: 216\. .*twice is already running/);
    await post(url, "KILL QUERY WHERE query_id = 'twice' SYNC");
    expect((await first).text).toMatch(/^Code: 394\./);
    const again = await post(url, 'SELECT 1', { query_id: 'twice' });
    expect([again.text, again.headers.get('x-clickhouse-query-id')]).toEqual(['1\n', 'twice']);
  });

  test.each(['SYNC', 'ASYNC', ''])('names the query that KILL QUERY %s stops', async (mode) => {
    const id = `stop ${mode || 'default'}`;
    const running = post(url, ENDLESS, { query_id: id });
    await untilRunning(id);
    const killed = await post(url, `KILL QUERY WHERE query_id='${id}' ${mode}`, { default_format: 'JSON' });
    const { data } = JSON.parse(killed.text) as { data: object[] };
    expect(data).toEqual([
      { kill_status: mode === 'SYNC' ? 'finished' : 'waiting', query_id: id, user: 'signalbox', query: ENDLESS },
    ]);
    const answer = await running;
    expect([answer.status, answer.text]).toEqual([500, expect.stringMatching(/^Code: 394\. .*QUERY_WAS_CANCELLED/)]);
  });

  test.each(["it's", 'a\\b', 'ä ✓', '%'])('may be any text: %s', async (id) => {
    const running = post(url, ENDLESS, { query_id: id });
    await untilRunning(id);
    const quoted = id.replace(/['\\]/g, '\\$&');
    const killed = await post(url, `KILL QUERY WHERE query_id = '${quoted}' SYNC`);
    expect(killed.text).toMatch(/^finished\t/);
    expect((await running).text).toMatch(/^Code: 394\./);
  });

  test('KILL QUERY takes the id that system.processes shows as well, of a reader only for what it runs itself', async () => {
    const running = post(url, ENDLESS, { query_id: 'by another name' });
    await untilRunning('by another name');
    const shown =
      "SELECT query_id FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'";
    const id = (await post(url, shown)).text.trim();
    expect(id).not.toBe('by another name');
    const kill = `KILL QUERY WHERE query_id = '${id}' SYNC`;
    const asReader = await fetch(url, { method: 'POST', body: kill, headers: loginHeaders(engine.access.reader) });
    expect([asReader.status, await asReader.text()]).toEqual([200, '']);
    expect((await post(url, kill)).text).toContain('by another name');
    expect((await running).text).toMatch(/^Code: 394\./);
  });

  test('TEST stops nothing, and an id that is not there gives no row', async () => {
    const running = post(url, ENDLESS, { query_id: 'tested' });
    await untilRunning('tested');
    expect((await post(url, "KILL QUERY WHERE query_id = 'tested' TEST")).text).toMatch(/^unknown_status\ttested\t/);
    expect((await post(url, "KILL QUERY WHERE query_id = 'other'")).text).toBe('');
    await untilRunning('tested');
    await post(url, "KILL QUERY WHERE query_id = 'tested' SYNC");
    await running;
  });

  test("a reader stops reader's queries, and nobody else's", async () => {
    const reader = loginHeaders(engine.access.reader);
    const ask = (query: string, id?: string): Promise<string> =>
      fetch(`${url}/${id === undefined ? '' : `?query_id=${id}`}`, {
        method: 'POST',
        body: query,
        headers: reader,
      }).then((response) => response.text());
    const own = ask(ENDLESS, 'own');
    const foreign = post(url, ENDLESS, { query_id: 'foreign' });
    await untilRunning('own');
    await untilRunning('foreign');
    expect(await ask("KILL QUERY WHERE query_id = 'foreign'")).toBe('');
    expect(await ask("KILL QUERY WHERE query_id = 'own' SYNC")).toMatch(/^finished\town\treader\t/);
    expect(await own).toMatch(/^Code: 394\./);
    for (const other of [
      'KILL QUERY WHERE 1',
      "KILL QUERY WHERE query_id != ''",
      "KILL QUERY WHERE user = 'signalbox'",
    ]) {
      expect(await ask(other)).toMatch(/^Code: (164|497)\./);
    }
    await untilRunning('foreign');
    await post(url, "KILL QUERY WHERE query_id = 'foreign' SYNC");
    await foreign;
  });
});

describe('how far a query has come', () => {
  const slow = 'SELECT count() FROM (SELECT sipHash64(number) AS h FROM numbers(200000000)) WHERE h = 1';
  const progress = { send_progress_in_http_headers: '1', http_headers_progress_interval_ms: '50' };

  /** All that the server has sent so far, and what it has sent when it ends. */
  function open(query: string, id: string): { readonly text: () => string; readonly ended: Promise<string> } {
    const socket = connect(engine.port, '127.0.0.1');
    let text = '';
    const { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': key } = loginHeaders(engine.access.signalbox);
    const head = `Host: 127.0.0.1\r\nX-ClickHouse-User: ${user}\r\nX-ClickHouse-Key: ${key}\r\n`;
    const path = `/?${new URLSearchParams({ ...progress, query_id: id })}`;
    socket.write(`POST ${path} HTTP/1.1\r\n${head}Content-Length: ${query.length}\r\n\r\n${query}`);
    const ended = new Promise<string>((resolve, reject) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    return { text: () => text, ended };
  }

  test('stands in lines of the head, while it runs, and what comes then is the answer', async () => {
    const answer = await open(slow, 'slow').ended;
    const [head, body] = answer.split(/\r\n\r\n([\s\S]*)/) as [string, string];
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/x-clickhouse-query-id: slow/i);
    expect(head).toMatch(/X-ClickHouse-Progress: \{"read_rows":"[1-9]\d*"/);
    expect(head).toMatch(/x-clickhouse-summary: \{"read_rows":"[1-9]/i);
    expect(body).toBe('2\r\n0\n\r\n0\r\n\r\n');
  });

  test('a client of HTTP reads such an answer as any other', async () => {
    const answer = await post(url, slow, progress);
    expect([answer.status, answer.text]).toEqual([200, '0\n']);
    const short = await post(url, 'SELECT 1', progress);
    expect([short.status, short.text]).toEqual([200, '1\n']);
  });

  test('an error after the head has begun is told in a header and in the body', async () => {
    const { text, ended } = open(ENDLESS, 'failing');
    await eventually('progress', () => text().includes('X-ClickHouse-Progress'));
    await post(url, "KILL QUERY WHERE query_id = 'failing' SYNC");
    const answer = await ended;
    expect(answer).toMatch(/x-clickhouse-exception-code: 394/i);
    expect(answer).toMatch(/\r\n\r\n[0-9a-f]+\r\nCode: 394\. /);
  });

  test('a head stays short however long the query runs', () => {
    const untilMs = 3600_000;
    let lines = 0;
    for (let atMs = 0; atMs < untilMs; lines++) atMs += progressDelayMs(lines, 50);
    expect(lines).toBeLessThan(90);
    expect(progressDelayMs(0, 50)).toBe(50);
    expect(progressDelayMs(20, 10_000)).toBe(10_000);
  });
});

test('the summary of an insert counts what it wrote', async () => {
  await post(url, 'CREATE TABLE counted (a UInt64) ENGINE = MergeTree ORDER BY a');
  const response = await fetchEngine(url, '/?query=INSERT+INTO+counted+FORMAT+TabSeparated', {
    method: 'POST',
    body: '1\n2\n3\n',
  });
  await response.text();
  const summary = JSON.parse(response.headers.get('x-clickhouse-summary')!) as Record<string, string>;
  expect([summary.read_rows, summary.written_rows, summary.written_bytes]).toEqual(['3', '3', '24']);
  const select = await get(url, 'SELECT * FROM counted', { default_format: 'JSON' });
  expect(JSON.parse(select.headers.get('x-clickhouse-summary')!)).toMatchObject({ read_rows: '3', result_rows: '3' });
});
