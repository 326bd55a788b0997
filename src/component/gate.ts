import { after } from '#base';

/** Where requests of a port wait while a reload replaces who takes them. `Next` is who does then. */
export class Gate<Next> {
  #openCount = 0;
  #onIdle: (() => void) | undefined;
  /** Set when this one takes nothing any more: who does, once that is known; undefined for nobody. */
  #next: Promise<Next | undefined> | undefined;
  #setNext: ((next: Next | undefined) => void) | undefined;

  /** Runs `here`; after `pause`, once it is known who takes requests, `there`. */
  async pass<T>(here: () => Promise<T>, there: (next: Next | undefined) => Promise<T>): Promise<T> {
    if (this.#next !== undefined) return there(await this.#next);
    this.#openCount++;
    try {
      return await here();
    } finally {
      if (--this.#openCount === 0) this.#onIdle?.();
    }
  }

  /**
   * Requests that come from now on wait until `resume` says who takes them. Resolves when those that were taken have passed the pipeline, or
   * after `deadlineMs`.
   */
  async pause(deadlineMs: number): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#setNext = resolve;
    });
    if (this.#openCount === 0) return;
    await new Promise<void>((resolve) => {
      const timer = after(deadlineMs, resolve, { keepsAlive: true });
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** After `pause`: what waits and what still comes goes to `next`; without one its senders are told to try again. */
  resume(next: Next | undefined): void {
    this.#setNext?.(next);
  }
}

/** What senders are told that meet a receiver on its way out, and how soon they may try again. */
export const RESTARTING = 'the receiver is being restarted, try again';
export const RESTARTING_RETRY_MS = 1000;
