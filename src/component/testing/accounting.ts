import { expect, test } from 'vitest';
import { ConsumeError, type ManualClock } from '#base';
import type { Batch, Signal } from '#pdata';
import type { Component, Consumer } from '../contracts.ts';
import type { Ledger } from '../ledger.ts';
import { sampleBatch } from './batches.ts';
import { type FakeSettings, fakeHost } from './sinks.ts';

/** A processor with what the collector puts around it. */
export interface Accounted {
  readonly processor: Consumer & Component;
  readonly settings: FakeSettings;
}

export interface AccountingOptions {
  readonly signals: readonly Signal[];
  make(signal: Signal, next: Consumer): Accounted;
  /** Lets simulated time run until the promise settles. */
  wait<T>(clock: ManualClock, promise: Promise<T>): Promise<T>;
}

const BATCHES = [7, 3, 5];

/** The consumers behind the processor, by what they do with the n-th batch that they get. */
const BEHIND: readonly { readonly name: string; readonly take: (n: number) => Promise<void> }[] = [
  { name: 'takes everything', take: () => Promise.resolve() },
  { name: 'refuses everything for good', take: () => refuse({ permanent: true }) },
  { name: 'refuses every second batch', take: (n) => (n % 2 === 0 ? refuse({}) : Promise.resolve()) },
  {
    name: 'takes the first, and never answers again',
    take: (n) => (n === 0 ? Promise.resolve() : new Promise(() => {})),
  },
];

/**
 * The books of a processor: at no moment has it lost an item without a word, handed on more than it had, or reported what it didn't have,
 * whatever comes from behind; and after its shutdown it holds nothing.
 */
export function accountingTests({ signals, make, wait }: AccountingOptions): void {
  for (const { name, take } of BEHIND) {
    test.each(signals)(`%s: accounts for every item when the next consumer ${name}`, async (signal) => {
      let count = 0;
      let ledger: Ledger | undefined;
      const next: Consumer = {
        mutatesData: false,
        consume: async (batch) => {
          await take(count++);
          ledger!.produced(batch.itemCount);
        },
      };
      const { processor, settings } = make(signal, next);
      ledger = settings.account.ledger(signal);
      const check = (): void => expect(ledger!.unaccounted, JSON.stringify(settings.account.reports)).toBe(0);
      await processor.start(fakeHost());
      const open = BATCHES.map((items) => entered(ledger!, processor, sampleBatch(signal, items)));
      await settings.clock.advance(0);
      check();
      for (let step = 0; step < 4; step++) {
        await settings.clock.advance(500);
        check();
      }
      await wait(settings.clock, processor.shutdown(1000));
      await settings.clock.advance(0);
      expect(ledger.held).toBe(0);
      check();
      for (const { outcome } of settings.account.reports) expect(outcome).not.toBe('refused');
      void open;
    });
  }
}

/** Hands a batch on as the collector does. */
async function entered(ledger: Ledger, consumer: Consumer, batch: Batch): Promise<void> {
  const items = batch.itemCount;
  ledger.begin(items);
  await consumer.consume(batch).then(
    () => ledger.end(items, true),
    () => ledger.end(items, false),
  );
}

function refuse(options: { permanent?: boolean }): Promise<never> {
  return Promise.reject(new ConsumeError('refused by the test', options));
}
