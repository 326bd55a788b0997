import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { oauth2ClientSchema } from './config.ts';
import { oauth2ClientFactory } from './index.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Asked {
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

async function start(
  answer: (asked: Asked, count: number) => { readonly status?: number; readonly body: string },
): Promise<{ settings: FakeSettings; asked: Asked[]; headers: () => Promise<object> }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()));
      asked.push({ form, authorization: request.headers.authorization });
      const { status = 200, body } = answer(asked.at(-1)!, asked.length);
      response.writeHead(status).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const token_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const settings = fakeSettings({ id: 'oauth2client' });
  const block = {
    client_id: 'm:e',
    client_secret: 'se cret',
    token_url,
    scopes: ['a', 'b'],
    endpoint_params: { audience: ['x'] },
  };
  const extension = oauth2ClientFactory.create(settings, oauth2ClientSchema.parse(block));
  await extension.start(fakeHost());
  undo.push(() => extension.shutdown(100));
  return { settings, asked, headers: () => extension.capabilities!.client_auth!.headers({}, new Set()) };
}

test('one request for all that wait, and another before the token expires', async () => {
  const { settings, asked, headers } = await start((_, count) => ({
    body: JSON.stringify({ access_token: `t${count}`, token_type: 'bearer', expires_in: 3600 }),
  }));
  const all = await Promise.all([headers(), headers(), headers()]);
  expect(all).toEqual(Array(3).fill({ authorization: 'Bearer t1' }));
  expect(asked).toEqual([
    {
      form: { grant_type: 'client_credentials', scope: 'a b', audience: 'x' },
      authorization: `Basic ${Buffer.from('m%3Ae:se%20cret').toString('base64')}`,
    },
  ]);
  await settings.clock.advance(3_299_000);
  expect(await headers()).toEqual({ authorization: 'Bearer t1' });
  await settings.clock.advance(2000);
  expect(await headers()).toEqual({ authorization: 'Bearer t2' });
});

test('a server that takes the secret in the body alone', async () => {
  const { asked, headers } = await start(({ form }) =>
    form.client_secret === 'se cret' ? { body: '{"access_token":"t"}' } : { status: 401, body: 'no' },
  );
  expect(await headers()).toEqual({ authorization: 'Bearer t' });
  expect(asked.map(({ authorization }) => authorization !== undefined)).toEqual([true, false]);
});

test.each([
  ['{"token":"t"}', 200, 'answered without an access_token'],
  ['<html>', 200, 'answered without an access_token'],
  ['down', 503, 'answered HTTP 503: down'],
])('%s with %d is an error that says so, and the next request asks again', async (body, status, message) => {
  const { asked, headers } = await start(() => ({ status, body }));
  await expect(headers()).rejects.toThrow(message);
  await expect(headers()).rejects.toThrow(message);
  expect(asked).toHaveLength(2);
});
