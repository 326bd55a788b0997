import type { Reason, Trouble } from '#base';
import type { Signal } from '#pdata';
import type { Outcome } from './ledger.ts';

/** Takes down what a component reports. */
export interface Bookkeeper {
  report(outcome: Outcome, signal: Signal, count: number, reason: Reason): void;
  holds(signal: Signal, read: () => number): () => void;
  trouble(what: Trouble, count: number, signal: Signal | undefined): void;
}

/**
 * Where a component says what becomes of items that it takes and doesn't hand on as they came. This is the only place for it: what the
 * console shows as not stored comes from here, and what is missing here shows as unaccounted (`Ledger`).
 *
 * What one batch is made of is reported when the next component has taken the rest: if that refuses, nothing of the batch was consumed.
 */
export class Account {
  readonly #books: Bookkeeper;

  constructor(books: Bookkeeper) {
    this.#books = books;
  }

  /** Taken, and then given up. */
  dropped(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('dropped', signal, count, reason);
  }

  /** Left out, as the configuration wants. */
  filtered(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('filtered', signal, count, reason);
  }

  sampledOut(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('sampled_out', signal, count, reason);
  }

  /** Of a connector that makes something else of its input. */
  absorbed(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('absorbed', signal, count, reason);
  }

  /** Handed on, or held, beyond what was consumed. */
  added(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('added', signal, count, reason);
  }

  /** Not taken, and the sender knows. For receivers: of all others the collector sees it in the ConsumeError, and counts its reason. */
  refused(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('refused', signal, count, reason);
  }

  /** Settled before, by the far side or a disk, and gone there. */
  lost(signal: Signal, count: number, reason: Reason): void {
    if (count > 0) this.#books.report('lost', signal, count, reason);
  }

  /** `read` says how many items the component has taken and not handed on yet. Returns the function that ends that. */
  holds(signal: Signal, read: () => number): () => void {
    return this.#books.holds(signal, read);
  }

  /** What is not counted in items. */
  trouble(what: Trouble, count: number, signal?: Signal): void {
    if (count > 0) this.#books.trouble(what, count, signal);
  }
}
