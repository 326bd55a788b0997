import { afterEach, describe, expect, test } from 'vitest';
import type { Host, HostDescription } from '#component';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { validateZpages, zpagesSchema } from './config.ts';
import { zpagesFactory } from './factory.ts';
import type { Zpages } from './zpages.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const description: HostDescription = {
  version: '1.2.3',
  startTimeMs: fakeSettings().clock.nowMs() - 65_000,
  ready: true,
  pipelines: [
    {
      id: 'traces/<b>',
      signal: 'traces',
      mutatesData: true,
      receivers: ['otlp'],
      processors: ['batch'],
      exporters: ['otlp_http', 'debug'],
    },
  ],
  extensions: ['zpages'],
  statuses: [
    { kind: 'exporter', id: 'otlp_http', pipeline: '', status: 'recoverable_error', message: 'no route', sinceMs: 0 },
    { kind: 'extension', id: 'zpages', pipeline: '', status: 'ok', message: '', sinceMs: 0 },
  ],
};
const host: Host = { ...fakeHost(), describe: () => description };

async function start(raw: object = {}): Promise<string> {
  const config = zpagesSchema.parse({ endpoint: '127.0.0.1:0', ...raw });
  const extension = zpagesFactory.create(fakeSettings({ id: 'zpages' }), config) as Zpages;
  await extension.start(host);
  undo.push(() => extension.shutdown(100));
  return `http://${extension.address}`;
}

describe('zpages', () => {
  test.each([
    { path: '/debug/servicez', has: ['1.2.3', '1m5s', 'recoverable_error'] },
    { path: '/debug/pipelinez', has: ['otlp', 'batch', 'debug', 'no route'] },
    { path: '/debug/extensionz', has: ['zpages', 'ok'] },
    { path: '/debug/featurez', has: ['no feature gates'] },
    { path: '/debug/tracez', has: ['no spans of its own', 'exporter otlp_http'] },
  ])('$path', async ({ path, has }) => {
    const response = await fetch((await start()) + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch('text/html');
    const html = await response.text();
    for (const text of has) expect(html).toContain(text);
    expect(html).not.toContain('<b>');
  });

  test('JSON for machines', async () => {
    const url = `${await start()}/debug/pipelinez`;
    const byHeader = await fetch(url, { headers: { accept: 'application/json' } });
    expect(await byHeader.json()).toEqual({ pipelines: description.pipelines, statuses: description.statuses });
    expect(await (await fetch(`${url}?format=json`)).json()).toHaveProperty('pipelines');
  });

  test('expvar, if it is on', async () => {
    expect(await (await fetch(`${await start()}/debug/expvarz`)).json()).toMatchObject({
      memstats: { HeapAlloc: expect.any(Number) },
    });
    expect((await fetch(`${await start({ expvar: { enabled: false } })}/debug/expvarz`)).status).toBe(404);
  });

  test('the root leads to the service, other paths to nothing', async () => {
    const url = await start();
    expect(await (await fetch(url)).text()).toContain('href="/debug/pipelinez"');
    expect((await fetch(`${url}/debug/other`)).status).toBe(404);
  });

  test('has the default address of otelcol', () => {
    expect(zpagesSchema.parse(undefined)).toMatchObject({ server: { endpoint: 'localhost:55679' } });
    expect(validateZpages(zpagesSchema.parse({}))).toEqual([]);
  });
});
