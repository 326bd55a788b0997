import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '#base/testing.ts';
import type { Processes } from './processes.ts';
import type { Receiver } from './services.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Signalbox extends Receiver {
  readonly consoleUrl: string;
  readonly engineUrl: string;
  readonly dataDir: string;
  /** Of the user who only reads, as `signalbox engine-access` prints it. */
  readonly engineLogin: { readonly username: string; readonly password: string };
}

/** Starts `signalbox up` with its built-in configuration on free ports, with an empty data folder below `folder`. */
export async function startSignalbox(processes: Processes, folder: string): Promise<Signalbox> {
  const flags = ['otlp-grpc', 'otlp-http', 'http', 'engine', 'metrics', 'health', 'zpages'] as const;
  const ports = Object.fromEntries(await Promise.all(flags.map(async (flag) => [flag, await freePort()] as const)));
  const port = (flag: (typeof flags)[number]): number => ports[flag]!;
  await processes.start({
    name: 'signalbox',
    command: process.execPath,
    args: [
      join(ROOT, 'bin/signalbox.mjs'),
      'up',
      '--data',
      join(folder, 'data'),
      ...flags.flatMap((flag) => [`--${flag}-address`, `127.0.0.1:${port(flag)}`]),
    ],
    directory: folder,
    logFile: join(folder, 'signalbox.log'),
    ports: [port('otlp-grpc'), port('otlp-http'), port('http'), port('engine')],
  });
  return {
    grpcPort: port('otlp-grpc'),
    httpPort: port('otlp-http'),
    consoleUrl: `http://127.0.0.1:${port('http')}`,
    engineUrl: `http://127.0.0.1:${port('engine')}`,
    dataDir: join(folder, 'data'),
    engineLogin: engineAccess(join(folder, 'data'), 'read'),
  };
}

/** A user of the store, as `signalbox engine-access` prints it. */
export function engineAccess(dataDir: string, mode: 'read' | 'write'): { username: string; password: string } {
  const args = ['engine-access', '--data', dataDir, ...(mode === 'write' ? ['--write'] : [])];
  const text = execFileSync(process.execPath, [join(ROOT, 'bin/signalbox.mjs'), ...args], { encoding: 'utf8' });
  const variable = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return { username: variable('CLICKHOUSE_USER'), password: variable('CLICKHOUSE_PASSWORD') };
}
