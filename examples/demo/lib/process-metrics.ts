import type { Telemetry } from './telemetry.ts';

/** Reports memory and processor time. All services of the shop live in one process, so each shows that process. */
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
}
