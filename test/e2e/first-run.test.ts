/** What a person sees who starts Signalbox for the first time: nothing that is not theirs, and the README's first command works. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricsResponse, StatusResponse, SystemResponse } from '#api/types.ts';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { getJson } from './ask.ts';

const LIMIT_MS = 240_000;
const PATIENCE_MS = 90_000;

let box: RunningSignalbox;
beforeAll(async () => {
  box = await startSignalbox();
}, LIMIT_MS);
afterAll(() => box?.stop());

const lastHour = (): string => `from=${Date.now() - 3_600_000}&to=${Date.now() + 60_000}`;
const ask = <T>(path: string): Promise<T> => getJson<T>(`${box.consoleUrl}/api/console${path}`);

test('own telemetry is there, and is not the data that the first-run page waits for', {
  timeout: LIMIT_MS,
}, async () => {
  const own = await eventually(
    'own metrics',
    async () => {
      const { metrics } = await ask<MetricsResponse>(`/metrics?${lastHour()}&owner=own`);
      return metrics.some(({ name }) => name === 'signalbox.process.restarts') ? metrics : undefined;
    },
    PATIENCE_MS,
  );
  expect(own.length).toBeGreaterThan(10);
  expect((await ask<MetricsResponse>(`/metrics?${lastHour()}`)).metrics).toEqual([]);
  const { signals, store } = await ask<StatusResponse>('/status');
  expect(store.available).toBe(true);
  expect(Object.values(signals!).map(({ hasData }) => hasData)).toEqual([false, false, false]);
});

test("the README's span by hand, pasted as a whole, arrives and is shown", { timeout: LIMIT_MS }, async () => {
  const block = curlBlock()
    .replaceAll('http://localhost:4318', box.otlpUrl)
    .replaceAll('http://localhost:4300', box.consoleUrl);
  const seen = new Set<string>();
  // Pasted twice it makes two traces.
  for (let i = 0; i < 2; i++) {
    const { stdout } = await promisify(execFile)('bash', ['-c', block], { timeout: 120_000 });
    expect(stdout).toContain('first light');
    seen.add(/"traceID":"([0-9a-f]{32})"/.exec(stdout)![1]!);
    expect(stdout.match(/"operationName":"first light"/g)).toHaveLength(1);
  }
  expect(seen.size).toBe(2);
  const { signals } = await ask<StatusResponse>('/status');
  expect(signals).toMatchObject({ traces: { hasData: true }, logs: { hasData: false } });
});

test('a process that was started again is a line over time', { timeout: LIMIT_MS }, async () => {
  const before = box.pidOf('engine')!;
  process.kill(before, 'SIGKILL');
  await eventually(
    'the restart in the history',
    async () => {
      const { history } = await ask<SystemResponse>(`/system?from=${Date.now() - 300_000}&to=${Date.now()}`);
      const engine = history.restarts.find(({ role }) => role === 'engine');
      return engine?.values.some((value) => value === 1) || undefined;
    },
    PATIENCE_MS,
  );
  const { history } = await ask<SystemResponse>(`/system?from=${Date.now() - 300_000}&to=${Date.now()}`);
  expect(history.spoolBytes.some((value) => value !== null)).toBe(true);
  expect(history.lagSeconds.some((value) => value !== null)).toBe(true);
});

/** The README's block that sends a span with curl. */
function curlBlock(): string {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  const found = blocks.filter((block) => block.includes('/v1/traces'));
  expect(found).toHaveLength(1);
  return found[0]!;
}
