import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#base';
import type { Signal } from '#pdata';
import { type FakeSettings, fakeSettings, sampleBatch } from '../../component/testing/index.ts';
import { startTestStore, type TestStore } from '../../store/testing/test-store.ts';
import { signalboxExporterFactory as factory } from './factory.ts';
import type { SignalboxExporter } from './signalbox.ts';

describe('with a store', () => {
  let store: TestStore;
  let folder: string;
  const running: SignalboxExporter[] = [];

  beforeAll(async () => {
    store = await startTestStore();
  });
  afterAll(async () => {
    await store.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-exporter-'));
  });
  afterEach(async () => {
    for (const exporter of running.splice(0)) await exporter.shutdown(1000);
    rmSync(folder, { recursive: true, force: true });
  });

  function settings(id = 'signalbox'): FakeSettings {
    return Object.assign(fakeSettings({ id, stateDir: folder }), { clock: systemClock }) as FakeSettings;
  }

  async function started(made: FakeSettings, signal: Signal, block: object = {}): Promise<SignalboxExporter> {
    const config = factory.schema.parse({
      endpoint: store.endpoint.url,
      username: store.endpoint.username,
      password: store.endpoint.password,
      ...block,
    });
    const exporter = factory.create(made, config, signal) as SignalboxExporter;
    running.push(exporter);
    await exporter.start();
    return exporter;
  }

  test('all three signals go through one spool into their tables, and are counted', async () => {
    const made = settings();
    const signals: readonly Signal[] = ['traces', 'logs', 'metrics'];
    const exporters = await Promise.all(signals.map((signal) => started(made, signal)));
    await Promise.all(exporters.map((exporter, i) => exporter.consume(sampleBatch(signals[i]!, 7))));
    expect(made.meter.read('exporter_queue_size')).toBeGreaterThan(0);
    for (const exporter of exporters) await exporter.shutdown(20_000);
    for (const table of ['spans', 'logs', 'metric_points', 'metric_series'])
      expect(await store.text(`SELECT count() FROM ${table} FORMAT TSV`)).toBe('7');
    expect(made.meter.sum('exporter_sent_spans')).toBe(7);
    expect(made.meter.sum('exporter_sent_log_records')).toBe(7);
    expect(made.meter.sum('exporter_sent_metric_points')).toBe(7);
    expect(made.meter.records('signalbox_store_insert_duration').length).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'spool'))).toEqual(['rejected']);
  });

  test('two exporters on one spool folder: the second does not start, and the error names both', async () => {
    const away = { endpoint: 'http://127.0.0.1:1' };
    const directory = join(folder, 'spool');
    const link = join(folder, 'link');
    symlinkSync(directory, link);
    const first = await started(settings('signalbox/a'), 'traces', { ...away, spool: { directory } });
    for (const path of [directory, link]) {
      await expect(
        started(settings('signalbox/b'), 'traces', { ...away, spool: { directory: path } }),
      ).rejects.toMatchObject({
        name: 'StartError',
        message: `spool folder ${path} of exporter "signalbox/b": in use by exporter "signalbox/a" of the same collector`,
        hint: 'choose another one with spool::directory for one of them',
      });
    }
    // The first is not hurt, and its other signals join it.
    await started(settings('signalbox/a'), 'logs', { ...away, spool: { directory } });
    await first.consume(sampleBatch('traces', 1));
  });

  test('what follows on a spool folder waits until the one before has given it back', async () => {
    const away = { endpoint: 'http://127.0.0.1:1' };
    const directory = join(folder, 'spool');
    for (const id of ['signalbox/a', 'signalbox/b']) {
      const before = await started(settings('signalbox/a'), 'traces', { ...away, spool: { directory } });
      await before.consume(sampleBatch('traces', 1));
      const stopped = before.shutdown(20_000);
      const after = await started(settings(id), 'traces', { ...away, spool: { directory } });
      await after.consume(sampleBatch('traces', 1));
      await stopped;
      await after.shutdown(20_000);
    }
  });

  test('a full spool is a refusal that may be tried again, and is counted', async () => {
    const made = settings();
    const spool = { max_size: 2000, segment_size: 1000 };
    const exporter = await started(made, 'traces', { endpoint: 'http://127.0.0.1:1', spool });
    await expect(exporter.consume(sampleBatch('traces', 100))).rejects.toMatchObject({
      name: 'ConsumeError',
      permanent: false,
      reason: 'spool_full',
    });
    expect(made.meter.sum('exporter_enqueue_failed_spans')).toBe(100);
  });
});

test.each([
  { name: 'an endpoint with a path', block: { endpoint: 'http://h:1/x' }, path: 'endpoint' },
  { name: 'a database that needs quotes', block: { database: 'a b' }, path: 'database' },
  { name: 'a spool smaller than its segments', block: { spool: { max_size: '1MiB' } }, path: 'spool.max_size' },
])('refuses $name', ({ block, path }) => {
  const config = factory.schema.parse(block);
  expect(factory.validate!(config).map((mistake) => mistake.path.join('.'))).toEqual([path]);
});
