/**
 * LZ4's block format (lz4/lz4 doc/lz4_Block_format.md): sequences of a token, literals, and a match that points back into what came
 * before. Frames and ClickHouse's compressed blocks both wrap it.
 */
import { DecodeError } from './errors.ts';

const MIN_MATCH = 4;
const HASH_BITS = 14;
/** The format wants the last 5 bytes as literals, and no match to start in the last 12. */
const LAST_LITERALS = 5;
const MATCH_FREE_TAIL = 12;

/**
 * Appends the content of the block at [from, to). Sequences of: token, literal length, literals, 2-byte offset, match length. The last one
 * has literals only. Throws a DecodeError where the block is broken, and what `output` throws where the content is too long.
 */
export function readLz4Block(body: Uint8Array, from: number, to: number, output: Lz4Output): void {
  let at = from;
  while (at < to) {
    const token = body[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let byte: number;
      do {
        if (at >= to) throw broken('cut off', at);
        byte = body[at++]!;
        literals += byte;
      } while (byte === 255);
    }
    if (at + literals > to) throw broken('cut off', at);
    output.append(body, at, at + literals);
    at += literals;
    if (at === to) return;
    if (at + 2 > to) throw broken('cut off', at);
    const offset = body[at]! | (body[at + 1]! << 8);
    at += 2;
    let match = (token & 15) + MIN_MATCH;
    if ((token & 15) === 15) {
      let byte: number;
      do {
        if (at >= to) throw broken('cut off', at);
        byte = body[at++]!;
        match += byte;
      } while (byte === 255);
    }
    output.repeat(offset, match, at);
  }
}

/** What blocks are unpacked into. Matches may reach back over all that it holds. */
export class Lz4Output {
  #bytes: Uint8Array;
  #length = 0;
  readonly #limitBytes: number;
  readonly #tooLong: (limitBytes: number) => DecodeError;

  /** Grows from `capacityBytes` up to `limitBytes`; `tooLong` makes the error for more than that. */
  constructor(capacityBytes: number, limitBytes: number, tooLong: (limitBytes: number) => DecodeError) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#limitBytes = limitBytes;
    this.#tooLong = tooLong;
  }

  get length(): number {
    return this.#length;
  }

  append(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.set(source.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** Copies `count` bytes from `offset` bytes back; they may overlap, which repeats a pattern. */
  repeat(offset: number, count: number, at: number): void {
    if (offset === 0 || offset > this.#length) throw broken(`match offset ${offset} points before the content`, at);
    this.#reserve(count);
    const bytes = this.#bytes;
    const end = this.#length + count;
    for (let to = this.#length, from = to - offset; to < end; ) bytes[to++] = bytes[from++]!;
    this.#length = end;
  }

  /** All of it; the buffer is the caller's now. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#limitBytes) throw this.#tooLong(this.#limitBytes);
    const grown = new Uint8Array(Math.min(this.#limitBytes, Math.max(needed, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function broken(what: string, at: number): DecodeError {
  return new DecodeError(`can't decompress the lz4 body: ${what}`, at);
}

/** Packs at most 2 GiB. The result may be longer than the content by 1/255 + 16 bytes. */
export function packLz4Block(content: Uint8Array): Uint8Array {
  const output = new Uint8Array(content.length + Math.ceil(content.length / 255) + 16);
  const lastSeen = new Int32Array(1 << HASH_BITS).fill(-1);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const matchLimit = content.length - LAST_LITERALS;
  let anchor = 0;
  let written = 0;
  for (let at = 0; at < content.length - MATCH_FREE_TAIL; ) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = lastSeen[slot]!;
    lastSeen[slot] = at;
    if (candidate < 0 || at - candidate > 0xffff || view.getUint32(candidate, true) !== word) {
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    let end = at + MIN_MATCH;
    for (let from = candidate + MIN_MATCH; end < matchLimit && content[from] === content[end]; from++) end++;
    written = writeSequence(output, written, content, anchor, at, at - candidate, end - at);
    at = end;
    anchor = end;
  }
  written = writeSequence(output, written, content, anchor, content.length, 0, 0);
  return output.subarray(0, written);
}

/** Writes literals [from, to) and, where `match` is not 0, a match. Returns the new end of the output. */
function writeSequence(
  output: Uint8Array,
  start: number,
  content: Uint8Array,
  from: number,
  to: number,
  offset: number,
  match: number,
): number {
  const literals = to - from;
  const extra = match === 0 ? 0 : match - MIN_MATCH;
  let at = start;
  output[at++] = (Math.min(literals, 15) << 4) | Math.min(extra, 15);
  if (literals >= 15) at = writeLength(output, at, literals - 15);
  output.set(content.subarray(from, to), at);
  at += literals;
  if (match === 0) return at;
  output[at++] = offset;
  output[at++] = offset >> 8;
  return extra >= 15 ? writeLength(output, at, extra - 15) : at;
}

function writeLength(output: Uint8Array, start: number, length: number): number {
  let at = start;
  let rest = length;
  for (; rest >= 255; rest -= 255) output[at++] = 255;
  output[at++] = rest;
  return at;
}
