import { expect, test } from 'vitest';
import { defaultMemoryLimitBytes, printConfigFile } from './config-file.ts';

const gibibyte = 1024 ** 3;

test.each([
  [gibibyte / 2, gibibyte / 2],
  [4 * gibibyte, 2 * gibibyte],
  [256 * gibibyte, 8 * gibibyte],
])('a machine of %d bytes gives the engine %d', (machine, limit) => {
  expect(defaultMemoryLimitBytes(machine)).toBe(limit);
});

test('caches fit into the limit', () => {
  for (const memoryLimitBytes of [gibibyte / 2, 8 * gibibyte]) {
    const text = printConfigFile({ memoryLimitBytes, cores: 2, hasCgroupMemory: true, disksPath: '/data/disks' });
    expect(text).toContain(`<max_server_memory_usage>${memoryLimitBytes}</max_server_memory_usage>`);
    const caches = [...text.matchAll(/<(\w+_cache_size)>(\d+)</g)].map(([, , bytes]) => Number(bytes));
    expect(caches.length).toBeGreaterThan(5);
    expect(caches.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(memoryLimitBytes / 2);
  }
});
