import type { LastSample } from './queries.ts';

/** Since when an alert is active that a server before this one left (rules/group.go, RestoreForState). */

export interface RestoreSettings {
  readonly nowMs: number;
  readonly holdMs: number;
  readonly forGracePeriodMs: number;
}

/** `sample` is the last of ALERTS_FOR_STATE: its value is when the alert became active, in seconds. Undefined where the alert begins anew. */
export function restoredActiveAtMs(
  { timeMs, value }: LastSample,
  { nowMs, holdMs, forGracePeriodMs }: RestoreSettings,
): number | undefined {
  const downAtMs = Math.floor(timeMs / 1000) * 1000;
  const activeAtMs = Math.trunc(value) * 1000;
  const remainingMs = holdMs - (downAtMs - activeAtMs);
  // It fired already.
  if (remainingMs <= 0) return activeAtMs;
  if (holdMs < forGracePeriodMs) return undefined;
  // It fires when the period of grace is over.
  if (remainingMs < forGracePeriodMs) return nowMs + forGracePeriodMs - holdMs;
  // The time without a server does not count.
  return activeAtMs + (nowMs - downAtMs);
}
