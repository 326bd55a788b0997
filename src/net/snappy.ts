import { DecodeError } from '#base';
import { compressSnappy, decompressSnappy } from '#wire';
import { crc32c } from './crc32c.ts';
import { joinBytes } from './own-bytes.ts';

/**
 * Snappy's framing format (google/snappy framing_format.txt):
 *   stream identifier (0xff, 6 bytes "sNaPpY"), then chunks: type (1 byte), length (3 bytes), content.
 *   0x00 compressed and 0x01 plain data start with a masked CRC-32C of the content; a chunk holds at most 64 KiB of content.
 */
const STREAM_IDENTIFIER = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);
const CHUNK_COMPRESSED = 0x00;
const CHUNK_PLAIN = 0x01;
const CHUNK_IDENTIFIER = 0xff;
const CHUNK_CONTENT_BYTES = 65_536;

/** Whether the bytes begin as the framing format does. Its first byte alone may also be the length of plain snappy. */
export function isSnappyFramed(body: Uint8Array): boolean {
  return STREAM_IDENTIFIER.every((byte, i) => body[i] === byte);
}

export function decompressSnappyFramed(body: Uint8Array, limitBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  let at = 0;
  while (at < body.length) {
    if (at + 4 > body.length) throw cutOff(at);
    const type = body[at]!;
    const length = body[at + 1]! | (body[at + 2]! << 8) | (body[at + 3]! << 16);
    const from = at + 4;
    at = from + length;
    if (at > body.length) throw cutOff(from);
    if (type === CHUNK_COMPRESSED || type === CHUNK_PLAIN) {
      const part = readChunk(body, type, from, at, Math.min(CHUNK_CONTENT_BYTES, limitBytes - total), limitBytes);
      total += part.length;
      parts.push(part);
    } else if (type !== CHUNK_IDENTIFIER && type < 0x80) {
      throw new DecodeError(`can't decompress the framed snappy body: unknown chunk type ${type}`, from);
    }
  }
  return joinBytes(parts, total);
}

function readChunk(
  body: Uint8Array,
  type: number,
  from: number,
  to: number,
  roomBytes: number,
  limitBytes: number,
): Uint8Array {
  if (to - from < 4) throw cutOff(from);
  const data = body.subarray(from + 4, to);
  const content = type === CHUNK_COMPRESSED ? decompressSnappy(data, roomBytes) : data;
  if (content.length > roomBytes)
    throw new DecodeError(`http: request body too large, the limit is ${limitBytes} bytes`);
  const checksum = (body[from]! | (body[from + 1]! << 8) | (body[from + 2]! << 16) | (body[from + 3]! << 24)) >>> 0;
  if (maskedCrc(content) !== checksum) {
    throw new DecodeError("can't decompress the framed snappy body: wrong checksum", from);
  }
  return content;
}

function cutOff(at: number): DecodeError {
  return new DecodeError(`can't decompress the framed snappy body: cut off`, at);
}

export function compressSnappyFramed(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [STREAM_IDENTIFIER];
  let total = STREAM_IDENTIFIER.length;
  for (let at = 0; at < body.length; at += CHUNK_CONTENT_BYTES) {
    const content = body.subarray(at, at + CHUNK_CONTENT_BYTES);
    const data = compressSnappy(content);
    const crc = maskedCrc(content);
    const length = data.length + 4;
    const head = Uint8Array.of(
      CHUNK_COMPRESSED,
      length,
      length >> 8,
      length >> 16,
      crc,
      crc >> 8,
      crc >> 16,
      crc >> 24,
    );
    parts.push(head, data);
    total += head.length + data.length;
  }
  return joinBytes(parts, total);
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
