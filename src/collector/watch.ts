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

function together(all: readonly Watcher[]): Watcher {
  return {
    passing: (edge, batch) => all.reduce((passing, watcher) => watcher.passing(edge, passing), batch),
    passed: (edge, batch, error) => {
      for (const watcher of all) watcher.passed(edge, batch, error);
    },
    reported: (owner, outcome, signal, count, reason) => {
      for (const watcher of all) watcher.reported(owner, outcome, signal, count, reason);
    },
  };
}
