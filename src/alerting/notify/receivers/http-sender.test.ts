import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '#base';
import { readNotifyConfig } from '../config/file.ts';
import { deliver, HttpSender } from './http-sender.ts';

test('an attempt that its own timeout ends says so', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sender = new HttpSender({
    config: readNotifyConfig({ text: 'route: {receiver: a}\nreceivers: [{name: a}]', file: 'a.yml' }).global.http,
    clock: systemClock,
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    userAgent: 'test',
    path: 'a/webhook[0]',
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const verdict = await deliver(sender, { url, body: {}, timeoutMs: 40, abort: new AbortController().signal });
  expect(verdict).toMatchObject({ isDelivered: false, message: 'timed out: no answer within 40ms', isRetryable: true });
  sender.close();
  server.closeAllConnections();
  server.close();
});
