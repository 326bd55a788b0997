import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StartError } from '#base';

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same number, where the system can say. */
  readonly started: string;
}

/**
 * Makes a folder this process's own until `release`, or its end: a lock whose process is gone is taken over. `what` names the program in
 * the error. Throws a StartError if another process has it, or it can't be written.
 */
export function lockFolder(folder: string, what: string): { release(): void } {
  const path = join(folder, 'lock');
  const draft = `${path}.${process.pid}`;
  const own: Owner = { pid: process.pid, started: startOf(process.pid) };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, JSON.stringify(own));
  } catch (error) {
    throw new StartError(
      `cannot write the data folder ${folder}: ${messageOf(error)}`,
      'choose another one with --data',
      {
        cause: error,
      },
    );
  }
  try {
    // Linking fails if the name is there, so only one process gets it; a second try is for a lock that was left behind.
    for (let attempt = 0; attempt < 10; attempt++) {
      if (linked(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const owner = readOwner(path);
      if (owner !== undefined && isRunning(owner)) {
        throw new StartError(
          `data folder ${folder}: in use by another ${what}, process ${owner.pid}`,
          'stop that one first, or choose another folder with --data or SIGNALBOX_DATA',
        );
      }
      removeStale(path);
    }
    throw new StartError(`data folder ${folder}: cannot be locked, others keep taking and leaving it`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Renames before removing: of two processes that find the same stale lock only one takes it away, and neither a fresh one. */
function removeStale(path: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const owner = readOwner(aside);
  if (owner !== undefined && isRunning(owner)) linked(aside, path);
  rmSync(aside, { force: true });
}

function readOwner(path: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    return typeof pid === 'number' ? { pid, started: started ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(owner: Owner): boolean {
  const started = startOf(owner.pid);
  if (started !== '' && owner.started !== '') return started === owner.started;
  if (owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in the system's own words (proc(5), field 22 of stat); empty where that isn't known or the process is gone. */
function startOf(pid: number): string {
  try {
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
