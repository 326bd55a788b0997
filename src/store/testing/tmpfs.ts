import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder on a disk of its own with so many MiB; undefined, with a word on the console, where this process may not mount one. */
export function mountSmallDisk(sizeMib: number): { readonly path: string; unmount(): void } | undefined {
  const path = join(mkdtempSync(join(tmpdir(), 'signalbox-disk-')), 'disk');
  const remove = (): void => rmSync(join(path, '..'), { recursive: true, force: true });
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'signalbox-test', path], { stdio: 'pipe' });
  } catch {
    remove();
    console.warn('skipped: a small disk needs the right to mount a tmpfs (root)');
    return undefined;
  }
  return {
    path,
    unmount() {
      // Lazily: whatever still holds a file of it must not keep the test from ending.
      execFileSync('umount', ['-l', path]);
      remove();
    },
  };
}
