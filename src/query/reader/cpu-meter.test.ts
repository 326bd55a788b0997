import { expect, test } from 'vitest';
import { CpuMeter } from './cpu-meter.ts';

test('two who look at the same time see the same, and nobody shortens the interval', () => {
  const meter = new CpuMeter();
  for (let second = 0; second <= 30; second++) meter.add(second * 1000, second * 250);
  const now = { atMs: 30_500, cpuMs: 30 * 250 + 125 };
  expect(meter.percent(now)).toBeCloseTo(25, 6);
  meter.add(now.atMs, now.cpuMs);
  expect(meter.percent(now)).toBeCloseTo(25, 6);
  expect(meter.percent({ atMs: 30_501, cpuMs: now.cpuMs })).toBeCloseTo(25, 1);
});

test('an old reading is not part of the last interval, and a process that began again has none', () => {
  const meter = new CpuMeter();
  meter.add(0, 0);
  expect(meter.percent({ atMs: 1000, cpuMs: 5000 })).toBeUndefined();
  meter.add(60_000, 50_000);
  expect(meter.percent({ atMs: 70_000, cpuMs: 50_100 })).toBeCloseTo(1, 6);
  meter.add(75_000, 10);
  expect(meter.percent({ atMs: 76_000, cpuMs: 20 })).toBeUndefined();
});
