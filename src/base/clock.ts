import { after } from './timers.ts';

/** Time as a dependency, so that a pipeline can be run again from a seed in simulated time. */
export interface Clock {
  /**
   * The calendar: milliseconds since the Unix epoch, with a fraction where the clock has one. Jumps when somebody sets the clock, and over a suspend.
   * What is stored or shown takes its time from here; a wait or a duration never does.
   */
  nowMs(): number;
  /**
   * For waits and durations: milliseconds since some moment, always growing at the pace of time. Stands still while the machine
   * is suspended, so that it says nothing about the calendar.
   */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`; returns the cancel function. The timer keeps no process alive, and what fails in it is reported. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  // Not performance.timeOrigin + performance.now(): that is monotonic, and days off after a suspend or a change of the clock.
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = after(delayMs, callback);
    return () => timer.cancel();
  },
};

/** A clock that stands still until a test moves it. Callbacks run in order of their time inside `advance`. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #calendarAheadMs: number;
  #timers: { atMs: number; callback: () => void }[] = [];
  constructor(startMs = 1_700_000_000_000) {
    this.#calendarAheadMs = startMs;
  }
  nowMs(): number {
    return this.#calendarAheadMs + this.#monotonicMs;
  }
  monotonicMs(): number {
    return this.#monotonicMs;
  }
  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }
  /** Of the callbacks that still wait. */
  get timerCount(): number {
    return this.#timers.length;
  }
  /** How long until the next callback; undefined where none waits. */
  get nextInMs(): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#timers) next = Math.min(next, atMs);
    return next === Number.POSITIVE_INFINITY ? undefined : Math.max(0, next - this.#monotonicMs);
  }
  /** Moves the calendar alone, as a suspend or somebody who sets the clock does. Timers don't notice. */
  jump(ms: number): void {
    this.#calendarAheadMs += ms;
  }
  /** Moves time on by `ms`, running what falls due. Awaits microtasks between callbacks so promises settle. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      const due = this.#timers.filter((t) => t.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== due);
      this.#monotonicMs = Math.max(this.#monotonicMs, due.atMs);
      due.callback();
      await settle();
    }
    this.#monotonicMs = untilMs;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
