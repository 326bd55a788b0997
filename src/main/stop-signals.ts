import type { EventEmitter } from 'node:events';

/** One Ctrl-C can come more than once: from the terminal, and from programs such as npm that pass it on. */
const SAME_SIGNAL_MS = 500;

export interface StopSignalOptions {
  /** What signals arrive at. */
  readonly process: EventEmitter;
  readonly nowMs: () => number;
  /** For who asks again. */
  readonly endAtOnce: () => void;
}

/** Resolves at the first SIGINT or SIGTERM, which is to stop in order. A second one ends at once. */
export function whenAskedToStop({ process, nowMs, endAtOnce }: StopSignalOptions): Promise<undefined> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    const ask = (): void => {
      if (askedMs !== undefined && nowMs() - askedMs > SAME_SIGNAL_MS) endAtOnce();
      askedMs ??= nowMs();
      resolve(undefined);
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
}
