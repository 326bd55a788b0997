/**
 * Who may run now. Queries that read, inserts, and everything else each have lanes of their own, so that slow SELECTs
 * never keep an insert or a CREATE TABLE waiting. A lane runs one query at a time; the waiting lines are bounded. Some lanes
 * are kept for urgent queries: those that end soon and that somebody waits for, such as a trace by its id.
 */
import { after } from '#base';
import { engineError } from './errors.ts';

export interface LaneGroupOptions {
  readonly name: string;
  readonly lanes: number;
  /** So many of the lanes only urgent queries may take. Default 0. */
  readonly urgentLanes?: number;
  /** Queries that may wait beyond those that run: so many urgent ones, and so many others. */
  readonly maxWaiting: number;
  /** How long one may wait. */
  readonly maxWaitMs: number;
}

interface Waiter {
  readonly give: (lane: number) => void;
}

/** A number of lanes with two waiting lines, each first come first served; urgent ones go first. */
export class LaneGroup {
  readonly #options: LaneGroupOptions;
  readonly #free: number[];
  /** Lanes on which a query runs that is not urgent. */
  readonly #ordinary = new Set<number>();
  readonly #waiting = { urgent: new Set<Waiter>(), ordinary: new Set<Waiter>() };

  constructor(options: LaneGroupOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.lanes }, (_, lane) => lane).reverse();
  }

  get running(): number {
    return this.#options.lanes - this.#free.length;
  }

  get waiting(): number {
    return this.#waiting.urgent.size + this.#waiting.ordinary.size;
  }

  /**
   * Gives a free lane's number, to be given back by `release`. Throws EngineError: TOO_MANY_SIMULTANEOUS_QUERIES where
   * the line is full, TIMEOUT_EXCEEDED after `maxWaitMs`, QUERY_WAS_CANCELLED where `signal` aborts first.
   */
  async acquire(signal: AbortSignal, urgent = false): Promise<number> {
    signal.throwIfAborted();
    if (this.#free.length > 0 && (urgent || this.#mayTakeOrdinary())) return this.#take(this.#free.pop()!, urgent);
    const { name, lanes, maxWaiting, maxWaitMs } = this.#options;
    const line = urgent ? this.#waiting.urgent : this.#waiting.ordinary;
    if (line.size >= maxWaiting) {
      throw engineError(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous ${name} queries. Running: ${this.running}, waiting: ${maxWaiting}`,
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (error: unknown): void => {
        line.delete(waiter);
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        if (error !== undefined) reject(error);
      };
      const onAbort = (): void => leave(signal.reason);
      const waiter: Waiter = {
        give: (lane) => {
          leave(undefined);
          resolve(this.#take(lane, urgent));
        },
      };
      const tooLate = (): void =>
        leave(engineError('TIMEOUT_EXCEEDED', `Waited ${maxWaitMs} ms for a free ${name} lane of ${lanes}`));
      const timer = after(maxWaitMs, tooLate, { keepsAlive: true });
      signal.addEventListener('abort', onAbort, { once: true });
      line.add(waiter);
    });
  }

  /** Hands the lane to the next in line that may have it, or keeps it free. */
  release(lane: number): void {
    this.#ordinary.delete(lane);
    const [next] = this.#waiting.urgent;
    const [other] = this.#mayTakeOrdinary() ? this.#waiting.ordinary : [];
    const waiter = next ?? other;
    if (waiter === undefined) this.#free.push(lane);
    else waiter.give(lane);
  }

  #mayTakeOrdinary(): boolean {
    return this.#ordinary.size < this.#options.lanes - (this.#options.urgentLanes ?? 0);
  }

  #take(lane: number, urgent: boolean): number {
    if (!urgent) this.#ordinary.add(lane);
    return lane;
  }
}
