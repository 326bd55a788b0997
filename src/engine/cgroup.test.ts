import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasCgroupMemory } from './cgroup.ts';
import { temporaryFolder } from './testing.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const v2 = { 'sys/fs/cgroup/cgroup.controllers': 'memory\n' };

describe('hasCgroupMemory', () => {
  test.each([
    { name: 'nothing is mounted', files: {}, want: false },
    { name: 'version 1', files: { 'sys/fs/cgroup/memory/memory.usage_in_bytes': '1' }, want: true },
    { name: 'version 1 without memory', files: { 'sys/fs/cgroup/cpu/cpu.shares': '1' }, want: false },
    { name: 'version 2, the root alone', files: { ...v2, 'proc/self/cgroup': '0::/\n' }, want: false },
    {
      name: 'version 2, a group',
      files: { ...v2, 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/b/memory.current': '1' },
      want: true,
    },
    {
      name: 'version 2, in a container that sees its own group as the root',
      files: { ...v2, 'proc/self/cgroup': '0::/../../x\n', 'sys/fs/cgroup/memory.current': '1' },
      want: true,
    },
  ])('$name', ({ files, want }) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder.path, path)), { recursive: true });
      writeFileSync(join(folder.path, path), text);
    }
    expect(hasCgroupMemory(folder.path)).toBe(want);
  });
});

const mayUnmount = spawnSync('unshare', ['-m', 'umount', '-l', '/sys/fs/cgroup']).status === 0;

test.skipIf(!mayUnmount)('an engine without control groups starts without a word (needs the right to unmount)', () => {
  const entry = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  // The end of its input ends the engine.
  const command = `umount -l /sys/fs/cgroup && exec "$0" "$1" --data "$2" --port 0 --with-parent`;
  const args = ['-m', 'bash', '-c', command, process.execPath, entry, folder.path];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', input: '', timeout: 60_000 });
  expect(stdout).toContain('"ready":true');
  expect(stderr).toBe('');
});
