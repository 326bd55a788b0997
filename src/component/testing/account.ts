import type { Signal } from '#pdata';
import { Account } from '../account.ts';
import { Ledger, type Outcome } from '../ledger.ts';

/** An account that remembers what was reported. */
export class FakeAccount extends Account {
  readonly reports: {
    readonly outcome: Outcome | 'trouble';
    readonly signal: Signal | undefined;
    readonly count: number;
    readonly reason: string;
  }[] = [];
  readonly #ledgers = new Map<Signal, Ledger>();

  constructor() {
    super({
      report: (outcome, signal, count, reason) => {
        this.reports.push({ outcome, signal, count, reason });
        this.ledger(signal).report(outcome, count);
      },
      holds: (signal, read) => this.ledger(signal).hold(read),
      trouble: (reason, count, signal) => void this.reports.push({ outcome: 'trouble', signal, count, reason }),
    });
  }

  ledger(signal: Signal): Ledger {
    let ledger = this.#ledgers.get(signal);
    if (ledger === undefined) {
      ledger = new Ledger();
      this.#ledgers.set(signal, ledger);
    }
    return ledger;
  }

  /** Of all reports of this outcome, for one reason or for all. */
  sum(outcome: Outcome | 'trouble', reason?: string): number {
    return this.reports
      .filter((one) => one.outcome === outcome && (reason === undefined || one.reason === reason))
      .reduce((sum, { count }) => sum + count, 0);
  }

  held(signal: Signal): number {
    return this.ledger(signal).held;
  }
}
