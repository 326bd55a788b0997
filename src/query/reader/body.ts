import type { ReusedMemory } from './reused-memory.ts';
import { tooLong } from './store-errors.ts';

/** Shorter answers come in one piece, mostly, which needs no copy. */
const SHORT_BYTES = 64 * 1024;

/** The bytes of an answer as they come. */
export class Body {
  readonly #limitBytes: number;
  readonly #memory: ReusedMemory | undefined;
  /** For as many bytes as were announced. */
  readonly #room: Uint8Array | undefined;
  /** What finds no room there. */
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** `announcedBytes` may be 0, and wrong. The answer lies in `memory` where there is one. */
  constructor(limitBytes: number, announcedBytes: number, memory?: ReusedMemory) {
    this.#limitBytes = limitBytes;
    this.#memory = memory;
    const isLong = announcedBytes > SHORT_BYTES && announcedBytes <= limitBytes;
    if (isLong) this.#room = memory?.take(announcedBytes) ?? Buffer.allocUnsafeSlow(announcedBytes);
  }

  /** Throws QueryError beyond the limit. */
  add(chunk: Uint8Array): void {
    const from = this.#length;
    this.#length += chunk.length;
    if (this.#length > this.#limitBytes) throw tooLong();
    const room = this.#room;
    if (room !== undefined && this.#chunks.length === 0) {
      if (this.#length <= room.length) {
        room.set(chunk, from);
        return;
      }
      this.#chunks.push(room.subarray(0, from));
    }
    this.#chunks.push(chunk);
  }

  /** All of them, once. */
  bytes(): Buffer {
    if (this.#chunks.length === 0) return bufferOf((this.#room ?? NOTHING).subarray(0, this.#length));
    if (this.#chunks.length === 1) return bufferOf(this.#chunks[0]!);
    if (this.#memory === undefined) return Buffer.concat(this.#chunks, this.#length);
    const whole = this.#memory.take(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return bufferOf(whole);
  }
}

const NOTHING = new Uint8Array(0);

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
