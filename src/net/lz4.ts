import { DecodeError, Lz4Output, packLz4Block, readLz4Block } from '#base';
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

/** Throws a DecodeError where the frame is broken or its content longer than `limitBytes`. */
export function decompressLz4(body: Uint8Array, limitBytes: number): Uint8Array {
  const frame = readHeader(body);
  const output = new Lz4Output(
    Math.min(limitBytes, Math.max(frame.contentBytes, body.length * 4)),
    limitBytes,
    (limit) => new DecodeError(`http: request body too large, the limit is ${limit} bytes`),
  );
  let at = frame.at;
  for (;;) {
    const size = uint32(body, at);
    at += 4;
    if (size === 0) break;
    const length = size & 0x7fffffff;
    if (at + length > body.length) throw broken('cut off', at);
    if ((size & PLAIN_BLOCK) !== 0) output.append(body, at, at + length);
    else readLz4Block(body, at, at + length, output);
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

export function compressLz4(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, HEADER_FLAGS, HEADER_BLOCK_SIZE, HEADER_CHECKSUM)];
  for (let at = 0; at < body.length; at += BLOCK_BYTES) {
    const content = body.subarray(at, at + BLOCK_BYTES);
    const packed = packLz4Block(content);
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
