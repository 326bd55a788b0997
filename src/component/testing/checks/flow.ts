import { expect } from 'vitest';
import { ConsumeError } from '#base';
import { Batch, type BatchContext, type Chunk, Lease, type Signal } from '#pdata';
import { decodeOtlp, encodeOtlp } from '#wire';
import { sampleBatch } from '../batches.ts';
import { fakeHost, RecordingConsumer, RefusingConsumer } from '../sinks.ts';
import { type Check, failureOf, inSimulatedTime, itemsOf, type Subject } from '../subject.ts';

const ITEMS = 6;

/** What a processor or connector does with batches that it takes and hands on. */
export function flowChecks(subject: Subject): Check[] {
  return [
    ...subject.perSignal('looks at the selected rows only', async (signal) => {
      const rows = Uint32Array.of(1, 2, 4, 7);
      const selection = sampleBatch(signal, ITEMS + 3).chunks[0]!.select(rows);
      await isSame(subject, [compacted(selection)], [selection], 'uses the row number in place of the selection');
    }),
    ...subject.perSignal('handles all chunks', async (signal) => {
      const whole = sampleBatch(signal, ITEMS).chunks[0]!;
      const parts = [0, 2, 4].map((from) => compacted(whole.select(Uint32Array.of(from, from + 1))));
      await isSame(subject, [sampleBatch(signal, ITEMS).chunks[0]!], parts, 'handles only the first chunk');
    }),
    ...subject.perSignal('keeps to the deadline of shutdown', async (signal) => {
      const next = new RecordingConsumer();
      next.before = () => new Promise(() => undefined);
      const { component, consumer, settings } = subject.make(signal, next);
      await component.start(fakeHost());
      consumer.consume(sampleBatch(signal, ITEMS)).catch(() => undefined);
      await inSimulatedTime(settings.clock, component.shutdown(200));
    }),
    ...subject.perSignal('leaves data alone that it must not change', (signal) => leavesAlone(subject, signal)),
    ...subject.perSignal('a batch is settled when all that is made of it is', (signal) => settles(subject, signal)),
    ...(subject.options.mergesSenders === true
      ? []
      : subject.perSignal('keeps the context and the abort signal of a batch', (signal) =>
          keepsContext(subject, signal),
        )),
    ...(subject.options.holdsData === true ? [] : answerChecks(subject)),
  ];
}

/** Of components whose senders wait for the next one. */
function answerChecks(subject: Subject): Check[] {
  const refusals = [
    { name: 'permanent', error: { permanent: true } },
    { name: 'retryable', error: { permanent: false, retryAfterMs: 1234 } },
  ];
  return [
    ...subject.perSignal('answers when the next consumer has', (signal) => answersInTime(subject, signal)),
    ...refusals.map(({ name, error }) => ({
      name: `passes a ${name} refusal on`,
      async run() {
        const next = new RefusingConsumer(error);
        const thrown = await feed(subject, sampleBatch(subject.signals[0]!, ITEMS), next);
        if (next.refusals === 0) return;
        expect(thrown, 'keeps a refusal of the next consumer to itself').toBeDefined();
        isConsumeError(thrown);
        expect(thrown, 'changes whether a refusal may be retried').toMatchObject({ permanent: error.permanent });
      },
    })),
  ];
}

async function keepsContext(subject: Subject, signal: Signal): Promise<void> {
  const context: BatchContext = { metadata: new Map([['tenant', ['a']]]), peer: '192.0.2.1:5' };
  const { signal: abort } = new AbortController();
  const next = new RecordingConsumer();
  const aborts: unknown[] = [];
  next.before = (_batch, passedOn) => void aborts.push(passedOn);
  await feed(subject, new Batch(signal, sampleBatch(signal, ITEMS).chunks, context), next, abort);
  for (const batch of next.batches) {
    if (batch.signal === signal) expect(batch.context, 'loses the context of the batch').toEqual(context);
  }
  expect(
    aborts.every((one) => one === abort),
    'loses the abort signal',
  ).toBe(true);
}

/** A journal in front of it may forget the batch when nobody behind it holds any of it. */
async function settles(subject: Subject, signal: Signal): Promise<void> {
  let isSettled = false;
  const lease = new Lease(() => {
    isSettled = true;
  });
  const batch = sampleBatch(signal, ITEMS);
  batch.lend(lease);
  const next = new RecordingConsumer();
  const holds: (() => void)[] = [];
  next.before = (part) => void holds.push(part.hold());
  await feed(subject, batch, next);
  lease.release();
  if (next.batches.some((part) => part.signal === signal)) {
    expect(isSettled, 'loses the lease: the batch counts as settled while somebody behind holds it').toBe(false);
  }
  for (const end of holds) end();
  expect(isSettled, 'keeps the lease: the batch never counts as settled').toBe(true);
}

/** Starts a component, gives it a batch and stops it. Returns what `consume` threw. */
async function feed(
  subject: Subject,
  batch: Batch,
  next: RecordingConsumer | RefusingConsumer,
  abort?: AbortSignal,
): Promise<unknown> {
  const { component, consumer, settings } = subject.make(batch.signal, next);
  await component.start(fakeHost());
  const failure = failureOf(consumer.consume(batch, abort));
  await inSimulatedTime(settings.clock, component.shutdown(1000));
  return inSimulatedTime(settings.clock, failure);
}

/** The same items must come out, however they lie in chunks. */
async function isSame(subject: Subject, some: Chunk[], others: Chunk[], fault: string): Promise<void> {
  const outcome = async (chunks: Chunk[]): Promise<string[]> => {
    const next = new RecordingConsumer();
    const failure = await feed(subject, new Batch(chunks[0]!.signal, chunks), next);
    if (failure !== undefined) isConsumeError(failure);
    return itemsOf(next.batches);
  };
  expect(await outcome(others), fault).toEqual(await outcome(some));
}

/** A chunk of the selected rows alone. */
export function compacted(chunk: Chunk): Chunk {
  return decodeOtlp(chunk.signal, encodeOtlp(new Batch(chunk.signal, [chunk]))).chunk;
}

async function answersInTime(subject: Subject, signal: Signal): Promise<void> {
  let open = (): void => undefined;
  let isAsked = false;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const next = new RecordingConsumer();
  next.before = () => {
    isAsked = true;
    return gate;
  };
  const { component, consumer, settings } = subject.make(signal, next);
  await component.start(fakeHost());
  let isAnswered = false;
  const failure = failureOf(consumer.consume(sampleBatch(signal, ITEMS))).then(() => {
    isAnswered = true;
  });
  for (let step = 0; step < 10 && !isAsked; step++) await settings.clock.advance(500);
  await settings.clock.advance(0);
  if (isAsked) expect(isAnswered, 'answers before the next consumer has taken the batch').toBe(false);
  open();
  await inSimulatedTime(settings.clock, failure);
  await inSimulatedTime(settings.clock, component.shutdown(1000));
}

async function leavesAlone(subject: Subject, signal: Signal): Promise<void> {
  const { component, consumer, settings } = subject.make(signal);
  if (consumer.mutatesData) return;
  await component.start(fakeHost());
  const batch = protectedBatch(signal, ITEMS);
  const before = snapshot(batch);
  const failure = failureOf(consumer.consume(batch));
  await inSimulatedTime(settings.clock, component.shutdown(1000));
  isUntouched(batch, before, await inSimulatedTime(settings.clock, failure));
}

/** A batch that throws at the place that changes it, whether or not the change is taken back later. */
export function protectedBatch(signal: Signal, count: number): Batch {
  const batch = sampleBatch(signal, count);
  for (const chunk of batch.chunks) chunk.protect();
  return batch;
}

/** The bytes and marks of a batch: equal before and after means that nobody touched it. */
export function snapshot(batch: Batch): unknown {
  return {
    bytes: Buffer.from(encodeOtlp(batch)).toString('base64'),
    marks: batch.chunks.map((chunk) => [chunk.count, chunk.isModified, chunk.arena.length]),
  };
}

export function isUntouched(batch: Batch, before: unknown, failure: unknown): void {
  const fault = 'writes while read-only: a component that changes data must have mutatesData';
  if (failure instanceof Error && failure.message.includes('mutatesData')) throw new Error(fault, { cause: failure });
  expect(snapshot(batch), fault).toEqual(before);
}

export function isConsumeError(thrown: unknown): void {
  if (thrown instanceof ConsumeError) return;
  const found = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  throw new Error(`throws a plain Error in place of a ConsumeError: ${found}`, { cause: thrown });
}
