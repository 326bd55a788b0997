import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { PROTO, post } from './testing/http.ts';
import { type Running, type RunOptions, runReceiver, tracesRequest } from './testing/receiver.ts';

const running: Running[] = [];
async function start(options: RunOptions = {}): Promise<Running> {
  const started = await runReceiver(options);
  running.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ receiver }) => receiver.shutdown(1000)));
});

describe('the sender', () => {
  test('its address is known, and its headers if the configuration asks for them', async () => {
    const { httpUrl, pipelines } = await start({ http: { include_metadata: true } });
    await post(`${httpUrl}/v1/traces`, tracesRequest(1), { ...PROTO, 'X-Tenant': 'acme' });
    const { peer, metadata } = pipelines.traces.batches[0]!.context;
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(metadata?.get('x-tenant')).toEqual(['acme']);
  });

  test('its headers stay out otherwise', async () => {
    const { httpUrl, pipelines } = await start();
    await post(`${httpUrl}/v1/traces`, tracesRequest(1), { ...PROTO, 'X-Tenant': 'acme' });
    expect(pipelines.traces.batches[0]!.context.metadata).toBeUndefined();
  });
});

describe('settings of the server', () => {
  test('paths of its own', async () => {
    const { httpUrl } = await start({ http: { traces_url_path: 'otlp/spans' } });
    expect((await post(`${httpUrl}/otlp/spans?key=1`, tracesRequest(1))).status).toBe(200);
    expect((await post(`${httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(404);
  });

  test('response headers', async () => {
    const { httpUrl } = await start({ http: { response_headers: { 'X-Served-By': 'edge' } } });
    const response = await post(`${httpUrl}/v1/traces`, tracesRequest(1));
    expect(response.headers.get('x-served-by')).toBe('edge');
  });

  test('keep-alive can be turned off', async () => {
    const { httpUrl } = await start({ http: { keep_alives_enabled: false } });
    expect((await post(`${httpUrl}/v1/traces`, tracesRequest(1))).headers.get('connection')).toBe('close');
  });
});

describe('CORS', () => {
  const cors = { allowed_origins: ['https://shop.example', 'https://*.test'], max_age: 7200 };
  const preflight = (url: string, origin: string, headers = 'content-type'): Promise<Response> =>
    fetch(`${url}/v1/traces`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    });

  test.each([
    { name: 'an allowed origin', origin: 'https://shop.example', headers: 'content-type', allowed: true },
    { name: 'an origin that a wildcard allows', origin: 'https://a.b.test', headers: 'content-type', allowed: true },
    { name: 'another origin', origin: 'https://evil.example', headers: 'content-type', allowed: false },
    { name: 'the end of another origin', origin: 'https://shop.example.evil', headers: '', allowed: false },
    { name: 'a header that is not allowed', origin: 'https://shop.example', headers: 'x-secret', allowed: false },
  ])('preflight from $name', async ({ origin, headers, allowed }) => {
    const { httpUrl } = await start({ http: { cors } });
    const response = await preflight(httpUrl, origin, headers);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed ? origin : null);
    expect(response.headers.get('access-control-allow-methods')).toBe(allowed ? 'POST' : null);
    expect(response.headers.get('access-control-max-age')).toBe(allowed ? '7200' : null);
  });

  test('any origin and any header', async () => {
    const { httpUrl } = await start({ http: { cors: { allowed_origins: ['*'], allowed_headers: ['*'] } } });
    const response = await preflight(httpUrl, 'https://any.example', 'x-anything');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toBe('x-anything');
  });

  test('the request itself, also when it fails', async () => {
    const { httpUrl } = await start({ http: { cors: { ...cors, exposed_headers: ['X-A'] } } });
    const headers = { ...PROTO, origin: 'https://shop.example' };
    for (const body of [tracesRequest(1), Uint8Array.of(0xff)]) {
      const response = await post(`${httpUrl}/v1/traces`, body, headers);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example');
      expect(response.headers.get('access-control-allow-credentials')).toBe('true');
      expect(response.headers.get('access-control-expose-headers')).toBe('X-A');
    }
  });

  test('without the block, OPTIONS is just another method', async () => {
    const { httpUrl } = await start();
    expect((await preflight(httpUrl, 'https://shop.example')).status).toBe(405);
  });

  test('headers without origins are ignored with a warning', async () => {
    const { httpUrl, settings } = await start({ http: { cors: { allowed_headers: ['x-a'] } } });
    expect((await preflight(httpUrl, 'https://shop.example')).status).toBe(405);
    expect(settings.logged).toContainEqual(expect.stringContaining('no allowed origins'));
  });
});

/** Sends raw bytes on a connection of its own and gives what comes back until the server closes or `until` appears. */
function raw(url: string, parts: (string | Uint8Array)[], until?: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (until !== undefined && answer.includes(until)) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    for (const part of parts) socket.write(part);
  });
}

describe('connections', () => {
  test('Expect: 100-continue is answered before the body, or refused without it', async () => {
    const { httpUrl } = await start({ http: { max_request_body_size: 1000 } });
    const head = (length: number): string =>
      `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    const body = tracesRequest(1);
    expect(await raw(httpUrl, [head(body.length), body], '200 OK')).toContain('HTTP/1.1 100 Continue');
    const refused = await raw(httpUrl, [head(5000)], '\r\n\r\n');
    expect(refused).toContain('400 Bad Request');
    expect(refused).not.toContain('100 Continue');
  });

  test('a client that goes away in the middle leaves nothing behind', async () => {
    const { httpUrl, settings, pipelines } = await start();
    const { hostname, port } = new URL(httpUrl);
    const inFlight = (): number | undefined => settings.meter.read('receiver_in_flight_bytes');
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 99999\r\n\r\n',
    );
    socket.write(new Uint8Array(5000));
    await eventually('the beginning of the request', () => inFlight()! > 0);
    socket.destroy();
    await eventually('the end of the request', () => inFlight() === 0);
    expect(pipelines.traces.batches).toEqual([]);
    expect(settings.meter.sum('receiver_requests', { transport: 'http', outcome: 'failure' })).toBe(1);
    expect((await post(`${httpUrl}/v1/traces`, tracesRequest(1))).status).toBe(200);
  });

  test('more bytes in memory than the limit are refused with a delay, and taken later', async () => {
    const { httpUrl, pipelines } = await start({
      admission: { request_limit_mib: 1 },
      http: { max_request_body_size: 20_000_000 },
    });
    let release = (): void => {};
    const entered = new Promise<void>((enter) => {
      pipelines.traces.answer = () =>
        new Promise((resolve) => {
          release = resolve;
          enter();
        });
    });
    const body = tracesRequest(8000);
    expect(body.length).toBeGreaterThan(600_000);
    const first = post(`${httpUrl}/v1/traces`, body);
    await entered;
    const second = await post(`${httpUrl}/v1/traces`, body);
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('1');
    release();
    expect((await first).status).toBe(200);
    pipelines.traces.answer = async () => {};
    expect((await post(`${httpUrl}/v1/traces`, body)).status).toBe(200);
  });
});

describe('shutdown', () => {
  test('answers what it has, takes nothing new, and ends', async () => {
    const { httpUrl, pipelines, receiver } = await start();
    let release = (): void => {};
    const entered = new Promise<void>((enter) => {
      pipelines.traces.answer = () =>
        new Promise((resolve) => {
          release = resolve;
          enter();
        });
    });
    const open = post(`${httpUrl}/v1/traces`, tracesRequest(1));
    await entered;
    const closed = receiver.shutdown(5000);
    await expect(post(`${httpUrl}/v1/traces`, tracesRequest(1))).rejects.toThrow();
    release();
    expect((await open).status).toBe(200);
    await closed;
  });

  test('cuts what does not end before the deadline', async () => {
    const { httpUrl, pipelines, receiver } = await start();
    const entered = new Promise<void>((enter) => {
      pipelines.traces.answer = () => {
        enter();
        return new Promise(() => {});
      };
    });
    const open = post(`${httpUrl}/v1/traces`, tracesRequest(1)).catch((error: unknown) => error);
    await entered;
    await receiver.shutdown(50);
    expect(await open).toBeInstanceOf(Error);
  });

  test('under load, every request either was taken or failed visibly', async () => {
    const { httpUrl, pipelines, receiver } = await start();
    let answered = 0;
    const senders = Array.from({ length: 16 }, async () => {
      for (;;) {
        try {
          const response = await post(`${httpUrl}/v1/traces`, tracesRequest(1));
          await response.arrayBuffer();
          if (response.status === 200) answered++;
        } catch {
          return;
        }
      }
    });
    await eventually('a hundred answers', () => answered >= 100);
    await receiver.shutdown(5000);
    await Promise.all(senders);
    expect(pipelines.traces.itemCount).toBe(answered);
  });
});
