import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ConsumeError } from '#base';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { otlpJsonFileReceiverFactory } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const LOG = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}\n';
const SPAN =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"a"}]}]}]}\n';

async function following(block: object, content = '') {
  const folder = await mkdtemp(join(tmpdir(), 'otlpjsonfile-'));
  closers.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.json');
  await writeFile(path, content);
  const settings = fakeSettings();
  const logs = new RecordingConsumer();
  const traces = new RecordingConsumer();
  const config = otlpJsonFileReceiverFactory.schema.parse({ include: [join(folder, '*.json')], ...block });
  const receiver = otlpJsonFileReceiverFactory.create(settings, config, { logs, traces });
  await receiver.start({} as never);
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
  return { path, folder, settings, logs, traces, until };
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
