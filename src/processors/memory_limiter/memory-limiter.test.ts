import { describe, expect, test } from 'vitest';
import { fakeSettings, RecordingConsumer } from '#component/testing.ts';
import type { Batch } from '#pdata';
import { type MemoryLimiterConfig, memoryLimiterSchema, validateMemoryLimiter } from './config.ts';
import { createMemoryLimiterFactory, memoryLimiterFactory } from './factory.ts';
import { processMemory } from './memory.ts';
import { memoryLimits } from './monitor.ts';

const MIB = 1024 * 1024;

function configOf(yaml: object): MemoryLimiterConfig {
  return memoryLimiterSchema.parse(yaml) as MemoryLimiterConfig;
}

/** Memory under the test's control: `garbageMib` of `usedMib` go away with a collection. */
class TestMemory {
  usedMib = 0;
  garbageMib = 0;
  collections = 0;
  usedBytes = (): number => this.usedMib * MIB;
  totalBytes = (): number => 1024 * MIB;
  collectGarbage = (): void => {
    this.collections++;
    this.usedMib -= this.garbageMib;
    this.garbageMib = 0;
  };
}

const threeItems = { itemCount: 3 } as Batch;

async function setUp(yaml: object = {}) {
  const memory = new TestMemory();
  const settings = fakeSettings();
  const next = new RecordingConsumer();
  const config = configOf({ check_interval: '1s', limit_mib: 100, ...yaml });
  const limiter = createMemoryLimiterFactory(memory).create(settings, config, 'logs', next);
  await limiter.start({} as never);
  return { memory, settings, next, limiter };
}

describe('limits', () => {
  test.each([
    { name: 'fixed', yaml: { limit_mib: 100, spike_limit_mib: 30 }, soft: 70, hard: 100 },
    { name: 'fixed, spike left out', yaml: { limit_mib: 100 }, soft: 80, hard: 100 },
    { name: "the article's", yaml: { limit_percentage: 75, spike_limit_percentage: 30 }, soft: 460.8, hard: 768 },
    { name: 'percentage, spike left out', yaml: { limit_percentage: 50 }, soft: 409.6, hard: 512 },
    { name: 'both: MiB wins', yaml: { limit_mib: 10, limit_percentage: 75 }, soft: 8, hard: 10 },
  ])('$name', ({ yaml, soft, hard }) => {
    const limits = memoryLimits(configOf(yaml), 1024 * MIB);
    expect(limits.softBytes / MIB).toBeCloseTo(soft, 4);
    expect(limits.hardBytes / MIB).toBeCloseTo(hard, 4);
  });
});

describe('refusing', () => {
  test('from the soft limit on, with an error that may be retried, until the memory is back', async () => {
    const { memory, settings, next, limiter } = await setUp();
    await limiter.consume(threeItems);
    memory.usedMib = 80;
    await limiter.consume(threeItems);
    await settings.clock.advance(1000);
    await expect(limiter.consume(threeItems)).rejects.toMatchObject({
      message: 'data refused due to high memory usage',
      permanent: false,
      reason: 'memory',
    });
    memory.usedMib = 79;
    await settings.clock.advance(1000);
    await limiter.consume(threeItems);
    expect(next.batches).toHaveLength(3);
    expect(settings.meter.sum('processor_memory_limiter_accepted_log_records')).toBe(9);
    expect(settings.meter.sum('processor_memory_limiter_refused_log_records')).toBe(3);
    expect(settings.logged.map((line) => line.slice(0, 12))).toEqual(['info memory ', 'warn memory ', 'info memory ']);
  });

  test('a collection that frees enough prevents it', async () => {
    const { memory, settings, limiter } = await setUp();
    memory.usedMib = 95;
    memory.garbageMib = 50;
    await settings.clock.advance(1000);
    await limiter.consume(threeItems);
    expect(memory.collections).toBe(1);
  });

  test('a refusal of the next component passes through', async () => {
    const { next, limiter } = await setUp();
    next.before = async () => Promise.reject(new Error('downstream'));
    await expect(limiter.consume(threeItems)).rejects.toThrow('downstream');
  });
});

describe('garbage collection', () => {
  test('above the soft limit: at most once per interval, and useless ones move apart to the maximum', async () => {
    const { memory, settings } = await setUp({
      min_gc_interval_when_soft_limited: '2s',
      max_gc_interval_when_soft_limited: '6s',
    });
    memory.usedMib = 90;
    const seconds: number[] = [];
    for (let second = 1; second <= 24; second++) {
      const before = memory.collections;
      await settings.clock.advance(1000);
      if (memory.collections > before) seconds.push(second);
    }
    // 2 s apart at first, then 2, 4 and at most 6 s.
    expect(seconds).toEqual([1, 3, 5, 9, 15, 21]);
  });

  test('above the hard limit: at once, and again at each look while it helps', async () => {
    const { memory, settings } = await setUp({ max_gc_interval_when_hard_limited: '0s' });
    memory.usedMib = 300;
    for (let second = 1; second <= 3; second++) {
      memory.garbageMib = 20;
      await settings.clock.advance(1000);
      expect(memory.collections).toBe(second);
    }
  });

  test('pipelines that share a configuration share the looks', async () => {
    const memory = new TestMemory();
    const settings = fakeSettings();
    const factory = createMemoryLimiterFactory(memory);
    const config = configOf({ check_interval: '1s', limit_mib: 100 });
    const limiters = (['traces', 'logs'] as const).map((s) =>
      factory.create(settings, config, s, new RecordingConsumer()),
    );
    for (const limiter of limiters) await limiter.start({} as never);
    memory.usedMib = 90;
    await settings.clock.advance(1000);
    expect(memory.collections).toBe(1);
    await limiters[0]!.shutdown(1);
    memory.usedMib = 10;
    await settings.clock.advance(1000);
    await limiters[1]!.consume(threeItems);
    await limiters[1]!.shutdown(1);
    memory.usedMib = 90;
    await settings.clock.advance(60_000);
    expect(memory.collections).toBe(1);
  });

  test('of this process: what nothing refers to is gone', async () => {
    const unused = new WeakRef({ length: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    processMemory.collectGarbage();
    expect(unused.deref()).toBeUndefined();
  });

  test('the memory of this process includes received bodies', () => {
    const before = processMemory.usedBytes();
    const body = new Uint8Array(64 * MIB);
    expect(processMemory.usedBytes() - before).toBeGreaterThan(body.length * 0.9);
    expect(processMemory.totalBytes()).toBeGreaterThan(64 * MIB);
  });
});

describe('configuration', () => {
  test.each([
    { yaml: { limit_mib: 1 }, want: "'check_interval' must be greater than zero" },
    { yaml: { check_interval: '1s' }, want: "'limit_mib' or 'limit_percentage' must be greater than zero" },
    {
      yaml: { check_interval: '1s', limit_mib: 10, spike_limit_mib: 10 },
      want: "'spike_limit_mib' must be smaller than 'limit_mib'",
    },
    {
      yaml: { check_interval: '1s', limit_percentage: 50, spike_limit_percentage: 60 },
      want: "'spike_limit_percentage' must be smaller than 'limit_percentage'",
    },
    {
      yaml: { check_interval: '1s', limit_mib: 10, min_gc_interval_when_hard_limited: '11s' },
      want: "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
    },
    {
      yaml: { check_interval: '1s', limit_mib: 10, max_gc_interval_when_soft_limited: '5s' },
      want: "'max_gc_interval_when_soft_limited' must be 0 or at least 'min_gc_interval_when_soft_limited'",
    },
  ])('refuses $want', ({ yaml, want }) => {
    expect(validateMemoryLimiter(configOf(yaml)).map((mistake) => mistake.message)).toEqual([want]);
  });

  test('takes the article', () => {
    const config = configOf({ check_interval: '1s', limit_percentage: 75, spike_limit_percentage: 30 });
    expect(memoryLimiterFactory.validate!(config)).toEqual([]);
  });
});
