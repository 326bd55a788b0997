import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Role, startSignalbox } from '../lib/signalbox.ts';

const ROLES: readonly Role[] = ['collector', 'server', 'engine'];

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('no process outlives a supervisor that is killed in the middle of a stop, with the data folder gone', async () => {
  const signalbox = await startSignalbox();
  const pids = ROLES.map((role) => signalbox.pidOf(role)!);
  process.kill(signalbox.supervisorPid, 'SIGTERM');
  rmSync(signalbox.dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.kill(signalbox.supervisorPid, 'SIGKILL');
  const killedMs = performance.now();
  // 15 s are promised; a machine with much to do gets three times as many.
  while (pids.some(isThere) && performance.now() - killedMs < 45_000) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const left = ROLES.filter((_, i) => isThere(pids[i]!));
  for (const pid of pids) if (isThere(pid)) process.kill(pid, 'SIGKILL');
  expect(left).toEqual([]);
});
