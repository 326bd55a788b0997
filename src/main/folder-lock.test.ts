import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder has one owner at a time', () => {
  const lock = lockFolder(join(folder, 'a'), 'collector');
  expect(() => lockFolder(join(folder, 'a'), 'collector')).toThrow(
    `data folder ${join(folder, 'a')}: in use by another collector, process ${process.pid}`,
  );
  lock.release();
  lockFolder(join(folder, 'a'), 'collector').release();
  expect(readdirSync(join(folder, 'a'))).toEqual([]);
});

test('a lock whose process was killed is taken over', async () => {
  const script = `import(${JSON.stringify(join(import.meta.dirname, 'folder-lock.ts'))}).then((m) => {
    m.lockFolder(${JSON.stringify(folder)}, 'collector');
    console.log('locked');
    setInterval(() => undefined, 1000);
  })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(() => lockFolder(folder, 'collector')).toThrow(`process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(folder, 'collector').release();
});

test.skipIf(!existsSync('/proc/self/stat'))(
  'a lock whose process was killed is taken over although nobody has collected the process',
  async () => {
    const script = `import(${JSON.stringify(join(import.meta.dirname, 'folder-lock.ts'))}).then((m) => {
      m.lockFolder(${JSON.stringify(folder)}, 'collector');
      process.kill(process.pid, 'SIGKILL');
    });`;
    // The shell becomes a program that never asks what became of its children.
    const shell = ['-c', '"$0" -e "$1" & echo $!; exec sleep 60', process.execPath, script];
    const parent = spawn('sh', shell, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    const state = (): string => readFileSync(`/proc/${pid.toString().trim()}/stat`, 'latin1').split(') ')[1]![0]!;
    while (state() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
    lockFolder(folder, 'collector').release();
    parent.kill();
    await once(parent, 'exit');
  },
);

test('a lock that cannot be read is nobody’s', () => {
  writeFileSync(join(folder, 'lock'), '{');
  lockFolder(folder, 'collector').release();
});

test('a folder that cannot be written is an error with a way out', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => lockFolder(join(folder, 'file/x'), 'collector')).toThrow(/cannot write the data folder .*ENOTDIR/);
});
