import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { Labels } from '#query/promql.ts';
import type { SentAlert } from './alert-sink.ts';
import { AlertmanagerClient } from './alertmanager-client.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Received {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>[];
}

/** An Alertmanager that keeps what it gets. */
async function alertmanager(status: () => number): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    received.push({ path: request.url!, authorization: request.headers.authorization, body: JSON.parse(text) });
    response.writeHead(status()).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const alert = (name: string): SentAlert => ({
  labels: Labels.of([['alertname', name]]),
  annotations: new Map([['summary', 'x']]),
  startsAtMs: 1_700_000_000_000,
  endsAtMs: 1_700_000_240_000,
  generatorUrl: 'http://here/graph',
});

test('alerts come in the form of the API, with external labels, login and prefix', async () => {
  const { url, received } = await alertmanager(() => 200);
  const client = new AlertmanagerClient({
    url: `http://me:s%40cret@${url}/prefix/`,
    externalLabels: new Map([
      ['region', 'eu'],
      ['alertname', 'mine'],
    ]),
    log: () => undefined,
  });
  client.send([alert('Down')]);
  await client.close();
  expect(received).toEqual([
    {
      path: '/prefix/api/v2/alerts',
      authorization: `Basic ${Buffer.from('me:s@cret').toString('base64')}`,
      body: [
        {
          labels: { region: 'eu', alertname: 'Down' },
          annotations: { summary: 'x' },
          startsAt: '2023-11-14T22:13:20.000Z',
          endsAt: '2023-11-14T22:17:20.000Z',
          generatorURL: 'http://here/graph',
        },
      ],
    },
  ]);
  expect(client.counts).toEqual({ sent: 1, failed: 0, dropped: 0 });
});

test('a failure is said once, without the password, and so is its end', async () => {
  let status = 500;
  const { url, received } = await alertmanager(() => status);
  const logged: string[] = [];
  const log = (_: string, message: string): void => void logged.push(message);
  const client = new AlertmanagerClient({ url: `http://me:secret@${url}`, externalLabels: new Map(), log });
  for (const each of [1, 2]) {
    client.send([alert('Down')]);
    await eventually('a failure', async () => client.counts.failed === each || undefined);
  }
  status = 200;
  client.send([alert('Down')]);
  await eventually('a success', async () => client.counts.sent === 1 || undefined);
  expect(received).toHaveLength(3);
  expect(logged).toEqual([
    `1 alerts did not reach the Alertmanager at http://${url}/api/v2/alerts: it answers 500`,
    `the Alertmanager at http://${url}/api/v2/alerts takes alerts again`,
  ]);
});

test('what waits is sent in batches, and the queue has a limit', async () => {
  const sizes: number[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = new AlertmanagerClient({
    url: 'http://nowhere',
    externalLabels: new Map(),
    log: () => undefined,
    fetch: async (_, init) => {
      sizes.push((JSON.parse(String(init!.body)) as unknown[]).length);
      await held;
      return new Response('');
    },
  });
  client.send([alert('first')]);
  client.send(Array.from({ length: 10_100 }, () => alert('more')));
  expect(client.counts.dropped).toBe(100);
  release();
  await client.close();
  expect(sizes).toEqual([1, ...Array.from({ length: 39 }, () => 256), 16]);
});
