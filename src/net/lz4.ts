import { DecodeError } from '#base';
import { joinBytes } from './own-bytes.ts';

/**
 * The LZ4 frame format (lz4/lz4 doc/lz4_Frame_format.md):
 *   magic, descriptor (flags, block size, [content size], [dictionary id], header checksum), blocks, end mark, [content checksum].
 * Checksums are written and read over: a wrong byte shows in the protobuf behind it.
 */
const MAGIC = 0x184d2204;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const PLAIN_BLOCK = 0x80000000;
const MIN_MATCH = 4;

/** Throws a DecodeError where the frame is broken or its content longer than `limitBytes`. */
export function decompressLz4(body: Uint8Array, limitBytes: number): Uint8Array {
  const frame = readHeader(body);
  const output = new GrowingOutput(Math.min(limitBytes, Math.max(frame.contentBytes, body.length * 4)), limitBytes);
  let at = frame.at;
  for (;;) {
    const size = uint32(body, at);
    at += 4;
    if (size === 0) break;
    const length = size & 0x7fffffff;
    if (at + length > body.length) throw broken('cut off', at);
    if ((size & PLAIN_BLOCK) !== 0) output.append(body, at, at + length);
    else readBlock(body, at, at + length, output);
    at += length + frame.blockTrailerBytes;
  }
  if (frame.hasContentChecksum && at + 4 > body.length) throw broken('cut off', at);
  return output.finish();
}

interface FrameHeader {
  readonly at: number;
  readonly blockTrailerBytes: number;
  readonly contentBytes: number;
  readonly hasContentChecksum: boolean;
}

function readHeader(body: Uint8Array): FrameHeader {
  if (uint32(body, 0) !== MAGIC) throw broken('not an lz4 frame', 0);
  const flags = body[4]!;
  if (flags >> 6 !== 1) throw broken(`unknown version ${flags >> 6}`, 4);
  if ((flags & FLAG_DICTIONARY) !== 0) throw broken('dictionaries are not supported', 4);
  const sized = (flags & FLAG_CONTENT_SIZE) !== 0;
  return {
    at: 4 + 2 + (sized ? 8 : 0) + 1,
    blockTrailerBytes: (flags & FLAG_BLOCK_CHECKSUM) !== 0 ? 4 : 0,
    contentBytes: sized ? uint32(body, 6) : 0,
    hasContentChecksum: (flags & FLAG_CONTENT_CHECKSUM) !== 0,
  };
}

/** Sequences of: token, literal length, literals, 2-byte offset, match length. The last one has literals only. */
function readBlock(body: Uint8Array, from: number, to: number, output: GrowingOutput): void {
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

class GrowingOutput {
  #bytes: Uint8Array;
  #length = 0;
  readonly #limitBytes: number;

  constructor(capacityBytes: number, limitBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#limitBytes = limitBytes;
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

  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#limitBytes) {
      throw new DecodeError(`http: request body too large, the limit is ${this.#limitBytes} bytes`);
    }
    const grown = new Uint8Array(Math.min(this.#limitBytes, Math.max(needed, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw broken('cut off', at);
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function broken(what: string, at: number): DecodeError {
  return new DecodeError(`can't decompress the lz4 body: ${what}`, at);
}

/** Independent blocks of 4 MiB, no checksums but the header's, as the flags say. 0x73 is the second byte of its xxHash32. */
const HEADER_FLAGS = 0x60;
const HEADER_BLOCK_SIZE = 0x70;
const HEADER_CHECKSUM = 0x73;
const BLOCK_BYTES = 4 * 1024 * 1024;
const HASH_BITS = 14;
/** The format wants the last 5 bytes as literals, and no match to start in the last 12. */
const LAST_LITERALS = 5;
const MATCH_FREE_TAIL = 12;

export function compressLz4(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, HEADER_FLAGS, HEADER_BLOCK_SIZE, HEADER_CHECKSUM)];
  for (let at = 0; at < body.length; at += BLOCK_BYTES) {
    const content = body.subarray(at, at + BLOCK_BYTES);
    const packed = packBlock(content);
    const isPacked = packed.length < content.length;
    const size = isPacked ? packed.length : (content.length | PLAIN_BLOCK) >>> 0;
    parts.push(Uint8Array.of(size, size >>> 8, size >>> 16, size >>> 24), isPacked ? packed : content);
  }
  parts.push(new Uint8Array(4));
  return joinBytes(
    parts,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
}

function packBlock(content: Uint8Array): Uint8Array {
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
