import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { RotationConfig } from './config.ts';

export interface RotatingFileSettings {
  readonly path: string;
  readonly appends: boolean;
  readonly rotation: RotationConfig | undefined;
  readonly nowMs: () => number;
}

const MODE = 0o644;
const DAY_MS = 86_400_000;

/** A file that is written to its end, one piece after the other, and set aside when it is large. */
export class RotatingFile {
  readonly #settings: RotatingFileSettings;
  #handle: FileHandle;
  #bytes: number;
  #last: Promise<void> = Promise.resolve();

  private constructor(settings: RotatingFileSettings, handle: FileHandle, bytes: number) {
    this.#settings = settings;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  static async open(settings: RotatingFileSettings): Promise<RotatingFile> {
    // With rotation nothing of what is there is overwritten.
    const handle = await open(settings.path, settings.appends || settings.rotation !== undefined ? 'a' : 'w', MODE);
    return new RotatingFile(settings, handle, (await handle.stat()).size);
  }

  /** Resolves when the operating system has it. */
  write(piece: Uint8Array): Promise<void> {
    const written = this.#last.then(() => this.#write(piece));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }

  async #write(piece: Uint8Array): Promise<void> {
    const { rotation } = this.#settings;
    if (rotation !== undefined && this.#bytes > 0 && this.#bytes + piece.length > rotation.maxBytes) {
      await this.#rotate(rotation);
    }
    const before = this.#bytes;
    let done = 0;
    try {
      while (done < piece.length) done += (await this.#handle.write(piece, done)).bytesWritten;
    } catch (error) {
      // Half a piece would make what follows unreadable.
      await this.#handle.truncate(before).catch(() => undefined);
      throw error;
    }
    this.#bytes = before + done;
  }

  async #rotate(rotation: RotationConfig): Promise<void> {
    const { path } = this.#settings;
    const aside = asideName(path, this.#settings.nowMs(), rotation.isLocalTime);
    await rename(path, join(dirname(path), aside));
    await this.#handle.close();
    this.#handle = await open(path, 'a', MODE);
    this.#bytes = 0;
    await this.#removeOld(rotation);
  }

  async #removeOld({ maxBackups, maxDays, isLocalTime }: RotationConfig): Promise<void> {
    const { path, nowMs } = this.#settings;
    const folder = dirname(path);
    const extension = extname(path);
    const prefix = `${basename(path, extension)}-`;
    const isAside = (name: string): boolean => name.startsWith(prefix) && name.endsWith(extension) && STAMP.test(name);
    const names = (await readdir(folder)).filter(isAside).sort().reverse();
    const oldest = asideName(path, nowMs() - maxDays * DAY_MS, isLocalTime);
    const old = names.filter(
      (name, index) => (maxBackups > 0 && index >= maxBackups) || (maxDays > 0 && name < oldest),
    );
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  }
}

const STAMP = /-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}/;

/** `spans-2026-01-31T12-00-00.000.json`: in the order of time. */
function asideName(path: string, nowMs: number, isLocalTime: boolean): string {
  const offsetMs = isLocalTime ? new Date(nowMs).getTimezoneOffset() * 60_000 : 0;
  const stamp = new Date(nowMs - offsetMs).toISOString().replace('Z', '').replaceAll(':', '-');
  const extension = extname(path);
  return `${basename(path, extension)}-${stamp}${extension}`;
}
