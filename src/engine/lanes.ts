/**
 * Who may run now. Queries that read, inserts, and everything else each have lanes of their own, so that slow SELECTs
 * never keep an insert or a CREATE TABLE waiting. A lane runs one query at a time; the waiting line is bounded.
 */
import { engineError } from './errors.ts';

export interface LaneGroupOptions {
  readonly name: string;
  readonly lanes: number;
  /** Queries that may wait beyond those that run. */
  readonly maxWaiting: number;
  /** How long one may wait. */
  readonly maxWaitMs: number;
}

interface Waiter {
  readonly give: (lane: number) => void;
}

/** A number of lanes with one waiting line, first come first served. */
export class LaneGroup {
  readonly #options: LaneGroupOptions;
  readonly #free: number[];
  readonly #waiting = new Set<Waiter>();

  constructor(options: LaneGroupOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.lanes }, (_, lane) => lane).reverse();
  }

  get running(): number {
    return this.#options.lanes - this.#free.length;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Gives a free lane's number, to be given back by `release`. Throws EngineError: TOO_MANY_SIMULTANEOUS_QUERIES where
   * the line is full, TIMEOUT_EXCEEDED after `maxWaitMs`, QUERY_WAS_CANCELLED where `signal` aborts first.
   */
  async acquire(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const lane = this.#free.pop();
    if (lane !== undefined) return lane;
    const { name, lanes, maxWaiting, maxWaitMs } = this.#options;
    if (this.#waiting.size >= maxWaiting) {
      throw engineError(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous ${name} queries. Running: ${lanes}, waiting: ${maxWaiting}`,
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (error: unknown): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (error !== undefined) reject(error);
      };
      const onAbort = (): void => leave(signal.reason);
      const waiter: Waiter = {
        give(free) {
          leave(undefined);
          resolve(free);
        },
      };
      const timer = setTimeout(
        () => leave(engineError('TIMEOUT_EXCEEDED', `Waited ${maxWaitMs} ms for a free ${name} lane of ${lanes}`)),
        maxWaitMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Hands the lane to the next in line, or keeps it free. */
  release(lane: number): void {
    for (const waiter of this.#waiting) {
      waiter.give(lane);
      return;
    }
    this.#free.push(lane);
  }
}
