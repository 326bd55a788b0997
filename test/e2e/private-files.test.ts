import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { send, tracesRequest } from '../lib/otlp.ts';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';

/** Telemetry is nobody's but its owner's: what other users of the machine may do with the data folder. */

let signalbox: RunningSignalbox | undefined;
let dataDir = '';
afterEach(async () => {
  await signalbox?.stop();
  signalbox = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

/** Everything in the folder, and itself, that its group or others may use in any way. Links have no rights of their own. */
function openToOthers(folder: string): string[] {
  const found: string[] = [];
  const look = (path: string): void => {
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (info === undefined || info.isSymbolicLink()) return;
    if ((info.mode & 0o077) !== 0) found.push(`${(info.mode & 0o7777).toString(8)} ${path}`);
    if (info.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
  };
  look(folder);
  return found;
}

test('nothing of the data folder is open to others, also where an earlier version had made it so', async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-private-'));
  for (const folder of ['', 'collector', 'engine']) {
    if (folder !== '') mkdirSync(join(dataDir, folder));
    chmodSync(join(dataDir, folder), 0o755);
  }
  signalbox = await startSignalbox({ dataDir });
  const { query, output } = signalbox;
  await send(signalbox.otlpUrl, 'traces', tracesRequest('private', [{ traceId: '0123456789abcdef0123456789abcdef' }]));
  await eventually(
    'the span',
    async () => (await query("SELECT count() FROM signalbox.spans WHERE service_name = 'private'")).trim() === '1',
  );
  const all = readdirSync(dataDir, { recursive: true });
  // The walk has something to see: spool, parts of tables, locks, named pipes.
  expect(all.length).toBeGreaterThan(50);
  expect(openToOthers(dataDir)).toEqual([]);
  for (const folder of [dataDir, join(dataDir, 'collector'), join(dataDir, 'engine')])
    expect(output()).toContain(`data folder ${folder}: others could read it; now only its owner can (mode 700)`);
});
