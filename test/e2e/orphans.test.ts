import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
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
  // 15 s are promised; a machine with much to do gets three times as many.
  await eventually('the end of all', () => !pids.some(isThere), 45_000).catch(() => undefined);
  const left = ROLES.filter((_, i) => isThere(pids[i]!));
  for (const pid of pids) if (isThere(pid)) process.kill(pid, 'SIGKILL');
  expect(left).toEqual([]);
});
