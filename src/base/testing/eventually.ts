const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 50;

/**
 * Waits until `check` gives something, and gives that back: the one way in which tests wait. What it throws counts as not yet, and is the
 * cause of the error after `limitMs`, which is for a machine that is much slower than usual.
 */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 120_000,
): Promise<T> {
  const untilMs = performance.now() + limitMs;
  let last: unknown;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${limitMs} ms`, { cause: last });
    await pace(pauseMs);
  }
}

/** The rhythm of a load, or how long it lasts; never a wait for something to have happened. */
export function pace(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets everything run that is ready to run, some times over: for what must not happen. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
