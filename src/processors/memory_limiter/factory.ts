import type { ProcessorFactory } from '#component';
import { type MemoryLimiterConfig, memoryLimiterSchema, validateMemoryLimiter } from './config.ts';
import { type Memory, processMemory } from './memory.ts';
import { MemoryLimiterProcessor } from './memory-limiter.ts';
import { MemoryMonitor } from './monitor.ts';

/** A factory that looks at the given memory. */
export function createMemoryLimiterFactory(memory: Memory): ProcessorFactory<MemoryLimiterConfig> {
  // The pipelines that name the same limiter share its configuration, and so one monitor: no garbage is collected twice.
  const monitors = new WeakMap<MemoryLimiterConfig, MemoryMonitor>();
  return {
    kind: 'processor',
    type: 'memory_limiter',
    description: 'Refuses data while the process uses too much memory.',
    stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
    schema: memoryLimiterSchema,
    validate: validateMemoryLimiter,
    create: (settings, config, signal, next) => {
      const monitor = monitors.get(config) ?? new MemoryMonitor(config, memory, settings.clock, settings.logger);
      monitors.set(config, monitor);
      return new MemoryLimiterProcessor(settings, monitor, signal, next);
    },
  };
}

export const memoryLimiterFactory: ProcessorFactory<MemoryLimiterConfig> = createMemoryLimiterFactory(processMemory);
