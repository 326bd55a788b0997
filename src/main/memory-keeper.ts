import { setFlagsFromString } from 'node:v8';
import { every, type Timer } from '#base';
import { collectGarbage } from '#base/collect-garbage.ts';
import { trimProcessMemory } from '#base/trim-memory.ts';

/**
 * Bodies and columns are memory outside of V8's heap. By default V8 collects its whole heap each time 64 MB of it have come and gone, some
 * 45 times a million spans, half of the collector's CPU; with this flag such memory counts towards the heap's own limit instead.
 */
export const EXTERNAL_MEMORY_FLAG = '--external-memory-accounted-in-global-limit';

/**
 * What is written remotely lives until its segment is full, and is old by then. With a quarter more of it V8 collects its whole heap, twice a second
 * under load: a quarter of the server's CPU. With this flag it may double.
 */
export const HEAP_GROWING_FLAG = '--heap-growing-percent=100';

/** What the keeper sees of the process; tests bring their own. */
export interface ProcessFigures {
  residentBytes(): number;
  /** CPU time so far, of all threads. */
  cpuMs(): number;
  collectGarbage(): void;
  /** Gives back what the C library holds and nobody uses. */
  trim(): void;
  /** Bytes outside of V8's heap that V8 knows of: bodies and columns, dead ones included until it has collected them. */
  externalBytes(): number;
  /** How much memory outside of the heap may grow, as a factor, until V8 collects all memory. */
  allowGrowth(factor: number): void;
}

export const ownProcess: ProcessFigures = {
  residentBytes: () => process.memoryUsage.rss(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  collectGarbage,
  trim: () => void trimProcessMemory(),
  externalBytes: () => process.memoryUsage().external,
  allowGrowth: (factor) => setFlagsFromString(`--external-memory-max-growing-factor=${factor.toFixed(2)}`),
};

const LOOK_MS = 5_000;
/** Less than this over what the process had at its start isn't worth the pause, some 20 ms. */
const WORTH_BYTES = 48 * 1024 * 1024;
/**
 * With more CPU time than this share of the time that passed the process is at work, and V8 collects by itself. On a machine that is busy with
 * other work a process under load gets little more; a round then costs a tenth of a second of what it gets.
 */
const QUIET_SHARE = 0.05;
/**
 * V8 lets memory outside of the heap grow by this factor until it collects the whole heap, some 0.1 s of CPU. Of little memory that is a few MB:
 * there it may be so many more bytes, up to LARGEST_FACTOR times what there was.
 */
const SMALLEST_FACTOR = 1.3;
const LARGEST_FACTOR = 2;
const GROWTH_BYTES = 96 * 1024 * 1024;
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
    figures.allowGrowth(LARGEST_FACTOR);
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
    this.#allowGrowth();
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

  #allowGrowth(): void {
    const factor = 1 + GROWTH_BYTES / Math.max(1, this.#process.externalBytes());
    this.#process.allowGrowth(Math.min(LARGEST_FACTOR, Math.max(SMALLEST_FACTOR, factor)));
  }
}
