/**
 * The engine's data folder: who owns it, which version of Signalbox wrote it, and what is in it.
 *
 *   VERSION      the folder format, one number; a folder of a newer format is refused untouched
 *   engine.lock  the process that has it open
 *   clickhouse/  chDB's own files
 *   tmp/         request bodies and pipes of running queries; emptied at every start
 *   engine.xml   chDB's configuration, written anew at every start
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, StartError } from '#base';

/** The format that this version writes. Raise it with every change that an older version can't read. */
export const folderFormat = 1;

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly clickhousePath: string;
  readonly tmpPath: string;
  readonly configPath: string;
  /** Writes chDB's configuration file. Throws StartError. */
  writeConfig(text: string): void;
  /** Gives the folder back. Only after the engine is closed. */
  release(): void;
}

/**
 * Creates or opens the folder and locks it. Throws StartError: newer format, in use by another process, not writable,
 * full.
 */
export function openDataFolder(dataDir: string): DataFolder {
  const path = resolve(dataDir);
  if (/[*?{}]/.test(path)) {
    // chDB takes them for patterns in the names of the files that it reads rows from.
    throw new StartError(
      `data folder ${path}: its name holds one of * ? { }`,
      'choose another with --data or SIGNALBOX_DATA',
    );
  }
  checkFormat(path);
  const lockPath = join(path, 'engine.lock');
  try {
    makeFolder(path);
    takeLock(path, lockPath);
  } catch (error) {
    throw folderError(path, error);
  }
  const clickhousePath = join(path, 'clickhouse');
  const tmpPath = join(path, 'tmp');
  const configPath = join(path, 'engine.xml');
  try {
    writeFileSync(join(path, 'VERSION'), `${folderFormat}\n`);
    makeFolder(clickhousePath);
    rmSync(tmpPath, { recursive: true, force: true });
    mkdirSync(tmpPath);
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw folderError(path, error);
  }
  return {
    path,
    clickhousePath,
    tmpPath,
    configPath,
    writeConfig(text): void {
      try {
        writeFileSync(configPath, text);
      } catch (error) {
        throw folderError(path, error);
      }
    },
    release(): void {
      rmSync(tmpPath, { recursive: true, force: true });
      rmSync(lockPath, { force: true });
    },
  };
}

/** Like mkdir -p. (Node.js's own, given a folder in a file system that takes none, such as /proc, never returns.) */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found === undefined && dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

function checkFormat(path: string): void {
  let text: string;
  try {
    text = readFileSync(join(path, 'VERSION'), 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return;
    throw folderError(path, error);
  }
  const format = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (format <= folderFormat) return;
  throw new StartError(
    `data folder ${path}: its format is ${Number.isNaN(format) ? JSON.stringify(text.slice(0, 80)) : format}, ` +
      `this version of Signalbox reads up to ${folderFormat}`,
    'start the newer version of Signalbox that wrote it, or choose another folder with --data or SIGNALBOX_DATA',
  );
}

/** Who holds a folder. `started` tells a process from a later one with the same number, where the system can say. */
interface LockOwner {
  readonly pid: number;
  readonly started: string;
}

/** The lock is a file that only one process can link into place; a lock whose process is gone is taken over. */
function takeLock(path: string, lockPath: string): void {
  const own: LockOwner = { pid: process.pid, started: startOf(process.pid) };
  const draft = `${lockPath}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        linkSync(draft, lockPath);
        return;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST' || attempt === 10) throw error;
      }
      const owner = readOwner(lockPath);
      if (owner !== undefined && isRunning(owner)) {
        throw new StartError(
          `data folder ${path}: in use by another Signalbox engine, process ${owner.pid}`,
          'stop that one first, or choose another folder with --data or SIGNALBOX_DATA',
        );
      }
      removeStaleLock(lockPath);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Renames before removing, so that of two processes only one removes the stale lock and none removes a fresh one. */
function removeStaleLock(lockPath: string): void {
  const aside = `${lockPath}.stale.${process.pid}`;
  try {
    renameSync(lockPath, aside);
    const owner = readOwner(aside);
    if (owner !== undefined && isRunning(owner)) linkSync(aside, lockPath);
    unlinkSync(aside);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EEXIST') throw error;
  }
}

function readOwner(lockPath: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(lockPath, 'utf8')) as Partial<LockOwner>;
    return typeof owner.pid === 'number' ? { pid: owner.pid, started: owner.started ?? '' } : undefined;
  } catch {
    // Unreadable or cut off by a crash: nobody's.
    return undefined;
  }
}

function isRunning(owner: LockOwner): boolean {
  const started = startOf(owner.pid);
  if (started !== '' && owner.started !== '') return started === owner.started;
  if (owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** The time at which a process began, in the system's own words; empty where it isn't known or the process is gone. */
function startOf(pid: number): string {
  try {
    // Field 22 of stat, counted behind the name in brackets, which may hold blanks itself; see proc(5).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // It has ended and only waits for its parent, which may be a PID 1 that never looks: it holds nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return '';
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function folderError(path: string, error: unknown): StartError {
  if (error instanceof StartError) return error;
  const reasons: Record<string, string> = {
    EACCES: 'no permission to write',
    EPERM: 'no permission to write',
    EROFS: 'its file system is read-only',
    ENOENT: 'it can not be created',
    ENOSPC: 'its file system is full',
    EDQUOT: 'the disk quota is used up',
    ENOTDIR: 'it, or a folder on its path, is a file',
    EEXIST: 'it, or a folder on its path, is a file',
  };
  const reason = reasons[errorCode(error) ?? ''] ?? messageOf(error);
  return new StartError(
    `data folder ${path}: ${reason}`,
    'make it writable with space left, or choose another folder with --data or SIGNALBOX_DATA',
    { cause: error },
  );
}

/** Creates the named pipes through which results leave chDB; see output-pipe.ts. Throws StartError. */
export function createPipes(folder: DataFolder, count: number): readonly string[] {
  const paths = Array.from({ length: count }, (_, i) => join(folder.tmpPath, `out-${i}`));
  try {
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] });
    for (const path of paths) closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    throw new StartError(
      `data folder ${folder.path}: can't make named pipes in it: ${messageOf(error)}`,
      'its file system must support them, and the command mkfifo must be installed',
      { cause: error },
    );
  }
  return paths;
}
