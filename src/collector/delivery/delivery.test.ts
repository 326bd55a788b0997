import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConsumeError } from '#base';
import { Ledger } from '#component';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { deliverySchema } from '#config';
import type { Batch } from '#pdata';
import { DeliveringExporter } from './delivery.ts';
import { splitBatch } from './split.ts';

interface Bench {
  readonly settings: FakeSettings;
  readonly sink: RecordingConsumer;
  readonly exporter: DeliveringExporter;
}

function bench(config: unknown): Bench {
  const settings = fakeSettings({ id: 'x' });
  const sink = new RecordingConsumer();
  const inner = {
    mutatesData: false,
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    consume: (batch: Batch, abort?: AbortSignal) => sink.consume(batch, abort),
  };
  const exporter = new DeliveringExporter(inner, z.parse(deliverySchema(), config), {
    ...settings,
    signal: 'traces',
    ledger: settings.account.ledger('traces'),
  });
  return { settings, sink, exporter };
}

function refuseTimes(sink: RecordingConsumer, times: number, error: () => Error): { readonly attempts: number[] } {
  const record = { attempts: [] as number[] };
  let left = times;
  sink.before = () => {
    record.attempts.push(left);
    if (left-- > 0) throw error();
  };
  return record;
}

const NO_QUEUE = { sending_queue: { enabled: false } };
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('retry', () => {
  test('waits grow with the multiplier up to the limit, with jitter', async () => {
    const { settings, sink, exporter } = bench({
      ...NO_QUEUE,
      retry_on_failure: { initial_interval: '1s', max_interval: '2s', multiplier: 3 },
    });
    const record = refuseTimes(sink, 3, () => new ConsumeError('busy'));
    const sent = exporter.consume(sampleBatch('traces', 4));
    await settle();
    expect(record.attempts).toHaveLength(1);
    // random() is 0.5: the jitter is in its middle.
    await settings.clock.advance(999);
    expect(record.attempts).toHaveLength(1);
    await settings.clock.advance(1);
    expect(record.attempts).toHaveLength(2);
    await settings.clock.advance(2000);
    expect(record.attempts).toHaveLength(3);
    await settings.clock.advance(2000);
    await sent;
    expect(sink.itemCount).toBe(4);
    expect(settings.meter.sum('exporter_sent_spans')).toBe(4);
    expect(settings.account.sum('trouble', 'retried')).toBe(3);
    expect(settings.logged).toContain('info Exporting failed. Will retry the request after interval.');
  });

  test('a wait that the server asks for is kept to', async () => {
    const { settings, sink, exporter } = bench({ ...NO_QUEUE, retry_on_failure: { initial_interval: '1s' } });
    const record = refuseTimes(sink, 1, () => new ConsumeError('slow down', { retryAfterMs: 20_000 }));
    const sent = exporter.consume(sampleBatch('traces', 1));
    await settle();
    await settings.clock.advance(19_999);
    expect(record.attempts).toHaveLength(1);
    await settings.clock.advance(1);
    await sent;
  });

  test('a permanent error is not tried again', async () => {
    const { settings, sink, exporter } = bench(NO_QUEUE);
    const record = refuseTimes(sink, 9, () => new ConsumeError('bad data', { permanent: true }));
    await expect(exporter.consume(sampleBatch('traces', 2))).rejects.toMatchObject({
      message: 'bad data',
      permanent: true,
    });
    expect(record.attempts).toHaveLength(1);
    expect(settings.meter.sum('exporter_send_failed_spans')).toBe(2);
    expect(settings.statuses).toEqual([{ status: 'recoverable_error', message: 'bad data' }]);
  });

  test('gives up when the time is over', async () => {
    const { settings, sink, exporter } = bench({
      ...NO_QUEUE,
      retry_on_failure: { initial_interval: '1s', multiplier: 1, max_interval: '1s', max_elapsed_time: '3s' },
    });
    const record = refuseTimes(sink, 99, () => new ConsumeError('down'));
    const sent = exporter.consume(sampleBatch('traces', 1));
    const outcome = expect(sent).rejects.toThrow('no more retries left: down');
    await settle();
    await settings.clock.advance(10_000);
    await outcome;
    expect(record.attempts).toHaveLength(4);
  });

  test('an attempt that takes too long counts as failed', async () => {
    const { settings, sink, exporter } = bench({ ...NO_QUEUE, timeout: '2s', retry_on_failure: { enabled: false } });
    sink.before = () => new Promise(() => undefined);
    const sent = exporter.consume(sampleBatch('traces', 1));
    const outcome = expect(sent).rejects.toThrow('no answer within 2000 ms');
    await settings.clock.advance(2000);
    await outcome;
  });

  test('status recovers with the first success', async () => {
    const { settings, sink, exporter } = bench({ ...NO_QUEUE, retry_on_failure: { enabled: false } });
    refuseTimes(sink, 1, () => new ConsumeError('down'));
    await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toThrow('down');
    await exporter.consume(sampleBatch('traces', 1));
    expect(settings.statuses.map((entry) => entry.status)).toEqual(['recoverable_error', 'ok']);
  });
});

describe('queue', () => {
  test('answers at once, and counts what a full queue refuses', async () => {
    const { settings, sink, exporter } = bench({ sending_queue: { queue_size: 2, num_consumers: 1 } });
    let release = (): void => undefined;
    sink.before = () => new Promise<void>((resolve) => (release = resolve));
    await exporter.consume(sampleBatch('traces', 1));
    await exporter.consume(sampleBatch('traces', 1));
    expect(settings.meter.read('exporter_queue_size', { data_type: 'traces' })).toBe(2);
    expect(settings.meter.read('exporter_queue_capacity', { data_type: 'traces' })).toBe(2);
    await expect(exporter.consume(sampleBatch('traces', 3))).rejects.toMatchObject({
      message: 'sending queue is full',
      permanent: false,
    });
    expect(settings.meter.sum('exporter_enqueue_failed_spans')).toBe(3);
    release();
    await settle();
    release();
    await settle();
    expect(sink.itemCount).toBe(2);
    expect(settings.meter.read('exporter_queue_size', { data_type: 'traces' })).toBe(0);
  });

  test.each([
    { sizer: 'items', queue_size: 10, fits: 2 },
    { sizer: 'bytes', queue_size: 700, fits: 2 },
  ])('is bounded by $sizer', async ({ sizer, queue_size, fits }) => {
    const { sink, exporter } = bench({ sending_queue: { queue_size, sizer, num_consumers: 1 } });
    sink.before = () => new Promise(() => undefined);
    expect(sampleBatch('traces', 4).byteLength).toBe(318);
    for (let i = 0; i < fits; i++) await exporter.consume(sampleBatch('traces', 4));
    await expect(exporter.consume(sampleBatch('traces', 4))).rejects.toThrow('sending queue is full');
    await expect(exporter.consume(sampleBatch('traces', 40))).rejects.toMatchObject({ permanent: true });
  });

  test('in memory it holds so many bytes at most, but one batch in any case', async () => {
    const { sink, exporter } = bench({ sending_queue: { max_bytes: 700, num_consumers: 1 } });
    let release = (): void => undefined;
    sink.before = () => new Promise<void>((resolve) => (release = resolve));
    await exporter.consume(sampleBatch('traces', 40));
    await expect(exporter.consume(sampleBatch('traces', 4))).rejects.toMatchObject({
      message: 'sending queue is full',
      permanent: false,
    });
    release();
    await settle();
    for (let i = 0; i < 2; i++) await exporter.consume(sampleBatch('traces', 4));
    await expect(exporter.consume(sampleBatch('traces', 4))).rejects.toThrow('sending queue is full');
  });

  test('block_on_overflow lets the caller wait for room', async () => {
    const { sink, exporter } = bench({ sending_queue: { queue_size: 1, num_consumers: 1, block_on_overflow: true } });
    const releases: (() => void)[] = [];
    sink.before = () => new Promise<void>((resolve) => releases.push(resolve));
    await exporter.consume(sampleBatch('traces', 1));
    let second = false;
    const waiting = exporter.consume(sampleBatch('traces', 1)).then(() => {
      second = true;
    });
    await settle();
    expect(second).toBe(false);
    releases[0]!();
    await waiting;
    expect(second).toBe(true);
  });

  test('wait_for_result tells the caller what became of the data', async () => {
    const { sink, exporter } = bench({ sending_queue: { wait_for_result: true } });
    await exporter.consume(sampleBatch('traces', 1));
    expect(sink.itemCount).toBe(1);
    refuseTimes(sink, 1, () => new ConsumeError('bad', { permanent: true }));
    await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toThrow('bad');
  });

  test('sends in parallel up to num_consumers', async () => {
    const { settings, sink, exporter } = bench({ sending_queue: { num_consumers: 3 } });
    sink.before = () => new Promise(() => undefined);
    for (let i = 0; i < 5; i++) await exporter.consume(sampleBatch('traces', 1));
    expect(settings.meter.read('exporter_in_flight_requests', { data_type: 'traces' })).toBe(3);
  });
});

describe('batching in the queue', () => {
  test('waits for min_size or the flush timeout', async () => {
    const { settings, sink, exporter } = bench({ sending_queue: { batch: { min_size: 10, flush_timeout: '1s' } } });
    await exporter.consume(sampleBatch('traces', 4));
    await exporter.consume(sampleBatch('traces', 4));
    await settle();
    expect(sink.batches).toHaveLength(0);
    await exporter.consume(sampleBatch('traces', 4));
    await settle();
    expect(sink.batches.map((batch) => batch.itemCount)).toEqual([12]);
    await exporter.consume(sampleBatch('traces', 1));
    await settings.clock.advance(1000);
    expect(sink.batches.map((batch) => batch.itemCount)).toEqual([12, 1]);
  });

  test('splits at max_size and loses nothing', async () => {
    const { sink, exporter } = bench({
      sending_queue: { wait_for_result: true, batch: { min_size: 10, max_size: 10, flush_timeout: '1h' } },
    });
    const sent = [exporter.consume(sampleBatch('traces', 7)), exporter.consume(sampleBatch('traces', 25))];
    await settle();
    expect(sink.batches.map((batch) => batch.itemCount)).toEqual([10, 10, 10]);
    await sent[0];
    await exporter.shutdown(1000);
    await sent[1];
    expect(sink.itemCount).toBe(32);
  });

  test('a failed part fails the request that it came from, and only that one', async () => {
    const { sink, exporter } = bench({
      sending_queue: {
        wait_for_result: true,
        num_consumers: 1,
        batch: { min_size: 10, max_size: 10, flush_timeout: '1h' },
      },
    });
    let calls = 0;
    sink.before = () => {
      if (++calls === 1) throw new ConsumeError('bad', { permanent: true });
    };
    const first = exporter.consume(sampleBatch('traces', 10));
    const second = exporter.consume(sampleBatch('traces', 10));
    await expect(first).rejects.toThrow('bad');
    await second;
  });

  test('keeps the values of the partition keys apart', async () => {
    const { sink, exporter } = bench({
      sending_queue: { batch: { min_size: 4, flush_timeout: '1h', partition: { metadata_keys: ['Tenant'] } } },
    });
    const of = (tenant: string): Batch => sampleBatch('traces', 2, { metadata: new Map([['tenant', [tenant]]]) });
    for (const tenant of ['a', 'b', 'a', 'b']) await exporter.consume(of(tenant));
    await settle();
    expect(sink.batches.map((batch) => [batch.itemCount, batch.context.metadata?.get('tenant')])).toEqual([
      [4, ['a']],
      [4, ['b']],
    ]);
  });

  test('splitBatch cuts by items and by bytes', () => {
    const batch = sampleBatch('traces', 10);
    const byItems = splitBatch(batch, 3, 'items');
    expect([byItems.head.itemCount, byItems.rest?.itemCount]).toEqual([3, 7]);
    expect(splitBatch(batch, 10, 'items').rest).toBeUndefined();
    const byBytes = splitBatch(batch, 250, 'bytes');
    expect(byBytes.head.byteLength).toBeLessThanOrEqual(250);
    expect(byBytes.head.itemCount + byBytes.rest!.itemCount).toBe(10);
    expect(splitBatch(batch, 1, 'bytes').head.itemCount).toBe(1);
  });
});

describe('shutdown', () => {
  test('sends what is queued, each with one more attempt at most', async () => {
    const { settings, sink, exporter } = bench({
      sending_queue: { num_consumers: 1 },
      retry_on_failure: { initial_interval: '1s' },
    });
    const record = refuseTimes(sink, 2, () => new ConsumeError('down'));
    await exporter.start(fakeHost());
    await exporter.consume(sampleBatch('traces', 1));
    await exporter.consume(sampleBatch('traces', 5));
    await settle();
    expect(record.attempts).toHaveLength(1);
    await exporter.shutdown(1000);
    await exporter.shutdown(1000);
    expect(settings.meter.sum('exporter_send_failed_spans')).toBe(1);
    expect(settings.meter.sum('exporter_sent_spans')).toBe(5);
    expect(settings.logged).toContain('error Exporting failed. Dropping data.');
    await expect(exporter.consume(sampleBatch('traces', 1))).rejects.toThrow('sending queue is stopped');
  });

  test('keeps to the deadline, and counts what is left as lost', async () => {
    const { settings, sink, exporter } = bench({ sending_queue: { num_consumers: 1 } });
    sink.before = () => new Promise(() => undefined);
    await exporter.consume(sampleBatch('traces', 3));
    await exporter.consume(sampleBatch('traces', 4));
    const stopped = exporter.shutdown(500);
    await settings.clock.advance(500);
    await stopped;
    expect(settings.meter.sum('exporter_send_failed_spans')).toBe(7);
  });
});

test('an exporter that counts itself is not counted a second time', async () => {
  const { settings, sink, exporter: inner } = bench(NO_QUEUE);
  const ledger = new Ledger();
  const own = { ...settings, signal: 'traces' as const, ledger, countsItself: true };
  const exporter = new DeliveringExporter(inner, undefined, own);
  await exporter.consume(sampleBatch('traces', 4));
  expect(settings.meter.sum('exporter_sent_spans')).toBe(4);
  sink.before = () => Promise.reject(new ConsumeError('full', { permanent: true }));
  await expect(exporter.consume(sampleBatch('traces', 3))).rejects.toThrow('full');
  expect(settings.meter.sum('exporter_send_failed_spans')).toBe(3);
});

describe('a sender that waits no more', () => {
  const gone = { message: 'cancelled: nobody waits for it any more', reason: 'cancelled', permanent: false };

  test('leaves the place where it waits for room in the queue', async () => {
    const { sink, exporter } = bench({ sending_queue: { queue_size: 1, block_on_overflow: true, sizer: 'requests' } });
    sink.before = () => new Promise(() => undefined);
    await exporter.consume(sampleBatch('traces', 1));
    const abort = new AbortController();
    const waiting = expect(exporter.consume(sampleBatch('traces', 1), abort.signal)).rejects.toMatchObject(gone);
    await settle();
    abort.abort();
    await waiting;
    await expect(exporter.consume(sampleBatch('traces', 1), abort.signal)).rejects.toMatchObject(gone);
  });

  test('ends the wait for the next attempt', async () => {
    const { settings, sink, exporter } = bench({ ...NO_QUEUE, retry_on_failure: { initial_interval: '10s' } });
    const record = refuseTimes(sink, 9, () => new ConsumeError('busy'));
    const abort = new AbortController();
    const sent = expect(exporter.consume(sampleBatch('traces', 1), abort.signal)).rejects.toThrow('busy');
    await settle();
    abort.abort();
    await sent;
    await settings.clock.advance(60_000);
    expect(record.attempts).toHaveLength(1);
    expect(settings.statuses).toEqual([]);
  });

  test('ends the attempt under way, whether the exporter notices or not', async () => {
    const { sink, exporter } = bench({ ...NO_QUEUE, timeout: 0 });
    let attempt: AbortSignal | undefined;
    sink.before = (_, signal) => {
      attempt = signal;
      return new Promise(() => undefined);
    };
    const abort = new AbortController();
    const sent = expect(exporter.consume(sampleBatch('traces', 1), abort.signal)).rejects.toMatchObject(gone);
    await settle();
    abort.abort();
    await sent;
    expect(attempt!.aborted).toBe(true);
  });

  test.each([
    { name: 'the timeout', config: { ...NO_QUEUE, timeout: '1s', retry_on_failure: { enabled: false } }, stops: false },
    { name: 'the deadline of a stop', config: { timeout: '60s' }, stops: true },
  ])('$name ends the attempt under way, too', async ({ config, stops }) => {
    const { settings, sink, exporter } = bench(config);
    let attempt: AbortSignal | undefined;
    sink.before = (_, signal) => {
      attempt = signal;
      return new Promise(() => undefined);
    };
    const sent = exporter.consume(sampleBatch('traces', 1)).catch(() => undefined);
    await settle();
    expect(attempt!.aborted).toBe(false);
    const stopped = stops ? exporter.shutdown(1000) : undefined;
    await settings.clock.advance(1000);
    expect(attempt!.aborted).toBe(true);
    await Promise.all([sent, stopped]);
  });
});

test('a queue that is to be kept by an extension that is not there stops the start', async () => {
  const settings = fakeSettings({ id: 'otlp_http' });
  const config = z.parse(deliverySchema(), { sending_queue: { storage: 'file_storage' } });
  const exporter = new DeliveringExporter(
    {
      mutatesData: false,
      start: async () => undefined,
      shutdown: async () => undefined,
      consume: async () => undefined,
    },
    config,
    { ...settings, signal: 'traces', ledger: new Ledger() },
  );
  await expect(exporter.start(fakeHost())).rejects.toThrow(
    'exporters::otlp_http::sending_queue::storage: extension "file_storage", which should offer storage, is not started',
  );
  await exporter.shutdown(100);
});
