import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A data folder that is filled once and used again: `<name>` of `parent`, and beside it `<name>.json` with what it was filled with and what that took.
 * Without that file, or where `key` is another, it is filled anew.
 */
export async function keptData<T>(
  parent: string,
  name: string,
  key: object,
  fill: (folder: string) => Promise<T>,
): Promise<{ readonly folder: string; readonly filled: T }> {
  const folder = join(parent, name);
  const note = `${folder}.json`;
  const asked = JSON.stringify(key);
  if (existsSync(note)) {
    const known = JSON.parse(readFileSync(note, 'utf8')) as { key: object; filled: T };
    if (JSON.stringify(known.key) === asked) {
      console.error(`bench: ${folder} is used again`);
      return { folder, filled: known.filled };
    }
  }
  rmSync(note, { force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`bench: filling ${folder} …`);
  const filled = await fill(folder);
  writeFileSync(note, JSON.stringify({ key, filled }));
  return { folder, filled };
}

/** Has the system forget the contents of a folder's files: what is read of them next comes from the disk. */
export function evictFromMemory(folder: string): void {
  const ofFiles = (...command: string[]): void =>
    void execFileSync('find', [folder, '-type', 'f', '-exec', ...command]);
  // Only what is on the disk can be forgotten.
  ofFiles('sync', '{}', '+');
  // `count=0` with `nocache` advises the system of the whole file, says dd(1).
  ofFiles('dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none', ';');
}

/** Of a folder's files, in bytes. */
export function bytesOnDisk(folder: string): number {
  return Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);
}
