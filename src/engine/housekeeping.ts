/** Work between queries: gives unused memory back while little runs, and keeps copies of what is small and dear. */

import { after } from '#base';
import { trimProcessMemory } from '#base/trim-memory.ts';
import type { Runner } from './runner.ts';

const FIRST_MS = 1_000;
const INTERVAL_MS = 30_000;
/** With more queries than this in an interval the engine is at work, and keeps what it has. */
const QUIET_QUERIES = 60;

/** Starts the timer; `keep` runs at each tick. The function returned stops it and waits for what runs. */
export function startHousekeeping(runner: Runner, keep: () => void): () => Promise<void> {
  let running = Promise.resolve();
  let seen = 0;
  let isDue = true;
  const tick = (): void => {
    const queries = runner.started - seen;
    seen = runner.started;
    if (queries > 0) isDue = true;
    timer = after(INTERVAL_MS, tick);
    keep();
    // Nothing to give back where nothing ran since the last time.
    if (!isDue || queries > QUIET_QUERIES || runner.running > 0) return;
    isDue = false;
    running = trim(runner);
  };
  let timer = after(FIRST_MS, tick);
  return async () => {
    timer.cancel();
    await running;
  };
}

async function trim(runner: Runner): Promise<void> {
  // The allocator keeps freed pages for later; the engine's and ours are given back separately.
  await runner.ask('SYSTEM JEMALLOC PURGE').catch(() => undefined);
  trimProcessMemory();
}
