import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A process under test or a helper of a benchmark. */
export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Standard output and error so far. */
  output(): string;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = 100;
const STOP_GRACE_MS = 10_000;

/** Starts a command; its output is kept for the report of a failure. */
export function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const keep = (data: Buffer) => {
    text = (text + data.toString()).slice(-20_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return {
    child,
    pid: child.pid!,
    output: () => text,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** User and system CPU-seconds that the process has used so far (proc(5), stat). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident and proportional set size in bytes. Proportional counts a page shared by n processes as 1/n. */
export function memoryOf(pid: number): { rssBytes: number; pssBytes: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) * 1024;
  return { rssBytes: read('Rss'), pssBytes: read('Pss') };
}

/** The process and all that it started, directly or not. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // The process ended between the listing and the reading.
    }
  }
  const tree = [pid];
  for (let i = 0; i < tree.length; i++) {
    for (const [child, parent] of parents) if (parent === tree[i]) tree.push(child);
  }
  return tree;
}

/** Waits until `check` says yes; throws with `what` and the process's output after `limitMs`. */
export async function waitFor(
  what: string,
  check: () => Promise<boolean>,
  limitMs: number,
  started?: Started,
): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (performance.now() < untilMs) {
    if (await check().catch(() => false)) return;
    if (started !== undefined && started.child.exitCode !== null) break;
    await sleep(20);
  }
  throw new Error(`${what} did not happen within ${limitMs} ms\n${started?.output() ?? ''}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
