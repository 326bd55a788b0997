import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { Receiver } from '#component';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { attributeKey, PointChunk } from '#pdata';
import { prometheusReceiverFactory } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const INTERVAL_MS = 60_000;
const INSTANCE = attributeKey('service.instance.id');

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

/** Instances of one receiver that follow each other in one collector: one clock, one consumer. */
class Line {
  readonly settings: FakeSettings = fakeSettings();
  readonly next: RecordingConsumer = new RecordingConsumer();
  receiver: Receiver | undefined;

  make(config: object): Receiver {
    const parsed = prometheusReceiverFactory.schema.parse({ config });
    return prometheusReceiverFactory.create(this.settings, parsed, { metrics: this.next });
  }

  async start(config: object): Promise<void> {
    this.receiver = this.make(config);
    closers.push(() => this.receiver?.shutdown(100));
    await this.receiver.start(fakeHost());
  }

  /** A reload, in the collector's order. */
  async replace(config: object | undefined): Promise<void> {
    const successor = config === undefined ? undefined : this.make(config);
    const close = this.receiver!.handOver?.(successor);
    await this.receiver!.shutdown(1000);
    this.receiver = successor;
    await successor?.start(fakeHost());
    close?.();
  }

  async arrived(batches: number): Promise<void> {
    await eventually('batches to come', () => this.next.batches.length >= batches);
  }

  /** By metric and instance: the values that came, NaN for the end of a series. */
  values(name: string): Record<string, number[]> {
    const values: Record<string, number[]> = {};
    for (const chunk of this.next.batches.flatMap((batch) => batch.chunks)) {
      if (!(chunk instanceof PointChunk)) throw new Error('no points');
      const view = chunk.view();
      for (let i = 0; i < chunk.count; i++) {
        view.row = chunk.rowAt(i);
        if (view.metric.name !== name) continue;
        const instance = String(view.resource.attributes.get(INSTANCE));
        values[instance] ??= [];
        values[instance].push((view.flags & 1) === 1 ? Number.NaN : Number(view.value));
      }
    }
    return values;
  }
}

const shop = (targets: readonly string[], block: object = {}): object => ({
  scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }], ...block }],
});

test('a target that stays is asked when it would have been, and its series go on', async () => {
  let scrapes = 0;
  const address = await serve((_, response) => response.end(`a ${++scrapes}\n`));
  const line = new Line();
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(1);
  // Whatever the time of the reload is within the interval: one scrape in each.
  for (let i = 0; i < 4; i++) {
    await line.settings.clock.advance(INTERVAL_MS / 5);
    await line.replace({ ...shop([address]), global: { evaluation_interval: `${i + 1}m` } });
  }
  expect(scrapes).toBe(1);
  await line.settings.clock.advance(INTERVAL_MS / 5);
  await line.arrived(2);
  expect(line.values('a')).toEqual({ [address]: [1, 2] });
  expect(line.values('scrape_series_added')).toEqual({ [address]: [1, 0] });
  expect(line.settings.meter.level('receiver_prometheus_series')).toBe(1);
});

test('series end of a target that is gone, and of no other', async () => {
  const stays = await serve((_, response) => response.end('a 1\n'));
  const goes = await serve((_, response) => response.end('a 2\n'));
  const line = new Line();
  await line.start(shop([stays, goes]));
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(2);
  await line.replace(shop([stays]));
  await line.arrived(3);
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(4);
  expect(line.values('a')).toEqual({ [stays]: [1, 1], [goes]: [2, Number.NaN] });
  expect(line.values('up')).toEqual({ [stays]: [1, 1], [goes]: [1, Number.NaN] });
});

test.each([
  { what: 'its job', config: { scrape_configs: [] } },
  { what: 'the receiver', config: undefined },
])('series end where $what is gone', async ({ config }) => {
  const address = await serve((_, response) => response.end('a 1\n'));
  const line = new Line();
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(1);
  await line.replace(config);
  await line.arrived(2);
  expect(line.values('a')).toEqual({ [address]: [1, Number.NaN] });
});

test('where other series are made of an answer than before, the target still is the same', async () => {
  const address = await serve((_, response) => response.end('a 1\nb 1\n'));
  const line = new Line();
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(1);
  const metric_relabel_configs = [{ source_labels: ['__name__'], regex: 'b', action: 'drop' }];
  await line.replace(shop([address], { metric_relabel_configs, scrape_interval: '30s' }));
  await line.settings.clock.advance(INTERVAL_MS / 2);
  await line.arrived(2);
  expect(line.values('a')).toEqual({ [address]: [1, 1] });
  expect(line.values('b')).toEqual({ [address]: [1] });
});

test('a scrape that the reload cuts off is made at once, by the next one', async () => {
  let isHanging = true;
  let asked = 0;
  const address = await serve((_, response) => {
    asked++;
    if (!isHanging) response.end('a 1\n');
  });
  const line = new Line();
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await eventually('the target to be asked', () => asked === 1);
  isHanging = false;
  await line.replace(shop([address], { metrics_path: '/metrics', params: {} }));
  await line.settings.clock.advance(0);
  await line.arrived(1);
  expect(line.values('up')).toEqual({ [address]: [1] });
  expect(line.settings.account.sum('trouble')).toBe(0);
});

test('what was scraped before the reload goes its way first', async () => {
  const address = await serve((_, response) => response.end('a 1\n'));
  const line = new Line();
  const gate = Promise.withResolvers<void>();
  let isUnderWay = false;
  line.next.before = () => {
    isUnderWay = true;
    return gate.promise;
  };
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await eventually('the scrape to be on its way', () => isUnderWay);
  const replaced = line.replace(shop([address], { sample_limit: 5 }));
  gate.resolve();
  await replaced;
  expect(line.values('a')).toEqual({ [address]: [1] });
  expect(line.settings.account.sum('dropped')).toBe(0);
});

test('what was discovered is known on, before anybody has looked again', async () => {
  const address = await serve((_, response) => response.end('a 1\n'));
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  closers.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'targets.json');
  await writeFile(file, JSON.stringify([{ targets: [address] }]));
  const file_sd_configs = [{ files: [file] }];
  const line = new Line();
  await line.start(shop([], { static_configs: [], file_sd_configs }));
  const targets = (): number | undefined => line.settings.meter.level('receiver_prometheus_targets');
  await eventually('the target to be found', () => targets() === 1);
  await rm(file);
  await line.replace(shop([], { static_configs: [], file_sd_configs, sample_limit: 5 }));
  expect(targets()).toBe(1);
});

test('a receiver whose successor can not start goes on where it was', async () => {
  let scrapes = 0;
  const address = await serve((_, response) => response.end(`a ${++scrapes}\n`));
  const line = new Line();
  await line.start(shop([address]));
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(1);
  const before = line.receiver!;
  const failing = line.make({ ...shop([address]), scrape_config_files: [join(import.meta.dirname, '*.md')] });
  const close = before.handOver!(failing);
  await before.shutdown(1000);
  await expect(failing.start(fakeHost())).rejects.toThrow();
  await failing.shutdown(1000);
  const again = line.make(shop([address]));
  before.handOver!(again);
  line.receiver = again;
  await again.start(fakeHost());
  close();
  expect(line.values('a')).toEqual({ [address]: [1] });
  await line.settings.clock.advance(INTERVAL_MS);
  await line.arrived(2);
  expect(line.values('a')).toEqual({ [address]: [1, 2] });
  expect(line.values('scrape_series_added')).toEqual({ [address]: [1, 0] });
});
