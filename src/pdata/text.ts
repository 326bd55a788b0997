import { latin1Text, utf8Text } from './native-bytes.ts';

/** Strings from bytes. Made only when a human or a text protocol wants one: comparisons work on bytes. */

const ASCII_SCAN_LIMIT = 64;

/** The UTF-8 text in `bytes[at, at + length)`; invalid sequences become U+FFFD. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  if (length === 0) return '';
  if (length <= ASCII_SCAN_LIMIT && isAscii(bytes, at, at + length)) return latin1Text(bytes, at, at + length);
  return utf8Text(bytes, at, at + length);
}

export function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}
