import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '#base/folder.ts';
import { SUFFIX } from './segment.ts';

export const REJECTED = 'rejected';

/** The files that were set aside, each with its reason in a text file beside it. Bounded: the oldest make room for the next. */
export class RejectedFolder {
  readonly #dir: string;
  readonly #limitBytes: number;

  constructor(spoolDir: string, limitBytes: number) {
    this.#dir = join(spoolDir, REJECTED);
    this.#limitBytes = limitBytes;
  }

  /** Moves a file here. Returns its new path. A file that is too large for the folder is deleted; its reason is kept. */
  async take(path: string, reason: string): Promise<string> {
    makeFolder(this.#dir);
    const target = join(this.#dir, basename(path));
    const { size } = await stat(path);
    await this.#makeRoom(size);
    if (size <= this.#limitBytes) await rename(path, target);
    else await rm(path);
    const note = size <= this.#limitBytes ? reason : `${reason}\ndeleted: ${size} bytes are more than may be kept here`;
    await writeFile(`${target}.txt`, `${note}\n`).catch(() => undefined);
    return target;
  }

  async #makeRoom(bytes: number): Promise<void> {
    const files: { readonly name: string; readonly size: number; readonly changedMs: number }[] = [];
    for (const name of await readdir(this.#dir)) {
      const found = await stat(join(this.#dir, name)).catch(() => undefined);
      if (found?.isFile() === true) files.push({ name, size: found.size, changedMs: found.ctimeMs });
    }
    let total = files.reduce((sum, file) => sum + file.size, 0);
    files.sort((a, b) => a.changedMs - b.changedMs || (a.name < b.name ? -1 : 1));
    for (const { name, size } of files) {
      if (total + bytes <= this.#limitBytes) return;
      await rm(join(this.#dir, name), { force: true });
      total -= size;
      if (name.endsWith(SUFFIX)) await rm(join(this.#dir, `${name}.txt`), { force: true });
    }
  }
}
