/** Starts the engine in a process of its own, which is where chDB must live. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StartError } from '#base';
import { compileCacheFolder } from '#base/compile-cache.ts';
import { openStoreAccess, type StoreAccess } from '#base/store-access.ts';
import { threadPoolSize } from './limits.ts';

export interface SpawnEngineOptions {
  readonly dataDir: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Further flags of engine-process.ts. */
  readonly flags?: readonly string[];
}

export interface EngineProcess {
  /** `http://host:port`. */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Its users and their passwords. */
  readonly access: StoreAccess;
  readonly child: ChildProcess;
  /** Resolves when the process has ended: its exit code, or the signal that killed it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Sends `signal` (default SIGTERM: a clean end) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

interface ReadyLine {
  readonly ready: boolean;
  readonly address: string;
  readonly port: number;
  readonly error?: string;
  readonly hint?: string;
}

/** Resolves when the engine takes queries. Throws the StartError that the process reports. */
export async function spawnEngine(options: SpawnEngineOptions): Promise<EngineProcess> {
  const entry = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  const flags = ['--data', options.dataDir, '--port', String(options.port ?? 0), '--host', options.host ?? '127.0.0.1'];
  const child = spawn(process.execPath, [entry, ...flags, '--with-parent', ...(options.flags ?? [])], {
    // The pipe to its input tells the engine when this process is gone, however it ended.
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      // Node.js then keeps the sources without their types: 30 MB less memory from the second start on.
      ...process.env,
      NODE_COMPILE_CACHE: compileCacheFolder(),
      UV_THREADPOOL_SIZE: String(threadPoolSize()),
    },
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const line = await firstLine(child);
  const ready = line === undefined ? undefined : (JSON.parse(line) as ReadyLine);
  if (ready?.ready !== true) {
    const code = await exited;
    throw new StartError(ready?.error ?? `engine: the process ended at start with ${code}`, ready?.hint);
  }
  return {
    address: ready.address,
    port: ready.port,
    pid: child.pid!,
    access: openStoreAccess(options.dataDir),
    child,
    exited,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

/** The first line of the process's output; undefined where it ends without one. */
async function firstLine(child: ChildProcess): Promise<string | undefined> {
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    // What comes later is read away, so that the process never blocks on a full pipe.
    child.stdout!.resume();
    return line;
  }
  return undefined;
}
