import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FolderLock, lockFolder } from '#base/folder.ts';
import type { StorageClient } from '#component';

interface ValueFolderSettings {
  readonly syncs: boolean;
  /** 0 means no limit. */
  readonly maxSizeBytes: number;
  readonly owner: string;
  /** Of the extension. */
  readonly id: string;
}

const LOCK = 'lock';
const SUFFIX = '.value';
/** A file that is being written; after a crash it is none. */
const UNFINISHED = '.new';

/** A file for each key. A value is there as a whole or not at all: it is written beside its place, and moved there. */
export class ValueFolder implements StorageClient {
  readonly #path: string;
  readonly #settings: ValueFolderSettings;
  readonly #lock: FolderLock;
  readonly #onClose: () => void;
  readonly #sizes: Map<string, number>;
  #usedBytes: number;
  #nextUnfinished = 0;

  private constructor(
    path: string,
    settings: ValueFolderSettings,
    lock: FolderLock,
    sizes: Map<string, number>,
    onClose: () => void,
  ) {
    this.#path = path;
    this.#settings = settings;
    this.#lock = lock;
    this.#sizes = sizes;
    this.#usedBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    this.#onClose = onClose;
  }

  /** Throws a StartError where another process has the folder. */
  static async open(path: string, settings: ValueFolderSettings, onClose: () => void): Promise<ValueFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const lock = lockFolder(
      path,
      {
        kind: 'storage folder',
        user: 'collector',
        name: settings.owner,
        wayOut: `choose another directory in extensions::${settings.id}`,
      },
      LOCK,
    );
    const sizes = new Map<string, number>();
    for (const name of await readdir(path)) {
      if (name.endsWith(UNFINISHED)) await rm(join(path, name), { force: true });
      if (name.endsWith(SUFFIX)) sizes.set(keyOf(name), (await stat(join(path, name))).size);
    }
    return new ValueFolder(path, settings, lock, sizes, onClose);
  }

  async keys(): Promise<readonly string[]> {
    return [...this.#sizes.keys()];
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#sizes.has(key) ? readFile(this.#fileOf(key)) : undefined;
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const { maxSizeBytes, syncs } = this.#settings;
    const before = this.#sizes.get(key) ?? 0;
    if (maxSizeBytes > 0 && this.#usedBytes - before + value.length > maxSizeBytes) {
      throw new Error(`the storage of ${this.#settings.owner} has reached max_size`);
    }
    // Room is taken before it is used, so that those who write at the same time don't take it too.
    this.#account(key, value.length);
    const unfinished = join(this.#path, `${this.#nextUnfinished++}${UNFINISHED}`);
    try {
      const file = await open(unfinished, 'w', 0o600);
      try {
        await file.writeFile(value);
        if (syncs) await file.datasync();
      } finally {
        await file.close();
      }
      await rename(unfinished, this.#fileOf(key));
      if (syncs) await this.#syncFolder();
    } catch (error) {
      this.#account(key, before);
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    if (!this.#sizes.has(key)) return;
    this.#account(key, 0);
    await rm(this.#fileOf(key), { force: true });
  }

  async close(): Promise<void> {
    this.#lock.release();
    this.#onClose();
  }

  #account(key: string, size: number): void {
    this.#usedBytes += size - (this.#sizes.get(key) ?? 0);
    if (size === 0) this.#sizes.delete(key);
    else this.#sizes.set(key, size);
  }

  async #syncFolder(): Promise<void> {
    const folder = await open(this.#path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #fileOf(key: string): string {
    return join(this.#path, `${encodeURIComponent(key)}${SUFFIX}`);
  }
}

function keyOf(name: string): string {
  return decodeURIComponent(name.slice(0, -SUFFIX.length));
}
