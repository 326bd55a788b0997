import { access, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
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
    const { size } = await stat(path);
    await this.#makeRoom(size);
    const { target, note } = await this.#claim(basename(path));
    try {
      if (size <= this.#limitBytes) await rename(path, target);
      else await rm(path);
      const why =
        size <= this.#limitBytes ? reason : `${reason}\ndeleted: ${size} bytes are more than may be kept here`;
      await note?.writeFile(`${why}\n`).catch(() => undefined);
    } finally {
      await note?.close();
    }
    return target;
  }

  /** A name that no other file here has: the note is made first, which holds it. Without a note where the disk takes none. */
  async #claim(name: string): Promise<{ readonly target: string; readonly note: FileHandle | undefined }> {
    const stem = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
    const ending = name.slice(stem.length);
    for (let count = 1; ; count++) {
      const target = join(this.#dir, count === 1 ? name : `${stem}-${count}${ending}`);
      const isTaken = await access(target).then(
        () => true,
        () => false,
      );
      if (isTaken) continue;
      try {
        return { target, note: await open(`${target}.txt`, 'wx') };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return { target, note: undefined };
      }
    }
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
