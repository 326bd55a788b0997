import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Telemetry } from './telemetry.ts';

/** Kinds of collections, by their number in `node:perf_hooks`. */
const GC_KINDS: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** Reports memory, processor time and the runtime. All services of the shop live in one process, so each shows that process. */
export function reportProcess(telemetry: Telemetry): void {
  const meter = telemetry.scopedMeter('shop.process');
  meter
    .createObservableUpDownCounter('process.memory.usage', { description: 'Resident memory', unit: 'By' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableCounter('process.cpu.time', { description: 'Processor time used', unit: 's' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  reportEventLoop(telemetry);
  reportHeap(telemetry);
}

function reportEventLoop(telemetry: Telemetry): void {
  const meter = telemetry.scopedMeter('shop.runtime');
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let before = performance.eventLoopUtilization();
  meter
    .createObservableGauge('nodejs.eventloop.utilization', { description: 'Share of time that it was busy', unit: '1' })
    .addCallback((result) => {
      const now = performance.eventLoopUtilization();
      result.observe(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    });
  const seconds = { unit: 's' };
  const gauges = {
    p50: meter.createObservableGauge('nodejs.eventloop.delay.p50', seconds),
    p99: meter.createObservableGauge('nodejs.eventloop.delay.p99', seconds),
    max: meter.createObservableGauge('nodejs.eventloop.delay.max', seconds),
  };
  meter.addBatchObservableCallback((result) => {
    result.observe(gauges.p50, delay.percentile(50) / 1e9);
    result.observe(gauges.p99, delay.percentile(99) / 1e9);
    result.observe(gauges.max, delay.max / 1e9);
    delay.reset();
  }, Object.values(gauges));
}

function reportHeap(telemetry: Telemetry): void {
  const meter = telemetry.scopedMeter('shop.runtime');
  const bytes = { unit: 'By' };
  const used = meter.createObservableUpDownCounter('v8js.memory.heap.used', bytes);
  const limit = meter.createObservableUpDownCounter('v8js.memory.heap.limit', bytes);
  meter.addBatchObservableCallback(
    (result) => {
      for (const { space_name: name, space_used_size: usedBytes, space_size: size } of getHeapSpaceStatistics()) {
        result.observe(used, usedBytes, { 'v8js.heap.space.name': name });
        result.observe(limit, size, { 'v8js.heap.space.name': name });
      }
    },
    [used, limit],
  );
  const collections = meter.createHistogram('v8js.gc.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 1] },
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as typeof entry & { readonly detail?: { readonly kind?: number } };
      const kind = GC_KINDS[detail?.kind ?? 0] ?? 'other';
      collections.record(duration / 1000, { 'v8js.gc.type': kind });
    }
  }).observe({ entryTypes: ['gc'] });
}
