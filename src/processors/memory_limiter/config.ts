import { duration, integer, percentage, type Schema, strictObject } from '#config';

/** What users write under `memory_limiter:` (otelcol internal/memorylimiter). Durations in milliseconds. */
export interface MemoryLimiterConfig {
  /** Time between two looks at the memory in use. */
  readonly checkIntervalMs: number;
  /** The hard limit; wins over `limitPercentage`. 0 for none. */
  readonly limitMib: number;
  /** 0 chooses 20 % of the limit. The soft limit, where refusing begins, is limit - spike. */
  readonly spikeLimitMib: number;
  /** Of the memory that the process may use: its cgroup's limit, else the machine's memory. */
  readonly limitPercentage: number;
  /** Of the same memory, not of the limit. 0 chooses 20 % of the limit. */
  readonly spikeLimitPercentage: number;
  /** Forced garbage collections are at least so far apart. */
  readonly minGcIntervalWhenSoftLimitedMs: number;
  readonly minGcIntervalWhenHardLimitedMs: number;
  /** While collections free nothing, the distance doubles up to this; 0 turns the doubling off. */
  readonly maxGcIntervalWhenSoftLimitedMs: number;
  readonly maxGcIntervalWhenHardLimitedMs: number;
}

export const memoryLimiterSchema: Schema<MemoryLimiterConfig> = strictObject({
  check_interval: duration(0).meta({
    description: 'time between two looks at the memory; `1s` is usual',
    defaultText: 'required',
  }),
  limit_mib: integer(0, { min: 0 }).meta({
    description: 'the hard limit; one of `limit_mib` and `limit_percentage` is required, and MiB wins',
    unit: 'MiB',
    defaultText: '',
  }),
  spike_limit_mib: integer(0, { min: 0 }).meta({
    description: 'data is refused from limit - spike on, the soft limit',
    unit: 'MiB',
    defaultText: '20 % of the limit',
  }),
  limit_percentage: percentage(0).meta({
    description: 'the hard limit, of the memory that the process may use',
    unit: '%',
    defaultText: '',
  }),
  spike_limit_percentage: percentage(0).meta({
    description: 'of the same memory, not of the limit',
    unit: '%',
    defaultText: '20 % of the limit',
  }),
  min_gc_interval_when_soft_limited: duration(10_000).describe(
    'forced garbage collections above the soft limit are so far apart',
  ),
  min_gc_interval_when_hard_limited: duration(0).describe('the same above the hard limit'),
  max_gc_interval_when_soft_limited: duration(30_000).describe(
    'while collections free nothing, the distance doubles up to this; `0s` never',
  ),
  max_gc_interval_when_hard_limited: duration(30_000).describe('the same above the hard limit'),
}).transform((raw) => ({
  checkIntervalMs: raw.check_interval,
  limitMib: raw.limit_mib,
  spikeLimitMib: raw.spike_limit_mib,
  limitPercentage: raw.limit_percentage,
  spikeLimitPercentage: raw.spike_limit_percentage,
  minGcIntervalWhenSoftLimitedMs: raw.min_gc_interval_when_soft_limited,
  minGcIntervalWhenHardLimitedMs: raw.min_gc_interval_when_hard_limited,
  maxGcIntervalWhenSoftLimitedMs: raw.max_gc_interval_when_soft_limited,
  maxGcIntervalWhenHardLimitedMs: raw.max_gc_interval_when_hard_limited,
}));

/** The rules across fields, in otelcol's words. */
export function validateMemoryLimiter(
  config: MemoryLimiterConfig,
): { path: readonly (string | number)[]; message: string }[] {
  const mistakes: { path: readonly (string | number)[]; message: string }[] = [];
  const refuse = (key: string, message: string): void => {
    mistakes.push({ path: key === '' ? [] : [key], message });
  };
  if (config.checkIntervalMs <= 0) refuse('check_interval', "'check_interval' must be greater than zero");
  if (config.limitMib === 0 && config.limitPercentage === 0) {
    refuse('', "'limit_mib' or 'limit_percentage' must be greater than zero");
  }
  if (config.limitMib > 0 && config.spikeLimitMib >= config.limitMib) {
    refuse('spike_limit_mib', "'spike_limit_mib' must be smaller than 'limit_mib'");
  }
  if (config.limitPercentage > 0 && config.spikeLimitPercentage >= config.limitPercentage) {
    refuse('spike_limit_percentage', "'spike_limit_percentage' must be smaller than 'limit_percentage'");
  }
  if (config.minGcIntervalWhenSoftLimitedMs < config.minGcIntervalWhenHardLimitedMs) {
    refuse(
      'min_gc_interval_when_soft_limited',
      "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
    );
  }
  for (const [state, minimumMs, maximumMs] of [
    ['soft', config.minGcIntervalWhenSoftLimitedMs, config.maxGcIntervalWhenSoftLimitedMs],
    ['hard', config.minGcIntervalWhenHardLimitedMs, config.maxGcIntervalWhenHardLimitedMs],
  ] as const) {
    if (maximumMs !== 0 && maximumMs < minimumMs) {
      refuse(
        `max_gc_interval_when_${state}_limited`,
        `'max_gc_interval_when_${state}_limited' must be 0 or at least 'min_gc_interval_when_${state}_limited'`,
      );
    }
  }
  return mistakes;
}
