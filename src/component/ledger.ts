/** What becomes of items besides being handed on as they came. */
export type Outcome = 'dropped' | 'filtered' | 'sampled_out' | 'absorbed' | 'added' | 'refused' | 'lost';

/** How an outcome changes what must have been handed on, or is held. Refused items were not consumed, lost ones were settled before. */
const CHANGE: Readonly<Record<Outcome, number>> = {
  dropped: -1,
  filtered: -1,
  sampled_out: -1,
  absorbed: -1,
  added: 1,
  refused: 0,
  lost: 0,
};

/**
 * The books of one component for one signal. Whoever joins the component to others enters what goes in and out, the component reports the
 * rest (`Account`), and at any time
 *
 *   consumed + added = produced + dropped + filtered + sampled out + absorbed + held
 *
 * of which only the items of calls under way may be missing, because a component need not say at which point of a call it has them.
 */
export class Ledger {
  #balance = 0;
  #open = 0;
  readonly #held = new Set<() => number>();

  /** A `consume` of the component begins; `end` must follow. */
  begin(count: number): void {
    this.#open += count;
    this.#balance += count;
  }

  end(count: number, isTaken: boolean): void {
    this.#open -= count;
    if (!isTaken) this.#balance -= count;
  }

  /** The next component has taken them; for an exporter: the far side. */
  produced(count: number): void {
    this.#balance -= count;
  }

  report(outcome: Outcome, count: number): void {
    this.#balance += CHANGE[outcome] * count;
  }

  /** `read` says how many items are held. Returns the function that ends that. */
  hold(read: () => number): () => void {
    this.#held.add(read);
    return () => this.#held.delete(read);
  }

  get held(): number {
    let sum = 0;
    for (const read of this.#held) sum += read();
    return sum;
  }

  /** 0, unless the component has lost items without a word (above 0), or has handed on or reported more than it had (below 0). */
  get unaccounted(): number {
    const difference = this.#balance - this.held;
    return difference < 0 ? difference : Math.max(0, difference - this.#open);
  }
}
