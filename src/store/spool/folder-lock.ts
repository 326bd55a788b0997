import { closeSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '#base';

interface Owner {
  readonly pid: number;
  /** When the process began, as far as the system tells: a later process may get the same number. */
  readonly began: string;
}

/**
 * Takes the folder for this process: a file `lock` with the owner in it, which only one process can link into place. The lock of a
 * process that is gone is taken over. Returns the function that gives the folder back. Throws StartError where the folder is taken.
 */
export function lockFolder(dir: string): () => void {
  const path = join(dir, 'lock');
  const draft = join(dir, `lock.${process.pid}`);
  writeDraft(draft);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(draft, path)) return () => rmSync(path, { force: true });
      const owner = ownerOf(path);
      if (owner !== undefined && isAlive(owner)) {
        throw new StartError(
          `spool folder ${dir}: in use by process ${owner.pid}`,
          'stop the other collector, or give each its own folder with spool::directory',
        );
      }
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new StartError(`spool folder ${dir}: its lock changes hands too fast`, 'start only one collector on it');
}

function writeDraft(draft: string): void {
  const file = openSync(draft, 'w');
  try {
    writeSync(file, JSON.stringify({ pid: process.pid, began: beginOf(process.pid) } satisfies Owner));
  } finally {
    closeSync(file);
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

function ownerOf(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Owner;
    return typeof owner.pid === 'number' ? owner : undefined;
  } catch {
    // Gone meanwhile, or cut off by a crash: nobody's.
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  const began = beginOf(owner.pid);
  if (began !== '') return began === owner.began;
  try {
    process.kill(owner.pid, 0);
    return owner.began === '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Boot and start time of a process from procfs (proc(5), field 22 of stat); empty where there is none. */
function beginOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // It has ended and only waits for its parent, which may be a PID 1 that never looks: it holds nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return '';
  }
}
