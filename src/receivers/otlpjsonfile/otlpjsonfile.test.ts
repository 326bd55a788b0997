import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ConsumeError } from '#base';
import type { Host, StorageClient } from '#component';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { otlpJsonFileReceiverFactory } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const LOG = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}\n';
const SPAN =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"a"}]}]}]}\n';

async function following(block: object, content = '', before?: { readonly folder: string; readonly host: Host }) {
  const folder = before?.folder ?? (await mkdtemp(join(tmpdir(), 'otlpjsonfile-')));
  const path = join(folder, 'a.json');
  if (before === undefined) {
    closers.push(() => rm(folder, { recursive: true }));
    await writeFile(path, content);
  }
  const settings = fakeSettings();
  const logs = new RecordingConsumer();
  const traces = new RecordingConsumer();
  const config = otlpJsonFileReceiverFactory.schema.parse({ include: [join(folder, '*.json')], ...block });
  const receiver = otlpJsonFileReceiverFactory.create(settings, config, { logs, traces });
  await receiver.start(before?.host ?? fakeHost());
  closers.push(() => receiver.shutdown(100));
  /** Looks again and again until it is so. */
  const until = (check: () => void): Promise<void> =>
    vi.waitFor(
      async () => {
        await settings.clock.advance(200);
        check();
      },
      { timeout: 60_000, interval: 10 },
    );
  return { path, folder, settings, logs, traces, until, receiver };
}

test('lines are read to their signals, and what is written later, too', async () => {
  const { path, logs, traces, until } = await following({ start_at: 'beginning' }, LOG + SPAN + LOG);
  await until(() => expect([logs.itemCount, traces.itemCount]).toEqual([2, 1]));
  await appendFile(path, LOG.slice(0, 20));
  await appendFile(path, LOG.slice(20) + SPAN);
  await until(() => expect([logs.itemCount, traces.itemCount]).toEqual([3, 2]));
});

test('from the end only what comes later is read, and new files whole', async () => {
  const { path, folder, logs, until, settings } = await following({}, LOG);
  // The first look is over when the second one waits for its time.
  await vi.waitFor(() => expect(settings.clock.timerCount).toBe(1), { timeout: 60_000 });
  await appendFile(path, LOG);
  await until(() => expect(logs.itemCount).toBe(1));
  await writeFile(join(folder, 'b.json'), LOG + LOG);
  await until(() => expect(logs.itemCount).toBe(3));
});

test('a file that was written anew is read from its beginning', async () => {
  const { path, logs, until } = await following({ start_at: 'beginning' }, LOG + LOG);
  await until(() => expect(logs.itemCount).toBe(2));
  await truncate(path, 0);
  await until(() => undefined);
  await appendFile(path, LOG);
  await until(() => expect(logs.itemCount).toBe(3));
});

test('lines that are none are counted, and the others go on', async () => {
  const long = `{"resourceLogs":"${'x'.repeat(5000)}"}\n`;
  const content = `garbage\n\n{"resourceLogs":5}\n${long}${LOG}`;
  const { logs, until, settings } = await following({ start_at: 'beginning', max_log_size: 1000 }, content);
  await until(() => expect(logs.itemCount).toBe(1));
  expect(settings.meter.sum('receiver_unreadable_lines')).toBe(3);
});

test('what is refused for now comes again', async () => {
  const { path, logs, until, settings } = await following({ start_at: 'beginning' });
  let refusals = 0;
  logs.before = () => {
    if (refusals < 2) {
      refusals++;
      throw new ConsumeError('not now');
    }
  };
  await appendFile(path, LOG);
  await until(() => expect(logs.itemCount).toBe(1));
  expect(refusals).toBe(2);
  expect(settings.account.sum('refused')).toBe(2);
});

test('with storage it goes on after a restart where it was, and knows a file that came to the place of another', async () => {
  const values = new Map<string, Uint8Array>();
  const client: StorageClient = {
    keys: async () => [...values.keys()],
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
    close: async () => undefined,
  };
  const shutdown = async (): Promise<void> => undefined;
  const storage = { start: shutdown, shutdown, capabilities: { storage: { open: async () => client } } };
  const host = fakeHost({ file_storage: storage });
  const folder = await mkdtemp(join(tmpdir(), 'otlpjsonfile-'));
  closers.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.json');
  const block = { storage: 'file_storage', start_at: 'beginning' };

  await writeFile(path, LOG + LOG);
  const first = await following(block, '', { folder, host });
  await first.until(() => expect(first.logs.itemCount).toBe(2));
  await first.receiver.shutdown(100);
  await appendFile(path, LOG);
  const second = await following(block, '', { folder, host });
  await second.until(() => expect(second.logs.itemCount).toBe(1));
  await second.receiver.shutdown(100);
  await truncate(path, 0);
  await appendFile(path, SPAN + LOG.repeat(5));
  const third = await following(block, '', { folder, host });
  await third.until(() => expect([third.traces.itemCount, third.logs.itemCount]).toEqual([1, 5]));

  values.set('places', Buffer.from('{'));
  const fourth = await following({ ...block, start_at: 'end' }, '', { folder, host });
  expect(fourth.settings.logged).toContain('warn Where files were read to is not known any more');
  await expect(following({ storage: 'nope' }, '', { folder, host })).rejects.toThrow(
    'receivers::under_test::storage: extension "nope"',
  );
});
