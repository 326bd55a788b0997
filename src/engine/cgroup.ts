/**
 * Whether the kernel tells how much memory this process' control group has. ClickHouse looks there at its start and, where nothing is,
 * prints a stack trace; with its setting `memory_worker_use_cgroup` it doesn't look. Its search: src/Common/MemoryWorker.cpp.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `root` stands for `/`, for tests. */
export function hasCgroupMemory(root = '/'): boolean {
  const mount = join(root, 'sys/fs/cgroup');
  if (existsSync(join(mount, 'memory/memory.usage_in_bytes'))) return true;
  if (!existsSync(join(mount, 'cgroup.controllers'))) return false;
  // The group's own folder may lie outside of what is mounted here; then one above it counts.
  for (let group = ownGroup(root); ; group = dirname(group)) {
    if (existsSync(join(mount, group, 'memory.current'))) return true;
    if (group === '/') return false;
  }
}

/** The path that version 2 gives for this process: `0::/user.slice/…`. */
function ownGroup(root: string): string {
  try {
    const path = /^0::(\/.*)$/m.exec(readFileSync(join(root, 'proc/self/cgroup'), 'utf8'))?.[1] ?? '/';
    return join('/', path);
  } catch {
    return '/';
  }
}
