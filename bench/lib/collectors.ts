import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OTELCOL } from './otelcol.ts';
import { freePort, type Started, start, waitFor } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The two programs that are compared. Both run the same configuration file. */
export type CollectorName = 'signalbox' | 'otelcol';

/** An OTLP/HTTP sink that counts what arrives. */
export interface Sink extends Started {
  readonly url: string;
  count(): Promise<{ spans: number; bytes: number; requests: number }>;
}

export async function startSink(): Promise<Sink> {
  const started = start(process.execPath, [join(ROOT, 'bench/lib/sink.ts')]);
  await waitFor('the sink to listen', async () => /^\d+\n/.test(started.output()), 10_000, started);
  const url = `http://127.0.0.1:${started.output().trim()}`;
  return {
    ...started,
    url,
    count: async () => (await (await fetch(url)).json()) as { spans: number; bytes: number; requests: number },
  };
}

/** A collector that runs `configuration` (YAML; `PORT` stands for its OTLP/HTTP port). */
export interface RunningCollector extends Started {
  readonly tracesUrl: string;
}

export async function startCollector(name: CollectorName, configuration: string): Promise<RunningCollector> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const file = join(folder, 'config.yaml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, configuration.replaceAll('PORT', String(port)));
  const started =
    name === 'otelcol'
      ? start(OTELCOL, ['--config', file])
      : start(process.execPath, [join(ROOT, 'src/main/cli.ts'), 'collector', '--config', file, '--data', folder]);
  const tracesUrl = `http://127.0.0.1:${port}/v1/traces`;
  await waitFor(
    `${name} to accept requests`,
    async () =>
      (await fetch(tracesUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).ok,
    20_000,
    started,
  );
  return {
    ...started,
    tracesUrl,
    async stop() {
      await started.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface LoadOptions {
  readonly url: string;
  readonly requests: number;
  readonly spans: number;
  readonly concurrency: number;
  readonly spansPerTrace?: number;
  readonly errorShare?: number;
  readonly signal?: 'traces' | 'logs' | 'metrics';
  /** The number of the first request: with metrics later ones have later times. */
  readonly firstRequest?: number;
}
export interface LoadResult {
  readonly sentSpans: number;
  readonly acceptedSpans: number;
  readonly retries: number;
  readonly failures: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Sends load from a process of its own and waits for its end. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const started = start(process.execPath, [join(ROOT, 'bench/lib/load.ts'), ...args]);
  const code = await new Promise<number | null>((resolve) => started.child.on('close', resolve));
  if (code !== 0) throw new Error(`the load generator failed\n${started.output()}`);
  return JSON.parse(started.output().trim().split('\n').at(-1)!) as LoadResult;
}

/** The one number that a query answers. */
export async function fetchCount(store: { query(sql: string): Promise<string> }, sql: string): Promise<number> {
  return Number(await store.query(sql));
}
