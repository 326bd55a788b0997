import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { PointChunk } from '#pdata';
import { prometheusReceiverFactory } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function scraping(config: object, options: object = {}) {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const parsed = prometheusReceiverFactory.schema.parse({ config, ...options });
  const receiver = prometheusReceiverFactory.create(settings, parsed, { metrics: next });
  await receiver.start(fakeHost());
  closers.push(() => receiver.shutdown(100));
  /** Moves the time on by an interval, and waits until so many batches have come. */
  const scrape = async (count: number): Promise<Record<string, number>> => {
    await settings.clock.advance(60_000);
    await vi.waitFor(() => expect(next.batches.length).toBeGreaterThanOrEqual(count), { timeout: 60_000, interval: 5 });
    return pointsOf(next.batches[count - 1]!.chunks[0]!);
  };
  return { settings, next, receiver, scrape };
}

/** The values of a chunk by the name of their metric; NaN for the end of a series. */
function pointsOf(chunk: unknown): Record<string, number> {
  if (!(chunk instanceof PointChunk)) throw new Error('no points');
  const view = chunk.view();
  const points: Record<string, number> = {};
  for (let i = 0; i < chunk.count; i++) {
    view.row = chunk.rowAt(i);
    points[view.metric.name] = (view.flags & 1) === 1 ? Number.NaN : Number(view.value);
  }
  return points;
}

const job = (address: string, block: object = {}): object => ({
  scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [address] }], ...block }],
});

describe('scrapes', () => {
  test('a target tells its metrics, and the receiver what the scrape was like', async () => {
    let asked: Record<string, unknown> = {};
    const address = await serve((request, response) => {
      asked = { url: request.url, ...request.headers };
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-encoding': 'gzip' });
      response.end(gzipSync('# TYPE a counter\na 5\nb 1\nc 1\n'));
    });
    const metric_relabel_configs = [{ source_labels: ['__name__'], regex: 'c', action: 'drop' }];
    const { scrape, settings } = await scraping(job(address, { params: { x: ['y'] }, metric_relabel_configs }));
    expect(await scrape(1)).toMatchObject({
      a: 5,
      b: 1,
      up: 1,
      scrape_samples_scraped: 3,
      scrape_samples_post_metric_relabeling: 2,
      scrape_series_added: 2,
    });
    expect(asked).toMatchObject({ url: '/metrics?x=y', 'x-prometheus-scrape-timeout-seconds': '10' });
    expect(asked['accept']).toMatch(/^application\/openmetrics-text;version=1\.0\.0;escaping=allow-utf-8;q=0\.5,/);
    expect(await scrape(2)).toMatchObject({ up: 1, scrape_series_added: 0 });
    expect(settings.meter.sum('receiver_accepted_metric_points')).toBe(14);
  });

  test('a target that fails ends its series, and is up again', async () => {
    let status = 200;
    const address = await serve((_, response) => response.writeHead(status).end('a 1\n'));
    const { scrape, settings } = await scraping(job(address));
    await scrape(1);
    status = 500;
    expect(await scrape(2)).toMatchObject({ up: 0, a: Number.NaN, scrape_samples_scraped: 0 });
    expect(settings.account.sum('dropped')).toBe(0);
    expect(settings.logged.join('\n')).toContain('Failed to scrape Prometheus endpoint');
    status = 200;
    expect(await scrape(3)).toMatchObject({ up: 1, a: 1 });
  });

  test('credentials are sent, and not to another host', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('a 1\n');
    });
    const address = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `http://localhost:${other.split(':')[1]}/` }).end();
    });
    const { scrape } = await scraping(job(address, { basic_auth: { username: 'u', password: 'p' } }));
    expect(await scrape(1)).toMatchObject({ up: 1 });
    expect(seen).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`, undefined]);
  });
});

describe('bad targets', () => {
  test.each([
    ['says that it is a page and sends one', 'text/html', '<html>'],
    ['lies about its type', 'application/openmetrics-text; version=1.0.0', 'a 1\n'],
    ['says protobuf and sends text', 'application/vnd.google.protobuf', 'a 1\nb 2\n'],
  ])('one that %s is down', async (_, type, body) => {
    const address = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    const { scrape } = await scraping(job(address));
    expect(await scrape(1)).toMatchObject({ up: 0 });
  });

  test('an answer without end is given up at its limit', async () => {
    let sent = 0;
    const address = await serve((_, response) => {
      const part = Buffer.from('a{b="c"} 1\n'.repeat(10_000));
      const write = (): void => {
        while (!response.destroyed && response.write(part)) sent += part.length;
      };
      response.on('drain', write);
      write();
    });
    const { scrape } = await scraping(job(address, { body_size_limit: '1MB' }));
    expect(await scrape(1)).toMatchObject({ up: 0 });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('a bomb is not inflated beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const address = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const { scrape, receiver } = await scraping(job(address, { body_size_limit: '1MB' }));
    expect(await scrape(1)).toMatchObject({ up: 0 });
    expect(receiver).toBeDefined();
  });

  test('one that hangs is down when its time is over', async () => {
    const address = await serve(() => undefined);
    const { scrape } = await scraping(job(address, { scrape_timeout: '50ms' }));
    expect(await scrape(1)).toMatchObject({ up: 0 });
  });

  test('new series without end are refused at the limit, and the others stay', async () => {
    let count = 5;
    const address = await serve((_, response) => {
      response.end(Array.from({ length: count }, (__, i) => `a_${i} 1\n`).join(''));
    });
    const { scrape } = await scraping(job(address), { limits: { series: 100 } });
    expect(await scrape(1)).toMatchObject({ up: 1 });
    count = 101;
    expect(await scrape(2)).toMatchObject({ up: 0 });
    count = 5;
    expect(await scrape(3)).toMatchObject({ up: 1, a_4: 1 });
  });

  test('with more targets than the limit of its job none is asked', async () => {
    let requests = 0;
    const address = await serve((_, response) => {
      requests++;
      response.end('a 1\n');
    });
    const static_configs = [{ targets: [address, '127.0.0.1:1'] }];
    const { scrape } = await scraping(job(address, { static_configs, target_limit: 1 }));
    await scrape(1);
    expect(await scrape(2)).toMatchObject({ up: 0 });
    expect(requests).toBe(0);
  });

  test('targets beyond the limit of the receiver are left out, which is said', async () => {
    const targets = Array.from({ length: 20 }, (_, i) => `127.0.0.1:${i + 1}`);
    const { settings } = await scraping(job('', { static_configs: [{ targets }] }), { limits: { targets: 5 } });
    expect(settings.meter.level('receiver_prometheus_targets')).toBe(5);
    expect(settings.logged.join('\n')).toContain('beyond limits::targets');
  });
});

describe('discovery', () => {
  test('a file that changes brings targets and takes them away, with the end of their series', async () => {
    const address = await serve((_, response) => response.end('a 1\n'));
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    closers.push(() => rm(folder, { recursive: true }));
    const put = async (content: string): Promise<void> => {
      await writeFile(join(folder, 'new'), content);
      await rename(join(folder, 'new'), join(folder, 'targets.yaml'));
    };
    await put(`- targets: ["${address}"]\n  labels: {zone: a}\n`);
    const file_sd_configs = [{ files: [join(folder, '*.yaml')], refresh_interval: '10s' }];
    const { settings, scrape, next } = await scraping(job('', { static_configs: [], file_sd_configs }));
    const targets = (count: number): Promise<void> =>
      vi.waitFor(
        async () => {
          await settings.clock.advance(10_000);
          expect(settings.meter.level('receiver_prometheus_targets')).toBe(count);
        },
        { timeout: 60_000, interval: 20 },
      );
    await targets(1);
    await scrape(1);
    await put('not: [yaml');
    await targets(1);
    await put('[]');
    await targets(0);
    await vi.waitFor(
      () => expect(pointsOf(next.batches.at(-1)!.chunks[0])).toMatchObject({ a: Number.NaN, up: Number.NaN }),
      {
        timeout: 60_000,
      },
    );
  });

  test('an endpoint names targets', async () => {
    const address = await serve((request, response) => {
      if (request.url === '/metrics') response.end('a 1\n');
      else
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([{ targets: [address] }]));
    });
    const http_sd_configs = [{ url: `http://${address}/targets` }];
    const { settings, scrape } = await scraping(job('', { static_configs: [], http_sd_configs }));
    await vi.waitFor(() => expect(settings.meter.level('receiver_prometheus_targets')).toBe(1), { timeout: 60_000 });
    expect(await scrape(1)).toMatchObject({ a: 1, up: 1 });
  });
});
