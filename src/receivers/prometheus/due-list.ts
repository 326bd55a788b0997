import type { Clock } from '#base';

export interface Due {
  /** On the clock's monotonic time. */
  dueMs: number;
}

/** Things to do, each at its time, with one timer for all of them: a heap with the next one on top. */
export class DueList<T extends Due> {
  readonly #clock: Clock;
  readonly #run: (one: T) => void;
  readonly #heap: T[] = [];
  #cancel: () => void = () => undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, run: (one: T) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** `run` is called with it once its time has come. To be taken out it is passed over there. */
  add(one: T): void {
    const heap = this.#heap;
    let at = heap.push(one) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]!.dueMs <= one.dueMs) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = one;
    if (at === 0) this.#schedule();
  }

  clear(): void {
    this.#heap.length = 0;
    this.#cancel();
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  #schedule(): void {
    const next = this.#heap[0];
    if (next === undefined || next.dueMs >= this.#timerMs) return;
    this.#cancel();
    this.#timerMs = next.dueMs;
    this.#cancel = this.#clock.after(Math.max(0, next.dueMs - this.#clock.monotonicMs()), () => this.#runDue());
  }

  #runDue(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const due: T[] = [];
    while (this.#heap.length > 0 && this.#heap[0]!.dueMs <= nowMs) due.push(this.#pop());
    for (const one of due) this.#run(one);
    this.#schedule();
  }

  #pop(): T {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]!.dueMs < heap[below]!.dueMs) below++;
      if (heap[below]!.dueMs >= last.dueMs) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}
