import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch, SpanChunk } from '#pdata';
import { spans } from '../testing/spans.ts';
import { type BatchConfig, batchSchema } from './config.ts';
import { batchFactory } from './index.ts';

interface Setup {
  readonly settings: FakeSettings;
  readonly next: RecordingConsumer;
  readonly batch: ReturnType<typeof batchFactory.create>;
}

function setUp(yaml: object = {}): Setup {
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const config = batchSchema.parse(yaml) as BatchConfig;
  return { settings, next, batch: batchFactory.create(settings, config, 'traces', next) };
}

function itemCounts(next: RecordingConsumer): number[] {
  return next.batches.map((batch) => batch.itemCount);
}

function names(batch: Batch): string[] {
  return batch.chunks.flatMap((chunk) => {
    const view = (chunk as SpanChunk).view();
    return Array.from({ length: chunk.count }, (_, i) => {
      view.row = chunk.rowAt(i);
      return view.name;
    });
  });
}

/** 'pending', 'accepted' or the error of a promise, once microtasks have run. */
async function stateOf(promise: Promise<void>): Promise<unknown> {
  return Promise.race([
    promise.then(
      () => 'accepted',
      (error: unknown) => error,
    ),
    settle().then(() => 'pending'),
  ]);
}
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test('few items of a large body wait without it, and are the same', async () => {
  const { batch, next } = setUp({ send_batch_size: 1000, timeout: '1s' });
  const large = spans(2000);
  const few = large.with([large.chunks[0]!.select(Uint32Array.of(3, 700, 1999))]);
  const sent = [batch.consume(few), batch.consume(large)];
  await Promise.all(sent);
  expect(itemCounts(next)).toEqual([2003]);
  const [condensed, whole] = next.batches[0]!.chunks;
  expect(names(few.with([condensed!]))).toEqual(names(few));
  expect(condensed!.layout.bodyLength).toBeLessThan(large.chunks[0]!.layout.bodyLength / 100);
  expect(whole!.layout.body).toBe(large.chunks[0]!.layout.body);
});

describe('when a batch is sent', () => {
  test('at the size, whatever the timeout', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 10, timeout: '1s' });
    const first = batch.consume(spans(6));
    expect(await stateOf(first)).toBe('pending');
    await Promise.all([first, batch.consume(spans(6))]);
    expect(itemCounts(next)).toEqual([12]);
    expect(settings.meter.sum('processor_batch_batch_size_trigger_send')).toBe(1);
    expect(settings.meter.records('processor_batch_batch_send_size')).toEqual([12]);
  });

  test('at the timeout of the oldest items', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 10, timeout: '200ms' });
    const sent = batch.consume(spans(3));
    await settings.clock.advance(150);
    const later = batch.consume(spans(2));
    await settings.clock.advance(49);
    expect(itemCounts(next)).toEqual([]);
    await settings.clock.advance(1);
    await Promise.all([sent, later]);
    expect(itemCounts(next)).toEqual([5]);
    expect(settings.meter.sum('processor_batch_timeout_trigger_send')).toBe(1);
  });

  test('after a second at most, because senders wait', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 1000, timeout: '10s' });
    const sent = batch.consume(spans(3));
    await settings.clock.advance(1000);
    await sent;
    expect(itemCounts(next)).toEqual([3]);
  });

  test('at once with timeout 0, split only by the cap', async () => {
    const { batch, next } = setUp({ send_batch_size: 4, timeout: '0s', send_batch_max_size: 4 });
    await batch.consume(spans(6));
    await batch.consume(spans(1));
    expect(itemCounts(next)).toEqual([4, 2, 1]);
  });

  test('at once with size 0', async () => {
    const { batch, next } = setUp({ send_batch_size: 0, timeout: '10s' });
    await batch.consume(spans(2));
    expect(itemCounts(next)).toEqual([2]);
  });

  test('an empty batch is accepted and not sent', async () => {
    const { batch, next } = setUp();
    await batch.consume(spans(0));
    expect(next.batches).toEqual([]);
  });
});

describe('splitting', () => {
  test('keeps order and loses nothing; the rest waits for the timeout', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 4, send_batch_max_size: 5, timeout: '1s' });
    const senders = [batch.consume(spans(3, 'a')), batch.consume(spans(9, 'b')), batch.consume(spans(1, 'c'))];
    await settings.clock.advance(1000);
    await Promise.all(senders);
    expect(itemCounts(next)).toEqual([5, 5, 3]);
    expect(next.batches.flatMap(names)).toEqual([
      ...['a0', 'a1', 'a2'],
      ...Array.from({ length: 9 }, (_, i) => `b${i}`),
      'c0',
    ]);
  });

  test('shares the received bytes', async () => {
    const { batch, next } = setUp({ send_batch_size: 2, send_batch_max_size: 2, timeout: '0s' });
    const body = spans(5);
    await batch.consume(body);
    for (const sent of next.batches) expect(sent.chunks[0]!.arena).toBe(body.chunks[0]!.arena);
  });
});

describe('answers', () => {
  test('a refusal reaches every sender of the batch as it came', async () => {
    const { batch, next } = setUp({ send_batch_size: 4 });
    const refusal = new ConsumeError('queue full', { reason: 'queue_full', retryAfterMs: 700 });
    next.before = async () => Promise.reject(refusal);
    const senders = [batch.consume(spans(2)), batch.consume(spans(2))];
    expect(await Promise.all(senders.map(stateOf))).toEqual([refusal, refusal]);
  });

  test('a sender whose parts fared differently hears how many were refused, and may retry', async () => {
    const { batch, next } = setUp({ send_batch_size: 4, send_batch_max_size: 4, timeout: '0s' });
    next.before = async (part) => {
      if (names(part).includes('a0')) throw new ConsumeError('no', { reason: 'memory' });
    };
    const error = await stateOf(batch.consume(spans(6, 'a')));
    expect(error).toBeInstanceOf(ConsumeError);
    expect(error).toMatchObject({
      message: '4 of 6 items were refused downstream (2 were accepted): no',
      permanent: false,
      reason: 'memory',
    });
  });

  test('refused by several batches: permanent only if all of the refusals are', async () => {
    const { batch, next } = setUp({ send_batch_size: 2, send_batch_max_size: 2, timeout: '0s' });
    next.before = async (part) => {
      throw new ConsumeError('no', { permanent: names(part).includes('a0') });
    };
    expect(await stateOf(batch.consume(spans(4, 'a')))).toMatchObject({ permanent: false });
  });

  test('nobody is answered before the batch is', async () => {
    const { batch, next } = setUp({ send_batch_size: 1 });
    const gate = Promise.withResolvers<void>();
    next.before = () => gate.promise;
    const sent = batch.consume(spans(1));
    expect(await stateOf(sent)).toBe('pending');
    gate.resolve();
    await sent;
  });
});

describe('limits', () => {
  test('eight batches are on their way at a time; the others wait their turn', async () => {
    const { batch, next } = setUp({ send_batch_size: 1 });
    const gates: PromiseWithResolvers<void>[] = [];
    const begun: number[] = [];
    next.before = (part) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      begun.push(part.itemCount);
      return gate.promise;
    };
    const senders = Array.from({ length: 10 }, () => batch.consume(spans(1)));
    await settle();
    expect(begun).toEqual(Array(8).fill(1));
    gates[0]!.resolve();
    await settle();
    expect(begun).toEqual([...Array(8).fill(1), 2]);
    for (const gate of gates) gate.resolve();
    await Promise.all(senders);
  });

  test('beyond the pending limit a sender is refused for now', async () => {
    const { batch, settings } = setUp({ send_batch_size: 100, max_pending_items: 10 });
    const waiting = batch.consume(spans(8));
    await expect(batch.consume(spans(3))).rejects.toMatchObject({ permanent: false, reason: 'queue_full' });
    expect(settings.account.held('traces')).toBe(8);
    await settings.clock.advance(200);
    await waiting;
    await Promise.all([batch.consume(spans(3)), settings.clock.advance(200)]);
  });

  test('one body larger than the limit still passes when nothing else is held', async () => {
    const { batch, next } = setUp({ send_batch_size: 2, max_pending_items: 10 });
    await batch.consume(spans(20));
    expect(itemCounts(next)).toEqual([20]);
  });
});

describe('metadata keys', () => {
  const from = (tenant: string) => ({ metadata: new Map([['tenant', [tenant]]]), peer: '10.0.0.1:5' });

  test('separate batches, which keep just these keys', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 2, metadata_keys: ['Tenant'] });
    const senders = [
      batch.consume(spans(1, 'a', from('a'))),
      batch.consume(spans(1, 'b', from('b'))),
      batch.consume(spans(1, 'a', from('a'))),
      batch.consume(spans(1, 'n')),
    ];
    await settings.clock.advance(200);
    await Promise.all(senders);
    expect(next.batches.map((sent) => [sent.itemCount, sent.context])).toEqual([
      [2, { metadata: new Map([['tenant', ['a']]]) }],
      [1, { metadata: new Map([['tenant', ['b']]]) }],
      [1, {}],
    ]);
    expect(settings.meter.read('processor_batch_metadata_cardinality')).toBe(3);
  });

  test('too many combinations are a permanent error', async () => {
    const { batch, settings } = setUp({ metadata_keys: ['tenant'], metadata_cardinality_limit: 1 });
    const first = batch.consume(spans(1, 'a', from('a')));
    await expect(batch.consume(spans(1, 'b', from('b')))).rejects.toMatchObject({
      message: 'too many batcher metadata-value combinations',
      permanent: true,
    });
    await settings.clock.advance(200);
    await first;
  });

  test('without them the context is dropped, even if a batch has one sender', async () => {
    const { batch, next } = setUp({ send_batch_size: 1 });
    await batch.consume(spans(1, 'a', from('a')));
    expect(next.batches[0]!.context).toEqual({});
  });
});

describe('shutdown', () => {
  test('sends what waits', async () => {
    const { batch, next } = setUp({ send_batch_size: 100 });
    const sent = batch.consume(spans(3));
    await batch.shutdown(1000);
    await sent;
    expect(itemCounts(next)).toEqual([3]);
    await expect(batch.consume(spans(1))).rejects.toMatchObject({ reason: 'shutdown', permanent: false });
    await batch.shutdown(1000);
  });

  test('at the deadline what has not been sent is given back', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 1, send_batch_max_size: 1 });
    next.before = () => new Promise(() => {});
    const stuck = Array.from({ length: 8 }, () => batch.consume(spans(1)));
    const waiting = batch.consume(spans(1));
    const down = batch.shutdown(5000);
    await settings.clock.advance(5000);
    await down;
    expect(await stateOf(waiting)).toMatchObject({ reason: 'shutdown' });
    expect(await stateOf(stuck[0]!)).toBe('pending');
  });
});

describe('a sender that waits no more', () => {
  const gone = { reason: 'cancelled', permanent: false };

  test('takes its items back while they wait', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 10 });
    const abort = new AbortController();
    const first = batch.consume(spans(6, 'gone'), abort.signal);
    const second = batch.consume(spans(3, 'stays'));
    abort.abort();
    await expect(first).rejects.toMatchObject(gone);
    expect(settings.account.held('traces')).toBe(3);
    await settings.clock.advance(1000);
    await second;
    expect(next.batches.flatMap(names)).toEqual(['stays0', 'stays1', 'stays2']);
  });

  test('ends what is on its way, if nobody else waits for that', async () => {
    const { batch, next } = setUp({ send_batch_size: 4 });
    const signals: AbortSignal[] = [];
    next.before = (_, signal) => {
      signals.push(signal!);
      return new Promise(() => undefined);
    };
    const [one, two] = [new AbortController(), new AbortController()];
    void batch.consume(spans(2), one.signal);
    void batch.consume(spans(2), two.signal);
    one.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('so does the deadline of a stop', async () => {
    const { batch, next, settings } = setUp({ send_batch_size: 4 });
    let way: AbortSignal | undefined;
    next.before = (_, signal) => {
      way = signal;
      return new Promise(() => undefined);
    };
    void batch.consume(spans(4));
    const stopped = batch.shutdown(500);
    await settings.clock.advance(500);
    await stopped;
    expect(way!.aborted).toBe(true);
  });
});
