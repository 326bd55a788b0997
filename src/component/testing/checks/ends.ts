import { expect } from 'vitest';
import { turns } from '#base/testing.ts';
import { Batch, ITEM_NAME, type Signal } from '#pdata';
import type { ExporterFactory } from '../../contracts.ts';
import { sampleBatch } from '../batches.ts';
import { fakeHost, RecordingConsumer, RefusingConsumer } from '../sinks.ts';
import { type Check, failureOf, inSimulatedTime, itemsOf, type Peer, type Subject } from '../subject.ts';
import { compacted, isConsumeError, isUntouched, protectedBatch, snapshot } from './flow.ts';

/** The ends of a pipeline: receivers, which take what clients send, and exporters, behind which the collector sees nothing. */

const ITEMS = 5;

export function receiverChecks(subject: Subject): Check[] {
  const { send } = subject.options;
  if (send === undefined)
    return subject.perSignal('counts what it makes by itself', (signal) => countsItsOwn(subject, signal));
  const started = async (signal: Signal, next: RecordingConsumer | RefusingConsumer) => {
    const made = subject.make(signal, next);
    await made.component.start(fakeHost());
    return { ...made, stop: () => inSimulatedTime(made.settings.clock, made.component.shutdown(1000)) };
  };
  const counted = (name: string, signal: Signal): string => `receiver_${name}_${ITEM_NAME[signal]}`;
  return [
    ...subject.perSignal('hands on and counts what is sent', async (signal) => {
      const next = new RecordingConsumer();
      const { component, settings, stop } = await started(signal, next);
      await send(component, sampleBatch(signal, ITEMS));
      await stop();
      expect(next.itemCount, 'hands on other items than were sent').toBe(ITEMS);
      const name = counted('accepted', signal);
      expect(settings.meter.sum(name), `counts nothing: ${name} after ${ITEMS} items`).toBe(ITEMS);
    }),
    ...subject.perSignal('tells the client of a refusal, and counts it', async (signal) => {
      const { component, settings, stop } = await started(signal, new RefusingConsumer({ permanent: true }));
      const failure = await failureOf(send(component, sampleBatch(signal, ITEMS)));
      await stop();
      expect(failure, 'keeps a refusal of the next consumer from the client').toBeDefined();
      const name = counted('refused', signal);
      expect(settings.meter.sum(name), `counts nothing: ${name} after ${ITEMS} items`).toBe(ITEMS);
      expect(settings.account.sum('refused'), 'counts nothing: no report of the refusal').toBe(ITEMS);
    }),
    ...subject.perSignal('answers when the next consumer has', async (signal) => {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      let isAnswered = false;
      const next = new RecordingConsumer();
      const asked = new Promise<void>((resolve) => {
        next.before = () => {
          resolve();
          return gate;
        };
      });
      const { component, stop } = await started(signal, next);
      const sent = send(component, sampleBatch(signal, ITEMS)).then(() => {
        isAnswered = true;
      });
      await Promise.race([asked, sent]);
      await turns();
      expect(isAnswered, 'answers before the next consumer has taken the batch').toBe(false);
      open();
      await sent;
      await stop();
    }),
  ];
}

/** Of a receiver without clients, which scrapes or makes its data. */
async function countsItsOwn(subject: Subject, signal: Signal): Promise<void> {
  for (const next of [new RecordingConsumer(), new RefusingConsumer({ permanent: true })]) {
    const { component, settings } = subject.make(signal, next);
    await component.start(fakeHost());
    for (let step = 0; step < 120; step++) await settings.clock.advance(1000);
    await inSimulatedTime(settings.clock, component.shutdown(1000));
    const isTaken = next instanceof RecordingConsumer;
    const name = `receiver_${isTaken ? 'accepted' : 'refused'}_${ITEM_NAME[signal]}`;
    const items = isTaken ? next.itemCount : next.refusals;
    const counted = settings.meter.sum(name);
    if (isTaken) expect(counted, `counts nothing: ${name} after ${items} items`).toBe(items);
    else expect(counted, `counts nothing: ${name} after ${items} refused batches`).toBeGreaterThanOrEqual(items);
  }
}

export function exporterChecks(subject: Subject): Check[] {
  const countsItself = (subject.factory as unknown as ExporterFactory).countsItself === true;
  const { peer } = subject.options;
  const sends =
    peer === undefined
      ? []
      : subject.perSignal('sends the selected rows of all chunks', (signal) => sendsAll(subject, signal, peer));
  const common = subject.perSignal(
    'leaves data alone, fails with a ConsumeError if at all, and counts',
    async (signal) => {
      const { component, consumer, settings } = subject.make(signal);
      await component.start(fakeHost());
      const batch = consumer.mutatesData ? sampleBatch(signal, ITEMS) : protectedBatch(signal, ITEMS);
      const before = snapshot(batch);
      const failure = await inSimulatedTime(settings.clock, failureOf(consumer.consume(batch)));
      if (!consumer.mutatesData) isUntouched(batch, before, failure);
      if (failure !== undefined) isConsumeError(failure);
      if (countsItself && failure === undefined) {
        const counted = settings.meter.sumOf('exporter_') + settings.meter.level('exporter_queue_size');
        expect(counted, `counts nothing: it has countsItself, and took ${ITEMS} items`).toBeGreaterThanOrEqual(ITEMS);
      }
      await inSimulatedTime(settings.clock, component.shutdown(1000));
    },
  );
  return [...common, ...sends];
}

async function sendsAll(subject: Subject, signal: Signal, start: () => Promise<Peer>): Promise<void> {
  const whole = sampleBatch(signal, 9).chunks[0]!;
  const selection = [whole.select(Uint32Array.of(1, 2, 4, 7))];
  const parts = [0, 3, 6].map((from) => compacted(whole.select(Uint32Array.of(from, from + 2))));
  for (const { chunks, fault } of [
    { chunks: selection, fault: 'uses the row number in place of the selection' },
    { chunks: parts, fault: 'handles only the first chunk' },
  ]) {
    const peer = await start();
    const { component, consumer, settings } = subject.make(signal, undefined, peer.config);
    await component.start(fakeHost());
    const batch = new Batch(signal, chunks);
    const sent = itemsOf([batch]);
    const failure = await inSimulatedTime(settings.clock, failureOf(consumer.consume(batch)));
    await inSimulatedTime(settings.clock, component.shutdown(1000));
    await peer.close();
    expect(failure, 'fails to send to its peer').toBeUndefined();
    expect(itemsOf(peer.batches), fault).toEqual(sent);
  }
}
