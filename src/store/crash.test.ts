import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { StoreLogin } from '#base/store-access.ts';
import { type EngineProcess, spawnEngine } from '#engine';
import { storeEndpoint } from './endpoint.ts';
import { testWriter } from './testing/test-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-crash-'));
const dataDir = join(folder, 'data');
const spool = join(folder, 'spool');
const children = new Set<ChildProcess>();
let engine: EngineProcess | undefined;

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface CrashWriter {
  readonly child: ChildProcess;
  /** Resolves when so many batches were acknowledged in all. */
  acknowledged(count: number): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a writer whose span ids begin at `firstId`; ids that it was told are safe are added to `acknowledgedIds`. */
function startWriter(url: string, login: StoreLogin, firstId: number, acknowledgedIds: Set<number>): CrashWriter {
  const script = fileURLToPath(new URL('./testing/crash-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, url, spool, String(firstId)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SIGNALBOX_STORE_USERNAME: login.username, SIGNALBOX_STORE_PASSWORD: login.password },
  });
  children.add(child);
  let batches = 0;
  let wake = (): void => undefined;
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    const [id, count] = line.split(' ').map(Number);
    for (let i = 0; i < count!; i++) acknowledgedIds.add(id! + i);
    batches++;
    wake();
  });
  return {
    child,
    async acknowledged(count) {
      while (batches < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async kill() {
      const closed = once(lines, 'close');
      child.kill('SIGKILL');
      await closed;
      children.delete(child);
    },
  };
}

test('whatever is killed, what was acknowledged is in the store once', { timeout: 120_000 }, async () => {
  const acknowledgedIds = new Set<number>();
  engine = await spawnEngine({ dataDir });
  const { port } = engine;
  const url = engine.address;
  const login = engine.access.signalbox;
  for (let round = 0; round < 4; round++) {
    const writer = startWriter(url, login, 1 + round * 10_000_000, acknowledgedIds);
    await writer.acknowledged(20 + round * 7);
    if (round % 2 === 1) {
      await engine.stop('SIGKILL');
      await writer.acknowledged(60);
      await writer.kill();
      engine = await spawnEngine({ dataDir, port });
    } else await writer.kill();
  }
  const last = testWriter(storeEndpoint({ url, ...login }), spool);
  await last.writer.start();
  await last.writer.drain(60_000);
  expect(last.writer.spoolBytes).toBe(0);
  await last.writer.stop(1_000);
  const answer = await fetch(`${url}/?database=signalbox`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': login.username, 'X-ClickHouse-Key': login.password },
    body: "SELECT reinterpretAsUInt64(reverse(span_id)) FROM spans WHERE service_name = 'crash' FORMAT TSV",
  });
  const stored = (await answer.text()).trim().split('\n').map(Number);
  const storedIds = new Set(stored);
  expect(stored.length).toBe(storedIds.size);
  expect([...acknowledgedIds].filter((id) => !storedIds.has(id))).toEqual([]);
  expect(acknowledgedIds.size).toBeGreaterThan(4000);
});
