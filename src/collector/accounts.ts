import { Account, type Counter, Ledger, type Meter, type MetricLabels } from '#component';
import type { Signal } from '#pdata';
import type { AccountOwner } from './places.ts';
import type { Watchers } from './watch.ts';

export function ownerLabels({ kind, id, pipeline }: AccountOwner, signal?: Signal): MetricLabels {
  return {
    'otelcol.component.id': id,
    'otelcol.component.kind': kind,
    ...(signal !== undefined && { 'otelcol.signal': signal }),
    ...(pipeline !== '' && { 'otelcol.pipeline.id': pipeline }),
  };
}

const ITEMS = { unit: '{item}', description: 'Items that were not handed on as they came, by outcome and reason' };
const HELD = { unit: '{item}', description: 'Items that a component has taken and not handed on yet' };
const UNACCOUNTED = {
  unit: '{item}',
  description: 'Items that were taken and neither handed on nor reported; below 0 where more were than had come',
};
const TROUBLES = { unit: '{event}', description: 'What befell a component and is not counted in items, by reason' };

/**
 * The accounts of all components, as metrics and as ledgers. They live as long as the collector: what an instance holds when a reload
 * replaces it, and hands over, is on the same page before and after.
 */
export class Accounts {
  readonly #meter: Meter;
  readonly #watchers: Watchers;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #counters = new Map<string, Counter>();

  constructor(meter: Meter, watchers: Watchers) {
    this.#meter = meter;
    this.#watchers = watchers;
  }

  account(owner: AccountOwner): Account {
    return new Account({
      report: (outcome, signal, count, reason) => {
        this.ledger(owner, signal).report(outcome, count);
        this.#watchers.current?.reported(owner, outcome, signal, count, reason);
        this.#counter('signalbox.component.items', ITEMS, { ...ownerLabels(owner, signal), outcome, reason }).add(
          count,
        );
      },
      holds: (signal, read) => this.ledger(owner, signal).hold(read),
      trouble: (reason, count, signal) =>
        this.#counter('signalbox.component.troubles', TROUBLES, { ...ownerLabels(owner, signal), reason }).add(count),
    });
  }

  ledger(owner: AccountOwner, signal: Signal): Ledger {
    const key = [owner.kind, owner.id, owner.pipeline, signal].join('\u0000');
    let ledger = this.#ledgers.get(key);
    if (ledger === undefined) {
      const made = new Ledger();
      ledger = made;
      this.#ledgers.set(key, ledger);
      // What comes into a receiver, or an extension, nobody but itself sees.
      if (owner.kind === 'receiver' || owner.kind === 'extension') return ledger;
      const labels = ownerLabels(owner, signal);
      this.#meter.gauge('signalbox.component.held_items', HELD, () => made.held, labels);
      this.#meter.gauge('signalbox.component.unaccounted_items', UNACCOUNTED, () => made.unaccounted, labels);
    }
    return ledger;
  }

  /** Made once: who reports does so per batch. */
  #counter(name: string, options: typeof ITEMS, labels: MetricLabels): Counter {
    const key = `${name}\u0000${Object.values(labels).join('\u0000')}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#meter.counter(name, options, labels);
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
