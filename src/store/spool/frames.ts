import { crc32 } from 'node:zlib';

/**
 * A segment file:
 *
 *   8 bytes  "SBSEG01\n"
 *   frames   UInt32 length of the payload · UInt32 CRC-32 of kind and payload · UInt8 kind · payload    (little-endian)
 *
 * A crash can cut off the last frames; they were never acknowledged. Reading stops at the first frame that isn't whole or whose checksum
 * is wrong.
 */
export const MAGIC: Uint8Array = new TextEncoder().encode('SBSEG01\n');
const HEADER_BYTES = 9;

/** The header of a frame whose payload is the concatenation of `parts`. `kind` is 0 to 255. */
export function frameHeader(kind: number, parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header[8] = kind;
  let length = 0;
  let checksum = crc32(header.subarray(8, 9));
  for (const part of parts) {
    length += part.length;
    checksum = crc32(part, checksum);
  }
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(checksum, 4);
  return header;
}

/** Bytes of a frame in the file. */
export function frameSize(parts: readonly Uint8Array[]): number {
  let size = HEADER_BYTES;
  for (const part of parts) size += part.length;
  return size;
}

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The whole frames of a segment file's bytes, in order, and how many bytes behind them are not a whole frame. */
export function readFrames(bytes: Buffer): { readonly frames: readonly Frame[]; readonly tornBytes: number } {
  const frames: Frame[] = [];
  if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { frames, tornBytes: bytes.length };
  }
  let at = MAGIC.length;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (end > bytes.length || crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) break;
    frames.push({ kind: bytes[at + 8]!, payload: new Uint8Array(bytes.subarray(at + HEADER_BYTES, end)) });
    at = end;
  }
  return { frames, tornBytes: bytes.length - at };
}
