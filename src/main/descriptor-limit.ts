import { readFileSync } from 'node:fs';

/** Each connection takes one, and so does each file of the spool and the store, for a moment. */
const ENOUGH = 1024;

/** How many files and connections a process may have open at a time, from Linux' /proc/PID/limits; undefined where that can't be read. */
export function descriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** What to say about this process's limit at its start; undefined where there are enough. */
export function descriptorWarning(path = '/proc/self/limits'): string | undefined {
  let limit: number | undefined;
  try {
    limit = descriptorLimit(readFileSync(path, 'latin1'));
  } catch {
    // Not Linux.
  }
  if (limit === undefined || limit >= ENOUGH) return undefined;
  return (
    `only ${limit} files and connections may be open at a time, beyond that clients are turned away; ` +
    `raise the limit to ${ENOUGH} or more: ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker`
  );
}
