import type { Outcome } from '#component';
import type { Batch, Signal } from '#pdata';
import type { AccountOwner, EdgeOptions } from './places.ts';

/** Somebody who looks at what passes the edges of the graph, and at what components say of it. Nothing of it may throw. */
export interface Watcher {
  /** Before a batch passes. What it returns passes in its place: the same items, as chunks of its own perhaps. */
  passing(edge: EdgeOptions, batch: Batch): Batch;
  /** After that, with the error of whoever refused it. */
  passed(edge: EdgeOptions, batch: Batch, error: unknown): void;
  /** What a component says of items that it doesn't hand on as they came. */
  reported(owner: AccountOwner, outcome: Outcome, signal: Signal, count: number, reason: string): void;
}

/** Those who watch a collector. While `current` is undefined an edge does nothing but look at it, once a batch. */
export class Watchers {
  current: Watcher | undefined = undefined;
  readonly #all = new Set<Watcher>();

  /** Returns the function that ends it. */
  add(watcher: Watcher): () => void {
    this.#all.add(watcher);
    this.#choose();
    return () => {
      this.#all.delete(watcher);
      this.#choose();
    };
  }

  #choose(): void {
    const [first, ...others] = this.#all;
    this.current = first !== undefined && others.length > 0 ? together([first, ...others]) : first;
  }
}

/** Each gets what the one before it made of the batch, and hears of the end of what it made itself. */
function together(all: readonly Watcher[]): Watcher {
  /** By the batch that passed an edge: what each of them had made of it there. */
  const made = new WeakMap<EdgeOptions, WeakMap<Batch, readonly Batch[]>>();
  return {
    passing: (edge, batch) => {
      let passing = batch;
      const own = all.map((watcher) => {
        passing = watcher.passing(edge, passing);
        return passing;
      });
      if (own.some((one) => one !== passing)) {
        const here = made.get(edge) ?? new WeakMap<Batch, readonly Batch[]>();
        made.set(edge, here.set(passing, own));
      }
      return passing;
    },
    passed: (edge, batch, error) => {
      const own = made.get(edge)?.get(batch);
      all.forEach((watcher, index) => void watcher.passed(edge, own?.[index] ?? batch, error));
    },
    reported: (owner, outcome, signal, count, reason) => {
      for (const watcher of all) watcher.reported(owner, outcome, signal, count, reason);
    },
  };
}
