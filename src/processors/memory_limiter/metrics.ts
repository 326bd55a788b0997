import type { Counter, Meter } from '#component';
import { ITEM_NAME, type Signal } from '#pdata';
import type { MemoryMonitor } from './monitor.ts';

export interface MemoryLimiterMetrics {
  readonly accepted: Counter;
  readonly refused: Counter;
  /** Removes the gauges. */
  close(): void;
}

/** The instruments of otelcol's memory limiter, and gauges of the figures that it decides by. */
export function memoryLimiterMetrics(meter: Meter, signal: Signal, monitor: MemoryMonitor): MemoryLimiterMetrics {
  const items = ITEM_NAME[signal];
  const gauge = (name: string, description: string, read: () => number): (() => void) =>
    meter.gauge(`processor_memory_limiter_${name}`, { unit: 'By', description }, read);
  const gauges = [
    gauge('used_bytes', 'Memory in use at the last look', () => monitor.usedBytes),
    gauge('soft_limit_bytes', 'Data is refused from here on', () => monitor.limits.softBytes),
    gauge('hard_limit_bytes', 'Garbage is collected at once from here on', () => monitor.limits.hardBytes),
  ];
  return {
    accepted: meter.counter(`processor_memory_limiter_accepted_${items}`, {
      unit: `{${items}}`,
      description: `Number of ${items} that were let through`,
    }),
    refused: meter.counter(`processor_memory_limiter_refused_${items}`, {
      unit: `{${items}}`,
      description: `Number of ${items} that were refused because of high memory usage`,
    }),
    close: () => {
      for (const remove of gauges) remove();
    },
  };
}
