/** Parts of streams that read in steps of a known length. */
import type { TransformCallback } from 'node:stream';
import { DecodeError, messageOf } from '#base';

/** Bytes that have arrived and are not a whole block yet. Joined once there is enough of them. */
export class HeldBytes {
  #chunks: Buffer[] = [];
  length = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** The first `count` bytes, which stay. Undefined where there are fewer. */
  peek(count: number): Buffer | undefined {
    if (this.length < count) return undefined;
    if (count === 0) return Buffer.alloc(0);
    if (this.#chunks[0]!.length < count) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!.subarray(0, count);
  }

  drop(count: number): void {
    if (count === 0) return;
    this.#chunks[0] = this.#chunks[0]!.subarray(count);
    this.length -= count;
    if (this.#chunks[0].length === 0) this.#chunks.shift();
  }
}

/** Runs a step of a stream; what it throws becomes the stream's error. */
export function attempt(done: TransformCallback, step: () => void): void {
  try {
    step();
  } catch (error) {
    done(error instanceof Error ? error : new DecodeError(messageOf(error)));
    return;
  }
  done();
}
