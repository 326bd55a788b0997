/** What clients know of each item that they sent. */
interface Entry {
  /** Requests that carried it: what a client sends twice may be stored twice. */
  requests: number;
  isAcknowledged: boolean;
}

export const SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];

/** A signal's items in numbers, once the store holds what it will ever hold. */
export interface Account {
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged, and not in the store. */
  readonly missing: number;
  /** In the store more often than it was sent. */
  readonly doubled: number;
  /** In the store several times, because a client sent it several times. */
  readonly sentTwice: number;
  /** In the store, and never sent. */
  readonly foreign: number;
}

/** The clients' side of the books. */
export class Ledger {
  readonly #entries: Record<Signal, Map<string, Entry>> = { traces: new Map(), logs: new Map(), metrics: new Map() };

  /** The outcome of one export. */
  add(signal: Signal, ids: readonly string[], requests: number, isAcknowledged: boolean): void {
    for (const id of ids) this.#entries[signal].set(id, { requests, isAcknowledged });
  }

  get acknowledged(): number {
    let count = 0;
    for (const signal of SIGNALS) for (const entry of this.#entries[signal].values()) if (entry.isAcknowledged) count++;
    return count;
  }

  /** `stored` has how often the store has each item. */
  settle(signal: Signal, stored: ReadonlyMap<string, number>): Account {
    const account = { acknowledged: 0, stored: 0, missing: 0, doubled: 0, sentTwice: 0, foreign: 0 };
    for (const [id, { requests, isAcknowledged }] of this.#entries[signal]) {
      const copies = stored.get(id) ?? 0;
      if (isAcknowledged) account.acknowledged++;
      if (copies > 0) account.stored++;
      if (isAcknowledged && copies === 0) account.missing++;
      if (copies > Math.max(1, requests)) account.doubled++;
      else if (copies > 1) account.sentTwice++;
    }
    for (const id of stored.keys()) if (!this.#entries[signal].has(id)) account.foreign++;
    return account;
  }
}
