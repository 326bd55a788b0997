import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Logger, messageOf } from '#base';
import type { StorageClient } from '#component';

/** Where a file was read to. */
interface Place {
  path: string;
  at: number;
  /** Of the file's beginning, as far as it is read: another file may come to its place on the disk. '' while nobody asked. */
  head: string;
  headLength: number;
}

/** What is kept of a place, under the file's key. */
type Kept = Readonly<Record<string, { readonly at: number; readonly head: string; readonly headLength: number }>>;

const KEY = 'places';

/** Where each file was read to, by its place on the disk (`device:inode`); kept by a storage extension if there is one. */
export class Places {
  readonly #headBytes: number;
  readonly #logger: Logger;
  readonly #places = new Map<string, Place>();
  #storage: StorageClient | undefined;
  /** Of an earlier run, as long as it isn't known whether the file is still that one. */
  #before = new Map<string, Kept[string]>();
  #isChanged = false;

  /** `headBytes`: so much of a file's beginning tells it from others. */
  constructor(headBytes: number, logger: Logger) {
    this.#headBytes = headBytes;
    this.#logger = logger;
  }

  /** Takes over what an earlier run has kept. What can't be read is said, and counts as nothing. */
  async keepIn(storage: StorageClient): Promise<void> {
    this.#storage = storage;
    try {
      const bytes = await storage.get(KEY);
      if (bytes !== undefined)
        this.#before = new Map(Object.entries(JSON.parse(Buffer.from(bytes).toString()) as Kept));
    } catch (error) {
      this.#logger.warn('Where files were read to is not known any more', { error: messageOf(error) });
    }
  }

  /** Undefined for a file that was never read. */
  async get(key: string, path: string): Promise<number | undefined> {
    const known = this.#places.get(key);
    if (known !== undefined) return known.at;
    const before = this.#before.get(key);
    this.#before.delete(key);
    if (before === undefined) return undefined;
    if ((await headOf(path, before.headLength)) !== before.head) return undefined;
    this.#places.set(key, { path, ...before });
    return before.at;
  }

  set(key: string, path: string, at: number): void {
    const known = this.#places.get(key);
    this.#isChanged ||= known?.at !== at;
    if (known === undefined) this.#places.set(key, { path, at, head: '', headLength: 0 });
    else if (at < known.at) Object.assign(known, { path, at, head: '', headLength: 0 });
    else Object.assign(known, { path, at });
  }

  /** After a look at all files: forgets the others. A file that has gone needs no place any more, also one of an earlier run. */
  keepOnly(seen: ReadonlySet<string>): void {
    this.#before.clear();
    for (const key of this.#places.keys()) {
      if (seen.has(key)) continue;
      this.#places.delete(key);
      this.#isChanged = true;
    }
  }

  /** Writes what has changed since the last time. What can't be written is said; then lines come again after a restart. */
  async save(): Promise<void> {
    if (this.#storage === undefined || !this.#isChanged) return;
    this.#isChanged = false;
    try {
      for (const place of this.#places.values()) await this.#readHead(place);
      const kept = [...this.#places].map(([key, { at, head, headLength }]) => [key, { at, head, headLength }] as const);
      await this.#storage.set(KEY, Buffer.from(JSON.stringify(Object.fromEntries([...this.#before, ...kept]))));
    } catch (error) {
      this.#isChanged = true;
      this.#logger.warn('Where files were read to could not be kept', { error: messageOf(error) });
    }
  }

  async close(): Promise<void> {
    await this.save();
    await this.#storage?.close();
  }

  async #readHead(place: Place): Promise<void> {
    const length = Math.min(place.at, this.#headBytes);
    if (place.headLength === length && place.head !== '') return;
    place.head = await headOf(place.path, length);
    place.headLength = length;
  }
}

/** The hash of a file's first bytes; '' where there are fewer, or the file can't be read. */
async function headOf(path: string, length: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return bytesRead < length ? '' : createHash('sha256').update(buffer).digest('base64');
  } finally {
    await file.close();
  }
}
