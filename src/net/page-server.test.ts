import { afterEach, describe, expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { httpServer } from '#config';
import { HTML_TYPE, JSON_TYPE, PageServer, serverTimeouts } from './page-server.ts';

const running: PageServer[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.stop();
});

const config = (block: object = {}): ReturnType<ReturnType<typeof httpServer>['parse']> =>
  httpServer({ endpoint: '127.0.0.1:0' }).parse(block);

async function started(block: object = {}): Promise<{ url: string; logged: string[] }> {
  const settings = fakeSettings({ id: 'pages' });
  const server = new PageServer(settings, config(block), ({ path, wantsJson }) => {
    if (path === '/broken') throw new Error('no figures');
    if (path !== '/') return undefined;
    return wantsJson
      ? { status: 200, contentType: JSON_TYPE, body: '{}' }
      : { status: 200, contentType: HTML_TYPE, body: '<p>hello</p>' };
  });
  running.push(server);
  await server.start();
  return { url: `http://${server.address}`, logged: settings.logged };
}

describe('a server of pages', () => {
  test('gives a page as HTML, and as JSON to those who ask for it', async () => {
    const { url } = await started({ response_headers: { 'x-frame-options': 'DENY' } });
    const page = await fetch(url);
    expect([page.status, page.headers.get('x-frame-options'), await page.text()]).toEqual([
      200,
      'DENY',
      '<p>hello</p>',
    ]);
    expect(await (await fetch(`${url}/?format=json`)).text()).toBe('{}');
    expect(await (await fetch(url, { headers: { accept: 'application/json' } })).text()).toBe('{}');
  });

  test('HEAD has the length and no body; other methods and paths are refused', async () => {
    const { url } = await started();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['12', '']);
    const post = await fetch(url, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  test('a page that fails is said in the log, not to the client', async () => {
    const { url, logged } = await started();
    const answer = await fetch(`${url}/broken`);
    expect([answer.status, await answer.text()]).toEqual([500, 'internal error; the log has the details']);
    expect(logged).toContain('error Making a page failed');
  });

  test('has no address once it is stopped', async () => {
    const { url } = await started();
    running[0]!.stop();
    expect(running[0]!.address).toBe('');
    await expect(fetch(url)).rejects.toThrow();
  });
});

test('the limit for the headers is never beyond that of the request', () => {
  expect(serverTimeouts(config({ read_timeout: '5s', read_header_timeout: '1m' }))).toMatchObject({
    requestTimeout: 5000,
    headersTimeout: 5000,
  });
  expect(serverTimeouts(config({ read_timeout: '5s', read_header_timeout: 0 })).headersTimeout).toBe(5000);
  expect(serverTimeouts(config({ read_header_timeout: '1.0005s' })).headersTimeout).toBe(1001);
});
