import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Started, sleep, start } from './processes.ts';

/** A real Prometheus that takes samples by remote write. */

const BINARY = fileURLToPath(new URL('../.work/prometheus/prometheus', import.meta.url));
const MODULE = 'github.com/prometheus/prometheus/cmd/prometheus@v0.316.0';

/** BENCH_PROMETHEUS names another program than the one that is built here, which needs Go and about 8 minutes. */
export function prometheusBinary(): string {
  const given = process.env.BENCH_PROMETHEUS;
  if (given !== undefined) return given;
  if (!existsSync(BINARY)) {
    console.error(`bench: building ${MODULE} …`);
    const env = { ...process.env, GOBIN: fileURLToPath(new URL('../.work/prometheus', import.meta.url)) };
    execFileSync('go', ['install', MODULE], { env, stdio: 'inherit' });
  }
  return BINARY;
}

/** Whether there is one without building it. */
export function hasPrometheus(): boolean {
  return existsSync(process.env.BENCH_PROMETHEUS ?? BINARY);
}

export interface RunningPrometheus {
  readonly url: string;
  readonly pid: number;
  /** Lets it read its configuration and rules anew. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly ruleFile?: string;
  /** Of `--enable-feature`, with commas between. */
  readonly features?: string;
}

export async function startPrometheus(port: number, { ruleFile, features }: Options = {}): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-bench-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, ruleFile === undefined ? 'global: {}\n' : `rule_files: [${JSON.stringify(ruleFile)}]\n`);
  const process = start(prometheusBinary(), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.enable-remote-write-receiver',
    '--web.enable-lifecycle',
    `--web.listen-address=127.0.0.1:${port}`,
    '--query.max-samples=500000000',
    '--query.timeout=10m',
    '--log.level=warn',
    // Samples with times of long ago stay.
    '--storage.tsdb.retention.time=100y',
    ...(features === undefined ? [] : [`--enable-feature=${features}`]),
  ]);
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    const isReady = await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) break;
    if (i > 300) throw new Error(`prometheus is not ready\n${process.output()}`);
    await sleep(200);
  }
  const reload = async (): Promise<void> => {
    const response = await fetch(`${url}/-/reload`, { method: 'POST' });
    if (!response.ok) throw new Error(`prometheus: reload: ${await response.text()}`);
  };
  return { url, pid: process.pid, reload, stop: () => stop(process, folder) };
}

async function stop(process: Started, folder: string): Promise<void> {
  await process.stop();
  rmSync(folder, { recursive: true, force: true });
}
