import { ConsumeError } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import type { Batch, Signal } from '#pdata';
import { type MemoryLimiterMetrics, memoryLimiterMetrics } from './metrics.ts';
import type { MemoryMonitor } from './monitor.ts';

/** Refuses data while the process uses too much memory; the sender is told to try again. */
export class MemoryLimiterProcessor implements Processor {
  readonly mutatesData = false;
  readonly #monitor: MemoryMonitor;
  readonly #next: Consumer;
  readonly #metrics: MemoryLimiterMetrics;
  #running = false;

  constructor(settings: CreateSettings, monitor: MemoryMonitor, signal: Signal, next: Consumer) {
    this.#monitor = monitor;
    this.#next = next;
    this.#metrics = memoryLimiterMetrics(settings.meter, signal, monitor);
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#monitor.start();
  }

  consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (this.#monitor.refusing) {
      this.#metrics.refused.add(batch.itemCount);
      return Promise.reject(new ConsumeError('data refused due to high memory usage', { reason: 'memory' }));
    }
    this.#metrics.accepted.add(batch.itemCount);
    return this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {
    if (this.#running) this.#monitor.stop();
    this.#running = false;
    this.#metrics.close();
  }
}
