/** A whole result that is kept back until its query has ended: in memory while it is small, in a file beyond that. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { messageOf } from '#base';
import { engineError } from './errors.ts';
import { STATISTICS_BYTES } from './formats.ts';

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
    if (this.#length > this.#limitBytes) await this.#spill();
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
      for await (const chunk of createReadStream(this.#path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
    } else yield* this.#chunks;
  }

  async #spill(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600);
      for (const chunk of chunks) await this.#file.writeFile(chunk);
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
