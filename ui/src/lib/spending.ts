/**
 * What the requests of this page have taken of the store's time. A page that is left open refreshes itself so seldom that it takes a small
 * share of one core, however much is stored.
 */

/** Two seconds of CPU a minute, where a statement runs on two cores. */
const PAUSE_PER_SPENT = 60;

let totalMs = 0;

/** Reads the header `server-timing` of an answer. */
export function noteSpending(serverTiming: string | null): void {
  totalMs += Number(/\bstore;dur=([\d.]+)/.exec(serverTiming ?? '')?.[1] ?? 0);
}

/** What was spent since this page was loaded, in ms. */
export function spentMs(): number {
  return totalMs;
}

/** How long to wait before the next refresh: `everyMs`, or longer where the last one cost much. */
export function pauseMs(everyMs: number, costMs: number): number {
  return Math.max(everyMs, costMs * PAUSE_PER_SPENT);
}
