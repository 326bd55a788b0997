/**
 * Folders that one process has for itself. Not part of `#base`, which runs in browsers too: import it as `#base/folder.ts`.
 */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, StartError } from './errors.ts';

/** What a folder is for, in the words of its error messages. */
export interface FolderUse {
  /** What messages begin with, before the path: `data folder`. */
  readonly kind: string;
  /** The program that has the folder for itself: `collector`. */
  readonly user: string;
  /** What takes the folder, where a program has several of the kind: `exporter "signalbox"`. Messages name both. */
  readonly name?: string;
  /** How to get another folder: `choose another one with --data or SIGNALBOX_DATA`. */
  readonly wayOut: string;
}

export interface FolderLock {
  /** Gives the folder back. Safe to call twice. */
  release(): void;
  /** Makes the folder and takes it again, where it was removed meanwhile. Throws as `lockFolder` does. */
  renew(): void;
}

/** The process in a lock file. */
interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same number; empty where the system can't say. */
  readonly started: string;
  /** `FolderUse.name` of what took it; empty where it had none. */
  readonly name: string;
}

/** A lock that changes hands more often than this while we look has others fighting for it. */
const ATTEMPTS = 10;

/** Lock files of this process: a file with its number that isn't one of them was left by an earlier process of that number. */
const held = new Set<string>();

/**
 * Makes a folder, if it is missing, and takes it for this process until `release`, or the end of the process: a lock whose process is
 * gone is taken over. The lock is the file `name` in it, which names its process and which only one process can link into place.
 * Throws a StartError where another process has it, or it can't be written.
 */
export function lockFolder(folder: string, use: FolderUse, name = 'lock'): FolderLock {
  let path = take(folder, use, name);
  held.add(path);
  let isHeld = true;
  return {
    release(): void {
      if (!isHeld) return;
      isHeld = false;
      held.delete(path);
      rmSync(path, { force: true });
    },
    renew(): void {
      if (!isHeld || isOurs(path)) return;
      held.delete(path);
      path = take(folder, use, name);
      held.add(path);
    },
  };
}

function take(folder: string, use: FolderUse, name: string): string {
  try {
    makeFolder(folder);
    const path = join(realpathSync(folder), name);
    takeLock(path, folder, use);
    return path;
  } catch (error) {
    throw folderError(folder, use, error);
  }
}

function isOurs(path: string): boolean {
  const owner = readOwner(path);
  return owner?.pid === process.pid && owner.started === startOf(process.pid);
}

function takeLock(path: string, folder: string, use: FolderUse): void {
  const draft = `${path}.${process.pid}`;
  const own: Owner = { pid: process.pid, started: startOf(process.pid), name: use.name ?? '' };
  writeFileSync(draft, JSON.stringify(own));
  try {
    // Linking fails where the name is there already, so only one process gets it.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (isLinked(draft, path)) return;
      const owner = readOwner(path);
      if (owner !== undefined && isRunning(owner, path)) {
        throw takenError(folder, use, owner);
      }
      removeStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new StartError(
    `${use.kind} ${folder}: can't be locked, others keep taking and leaving it`,
    `start only one ${use.user} on it, or ${use.wayOut}`,
  );
}

function takenError(folder: string, use: FolderUse, owner: Owner): StartError {
  const place = use.name === undefined ? `${use.kind} ${folder}` : `${use.kind} ${folder} of ${use.name}`;
  if (owner.pid === process.pid && owner.name !== '') {
    return new StartError(`${place}: in use by ${owner.name} of the same ${use.user}`, `${use.wayOut} for one of them`);
  }
  const other = owner.name === '' ? '' : `, by its ${owner.name}`;
  return new StartError(
    `${place}: in use by another ${use.user}, process ${owner.pid}${other}`,
    `stop that one first, or ${use.wayOut}`,
  );
}

/** Telemetry holds what users do and what services are told: it is nobody's but its owner's. */
const PRIVATE_MODE = 0o700;
const OTHERS = 0o077;
const STICKY = 0o1000;

/**
 * Takes away what others may do with a folder of this user's. True where there was something to take away. A folder that many share on
 * purpose (its sticky bit is set, such as /tmp) stays as it is. Throws what the file system says.
 */
export function makePrivate(folder: string): boolean {
  const { mode, uid } = statSync(folder);
  if ((mode & OTHERS) === 0 || (mode & STICKY) !== 0 || uid !== process.getuid?.()) return false;
  chmodSync(folder, PRIVATE_MODE);
  return true;
}

/**
 * Like mkdir -p, for this user alone. (Node.js's own, given a folder in a file system that takes none, such as /proc, never returns.) Throws what the file
 * system says.
 */
export function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found === undefined && dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, PRIVATE_MODE);
  } catch (error) {
    // Another process was faster.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write',
  EPERM: 'no permission to write',
  EROFS: 'its file system is read-only',
  ENOENT: "it can't be created",
  ENOSPC: 'its file system is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'it, or a folder on its path, is a file',
  EEXIST: 'it, or a folder on its path, is a file',
};

/** What the file system said about a folder, as the error to print. A StartError stays as it is. */
export function folderError(folder: string, use: Pick<FolderUse, 'kind' | 'wayOut'>, error: unknown): StartError {
  if (error instanceof StartError) return error;
  const reason = REASONS[codeOf(error)];
  const said = reason === undefined ? messageOf(error) : `${reason} (${codeOf(error)})`;
  return new StartError(`${use.kind} ${folder}: ${said}`, `make it writable with space left, or ${use.wayOut}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isLinked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Renames before removing: of two processes that find the same stale lock only one takes it away, and neither a fresh one. */
function removeStale(path: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const owner = readOwner(aside);
  if (owner !== undefined && isRunning(owner, path)) isLinked(aside, path);
  rmSync(aside, { force: true });
}

/** Undefined where the file is gone meanwhile, or was cut off by a crash: nobody's. */
function readOwner(path: string): Owner | undefined {
  try {
    const { pid, started, name } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    return Number.isInteger(pid) ? { pid: pid!, started: String(started ?? ''), name: String(name ?? '') } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(owner: Owner, path: string): boolean {
  const started = startOf(owner.pid);
  if (started !== '' && owner.started !== '') return started === owner.started;
  if (owner.pid === process.pid) return held.has(path);
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** When a process began, in the system's own words (proc(5), field 22 of stat); empty where that isn't known or the process is gone. */
function startOf(pid: number): string {
  try {
    // Fields are counted behind the name in brackets, which may hold blanks itself.
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
