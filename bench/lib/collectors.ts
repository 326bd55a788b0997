import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#base/testing.ts';
import { OTELCOL } from './otelcol.ts';
import { type Started, start, waitFor } from './processes.ts';

/** A process starts in a second, and beside a load of 50 on two cores in twenty. */
const START_LIMIT_MS = 60_000;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** BENCH_NODE_FLAGS: of Node, for our collector: `--cpu-prof --cpu-prof-dir=FOLDER` keeps a profile of each run. */
const NODE_FLAGS = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');

/** The two programs that are compared. Both run the same configuration file. */
export type CollectorName = 'signalbox' | 'otelcol';

/** A sink of OTLP that counts what arrives. */
export interface Sink extends Started {
  readonly url: string;
  /** `host:port`, plain text. */
  readonly grpcEndpoint: string;
  count(): Promise<{ spans: number; bytes: number; requests: number }>;
  /** Takes spans as fast as they come from now on. */
  hurry(): Promise<void>;
}

/** `spansPerSecond`: by HTTP it answers no faster. */
export async function startSink(spansPerSecond?: number): Promise<Sink> {
  const args = spansPerSecond === undefined ? [] : [String(spansPerSecond)];
  const started = start(process.execPath, [join(ROOT, 'bench/lib/sink.ts'), ...args]);
  await waitFor('the sink to listen', async () => /^\d+ \d+\n/.test(started.output()), START_LIMIT_MS, started);
  const [port, grpcPort] = started.output().trim().split(' ');
  const url = `http://127.0.0.1:${port}`;
  return {
    ...started,
    url,
    grpcEndpoint: `127.0.0.1:${grpcPort}`,
    count: async () => (await (await fetch(url)).json()) as { spans: number; bytes: number; requests: number },
    hurry: async () => void (await fetch(url, { method: 'DELETE' })),
  };
}

/** A collector that runs `configuration` (YAML; `PORT` stands for its OTLP/HTTP port, `GRPC_PORT` for that of gRPC). */
export interface RunningCollector extends Started {
  /** Of OTLP/HTTP. */
  urlOf(signal: 'traces' | 'logs' | 'metrics'): string;
  /** Stands in the configuration as GRPC_PORT. */
  readonly grpcPort: number;
}

export async function startCollector(name: CollectorName, configuration: string): Promise<RunningCollector> {
  const port = await freePort();
  const grpcPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const file = join(folder, 'config.yaml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, configuration.replaceAll('GRPC_PORT', String(grpcPort)).replaceAll('PORT', String(port)));
  const started =
    name === 'otelcol'
      ? start(OTELCOL, ['--config', file])
      : start(process.execPath, [
          ...NODE_FLAGS,
          join(ROOT, 'src/main/cli.ts'),
          ...['collector', '--config', file, '--data', folder],
        ]);
  const urlOf = (signal: string): string => `http://127.0.0.1:${port}/v1/${signal}`;
  await waitFor(
    `${name} to accept requests`,
    async () =>
      (await fetch(urlOf('traces'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }))
        .ok,
    START_LIMIT_MS,
    started,
  );
  return {
    ...started,
    urlOf,
    grpcPort,
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
  /** Sends by gRPC, in this coding; otherwise by HTTP, which knows none here. */
  readonly grpc?: 'none' | 'gzip' | 'zstd';
  /** No request begins after so long. */
  readonly seconds?: number;
  /** Items a second, whether or not answers come: how long a request took counts from when it was due. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly sentSpans: number;
  readonly acceptedSpans: number;
  readonly retries: number;
  readonly failures: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
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
