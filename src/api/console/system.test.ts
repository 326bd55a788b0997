/** What System says of the processes and the disk, against what the machine says. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { insertPoints, insertSeries, insertSpans } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import type { SystemResponse } from './types.ts';

const DAY_MS = 86_400_000;
let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

async function system(fromMs: number, toMs: number): Promise<SystemResponse> {
  const response = await fetch(`${server.url}/api/console/system?from=${fromMs}&to=${toMs}`);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as SystemResponse;
}
const processOf = (view: SystemResponse, role: string) => view.processes.find((one) => one.role === role);

test("memory is the process's resident size", async () => {
  const resident = (): number => {
    const status = readFileSync(`/proc/${store.enginePid()}/status`, 'utf8');
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)![1]) * 1024;
  };
  const now = Date.now();
  expect(processOf(await system(now - DAY_MS, now), 'engine')!.uptimeS).toBeGreaterThan(0);
  if (process.platform !== 'linux') return;
  // The engine takes and gives memory meanwhile: only an answer between two equal readings says something. It showed half once.
  await eventually(
    'two equal readings around an answer',
    async () => {
      const before = resident();
      const engine = processOf(await system(now - DAY_MS, now), 'engine')!;
      const after = resident();
      if (Math.abs(after / before - 1) > 0.1) return false;
      return Math.abs(engine.rssBytes / after - 1) < 0.2;
    },
    50_000,
  );
});

test('now is now whatever the range: processes, queues and lag are the newest, or absent', async () => {
  const now = Date.now();
  const gauges: readonly [name: string, value: number][] = [
    ['otelcol_process_uptime', 777],
    ['otelcol_process_memory_rss', 123_000_000],
    ['otelcol_signalbox_store_lag', 0.5],
  ];
  const series = gauges.map(([name], i) => ({
    seriesId: BigInt(i + 1),
    name,
    type: 1,
    service: 'collector',
    scopeName: 'signalbox',
  }));
  await insertSeries(store, series, BigInt(now) * 1_000_000n);
  const points = gauges.map(([name, value], i) => ({
    name,
    seriesId: BigInt(i + 1),
    timeNs: BigInt(now - 5_000) * 1_000_000n,
    columns: { value_double: value },
  }));
  await insertPoints(store, 'metric_points', points);
  for (const [fromMs, toMs] of [
    [now - 3_600_000, now],
    [now - 30 * DAY_MS, now],
    [now - 9 * DAY_MS, now - 8 * DAY_MS],
  ] as const) {
    const view = await system(fromMs, toMs);
    expect(processOf(view, 'collector')).toMatchObject({ uptimeS: 777, rssBytes: 123_000_000 });
    expect(view.freshness.traces.lagMs).toBe(500);
  }
});

test('the disk counts parts that were merged and are still there', async () => {
  const now = Date.now();
  for (let i = 0; i < 3; i++) {
    const timeNs = BigInt(now) * 1_000_000n;
    await insertSpans(store, [{ traceId: String(i + 1), spanId: '1', timeNs, durationNs: 1, service: 'x', name: 'y' }]);
  }
  await store.run(`OPTIMIZE TABLE ${store.database}.spans FINAL`);
  const sizes = await store.run(`SELECT sum(bytes_on_disk), sumIf(bytes_on_disk, active) FROM system.parts
    WHERE database = '${store.database}' AND table = 'spans'`);
  const [all, active] = sizes.trim().split('\t').map(Number);
  const spans = (await system(now - DAY_MS, now)).store.tables.find(({ name }) => name === 'spans')!;
  expect(all).toBeGreaterThan(active!);
  expect(spans).toMatchObject({ rows: 3, parts: 1, bytesOnDisk: all, activeBytesOnDisk: active });
  // Both are of the same parts, so a row's cost and the compression agree with the figure per item.
  const { itemCount, bytesPerItem } = (await system(now - DAY_MS, now)).store;
  expect(itemCount.traces).toBe(3);
  expect(bytesPerItem.traces).toBeGreaterThanOrEqual(spans.activeBytesOnDisk / 3);
});

test('the oldest rows of a table are as old as the day on which they arrived', async () => {
  const arrivedMs = Date.UTC(2026, 10, 3, 17, 5);
  await store.run(`INSERT INTO ${store.database}.logs (time, ingested_at)
    SELECT now64(9), fromUnixTimestamp64Milli(${arrivedMs} + number * ${DAY_MS}) FROM numbers(3)`);
  const now = Date.now();
  const logs = (await system(now - DAY_MS, now)).store.tables.find(({ name }) => name === 'logs')!;
  expect(logs).toMatchObject({ rows: 3, oldestMs: Date.UTC(2026, 10, 3) });
});

test('two who look at the same time see the same CPU', async () => {
  const now = Date.now();
  const views = await Promise.all([system(now - DAY_MS, now), system(now - DAY_MS, now), system(now - DAY_MS, now)]);
  const shares = views.map((view) => processOf(view, 'server')!.cpuPercent);
  // A reading of its own for each would divide by the milliseconds since the one before.
  expect(Math.max(...shares)).toBeLessThan(Math.min(...shares) * 2 + 20);
});
