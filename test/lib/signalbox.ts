import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStoreAccess } from '#base/store-access.ts';
import { eventually, freePorts } from '#base/testing.ts';

export { eventually };

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const READY_LIMIT_MS = 60_000;

export type Role = 'collector' | 'engine' | 'server';

/** A whole Signalbox (`signalbox up`) on free ports and with a data folder of its own. */
export interface RunningSignalbox {
  readonly otlpUrl: string;
  readonly grpcAddress: string;
  readonly consoleUrl: string;
  readonly engineUrl: string;
  readonly metricsUrl: string;
  readonly healthUrl: string;
  readonly dataDir: string;
  readonly supervisorPid: number;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  /** The process that runs a role now; undefined while it is being started again. */
  pidOf(role: Role): number | undefined;
  /** The supervisor's exit code, or the signal that killed it, once it has ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Everything that was printed. */
  output(): string;
  /** Asks the store; the answer is its text. Throws with ClickHouse's message. */
  query(sql: string): Promise<string>;
  /** An orderly end. Without a folder of the caller's, the data goes too. */
  stop(): Promise<void>;
  /** Kills all its processes at once, as a power cut would. The data stays. */
  kill(): Promise<void>;
}

/** `host:port` of everything that listens. */
export interface Addresses {
  readonly http: string;
  readonly grpc: string;
  readonly server: string;
  readonly engine: string;
  readonly metrics: string;
  readonly health: string;
  readonly zpages: string;
}

export interface StartOptions {
  readonly args?: readonly string[];
  /** Use this folder and leave it there. */
  readonly dataDir?: string;
  /** Seven ports that a Signalbox before this one had, for clients that go on. */
  readonly ports?: readonly number[];
  /** Makes a configuration file for these addresses and returns its path; without it the built-in one runs. */
  readonly config?: (addresses: Addresses) => string;
}

/** Starts Signalbox and waits until it says that it is ready. */
export async function startSignalbox(options: StartOptions = {}): Promise<RunningSignalbox> {
  const ports = options.ports ?? (await freePorts(7));
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  const at = (index: number): string => `127.0.0.1:${ports[index]}`;
  const [http, grpc, server, engine, metrics, health, zpages] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6)];
  const own = { http: server, engine, metrics };
  const inFile = { 'otlp-http': http, 'otlp-grpc': grpc, health, zpages };
  const config = options.config?.({ http, grpc, server, engine, metrics, health, zpages });
  const flags = Object.entries(config === undefined ? { ...own, ...inFile } : own).flatMap(([name, address]) => [
    `--${name}-address`,
    address,
  ]);
  if (config !== undefined) flags.push('--config', config);
  const startMs = performance.now();
  const child = spawn(process.execPath, [CLI, 'up', '--data', dataDir, ...flags, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal!));
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  await untilReady(child, () => text);
  const readyMs = performance.now() - startMs;
  const engineUrl = `http://${engine}`;
  return {
    otlpUrl: `http://${http}`,
    grpcAddress: grpc,
    consoleUrl: `http://${server}`,
    engineUrl,
    metricsUrl: `http://${metrics}/metrics`,
    healthUrl: `http://${health}`,
    dataDir,
    supervisorPid: child.pid!,
    readyMs,
    pidOf: (role) => roleProcess(child.pid!, role),
    exited,
    output: () => text,
    async query(sql) {
      const { username, password } = openStoreAccess(join(dataDir, 'engine')).signalbox;
      const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password };
      const response = await fetch(engineUrl, { method: 'POST', body: sql, headers });
      const answer = await response.text();
      if (!response.ok) throw new Error(answer);
      return answer.trim();
    },
    async stop() {
      await stopProcess(child);
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
    async kill() {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      const roles = ROLES.map((role) => roleProcess(child.pid!, role)).filter((pid) => pid !== undefined);
      // The supervisor first, or it would start the others again.
      for (const pid of [child.pid!, ...roles]) killNow(pid);
      await exited;
      for (const pid of roles) await untilGone(pid);
    },
  };
}

export const ROLES: readonly Role[] = ['collector', 'server', 'engine'];

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

async function untilGone(pid: number): Promise<void> {
  await eventually(`the end of process ${pid}`, () => !isAlive(pid), 60_000);
}

/** Whether the process runs; one that has ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The memory that a process has in use, in bytes; 0 where it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The most memory that a process had in use while the work was done, looked at every 20 ms. */
export async function peakBytes(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = residentBytes(pid);
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return peak;
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  const isOver = (): boolean => child.exitCode !== null || output().includes('is ready');
  await eventually('signalbox is ready', isOver, READY_LIMIT_MS).catch(() => child.kill('SIGKILL'));
  if (child.exitCode !== null) throw new Error(`signalbox ended before it was ready\n${output()}`);
  if (!output().includes('is ready'))
    throw new Error(`signalbox was not ready after ${READY_LIMIT_MS} ms\n${output()}`);
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await exited;
  clearTimeout(timer);
}

/** Looks through /proc for the supervisor's child whose command line names the role. */
function roleProcess(supervisorPid: number, role: Role): number | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(parent) !== supervisorPid || state === 'Z') continue;
      if (readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(role)) return Number(entry);
    } catch {
      // The process ended while we looked.
    }
  }
  return undefined;
}
