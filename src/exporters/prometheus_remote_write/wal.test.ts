import { readdirSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConsumeError, StartError } from '#base';
import { eventually } from '#base/testing.ts';
import { type FakeSettings, fakeSettings } from '#component/testing.ts';
import { type RemoteWriteConfig, remoteWriteSchema } from './config.ts';
import { WriteAheadLog } from './wal.ts';

let directory: string;
const open: WriteAheadLog[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wal-'));
});
afterEach(async () => {
  for (const log of open.splice(0)) await log.stop(0);
  await rm(directory, { recursive: true });
});

interface Running {
  readonly log: WriteAheadLog;
  readonly settings: FakeSettings;
  /** What the receiver took, in order. */
  readonly taken: string[];
  /** What the next requests are answered with; then they are taken. */
  readonly failures: ConsumeError[];
  readonly attempts: () => number;
}

async function start(block: object = {}, failures: ConsumeError[] = []): Promise<Running> {
  const settings = fakeSettings({ id: 'prometheus_remote_write' });
  const raw = { endpoint: 'http://a:1', wal: { directory, ...block } };
  const config = remoteWriteSchema.parse(raw) as RemoteWriteConfig;
  const taken: string[] = [];
  let attempts = 0;
  const log = new WriteAheadLog(settings, {
    config: config.wal!,
    retry: config.delivery.retry,
    timeoutMs: 0,
    async send({ body, isVersion2 }) {
      attempts++;
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      taken.push(`${Buffer.from(body).toString()}${isVersion2 ? ' (2)' : ''}`);
    },
  });
  await log.start();
  open.push(log);
  return { log, settings, taken, failures, attempts: () => attempts };
}

const append = ({ log }: Running, ...bodies: string[]): Promise<void> =>
  log.append(bodies.map((body) => ({ body: Buffer.from(body), isVersion2: false, points: body.length })));
const files = (): string[] => readdirSync(join(directory, 'prom_remotewrite')).filter((name) => name.endsWith('.seg'));
const away = (): ConsumeError => new ConsumeError('away', { reason: 'http_503' });
const refused = (): ConsumeError => new ConsumeError('refused', { reason: 'http_400', permanent: true });

test('requests wait until there are buffer_size of them, and are gone from the disk when they are sent', async () => {
  const running = await start({ buffer_size: 3 });
  await append(running, 'a', 'b');
  expect(running.taken).toEqual([]);
  expect(files()).toHaveLength(1);
  await append(running, 'c');
  await eventually('all are sent', () => running.taken.length === 3 && files().length === 0);
  expect(running.taken).toEqual(['a', 'b', 'c']);
});

test('or until they are truncate_frequency old', async () => {
  const running = await start({ truncate_frequency: '10s' });
  await running.log.append([{ body: Buffer.from('a'), isVersion2: true, points: 1 }]);
  await running.settings.clock.advance(9_999);
  expect(running.taken).toEqual([]);
  await running.settings.clock.advance(1);
  await eventually('it is sent', () => running.taken.length === 1);
  expect(running.taken).toEqual(['a (2)']);
});

test('what fails is sent again, before what comes behind it', async () => {
  const running = await start({ buffer_size: 1 }, [away(), away()]);
  await append(running, 'a');
  await append(running, 'b');
  await eventually('all are sent', async () => {
    await running.settings.clock.advance(100);
    return running.taken.length === 2;
  });
  expect(running.taken).toEqual(['a', 'b']);
  expect(running.attempts()).toBe(4);
  expect(running.settings.account.reports).toEqual([]);
});

test('what is refused for good is lost, and counted', async () => {
  const running = await start({ buffer_size: 2 }, [refused()]);
  await append(running, 'long', 'b');
  await eventually('the file is gone', () => files().length === 0);
  expect(running.taken).toEqual(['b']);
  expect(running.settings.account.reports).toEqual([
    { outcome: 'lost', signal: 'metrics', count: 4, reason: 'http_400' },
  ]);
});

test('the end sends what there is', async () => {
  const running = await start();
  await append(running, 'a');
  await running.log.stop(1000);
  expect(running.taken).toEqual(['a']);
  expect(files()).toEqual([]);
});

test('what can not be sent before the end is sent by the next process', async () => {
  const running = await start({ buffer_size: 1 }, Array.from({ length: 100 }, away));
  await append(running, 'a');
  await eventually('it was tried', () => running.attempts() > 0);
  await append(running, 'b');
  await running.log.stop(1000);
  expect(running.taken).toEqual([]);
  expect(files()).toHaveLength(2);
  const next = await start();
  await eventually('all are sent', () => next.taken.length === 2 && files().length === 0);
  expect(next.taken).toEqual(['a', 'b']);
});

test('a damaged file is set aside, and what is whole in it is sent', async () => {
  const running = await start({ buffer_size: 2 }, Array.from({ length: 100 }, away));
  await append(running, 'first', 'second');
  await eventually('it was tried', () => running.attempts() > 0);
  await running.log.stop(1000);
  const [name] = files();
  truncateSync(join(directory, 'prom_remotewrite', name!), 8 + 40 + 4 + 'first'.length + 10);
  const next = await start();
  await eventually('it is set aside', () => files().length === 0);
  expect(next.taken).toEqual(['first']);
  expect(next.settings.account.reports).toEqual([
    { outcome: 'lost', signal: 'metrics', count: 1, reason: 'damaged' },
    { outcome: 'trouble', signal: undefined, count: 1, reason: 'damaged_files' },
  ]);
});

test('a folder is of one exporter', async () => {
  await start();
  const error = await start()
    .then(() => undefined)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toMatch(/^write-ahead log /);
  expect((error as StartError).hint).toContain('wal::directory');
});
