import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `signalbox …` to its end. A command that does not end by itself is killed, and then its code is null. */
export async function runCli(args: readonly string[], limitMs = 120_000): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', (exitCode) => resolve(exitCode)));
  clearTimeout(timer);
  return { code, out, err };
}

/** A folder of its own for a test. */
export interface Scratch {
  readonly path: string;
  /** Writes a file and gives its path. */
  file(name: string, text: string): string;
  remove(): void;
}

export function scratchFolder(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
  return {
    path,
    file(name, text) {
      const place = join(path, name);
      writeFileSync(place, text);
      return place;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface RunningCollector {
  readonly pid: number;
  output(): string;
  /** Asks it to stop and waits for its end. */
  stop(): Promise<void>;
}

/** Starts `signalbox collector --config F` and waits until it takes data. Its configuration must log at level info. */
export async function startCollector(configFile: string, args: readonly string[] = []): Promise<RunningCollector> {
  const child = spawn(process.execPath, [CLI, 'collector', '--config', configFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let text = '';
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  };
  await new Promise<void>((resolve, reject) => {
    const onData = (data: Buffer): void => {
      text += data.toString();
      if (text.includes('Everything is ready')) resolve();
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    void ended.then(() => reject(new Error(`the collector ended before it was ready\n${text}`)));
  });
  return { pid: child.pid!, output: () => text, stop };
}
