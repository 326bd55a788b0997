import { assert } from '#base';

/**
 * What somebody who remembers a batch, such as a journal in front of a pipeline, hears of its end. That the batch was accepted says its
 * `consume`; that it is settled, this: everything made of it was delivered, reported as dropped, filtered or sampled out, or is on disk in
 * a persistent queue. The lease stays with the rows through select, merge, split and hand-over. Whoever keeps rows beyond the `consume` that
 * brought them holds it (`Batch.hold`) and lets go when they are settled.
 *
 *   lease made ──► consume resolves: accepted ──► the last hold ends: settled
 *       └── a hold of the one who made it, until its consume has ended
 */
export class Lease {
  #holds = 1;
  readonly #onSettled: () => void;

  /** `onSettled` is called once, and must not throw. */
  constructor(onSettled: () => void) {
    this.#onSettled = onSettled;
  }

  hold(): void {
    assert(this.#holds > 0, 'a lease that is settled is not held again');
    this.#holds++;
  }

  release(): void {
    assert(this.#holds > 0, 'each hold of a lease ends once');
    if (--this.#holds === 0) this.#onSettled();
  }
}

export const NO_LEASES: readonly Lease[] = [];
const NOTHING = (): void => undefined;

/** All leases of some rows, each once. */
export function leasesOf(chunks: readonly { readonly leases: readonly Lease[] }[]): readonly Lease[] {
  let found = NO_LEASES;
  for (const { leases } of chunks) {
    if (leases.length === 0 || leases === found) continue;
    found = found.length === 0 ? leases : [...new Set([...found, ...leases])];
  }
  return found;
}

/** Holds leases. Returns the function that ends that, once however often it is called. */
export function holdLeases(leases: readonly Lease[]): () => void {
  if (leases.length === 0) return NOTHING;
  for (const lease of leases) lease.hold();
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    for (const lease of leases) lease.release();
  };
}
