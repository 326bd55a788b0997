import { getHeapStatistics, type HeapInfo } from 'node:v8';
import type { Meter } from '#component';

/** The field is younger than the types of Node. */
interface HeapStatistics extends HeapInfo {
  readonly total_allocated_bytes: number;
}

/** otelcol's process metrics, with V8's heap in the place of Go's (research: collector §1.19). Returns the removal. */
export function registerProcessMetrics(meter: Meter): () => void {
  const removals = [
    meter.gauge(
      'process_uptime',
      { unit: 's', description: 'Uptime of the process', isSum: true },
      () => performance.now() / 1000,
    ),
    meter.gauge(
      'process_cpu_seconds',
      { unit: 's', description: 'Total CPU user and system time in seconds', isSum: true },
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    ),
    meter.gauge('process_memory_rss', { unit: 'By', description: 'Total physical memory (resident set size)' }, () =>
      process.memoryUsage.rss(),
    ),
    meter.gauge(
      'process_runtime_heap_alloc_bytes',
      { unit: 'By', description: 'Bytes of allocated heap objects' },
      () => process.memoryUsage().heapUsed,
    ),
    meter.gauge(
      'process_runtime_total_alloc_bytes',
      { unit: 'By', description: 'Cumulative bytes allocated for heap objects', isSum: true },
      () => (getHeapStatistics() as HeapStatistics).total_allocated_bytes,
    ),
    meter.gauge(
      'process_runtime_total_sys_memory_bytes',
      { unit: 'By', description: 'Total bytes of memory that the heap obtained from the operating system' },
      () => process.memoryUsage().heapTotal,
    ),
  ];
  return () => {
    for (const remove of removals) remove();
  };
}
