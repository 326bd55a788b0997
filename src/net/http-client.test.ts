import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { httpClient } from '#config';
import { HttpClient, httpTarget } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import type { HttpAnswer } from './http-get.ts';

describe('a target', () => {
  test('is a URL taken apart, of which messages show no secret', () => {
    expect(httpTarget('https://me:p%40ss@[::1]:4318/v1/logs?key=s3cret')).toEqual({
      url: 'https://me:p%40ss@[::1]:4318/v1/logs?key=s3cret',
      isSecure: true,
      hostname: '::1',
      port: '4318',
      path: '/v1/logs?key=s3cret',
      auth: 'me:p@ss',
      display: 'https://[::1]:4318/v1/logs',
    });
  });
  test.each(['localhost:4318', 'ftp://a', ''])('%s is none', (url) => {
    expect(() => httpTarget(url)).toThrow(TypeError);
  });
});

describe('a post', () => {
  const open: (Server | HttpClient)[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) {
      one.close();
      if ('closeAllConnections' in one) one.closeAllConnections();
    }
  });

  interface Seen {
    readonly request: IncomingMessage;
    readonly body: Buffer;
  }

  async function serving(answer: (seen: Seen, response: ServerResponse) => void): Promise<string> {
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      answer({ request, body: Buffer.concat(parts) }, response);
    });
    open.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function post(url: string, block: object, abort?: AbortSignal): Promise<HttpAnswer> {
    const client = new HttpClient({
      config: httpClient().parse({ proxy_url: '', ...block }),
      path: 'exporters::test',
      userAgent: 'test/1',
      logger: fakeSettings().logger,
    });
    open.push(client);
    return client.post({
      url: httpTarget(url),
      contentType: 'text/plain',
      parts: [Buffer.from('hel'), Buffer.from('lo')],
      answerLimitBytes: 4,
      ...(abort !== undefined && { abort }),
    });
  }

  test('sends its parts with the configured headers, and reads no more of the answer than wanted', async () => {
    let seen: Seen | undefined;
    const url = await serving((one, response) => {
      seen = one;
      response.writeHead(202).end('abcdefgh');
    });
    const answer = await post(url, { headers: { 'X-Key': 'k' } });
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([202, 'abcd']);
    expect(seen!.body.toString()).toBe('hello');
    expect(seen!.request.headers).toMatchObject({ 'x-key': 'k', 'user-agent': 'test/1', 'content-type': 'text/plain' });
  });

  test('compresses what it sends', async () => {
    let text = '';
    const url = await serving(({ request, body }, response) => {
      text = `${request.headers['content-encoding']} ${gunzipSync(body).toString()}`;
      response.end();
    });
    await post(url, { compression: 'gzip' });
    expect(text).toBe('gzip hello');
  });

  test('follows a redirect with its body, and shows another host no header of the configuration', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serving(({ request, body }, response) => {
      seen.push(body.toString(), request.headers['x-key'] as string | undefined);
      response.end();
    });
    const url = await serving((_seen, response) => response.writeHead(307, { location: `${other}/moved` }).end());
    expect((await post(url.replace('127.0.0.1', 'localhost'), { headers: { 'x-key': 'k' } })).status).toBe(200);
    expect(seen).toEqual(['hello', undefined]);
  });

  test('is an HttpFailure where nobody answers, in time or at all', async () => {
    const silent = await serving(() => undefined);
    await expect(post('http://127.0.0.1:1', {})).rejects.toThrow(HttpFailure);
    await expect(post(silent, { timeout: '50ms' })).rejects.toThrow(HttpFailure);
    await expect(post(silent, {}, AbortSignal.abort())).rejects.toThrow();
  });
});
