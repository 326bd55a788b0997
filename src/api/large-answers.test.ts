/** Answers are bounded in bytes, whatever the services wrote, and so is the memory of the server's process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteTraces } from '../query/testing/note-traces.ts';
import { startTestStore, type TestStore } from '../query/testing/test-store.ts';
import type { LogRecordResponse, LogsResponse, SpanResponse, TraceLogsResponse } from './console/types.ts';

const MEBIBYTE = 1024 * 1024;
const FROM_MS = 1_760_000_000_000;
const range = `from=${FROM_MS}&to=${FROM_MS + 3_600_000}`;
/** Few enough that the test is quick, many enough that any answer that held them would pass the limits here. */
const LOG_COUNT = 150;
const SPAN_COUNT = 100;
/** The longest answer that is no single item in full. */
const maxAnswerBytes = 48 * MEBIBYTE;

let store: TestStore;
let child: ChildProcess | undefined;
let url = '';
beforeAll(async () => {
  store = await startTestStore();
  await insertLargeItems();
  const entry = fileURLToPath(new URL('./testing/server-process.ts', import.meta.url));
  child = spawn(process.execPath, ['--max-semi-space-size=4', entry, store.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SIGNALBOX_STORE_USERNAME: store.readerLogin.username,
      SIGNALBOX_STORE_PASSWORD: store.readerLogin.password,
    },
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  url = line.toString().trim();
}, 300_000);
afterAll(async () => {
  child?.kill();
  await store.close();
});

/** 150 log lines of 1 MB; spans with an attribute of 1 MB, with 3 KB in each of 20, with a stack trace of 1 MB, with 20,000 events. */
async function insertLargeItems(): Promise<void> {
  const small =
    'SETTINGS max_block_size = 20, max_insert_block_size = 20, min_insert_block_size_rows = 0, min_insert_block_size_bytes = 0';
  await store.run(`INSERT INTO ${store.database}.logs
      (time, record, service_name, body, body_type, attributes, resource_id, severity_number, trace_id, ingested_at)
    SELECT fromUnixTimestamp64Milli(toInt64(${FROM_MS}) + number * 1000), number, 'wordy', concat(toString(number), ' ', repeat('log line ', 111111)), 1,
      concat('{"big":"', repeat('0123456789', 20000), '","n":7,"half":2.0,"a.b":"c"}'), 1, 9, toFixedString(unhex('${'0'.repeat(30)}aa'), 16), now() FROM numbers(${LOG_COUNT})
    ${small}, exclude_materialize_skip_indexes_on_insert = 'body_pieces'`);
  const traceId = `toFixedString(unhex('${'0'.repeat(30)}aa'), 16)`;
  const spanId = (index: string): string =>
    `toFixedString(leftPad(concat('${index}', toString(span_number)), 8, '0'), 8)`;
  const time = `fromUnixTimestamp64Milli(toInt64(${FROM_MS}) + span_number)`;
  const run = (index: string, attributes: string, count: number) =>
    store.run(`INSERT INTO ${store.database}.spans
      (time, duration_ns, trace_id, span_id, service_name, name, kind, status_message, attributes, resource_id, ingested_at)
      SELECT ${time}, 1000000, ${traceId}, ${spanId(index)}, 'wordy', repeat('long name ', 500), 2, repeat('message ', 20000),
        ${attributes}, 1, now() FROM (SELECT number AS span_number FROM numbers(${count})) ${small}`);
  const many = `concat('{', arrayStringConcat(arrayMap(i -> concat('"key', toString(i), '":"', repeat('value ', 500), '"'), range(20)), ','), '}')`;
  await run('a', `concat('{"db.query.text":"', repeat('SELECT ', 150000), '","n":1}')`, 30);
  await run('b', many, SPAN_COUNT);
  await run('c', `'{}'`, 15);
  await run('d', `'{}'`, 10);
  const events = (index: string, name: string, attributes: string, spans: number, each: number) =>
    store.run(`INSERT INTO ${store.database}.span_events
      (span_time, trace_id, span_id, service_name, resource_id, position, time, name, attributes, ingested_at)
      SELECT ${time}, ${traceId}, ${spanId(index)}, 'wordy', 1, position, now64(9), '${name}', ${attributes}, now()
      FROM (SELECT intDiv(number, ${each}) AS span_number, number % ${each} AS position FROM numbers(${spans * each}))`);
  await events('c', 'exception', `concat('{"exception.stacktrace":"', repeat('at line ', 125000), '"}')`, 15, 1);
  await events('d', 'tick', `'{"i":1}'`, 10, 20_000);
  await store.run(`INSERT INTO ${store.database}.resources (resource_id, service_name, attributes, first_seen, last_seen)
    SELECT 1, 'wordy', '{"service.name":"wordy"}', now(), now()`);
  await noteTraces(store);
}

async function ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, text: await response.text() };
}
async function get<T>(path: string): Promise<T> {
  const { status, text } = await ask(`/api/console${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

test('a page of long log records is short, says what it cut, and the pages together have every record', async () => {
  const seen = new Set<string>();
  let cursor = '';
  for (let pages = 0; pages < 20; pages++) {
    const { text } = await ask(`/api/console/logs?${range}&limit=2000${cursor}`);
    expect(text.length).toBeLessThan(8 * MEBIBYTE);
    const page = JSON.parse(text) as LogsResponse;
    for (const log of page.logs) {
      seen.add(log.id);
      expect(log.cut!.body).toBeGreaterThan(999_999);
      expect(log.cut!.attributes).toBeGreaterThan(200_000);
      expect(String(log.body)).toMatch(/^\d+ log line .*…$/);
      expect(log.attributes).toMatchObject({ n: 7, half: 2, 'a.b': 'c' });
      expect(String(log.attributes['big'])).toHaveLength(501);
    }
    if (!page.truncated) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  expect(seen.size).toBe(LOG_COUNT);
});

test('one record is given in full on demand', async () => {
  const { logs } = await get<LogsResponse>(`/logs?${range}&limit=1`);
  const { log } = await get<LogRecordResponse>(`/logs/record?id=${logs[0]!.id}`);
  expect(log.cut).toBeUndefined();
  expect(String(log.body).length).toBeGreaterThan(999_999);
  expect(String(log.attributes['big'])).toHaveLength(200_000);
  expect((await ask('/api/console/logs/record?id=1-0000000000000000-0')).status).toBe(404);
});

test('a span with a long attribute, a long stack trace or very many events is cut, and given in full on demand', async () => {
  const id = (text: string) => Buffer.from(text.padStart(8, '0')).toString('hex');
  const read = (name: string, full = '') => get<SpanResponse>(`/traces/aa/spans/${id(name)}${full}`);
  const long = await read('a0');
  expect(long.cut!.attributes).toBeGreaterThan(1_000_000);
  expect(String(long.attributes['db.query.text']).length).toBeLessThan(1000);
  expect(long.attributes['n']).toBe(1);
  expect(String((await read('a0', '?full=1')).attributes['db.query.text'])).toHaveLength(1_050_000);
  const failed = await read('c0');
  expect(failed.cut!.texts).toBe(true);
  expect(String(failed.events[0]!.attributes['exception.stacktrace']).length).toBeLessThan(1000);
  expect(String((await read('c0', '?full=1')).events[0]!.attributes['exception.stacktrace'])).toHaveLength(1_000_000);
  const busy = await read('d0');
  expect(busy.events).toHaveLength(1000);
  expect(busy.cut!.events).toBe(20_000);
  expect((await read('d0', '?full=1')).events).toHaveLength(20_000);
});

test('the whole trace has spans that say what is not here, in all of the APIs', async () => {
  const trace = await ask('/api/console/traces/aa');
  expect(trace.status).toBe(200);
  expect(trace.text.length).toBeLessThan(4 * MEBIBYTE);
  const first = await ask('/api/traces/aa');
  expect(first.status).toBe(200);
  expect(first.text.length).toBeLessThan(maxAnswerBytes);
  const [jaeger] = JSON.parse(first.text).data;
  const warnings = jaeger.spans.flatMap((one: { warnings: string[] | null }) => one.warnings ?? []) as string[];
  expect(warnings.some((warning) => /attributes take \d+ bytes/.test(warning))).toBe(true);
  const whole = 30 + SPAN_COUNT + 15 + 10;
  if (jaeger.spans.length < whole) expect(jaeger.warnings[0]).toContain(`of ${whole} are here`);
  const third = await ask('/api/v3/traces/aa');
  expect(third.status).toBe(200);
  expect(third.text.length).toBeLessThan(maxAnswerBytes);
});

test('the server stays under 512 MiB while all of it is asked for by several clients at once', async () => {
  const window = `query.startTimeMin=${new Date(FROM_MS).toISOString()}&query.startTimeMax=${new Date(FROM_MS + 3_600_000).toISOString()}`;
  const paths = [
    `/api/console/logs?${range}&limit=2000`,
    `/api/console/logs/histogram?${range}`,
    '/api/console/traces/aa/logs',
    '/api/console/traces/aa',
    `/api/console/traces?${range}`,
    `/api/console/traces/sample?${range}`,
    `/api/console/traces/histogram?${range}`,
    `/api/console/services?${range}`,
    `/api/console/services/wordy?${range}`,
    `/api/console/operations?${range}&service=wordy`,
    `/api/console/attributes?${range}&signal=traces`,
    `/api/console/attributes/values?${range}&signal=traces&key=db.query.text`,
    '/api/services',
    '/api/services/wordy/operations',
    '/api/traces/aa',
    `/api/traces?service=wordy&start=${FROM_MS * 1000}&end=${(FROM_MS + 3_600_000) * 1000}`,
    '/api/v3/traces/aa',
    `/api/v3/traces?query.serviceName=wordy&${window}`,
    `/api/v3/trace-summaries?query.serviceName=wordy&${window}`,
  ];
  // All at once; a busy machine may answer some of them with its limit of time, which is no matter here.
  const answers = await Promise.all([...paths, ...paths.slice(-5)].map(ask));
  answers.forEach(({ status, text }, i) => {
    expect([200, 503, 504], `${paths[i] ?? 'again'}: ${text.slice(0, 200)}`).toContain(status);
    expect(text.length, paths[i] ?? 'again').toBeLessThan(maxAnswerBytes);
  });
  const { logs } = await get<TraceLogsResponse>('/traces/aa/logs');
  expect(logs.length).toBeGreaterThan(0);
  if (process.platform !== 'linux') return;
  const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${child!.pid}/status`, 'utf8'));
  expect(Number(peak![1]) * 1024).toBeLessThan(512 * MEBIBYTE);
}, 300_000);
