import { every, type Timer } from '#base';
import { collectGarbage } from '#base/collect-garbage.ts';
import { trimProcessMemory } from '#base/trim-memory.ts';

/** What the keeper sees of the process; tests bring their own. */
export interface ProcessFigures {
  residentBytes(): number;
  /** CPU time so far, of all threads. */
  cpuMs(): number;
  collectGarbage(): void;
  /** Gives back what the C library holds and nobody uses. */
  trim(): void;
}

export const ownProcess: ProcessFigures = {
  residentBytes: () => process.memoryUsage.rss(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  collectGarbage,
  trim: () => void trimProcessMemory(),
};

const LOOK_MS = 5_000;
/** Less than this over what the process had at its start isn't worth the pause, some 20 ms. */
const WORTH_BYTES = 48 * 1024 * 1024;
/** With more CPU time than this share of the time that passed the process is at work, and V8 collects by itself. */
const QUIET_SHARE = 0.25;
/** A round that gave back little doubles the time to the next one. */
const MAX_LOOKS_BETWEEN = 60;

/**
 * Gives memory back after a load. V8 collects garbage when something new is allocated, and the C library keeps what was freed: a collector
 * that was sent 3 GB at once and is idle since would hold a gigabyte of dead bodies for as long as it stays idle.
 */
export class MemoryKeeper {
  readonly #process: ProcessFigures;
  readonly #startBytes: number;
  #cpuMs: number;
  #afterBytes: number;
  #looksBetween = 1;
  #looks = 0;

  constructor(figures: ProcessFigures) {
    this.#process = figures;
    this.#startBytes = figures.residentBytes();
    this.#afterBytes = this.#startBytes;
    this.#cpuMs = figures.cpuMs();
  }

  start(): Timer {
    return every(LOOK_MS, () => this.look(LOOK_MS));
  }

  /** `passedMs`: since the look before. */
  look(passedMs: number): void {
    const cpuMs = this.#process.cpuMs();
    const isQuiet = cpuMs - this.#cpuMs < passedMs * QUIET_SHARE;
    this.#cpuMs = cpuMs;
    this.#looks++;
    const beforeBytes = this.#process.residentBytes();
    if (!isQuiet || beforeBytes - this.#startBytes < WORTH_BYTES) return;
    const hasGrown = beforeBytes - this.#afterBytes >= WORTH_BYTES;
    if (!hasGrown && this.#looks < this.#looksBetween) return;
    this.#process.collectGarbage();
    this.#process.trim();
    this.#afterBytes = this.#process.residentBytes();
    this.#looks = 0;
    const wasUseful = beforeBytes - this.#afterBytes >= WORTH_BYTES / 4;
    this.#looksBetween = wasUseful ? 1 : Math.min(this.#looksBetween * 2, MAX_LOOKS_BETWEEN);
  }
}
