import { afterEach, describe, expect, test } from 'vitest';
import { StartError } from '#base';
import type { Host, HostDescription } from '#component';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { healthCheckSchema, validateHealthCheck } from './config.ts';
import { healthCheckFactory } from './factory.ts';
import type { HealthCheck } from './health-check.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function hostWith(change: Partial<HostDescription>): Host {
  const base = fakeHost();
  return { ...base, describe: () => ({ ...base.describe(), ...change }) };
}

async function start(host: Host, raw: object = {}): Promise<{ url: string; extension: HealthCheck }> {
  const settings = fakeSettings({ id: 'health_check' });
  const config = healthCheckSchema.parse({ endpoint: '127.0.0.1:0', ...raw });
  const extension = healthCheckFactory.create(settings, config) as HealthCheck;
  await extension.start(host);
  undo.push(() => extension.shutdown(100));
  return { url: `http://${extension.address}`, extension };
}

describe('health_check', () => {
  test('is available while the collector is ready', async () => {
    const startTimeMs = fakeSettings().clock.nowMs() - 3_723_500;
    const { url } = await start(hostWith({ ready: true, startTimeMs }));
    const response = await fetch(`${url}/any/path`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'Server available',
      upSince: new Date(startTimeMs).toISOString(),
      uptime: '1h2m3.5s',
    });
  });

  test('is not available before and after', async () => {
    const { url } = await start(hostWith({ ready: false }));
    const response = await fetch(url);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'Server not available',
      upSince: '0001-01-01T00:00:00Z',
      uptime: '',
    });
  });

  test('follows the collector', async () => {
    let ready = false;
    const base = fakeHost();
    const { url } = await start({ ...base, describe: () => ({ ...base.describe(), ready }) });
    expect((await fetch(url)).status).toBe(503);
    ready = true;
    expect((await fetch(url)).status).toBe(200);
  });

  test('has a path and texts of its own', async () => {
    const raw = { path: '/health', response_body: { healthy: 'fine', unhealthy: 'broken' } };
    const { url } = await start(hostWith({ ready: true }), raw);
    expect((await fetch(url)).status).toBe(404);
    expect(await (await fetch(`${url}/health?verbose`)).text()).toBe('fine');
    const { url: unready } = await start(hostWith({ ready: false }), raw);
    expect(await (await fetch(`${unready}/health`)).text()).toBe('broken');
  });

  test('takes HEAD and refuses to be written to', async () => {
    const { url } = await start(fakeHost());
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('a taken port is an error that names the key', async () => {
    const { url } = await start(fakeHost());
    const error = await start(fakeHost(), { endpoint: new URL(url).host }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartError);
    expect((error as StartError).message).toContain('extensions::health_check::endpoint');
  });

  test('stops, also twice and without a start', async () => {
    const { url, extension } = await start(fakeHost());
    await extension.shutdown(10);
    await extension.shutdown(10);
    await expect(fetch(url)).rejects.toThrow();
    await healthCheckFactory.create(fakeSettings(), healthCheckSchema.parse({})).shutdown(10);
  });

  test('has the defaults of otelcol', () => {
    expect(healthCheckSchema.parse(undefined)).toMatchObject({ path: '/', server: { endpoint: 'localhost:13133' } });
    expect(validateHealthCheck(healthCheckSchema.parse({ path: 'health' }))).toEqual([
      { path: ['path'], message: 'path must start with /, got "health"' },
    ]);
  });
});
