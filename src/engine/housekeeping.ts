/** Work between queries: gives unused memory back while little runs, and keeps copies of what is small and dear. */

import { every } from '#base';
import { trimProcessMemory } from '#base/trim-memory.ts';
import type { Runner } from './runner.ts';

const LOOK_MS = 5_000;
/** Looks from one time that copies are kept to the next. */
const KEEP_LOOKS = 6;
/** With more CPU time than this share of the time that passed, of one core, the engine is at work, and keeps what it has. */
const QUIET_SHARE = 0.1;
/** Fewer bytes than these are not worth a round: some 20 ms, and page faults where a page is needed again. */
const WORTH_BYTES = 24 * 1024 * 1024;

/** What is seen of the process; tests bring their own. */
export interface EngineFigures {
  /** CPU time so far, of all threads. */
  cpuMs(): number;
  residentBytes(): number;
  isIdle(): boolean;
  /** Gives back what can be. */
  trim(): Promise<void>;
}

/**
 * Trims when the process has become quiet and larger. How many queries there are tells little: at a start there are a hundred small ones, and what a
 * live page asks is no reason to keep 200 MB of what the first minute needed.
 */
export class MemoryTrimmer {
  readonly #engine: EngineFigures;
  #cpuMs: number;
  #afterBytes = 0;

  constructor(engine: EngineFigures) {
    this.#engine = engine;
    this.#cpuMs = engine.cpuMs();
  }

  /** `passedMs`: since the look before. */
  async look(passedMs: number): Promise<void> {
    const cpuMs = this.#engine.cpuMs();
    const isQuiet = cpuMs - this.#cpuMs < passedMs * QUIET_SHARE;
    this.#cpuMs = cpuMs;
    if (!isQuiet || !this.#engine.isIdle() || this.#engine.residentBytes() - this.#afterBytes < WORTH_BYTES) return;
    await this.#engine.trim();
    this.#afterBytes = this.#engine.residentBytes();
  }
}

/** Starts the timer; `keep` runs from time to time. The function returned stops it and waits for what runs. */
export function startHousekeeping(runner: Runner, keep: () => void): () => Promise<void> {
  const trimmer = new MemoryTrimmer(figuresOf(runner));
  let looking = Promise.resolve();
  let looks = 0;
  const timer = every(LOOK_MS, () => {
    if (looks++ % KEEP_LOOKS === 0) keep();
    looking = trimmer.look(LOOK_MS);
    return looking;
  });
  return async () => {
    timer.cancel();
    await looking;
  };
}

function figuresOf(runner: Runner): EngineFigures {
  return {
    cpuMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    residentBytes: () => process.memoryUsage.rss(),
    isIdle: () => runner.running === 0,
    async trim() {
      // The allocator keeps freed pages for later; the engine's and ours are given back separately.
      await runner.ask('SYSTEM JEMALLOC PURGE').catch(() => undefined);
      trimProcessMemory();
    },
  };
}
