import { Worker } from 'node:worker_threads';
import { after } from './timers.ts';

/** How long a process goes on without the one that started it: longer than a shutdown takes, less than the 15 s that are promised. */
const ORPHAN_LIMIT_MS = 11_000;
const LOOK_EVERY_MS = 500;

const SCRIPT = `
const { parentPid, limitMs, everyMs, isGone } = require('node:worker_threads').workerData;
let goneMs = isGone ? performance.now() : undefined;
const never = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(never, 0, 0, everyMs);
  if (goneMs === undefined && process.ppid === parentPid) continue;
  goneMs ??= performance.now();
  if (performance.now() - goneMs >= limitMs) process.kill(process.pid, 'SIGKILL');
}
`;

const parentPid = process.ppid;
let isWatching = false;

/**
 * From now on this process is killed some seconds after its parent has ended. In a thread of its own, because what keeps the process may
 * be the main thread, waiting inside of the engine or for a disk. Call it when the parent is gone or a stop begins: a thread costs memory.
 */
export function endWithParent(parent: 'gone' | 'there', limitMs: number = ORPHAN_LIMIT_MS): void {
  if (isWatching) return;
  isWatching = true;
  const kill = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  const workerData = { parentPid, limitMs, everyMs: LOOK_EVERY_MS, isGone: parent === 'gone' };
  const watch = new Worker(SCRIPT, { eval: true, workerData });
  watch.unref();
  // Without a thread the main one has to do.
  watch.on('error', () => after(limitMs, kill));
}
