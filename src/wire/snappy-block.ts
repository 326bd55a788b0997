import { DecodeError } from '#base';
import { copyBytes } from '#pdata';

const LITERAL = 0;
const COPY_SHORT = 1;
const COPY_MIDDLE = 2;
/** Of a literal: from here on its length stands in so many bytes less this, behind the tag. */
const LENGTH_IN_TAG = 60;
const LENGTH_BYTES_MAX = 5;
/** Up to here a loop is the fastest copy. */
const LOOP_LIMIT = 32;

/**
 * Reads Snappy's block format (google/snappy format_description.txt): the length of the content as a varint, then literals and copies of what
 * came before. Every length and offset is checked before it is used, so that any bytes end, with content or a DecodeError. Throws one as
 * well where the content would be longer than `limitBytes`, before any room for it is taken. The content is in `room` where that is given and
 * large enough.
 */
export function decompressSnappy(block: Uint8Array, limitBytes: number, room?: Uint8Array): Uint8Array {
  const { length, at: begin } = readLength(block);
  if (length > limitBytes) throw new DecodeError(`http: request body too large, the limit is ${limitBytes} bytes`);
  const content = room !== undefined && room.length >= length ? room.subarray(0, length) : new Uint8Array(length);
  let at = begin;
  let end = 0;
  while (at < block.length) {
    const tag = block[at++]!;
    const kind = tag & 3;
    if (kind === LITERAL) {
      let count = (tag >> 2) + 1;
      if (count > LENGTH_IN_TAG) {
        const bytes = count - LENGTH_IN_TAG;
        count = readNumber(block, at, bytes) + 1;
        at += bytes;
      }
      if (count > block.length - at || count > length - end) throw broken(at);
      copyBytes(block, at, at + count, content, end);
      at += count;
      end += count;
      continue;
    }
    let count = (tag >> 2) + 1;
    let offset: number;
    if (kind === COPY_SHORT) {
      count = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | readNumber(block, at, 1);
      at += 1;
    } else {
      const bytes = kind === COPY_MIDDLE ? 2 : 4;
      offset = readNumber(block, at, bytes);
      at += bytes;
    }
    if (offset === 0 || offset > end || count > length - end) throw broken(at);
    // Byte by byte where the copy reads what it writes, and where the call would take longer than the loop: most have few bytes.
    if (offset >= count && count > LOOP_LIMIT) content.copyWithin(end, end - offset, end - offset + count);
    else for (let i = 0; i < count; i++) content[end + i] = content[end + i - offset]!;
    end += count;
  }
  if (end !== length) throw broken(at);
  return content;
}

/** The length that a block promises for its content. Throws a DecodeError. */
export function snappyContentLength(block: Uint8Array): number {
  return readLength(block).length;
}

function readLength(block: Uint8Array): { readonly length: number; readonly at: number } {
  let length = 0;
  for (let at = 0; at < Math.min(block.length, LENGTH_BYTES_MAX); at++) {
    const byte = block[at]!;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) {
      if (length > 0xffff_ffff) throw broken(at);
      return { length, at: at + 1 };
    }
  }
  throw broken(0);
}

/** Little-endian, unsigned, of one to four bytes. */
function readNumber(block: Uint8Array, at: number, bytes: number): number {
  if (bytes > block.length - at) throw broken(at);
  let number = 0;
  for (let i = bytes - 1; i >= 0; i--) number = number * 256 + block[at + i]!;
  return number;
}

function broken(at: number): DecodeError {
  return new DecodeError("can't decompress the snappy body: it is broken", at);
}
