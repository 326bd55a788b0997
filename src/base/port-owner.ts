/**
 * Which process listens on a port, for errors about ports that are taken. Not part of `#base`, which runs in browsers too: import it as
 * `#base/port-owner.ts`.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export interface PortOwner {
  readonly pid: number;
  /** The name of its program. */
  readonly name: string;
}

/** Undefined where it can't be known: on systems without procfs, and for processes of other users. Reads a file per open file at most. */
export function portOwner(port: number): PortOwner | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listeningInodes(path, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of namesIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) return { pid: Number(pid), name: nameOf(pid) };
    }
  }
  return undefined;
}

const LISTENING = '0A';

/** proc(5): `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`, addresses as hex `ADDRESS:PORT`. */
function listeningInodes(path: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return textOf(path)
    .split('\n')
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      return fields[1]?.endsWith(suffix) && fields[3] === LISTENING && fields[9] !== undefined ? [fields[9]] : [];
    });
}

function nameOf(pid: string): string {
  const [program] = textOf(`/proc/${pid}/cmdline`).split('\0');
  return basename(program || textOf(`/proc/${pid}/comm`).trim());
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
