import { expect } from 'vitest';
import { ConsumeError } from '#base';
import { type Batch, SIGNALS, type Signal } from '#pdata';
import type { Consumer } from '../../contracts.ts';
import type { Ledger } from '../../ledger.ts';
import type { FakeAccount } from '../account.ts';
import { sampleBatch } from '../batches.ts';
import { fakeHost } from '../sinks.ts';
import { type Check, inSimulatedTime, type Subject } from '../subject.ts';

const BATCHES = [7, 3, 5];

/** The consumers behind the component, by what they do with the n-th batch that they get. */
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
 * The books of a processor or connector: at no moment has it lost an item without a word, handed on more than it had, or reported what it
 * didn't have, whatever comes from behind; and after its shutdown it holds nothing.
 */
export function accountingChecks(subject: Subject): Check[] {
  return BEHIND.flatMap(({ name, take }) =>
    subject.perSignal(`accounts for every item when the next consumer ${name}`, (signal) =>
      accounts(subject, signal, take),
    ),
  );
}

async function accounts(subject: Subject, signal: Signal, take: (n: number) => Promise<void>): Promise<void> {
  let count = 0;
  let books: FakeAccount | undefined;
  const next: Consumer = {
    mutatesData: false,
    consume: async (batch) => {
      await take(count++);
      // What a connector makes may be of another signal, which has a ledger of its own.
      books!.ledger(batch.signal).produced(batch.itemCount);
    },
  };
  const { component, consumer, settings } = subject.make(signal, next);
  books = settings.account;
  const ledger = books.ledger(signal);
  const check = (): void => {
    for (const one of SIGNALS) isBalanced(settings.account.ledger(one), settings.account.reports);
  };
  await component.start(fakeHost());
  const open = BATCHES.map((items) => entered(ledger, consumer, sampleBatch(signal, items)));
  await settings.clock.advance(0);
  check();
  for (let step = 0; step < 4; step++) {
    await settings.clock.advance(500);
    check();
  }
  await inSimulatedTime(settings.clock, component.shutdown(1000));
  await settings.clock.advance(0);
  expect(ledger.held, 'holds items after shutdown').toBe(0);
  check();
  const refused = settings.account.reports.filter(({ outcome }) => outcome === 'refused');
  expect(refused, 'reports refusals: the collector sees those in the ConsumeError').toEqual([]);
  void open;
}

function isBalanced({ unaccounted }: Ledger, reports: unknown): void {
  if (unaccounted === 0) return;
  const fault =
    unaccounted > 0
      ? `drops without a report: ${unaccounted} items came in, and neither went on nor stand in settings.account`
      : `counts too much: ${-unaccounted} items more went on, or were reported, than came in`;
  throw new Error(`${fault}; reported was ${JSON.stringify(reports)}`);
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
