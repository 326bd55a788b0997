import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartError } from './errors.ts';
import { type FolderUse, lockFolder, makeFolder } from './folder.ts';
import { eventually } from './testing/eventually.ts';

const USE: FolderUse = { kind: 'data folder', user: 'collector', wayOut: 'choose another one with --data' };
const MODULE = JSON.stringify(join(import.meta.dirname, 'folder.ts'));
const hasProcfs = existsSync('/proc/self/stat');

let folder = '';
let children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-folder-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `then` in a process of its own, after it has taken the folder. */
function locking(then: string): string {
  return `import(${MODULE}).then(({ lockFolder }) => {
    lockFolder(${JSON.stringify(folder)}, ${JSON.stringify(USE)});
    ${then}
  }).catch((error) => console.log(error.name))`;
}

function run(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function errorOf(action: () => unknown): StartError {
  try {
    action();
  } catch (error) {
    if (error instanceof StartError) return error;
  }
  throw new Error('expected a StartError');
}

test('an owner with a name is named, in this process and in another', async () => {
  const named = (name: string): FolderUse => ({ ...USE, kind: 'spool folder', name });
  const lock = lockFolder(folder, named('exporter "a"'));
  expect(errorOf(() => lockFolder(folder, named('exporter "b"')))).toMatchObject({
    message: `spool folder ${folder} of exporter "b": in use by exporter "a" of the same collector`,
    hint: 'choose another one with --data for one of them',
  });
  const script = `import(${MODULE}).then(({ lockFolder }) => {
    lockFolder(${JSON.stringify(folder)}, ${JSON.stringify(named('exporter "b"'))});
  }).catch((error) => console.log(error.message))`;
  const [text] = (await once(run(process.execPath, ['-e', script]).stdout!, 'data')) as [Buffer];
  expect(text.toString().trim()).toBe(
    `spool folder ${folder} of exporter "b": in use by another collector, process ${process.pid}, by its exporter "a"`,
  );
  lock.release();
});

test('a folder has one owner at a time', () => {
  const path = join(folder, 'a/b');
  const lock = lockFolder(path, USE);
  const error = errorOf(() => lockFolder(path, USE));
  expect(error.message).toBe(`data folder ${path}: in use by another collector, process ${process.pid}`);
  expect(error.hint).toBe('stop that one first, or choose another one with --data');
  expect(() => lockFolder(path, USE, 'other.lock').release()).not.toThrow();
  lock.release();
  const next = lockFolder(path, USE);
  lock.release();
  expect(() => lockFolder(path, USE)).toThrow('in use by another collector');
  next.release();
  expect(readdirSync(path)).toEqual([]);
});

test('a folder has one owner, whatever path leads to it', () => {
  symlinkSync(folder, join(folder, 'link'));
  const lock = lockFolder(folder, USE);
  expect(() => lockFolder(join(folder, 'link'), USE)).toThrow(`data folder ${folder}/link: in use`);
  lock.release();
});

test('a lock whose process was killed is taken over', async () => {
  const child = run(process.execPath, ['-e', locking("console.log('locked'); setInterval(() => undefined, 1000);")]);
  expect(String((await once(child.stdout!, 'data'))[0])).toBe('locked\n');
  expect(() => lockFolder(folder, USE)).toThrow(`process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(folder, USE).release();
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(!hasProcfs)(
  'a lock whose process was killed is taken over before anyone collects the process',
  async () => {
    // The shell becomes a program that never asks what became of its children. Only procfs tells such a process from a living one.
    const shell = ['-c', '"$0" -e "$1" & echo $!; exec sleep 60', process.execPath];
    const parent = run('sh', [...shell, locking('process.kill(process.pid, "SIGKILL");')]);
    const pid = String((await once(parent.stdout!, 'data'))[0]).trim();
    const state = (): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]![0]!;
    await eventually('the end of the process', () => state() === 'Z');
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: Number(pid) });
    lockFolder(folder, USE).release();
  },
);

test('of several processes that find a stale lock, one gets the folder', async () => {
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: 'another boot 1' }));
  const script = locking("console.log('locked'); setInterval(() => undefined, 1000);");
  const said = Array.from({ length: 4 }, async () => {
    const child = run(process.execPath, ['-e', script]);
    return String((await once(child.stdout!, 'data'))[0]).trim();
  });
  expect((await Promise.all(said)).sort()).toEqual(['StartError', 'StartError', 'StartError', 'locked']);
});

test.each([
  { name: 'cut off', text: '{' },
  { name: 'empty', text: '' },
  { name: 'of an earlier process with this number', text: JSON.stringify({ pid: process.pid, started: 'before 1' }) },
  { name: 'of an earlier process of a system that knows no start times', text: `{"pid":${process.pid},"started":""}` },
  { name: 'of a process that is gone', text: '{"pid":4194304999,"started":""}' },
])('a lock that is nobody’s is taken over: $name', ({ text }) => {
  writeFileSync(join(folder, 'lock'), text);
  lockFolder(folder, USE).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that cannot be written is an error with a way out', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file/x')]) {
    const error = errorOf(() => lockFolder(path, USE));
    expect(error.message).toMatch(
      /^data folder .*file.*: it, or a folder on its path, is a file \((ENOTDIR|EEXIST)\)$/,
    );
    expect(error.hint).toBe('make it writable with space left, or choose another one with --data');
  }
});

test('making a folder is done where it is there, and fails where none can be', () => {
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c'));
  expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow('EEXIST');
});

test.skipIf(!hasProcfs)('a folder in a file system that takes none is an error, and no endless wait', () => {
  expect(() => lockFolder('/proc/signalbox/x', USE)).toThrow(StartError);
});
