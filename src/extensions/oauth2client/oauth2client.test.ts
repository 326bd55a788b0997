import { generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { JWT_BEARER, oauth2ClientSchema, validateOAuth2Client } from './config.ts';
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
  changes: object = {},
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
    ...changes,
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

describe('an assertion', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const block = { grant_type: JWT_BEARER, client_secret: undefined, client_certificate_key: key };
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

  test.each([
    [{}, { alg: 'RS256', typ: 'JWT' }, 'sha256', { iss: 'm:e', sub: 'm:e' }],
    [
      {
        signature_algorithm: 'RS512',
        client_certificate_key_id: 'k1',
        iss: 'i',
        audience: 'a',
        claims: { tier: [1], sub: 's' },
      },
      { alg: 'RS512', typ: 'JWT', kid: 'k1' },
      'sha512',
      { iss: 'i', sub: 's', aud: 'a', tier: [1] },
    ],
  ])('with %j', async (changes, header, hash, claims) => {
    const { settings, asked, headers } = await start(() => ({ body: '{"access_token":"t"}' }), {
      ...block,
      ...changes,
    });
    expect(await headers()).toEqual({ authorization: 'Bearer t' });
    const { assertion = '', ...form } = asked[0]!.form;
    expect(form).toEqual({ grant_type: JWT_BEARER, scope: 'a b', audience: 'x' });
    expect(asked[0]!.authorization).toBeUndefined();
    const [head = '', body = '', signature = ''] = assertion.split('.');
    expect(read(head)).toEqual(header);
    const nowS = Math.floor(settings.clock.nowMs() / 1000);
    expect(read(body)).toMatchObject({ aud: expect.any(String), scope: 'a b', iat: nowS, exp: nowS + 1800, ...claims });
    expect(verify(hash, Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test.each([
    [{ client_certificate_key: undefined }, 'needs client_certificate_key or its file'],
    [{ client_certificate_key: 'no key' }, 'the key is no private key in PEM without a passphrase'],
    [
      { client_certificate_key: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      'the key must be one of RSA, and is one of ed25519',
    ],
    [{ endpoint_params: { assertion: ['x'] } }, 'is set by the grant type'],
  ])('%j is refused', (changes, message) => {
    const config = oauth2ClientSchema.parse({ client_id: 'me', token_url: 'http://h/t', ...block, ...changes });
    expect(validateOAuth2Client(config).map((mistake) => mistake.message)).toEqual([expect.stringContaining(message)]);
  });
});
