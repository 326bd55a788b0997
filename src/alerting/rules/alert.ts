import type { Labels } from '#query/promql.ts';

/** One instance of an alerting rule. Times are in milliseconds since the epoch, undefined for not yet. */
export interface Alert {
  state: AlertState;
  readonly labels: Labels;
  annotations: ReadonlyMap<string, string>;
  /** At the last evaluation. */
  value: number;
  /** Since when the expression holds. */
  activeAtMs: number;
  firedAtMs: number | undefined;
  resolvedAtMs: number | undefined;
  lastSentMs: number | undefined;
  validUntilMs: number | undefined;
  /** Since when the expression holds no longer, of one that keeps firing. */
  keepFiringSinceMs: number | undefined;
}

export type AlertState = 'inactive' | 'pending' | 'firing';

/** A resolved alert is told so long, to receivers that were away. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

/** Whether it is time to tell of an alert (again). */
export function needsSending(alert: Alert, timeMs: number, resendDelayMs: number): boolean {
  if (alert.state === 'pending') return false;
  const lastSentMs = alert.lastSentMs ?? Number.NEGATIVE_INFINITY;
  if ((alert.resolvedAtMs ?? Number.NEGATIVE_INFINITY) > lastSentMs) return true;
  return lastSentMs + resendDelayMs < timeMs;
}

/** The next state of alerts, as rules/alerting.go decides it. */
export interface Advance {
  readonly timeMs: number;
  readonly holdMs: number;
  readonly keepFiringForMs: number;
}

/** Whether a resolved alert is over and forgotten, or a pending one no longer holds. Called before its state changes. */
function isOver(alert: Alert, timeMs: number): boolean {
  if (alert.state === 'pending') return true;
  return alert.resolvedAtMs !== undefined && timeMs - alert.resolvedAtMs > RESOLVED_RETENTION_MS;
}

/**
 * Moves an alert on. `isInResult`: whether the expression still gives it. Returns what becomes of it: it counts as active, it is kept
 * resolved, or it is forgotten.
 */
export function advance(
  alert: Alert,
  isInResult: boolean,
  { timeMs, holdMs, keepFiringForMs }: Advance,
): 'active' | 'resolved' | 'gone' {
  if (isInResult) alert.keepFiringSinceMs = undefined;
  else {
    let keepsFiring = false;
    if (alert.state === 'firing' && keepFiringForMs > 0) {
      alert.keepFiringSinceMs ??= timeMs;
      keepsFiring = timeMs - alert.keepFiringSinceMs < keepFiringForMs;
    }
    const isGone = isOver(alert, timeMs);
    if (alert.state !== 'inactive' && !keepsFiring) {
      alert.state = 'inactive';
      alert.resolvedAtMs = timeMs;
    }
    if (isGone) return 'gone';
    if (!keepsFiring) return 'resolved';
  }
  if (alert.state === 'pending' && timeMs - alert.activeAtMs >= holdMs) {
    alert.state = 'firing';
    alert.firedAtMs = timeMs;
  }
  // The rule's `for` became longer.
  if (alert.state === 'firing' && timeMs - alert.activeAtMs < holdMs) {
    alert.state = 'pending';
    alert.firedAtMs = undefined;
    alert.lastSentMs = undefined;
    alert.keepFiringSinceMs = undefined;
  }
  return 'active';
}
