import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SeriesReader } from './series.ts';
import { type JaegerStandIn, KubernetesStandIn, type LokiStandIn, NODE_NAME, STAND_INS } from './stand-ins.ts';
import type { SentTrace } from './traffic.ts';

export const CLI: string = fileURLToPath(new URL('../../../src/main/cli.ts', import.meta.url));
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

/** One run of a form of the article's files, when everything was sent. */
export interface Setting {
  readonly folder: string;
  readonly config: string;
  readonly collector: Collector;
  readonly jaeger: JaegerStandIn;
  readonly loki: LokiStandIn;
  readonly series: SeriesReader;
  readonly traces: readonly SentTrace[];
}

export interface Collector {
  /** Everything that it printed. */
  output(): string;
  pause(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Runs `signalbox collector` in the collector's network, in the environment of a pod on a node. Nothing of the file is set from outside. */
export async function startCollector(config: string, folder: string): Promise<Collector> {
  const network = process.env.COLLECTOR_NETWORK ?? '';
  const command = [process.execPath, CLI, 'collector', '--config', config, '--data', join(folder, 'data')];
  const child = spawn('nsenter', [`--net=${network}`, '--', ...command], {
    env: {
      ...process.env,
      KUBE_NODE_NAME: NODE_NAME,
      KUBERNETES_SERVICE_HOST: STAND_INS,
      KUBERNETES_SERVICE_PORT: String(KubernetesStandIn.port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(folder, 'collector.log'));
  let text = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`the collector is not ready in time\n${text}`)), START_LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        log.write(data);
        text += data.toString();
        if (!text.includes('Everything is ready')) return;
        clearTimeout(limit);
        resolve();
      });
    }
    void ended.then(() => reject(new Error(`the collector ended before it was ready\n${text}`)));
  });
  return {
    output: () => text,
    pause: (ms) => wait(ms),
    async stop() {
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(limit);
    },
  };
}
