/** Strings from bytes. Made only when a human or a text protocol wants one: comparisons work on bytes. */

const ASCII_SCAN_LIMIT = 64;

/** The UTF-8 text in `bytes[at, at + length)`; invalid sequences become U+FFFD. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  if (length === 0) return '';
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (length <= ASCII_SCAN_LIMIT && isAscii(bytes, at, at + length)) return buffer.toString('latin1', at, at + length);
  return buffer.toString('utf8', at, at + length);
}

export function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}
