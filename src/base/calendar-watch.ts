import type { Clock } from './clock.ts';

const LOOK_EVERY_MS = 5_000;
/** What slewing by NTP may move the calendar at: 500 ppm by adjtime's and chrony's own limits, doubled. */
const SLEW_SHARE = 0.001;
/** A leap second, a small step of NTP at start, a timer that came late between the two readings. */
const TOLERANCE_MS = 10_000;

/**
 * Tells whether the calendar goes at the pace of time. It doesn't after a suspend, or when somebody sets the clock: then what the
 * calendar says is not to be acted upon until it has held for a while.
 */
export class CalendarWatch {
  readonly #clock: Clock;
  readonly #onJump: (byMs: number) => void;
  #sinceMs: number;
  #aheadMs: number;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, onJump: (byMs: number) => void) {
    this.#clock = clock;
    this.#onJump = onJump;
    this.#sinceMs = clock.monotonicMs();
    this.#aheadMs = clock.nowMs() - this.#sinceMs;
  }

  start(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.heldMs();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** How long the calendar has held: since its last jump, or since this watch was made, before which nobody looked. */
  heldMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const byMs = this.#clock.nowMs() - nowMs - this.#aheadMs;
    const heldMs = nowMs - this.#sinceMs;
    if (Math.abs(byMs) <= TOLERANCE_MS + heldMs * SLEW_SHARE) return heldMs;
    this.#sinceMs = nowMs;
    this.#aheadMs += byMs;
    this.#onJump(byMs);
    return 0;
  }
}
