/** Every answer with log records has what they lead to. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogRecord } from '#query';
import { insertLogs, insertSpans } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

const FROM_MS = 1_760_000_000_000;
const RANGE = `from=${FROM_MS}&to=${FROM_MS + 60_000}`;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const LINKS = [{ name: 'Runbook', url: 'https://books.example/7' }];

let store: TestStore;
let server: RunningServer;

beforeAll(async () => {
  store = await startTestStore();
  const at = (seconds: number) => ({ timeNs: BigInt(FROM_MS + seconds * 1000) * 1_000_000n, service: 's' });
  await insertSpans(store, [{ ...at(0), traceId: TRACE_ID, spanId: '1', durationNs: 1, name: 'n' }]);
  await insertLogs(store, [
    { ...at(1), body: 'see book 7', traceId: TRACE_ID },
    { ...at(2), body: 'nothing', traceId: TRACE_ID },
  ]);
  const withBook = (log: LogRecord): LogRecord => (String(log.body).includes('book') ? { ...log, links: LINKS } : log);
  const logLinks = { link: async (logs: readonly LogRecord[]) => logs.map(withBook) };
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, logLinks });
});
afterAll(async () => {
  await server?.close();
  await store?.close();
});

async function linksAt(path: string): Promise<unknown[]> {
  const response = await fetch(`${server.url}/api/console${path}`);
  expect(response.status, path).toBe(200);
  const { logs, log } = (await response.json()) as { logs?: LogRecord[]; log?: LogRecord };
  return (logs ?? [log!]).map(({ links }) => links);
}

test.each([
  ['the list', `/logs?${RANGE}`],
  ['a query in LogQL', `/logs?${RANGE}&q=${encodeURIComponent('{service_name="s"} | logfmt')}`],
])('%s, newest first', async (_, path) => {
  expect(await linksAt(path)).toEqual([undefined, LINKS]);
});

test('the records of a trace, oldest first', async () => {
  expect(await linksAt(`/traces/${TRACE_ID}/logs`)).toEqual([LINKS, undefined]);
});

test('one record', async () => {
  const { logs } = (await (await fetch(`${server.url}/api/console/logs?${RANGE}`)).json()) as { logs: LogRecord[] };
  expect(await linksAt(`/logs/record?id=${encodeURIComponent(logs[1]!.id)}`)).toEqual([LINKS]);
});

test('records as they arrive', async () => {
  const ended = new AbortController();
  const response = await fetch(`${server.url}/api/console/logs/tail?${RANGE}`, { signal: ended.signal });
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.split('\n').filter((line) => line !== '').length >= 2) break;
  }
  ended.abort();
  const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LogRecord]));
  expect(lines.map(({ body, links }) => [body, links])).toEqual([
    ['see book 7', LINKS],
    ['nothing', undefined],
  ]);
});
