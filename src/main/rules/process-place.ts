import { readFileSync, readlinkSync } from 'node:fs';

/** Where a process runs, so that another one on the same machine can tell whether it has ended. */
export interface ProcessPlace {
  /** The machine since it was started, and which processes are seen in it: a container has its own. */
  readonly world: string;
  readonly pid: number;
  /** When it began, in ticks of the machine: a number of a process is given again. */
  readonly began: string;
}

/** Of this process; undefined where the machine doesn't say (it has no /proc). */
export function ownPlace(): ProcessPlace | undefined {
  try {
    return { world: worldHere(), pid: process.pid, began: beganOf(process.pid) };
  } catch {
    return undefined;
  }
}

/** Whether the process there has surely ended: false where that can't be seen from here. */
export function hasEnded(place: unknown): boolean {
  const { world, pid, began } = (place ?? {}) as Partial<ProcessPlace>;
  if (typeof world !== 'string' || typeof pid !== 'number') return false;
  try {
    if (world !== worldHere()) return false;
  } catch {
    return false;
  }
  try {
    return beganOf(pid) !== began;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function worldHere(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
}

/** A process that has ended and waits for its parent (Z) is as good as gone. */
function beganOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'ended' : fields[19]!;
}
