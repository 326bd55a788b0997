import { setFlagsFromString } from 'node:v8';
import { every, type Timer } from '#base';
import { collectGarbage } from '#base/collect-garbage.ts';
import { trimProcessMemory } from '#base/trim-memory.ts';

/**
 * Bodies and columns are memory outside of V8's heap. By default V8 collects its whole heap each time 64 MB of them have come and gone, some
 * 45 times a million spans, half of the collector's CPU; with the first flag such memory counts towards the heap's own limit instead. With the
 * second V8 does not collect whenever it takes a pause for the end of the work, a quarter of the CPU of scraping 100,000 series: the keeper below
 * gives memory back.
 */
export const MEMORY_FLAGS = '--external-memory-accounted-in-global-limit --no-memory-reducer';

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
  /** Bytes in V8's heap. */
  heapBytes(): number;
  /** How much memory outside of the heap may grow, as a factor, and how much the heap, until V8 collects all memory. */
  allowGrowth(external: number, heap: number): void;
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
  heapBytes: () => process.memoryUsage().heapUsed,
  allowGrowth: (external, heap) => {
    setFlagsFromString(`--external-memory-max-growing-factor=${external.toFixed(2)}`);
    setFlagsFromString(`--heap-growing-percent=${Math.round((heap - 1) * 100)}`);
  },
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
/**
 * The limit is that of both together. The heap itself is small, and V8 would let it grow by a third at times: a collection of all memory for each
 * 20 MB of bodies that were held for some seconds, a third of the CPU of tail sampling.
 */
const SMALLEST_HEAP_FACTOR = 2;
const LARGEST_HEAP_FACTOR = 4;
const GROWTH_BYTES = 96 * 1024 * 1024;
/** A round that gave back little doubles the time to the next one. */
const MAX_LOOKS_BETWEEN = 60;
/**
 * Memory to be given back so soon after a round belongs to work that comes again and again, such as scrapes every 15 s: the quiet between must
 * last twice as long from then on. A round for each scrape of 100,000 series was a quarter of the CPU that these take.
 */
const SOON_LOOKS = 24;
const MAX_QUIET_LOOKS = 24;

/**
 * Gives memory back after a load, and what a start leaves behind. V8 collects garbage when something new is allocated, and the C library keeps what
 * was freed: a collector that was sent 3 GB at once and is idle since would hold a gigabyte of dead bodies for as long as it stays idle.
 */
export class MemoryKeeper {
  readonly #process: ProcessFigures;
  readonly #startBytes: number;
  /** What the start left behind has not been given back yet. */
  #isStarting = true;
  #cpuMs: number;
  #afterBytes: number;
  #looksBetween = 1;
  #looks = 0;
  /** In a row until now, and how many it takes. */
  #quietLooks = 0;
  #quietNeeded = 1;

  constructor(figures: ProcessFigures) {
    this.#process = figures;
    this.#startBytes = figures.residentBytes();
    this.#afterBytes = this.#startBytes;
    this.#cpuMs = figures.cpuMs();
    figures.allowGrowth(LARGEST_FACTOR, LARGEST_HEAP_FACTOR);
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
    this.#quietLooks = isQuiet ? this.#quietLooks + 1 : 0;
    this.#allowGrowth();
    const beforeBytes = this.#process.residentBytes();
    const isLarge = beforeBytes - this.#startBytes >= WORTH_BYTES;
    if (this.#quietLooks < this.#quietNeeded || !(isLarge || this.#isStarting)) return;
    const hasGrown = beforeBytes - this.#afterBytes >= WORTH_BYTES;
    if (!hasGrown && this.#looks < this.#looksBetween) return;
    if (this.#isStarting || this.#looks > SOON_LOOKS) this.#quietNeeded = 1;
    else this.#quietNeeded = Math.min(this.#quietNeeded * 2, MAX_QUIET_LOOKS);
    this.#isStarting = false;
    this.#process.collectGarbage();
    this.#process.trim();
    this.#afterBytes = this.#process.residentBytes();
    this.#looks = 0;
    const wasUseful = beforeBytes - this.#afterBytes >= WORTH_BYTES / 4;
    this.#looksBetween = wasUseful ? 1 : Math.min(this.#looksBetween * 2, MAX_LOOKS_BETWEEN);
  }

  #allowGrowth(): void {
    const factorOf = (bytes: number, smallest: number, largest: number): number =>
      Math.min(largest, Math.max(smallest, 1 + GROWTH_BYTES / Math.max(1, bytes)));
    this.#process.allowGrowth(
      factorOf(this.#process.externalBytes(), SMALLEST_FACTOR, LARGEST_FACTOR),
      factorOf(this.#process.heapBytes(), SMALLEST_HEAP_FACTOR, LARGEST_HEAP_FACTOR),
    );
  }
}
