import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { ConsumeError } from '#base';
import { eventually } from '#base/testing.ts';
import type { Host, StorageClient } from '#component';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { deliverySchema } from '#config';
import type { Batch } from '#pdata';
import { fileStorageSchema } from '../../extensions/file_storage/config.ts';
import { FileStorage } from '../../extensions/file_storage/file-storage.ts';
import { DeliveringExporter } from './delivery.ts';

/** `sending_queue.storage`: what a queue has taken is sent, whatever becomes of the process. */

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-kept-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Run {
  readonly exporter: DeliveringExporter;
  readonly sink: RecordingConsumer;
  readonly settings: FakeSettings;
}

/** An exporter with a queue on disk. While `isDown` its far side refuses everything. */
async function run(
  folder: string,
  { isDown = false, block = {} }: { isDown?: boolean; block?: object } = {},
): Promise<Run> {
  const storage = new FileStorage(fakeSettings({ id: 'file_storage' }), fileStorageSchema.parse({ directory: folder }));
  await storage.start();
  const host: Host = { ...fakeHost(), extension: () => storage.capabilities.storage as never };
  const settings = fakeSettings({ id: 'otlp_http' });
  const sink = new RecordingConsumer();
  if (isDown) {
    sink.before = () => {
      throw new ConsumeError('down');
    };
  }
  const config = z.parse(deliverySchema(), { sending_queue: { storage: 'file_storage', ...block } });
  const inner = {
    mutatesData: false,
    start: async () => undefined,
    shutdown: async () => undefined,
    consume: (batch: Batch, abort?: AbortSignal) => sink.consume(batch, abort),
  };
  const exporter = new DeliveringExporter(inner, config, {
    ...settings,
    signal: 'traces',
    ledger: settings.account.ledger('traces'),
  });
  await exporter.start(host);
  return { exporter, sink, settings };
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'exporter+otlp_http+traces')).filter((name) => name.endsWith('.value'));
const namesIn = ({ sink }: Run): number[] => sink.batches.map(({ itemCount }) => itemCount);
async function stop({ exporter, settings }: Run): Promise<void> {
  const stopped = exporter.shutdown(1000);
  await settings.clock.advance(2000);
  await stopped;
}

test('what could not be sent before the end is sent by the next run, in order, and counted as neither lost nor sent', async () => {
  const folder = newFolder();
  const first = await run(folder, { isDown: true });
  for (const items of [1, 2, 3]) await first.exporter.consume(sampleBatch('traces', items));
  expect(filesIn(folder)).toHaveLength(3);
  await stop(first);
  expect(first.settings.account.sum('dropped')).toBe(0);
  expect(first.settings.account.sum('absorbed', 'kept_on_disk')).toBe(6);
  expect(first.settings.meter.sum('exporter_send_failed_spans')).toBe(0);
  const second = await run(folder, { block: { num_consumers: 1 } });
  await eventually('the queue of before', () => namesIn(second).length === 3 || undefined);
  expect(namesIn(second)).toEqual([1, 2, 3]);
  expect(second.settings.account.sum('added', 'kept_on_disk')).toBe(6);
  await stop(second);
  expect(filesIn(folder)).toEqual([]);
  const third = await run(folder);
  await stop(third);
  expect(namesIn(third)).toEqual([]);
});

test('what was sent, or refused for good, is not kept', async () => {
  const folder = newFolder();
  const sent = await run(folder);
  await sent.exporter.consume(sampleBatch('traces', 1));
  await eventually('sent', () => namesIn(sent).length === 1 || undefined);
  sent.sink.before = () => {
    throw new ConsumeError('bad', { permanent: true });
  };
  await sent.exporter.consume(sampleBatch('traces', 2));
  await eventually('refused', () => sent.settings.account.sum('dropped') === 2 || undefined);
  await stop(sent);
  expect(filesIn(folder)).toEqual([]);
});

test('after a crash everything that was taken is there, but for what is broken', async () => {
  const folder = newFolder();
  const crashed = await run(folder, { isDown: true });
  await crashed.exporter.consume(sampleBatch('traces', 4));
  await crashed.exporter.consume(sampleBatch('traces', 5));
  const own = join(folder, 'exporter+otlp_http+traces');
  writeFileSync(join(own, 'batch-000000000000.value'), 'broken');
  writeFileSync(join(own, '7.new'), 'unfinished');
  // As if the process had ended: its lock is nobody's.
  rmSync(join(own, 'lock'));
  const next = await run(folder);
  await eventually('the batch that is whole', () => namesIn(next).length === 1 || undefined);
  expect(namesIn(next)).toEqual([5]);
  expect(next.settings.account.sum('trouble', 'damaged_files')).toBe(1);
  await stop(next);
  await stop(crashed);
});

test('a disk that takes nothing more refuses the sender, who may try again', async () => {
  const full: StorageClient = {
    keys: async () => [],
    get: async () => undefined,
    set: async () => {
      throw new Error('no space left');
    },
    delete: async () => undefined,
    close: async () => undefined,
  };
  const settings = fakeSettings({ id: 'x' });
  const config = z.parse(deliverySchema(), { sending_queue: { storage: 'file_storage' } });
  const inner = {
    mutatesData: false,
    start: async () => undefined,
    shutdown: async () => undefined,
    consume: async () => undefined,
  };
  const ledger = settings.account.ledger('traces');
  const exporter = new DeliveringExporter(inner, config, { ...settings, signal: 'traces', ledger });
  await exporter.start({ ...fakeHost(), extension: () => ({ open: async () => full }) as never });
  await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toMatchObject({
    permanent: false,
    reason: 'spool_write_failed',
    message: expect.stringContaining('no space left'),
  });
  await exporter.shutdown(100);
});
