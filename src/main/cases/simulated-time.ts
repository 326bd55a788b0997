import type { ManualClock } from '#base';

/** A timer that comes again and again can keep a wait from its end: no wait has more steps. */
const STEPS_LIMIT = 1_000_000;

/** Lets what is under way come as far as it can without time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Moves simulated time on by `ms`, from timer to timer. */
export async function pass(clock: ManualClock, ms: number): Promise<void> {
  const endMs = clock.monotonicMs() + ms;
  for (let step = 0; step < STEPS_LIMIT; step++) {
    await settle();
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0) return;
    await clock.advance(Math.min(leftMs, clock.nextInMs ?? leftMs));
  }
}

/** Moves simulated time on until `isOver` says so, by `limitMs` at most. */
export async function passUntil(clock: ManualClock, isOver: () => boolean, limitMs: number): Promise<void> {
  const endMs = clock.monotonicMs() + limitMs;
  for (let step = 0; step < STEPS_LIMIT; step++) {
    await settle();
    const leftMs = endMs - clock.monotonicMs();
    if (isOver() || leftMs <= 0) return;
    await clock.advance(Math.min(leftMs, clock.nextInMs ?? leftMs));
  }
}
