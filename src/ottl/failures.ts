import type { OnFailure } from './run.ts';

interface Log {
  warn(message: string, fields?: Record<string, unknown>): void;
}
interface Clock {
  monotonicMs(): number;
}

const PAUSE_MS = 10_000;

/**
 * Logs failures of statements: the first of each at once, and then how many there were, at most every ten seconds. A statement that
 * fails for each of a million items must not write a million lines.
 */
export function failureLog(log: Log, clock: Clock, what = 'a statement failed'): OnFailure {
  const seen = new Map<string, { saidMs: number; count: number }>();
  return (text, message) => {
    const entry = seen.get(text) ?? { saidMs: -Infinity, count: 0 };
    seen.set(text, entry);
    entry.count++;
    const nowMs = clock.monotonicMs();
    if (nowMs - entry.saidMs < PAUSE_MS) return;
    log.warn(what, { statement: text, error: message, times: entry.count });
    entry.saidMs = nowMs;
    entry.count = 0;
  };
}
