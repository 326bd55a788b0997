import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#base/testing.ts';
import { timedText } from './asked.ts';
import { cpuSeconds, type Started, sleep, start, waitFor } from './processes.ts';

/** A real VictoriaLogs that takes OTLP and keeps everything. */

const MODULE = 'github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs';
const VERSION = 'v1.52.1';
const START_LIMIT_MS = 60_000;
const SETTLE_LIMIT_MS = 1_800_000;
/** It merges in the background and says nothing of it: done is who takes less than this of a core for some seconds. */
const IDLE_SHARE = 0.05;
const IDLE_SECONDS = 5;

/** BENCH_VICTORIA_LOGS names another program than the one that is built here, which needs Go. Undefined where there is none. */
export function victoriaLogsBinary(): string | undefined {
  const given = process.env.BENCH_VICTORIA_LOGS;
  if (given !== undefined) return given;
  const folder = join(tmpdir(), 'signalbox-bench-victoria-logs');
  const binary = join(folder, `victoria-logs-${VERSION}`);
  if (existsSync(binary)) return binary;
  console.error(`bench: building ${MODULE}@${VERSION} …`);
  mkdirSync(folder, { recursive: true });
  try {
    const go = (...args: string[]): Buffer => execFileSync('go', args, { cwd: folder, stdio: 'inherit' });
    if (!existsSync(join(folder, 'go.mod'))) go('mod', 'init', 'scratch');
    go('get', '-tool', `${MODULE}@${VERSION}`);
    go('build', '-o', binary, MODULE);
  } catch (error) {
    console.error(`bench: without VictoriaLogs: ${(error as Error).message}`);
    return undefined;
  }
  return binary;
}

export interface RunningVictoriaLogs {
  /** Where OTLP goes, without /v1/…. */
  readonly otlpUrl: string;
  readonly pid: number;
  /** Rows of the answer, and how long it took. */
  ask(query: string): Promise<{ readonly rows: readonly Readonly<Record<string, string>>[]; readonly ms: number }>;
  /** Waits until all that was sent can be found and is merged. Gives the CPU-seconds until then. */
  settled(): Promise<number>;
  stop(): Promise<void>;
}

export async function startVictoriaLogs(binary: string, folder: string): Promise<RunningVictoriaLogs> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started: Started = start(binary, [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=100y',
    '-search.maxQueryDuration=5m',
    '-loggerLevel=WARN',
  ]);
  await waitFor('VictoriaLogs to start', async () => (await fetch(`${url}/health`)).ok, START_LIMIT_MS, started);
  return {
    otlpUrl: `${url}/insert/opentelemetry`,
    pid: started.pid,
    async ask(query) {
      const { text, ms } = await timedText(`${url}/select/logsql/query`, {
        method: 'POST',
        body: new URLSearchParams({ query }),
      });
      const rows = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string>);
      return { rows, ms };
    },
    async settled() {
      await timedText(`${url}/internal/force_flush`);
      const untilMs = performance.now() + SETTLE_LIMIT_MS;
      for (let idle = 0; idle < IDLE_SECONDS; ) {
        if (performance.now() > untilMs) throw new Error('the merges of VictoriaLogs did not come to an end');
        const before = cpuSeconds(started.pid);
        await sleep(1000);
        idle = cpuSeconds(started.pid) - before < IDLE_SHARE ? idle + 1 : 0;
      }
      return cpuSeconds(started.pid);
    },
    stop: () => started.stop(),
  };
}
