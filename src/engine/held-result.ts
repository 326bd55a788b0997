/** A whole result that is kept back until its query has ended: in memory while it is small, in a file beyond that. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { messageOf } from '#base';
import { engineError } from './errors.ts';
import { STATISTICS_BYTES } from './formats.ts';

/** As many bytes go to the file, or come from it, at a time: a write for each piece of the pipe took longer than what it wrote. */
const PIECE_BYTES = 1024 * 1024;
/** IOV_MAX of Linux and macOS. */
const MAX_VECTORS = 1024;

/**
 * The file is written here and not by the engine, which does not say when the disk is full and the file ends too early. Call `remove` at
 * the end, whatever happened.
 */
export class HeldResult {
  readonly #limitBytes: number;
  readonly #path: string;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #tail: Buffer = Buffer.alloc(0);
  #file: FileHandle | undefined = undefined;

  /** Beyond `limitBytes` the result goes to `path`. */
  constructor(limitBytes: number, path: string) {
    this.#limitBytes = limitBytes;
    this.#path = path;
  }

  /** Takes the next piece. Throws EngineError where the disk doesn't. */
  async add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-STATISTICS_BYTES)]).subarray(-STATISTICS_BYTES);
    if (this.#file === undefined ? this.#length > this.#limitBytes : this.#length > PIECE_BYTES) await this.#spill();
  }

  /** The last bytes, of those that were added. */
  get tail(): Uint8Array {
    return this.#tail;
  }

  /** The result, where it is in memory. */
  get small(): Buffer | undefined {
    return this.#file === undefined ? Buffer.concat(this.#chunks, this.#length) : undefined;
  }

  /** The result in pieces, once all was added. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#file !== undefined) {
      await this.#spill();
      for await (const chunk of createReadStream(this.#path, { highWaterMark: PIECE_BYTES })) yield chunk as Buffer;
    } else yield* this.#chunks;
  }

  async #spill(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600);
      await writeAll(this.#file, chunks);
    } catch (error) {
      throw engineError('NOT_ENOUGH_SPACE', `can't keep the result in the data folder: ${messageOf(error)}`, error);
    }
  }

  async remove(): Promise<void> {
    this.#chunks = [];
    if (this.#file === undefined) return;
    await this.#file.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }
}

/** A disk that is nearly full takes a part of them. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest.slice(0, MAX_VECTORS));
    const first = rest.findIndex(({ length }) => {
      if (bytesWritten < length) return true;
      bytesWritten -= length;
      return false;
    });
    rest = first < 0 ? [] : [rest[first]!.subarray(bytesWritten), ...rest.slice(first + 1)];
  }
}
