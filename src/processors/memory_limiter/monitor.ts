import type { Clock } from '#base';
import type { Logger } from '#component';
import type { MemoryLimiterConfig } from './config.ts';
import type { Memory } from './memory.ts';

const MIB = 1024 * 1024;
const SPIKE_SHARE = 0.2;
/** A collection that frees less than this, and doesn't get below the soft limit, was useless. */
const USEFUL_SHARE = 0.05;

export interface MemoryLimits {
  readonly softBytes: number;
  readonly hardBytes: number;
}

/** The limits of a configuration on a machine with `totalBytes` (otelcol internal/memorylimiter newFixedMemUsageChecker). */
export function memoryLimits(config: MemoryLimiterConfig, totalBytes: number): MemoryLimits {
  const fixed = config.limitMib > 0;
  const hardBytes = Math.floor(fixed ? config.limitMib * MIB : (config.limitPercentage * totalBytes) / 100);
  const spikeBytes = Math.floor(fixed ? config.spikeLimitMib * MIB : (config.spikeLimitPercentage * totalBytes) / 100);
  return { hardBytes, softBytes: hardBytes - (spikeBytes || Math.floor(hardBytes * SPIKE_SHARE)) };
}

/**
 * Looks at the memory in use once per interval and decides whether data is refused. Above the soft limit it first tries a garbage
 * collection, unless the last one was a moment ago. Collections that free nothing move apart, up to the configured maximum.
 */
export class MemoryMonitor {
  readonly limits: MemoryLimits;
  refusing = false;
  usedBytes = 0;
  readonly #config: MemoryLimiterConfig;
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #users = 0;
  #cancelTimer: (() => void) | undefined = undefined;
  #lastGcMs = Number.NEGATIVE_INFINITY;
  /** How far apart useless collections are by now; 0 while they were useful. */
  #backoffMs = 0;

  constructor(config: MemoryLimiterConfig, memory: Memory, clock: Clock, logger: Logger) {
    this.limits = memoryLimits(config, memory.totalBytes());
    this.#config = config;
    this.#memory = memory;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Begins to look with the first user. */
  start(): void {
    if (this.#users++ > 0) return;
    this.#logger.info('memory limiter configured', {
      limit_mib: toMib(this.limits.hardBytes),
      refuses_from_mib: toMib(this.limits.softBytes),
    });
    this.check();
    this.#schedule();
  }

  /** Stops with the last user. */
  stop(): void {
    if (--this.#users > 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  check(): void {
    const { softBytes, hardBytes } = this.limits;
    let used = this.#memory.usedBytes();
    if (used >= softBytes && this.#mayCollect(used >= hardBytes)) used = this.#collect(used);
    this.usedBytes = used;
    const refuse = used >= softBytes;
    if (refuse && !this.refusing) {
      this.#logger.warn('memory usage is above the soft limit, refusing data', this.#figures());
    } else if (!refuse && this.refusing) {
      this.#logger.info('memory usage is back within limits, resuming normal operation', this.#figures());
    }
    this.refusing = refuse;
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.after(this.#config.checkIntervalMs, () => {
      // First, so that a look that fails isn't the last one.
      this.#schedule();
      this.check();
    });
  }

  #mayCollect(hard: boolean): boolean {
    const { minGcIntervalWhenHardLimitedMs, minGcIntervalWhenSoftLimitedMs } = this.#config;
    const minimumMs = hard ? minGcIntervalWhenHardLimitedMs : minGcIntervalWhenSoftLimitedMs;
    const maximumMs = hard ? this.#config.maxGcIntervalWhenHardLimitedMs : this.#config.maxGcIntervalWhenSoftLimitedMs;
    const waitMs = Math.max(minimumMs, Math.min(this.#backoffMs, maximumMs));
    return this.#clock.monotonicMs() - this.#lastGcMs >= waitMs;
  }

  #collect(beforeBytes: number): number {
    this.#memory.collectGarbage();
    this.#lastGcMs = this.#clock.monotonicMs();
    const afterBytes = this.#memory.usedBytes();
    const useful = afterBytes < this.limits.softBytes || beforeBytes - afterBytes >= beforeBytes * USEFUL_SHARE;
    this.#backoffMs = useful ? 0 : Math.max(this.#config.checkIntervalMs, this.#backoffMs * 2);
    return afterBytes;
  }

  #figures(): Record<string, number> {
    return { used_mib: toMib(this.usedBytes), soft_limit_mib: toMib(this.limits.softBytes) };
  }
}

function toMib(bytes: number): number {
  return Math.round((bytes / MIB) * 10) / 10;
}
