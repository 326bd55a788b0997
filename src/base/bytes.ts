/** Helpers for bytes that need no allocation per call. Browser-safe: no Buffer here. */

const HEX = '0123456789abcdef';
const HEX_OF: readonly string[] = Array.from({ length: 256 }, (_, byte) => HEX[byte >> 4]! + HEX[byte & 15]!);

/** Lower-case hex of `bytes[at, at + length)`. */
export function hexAt(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += HEX_OF[bytes[at + i]!];
  return text;
}

/** Whether the two ranges hold the same bytes. Both ranges must lie inside their arrays. */
export function equalAt(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

/** Parses hex of either case into `out` at `at`. Returns the number of bytes written, or -1 if `text` is not hex. */
export function parseHexInto(text: string, out: Uint8Array, at: number): number {
  if (text.length % 2 !== 0) return -1;
  for (let i = 0; i < text.length; i += 2) {
    const high = hexDigit(text.charCodeAt(i));
    const low = hexDigit(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) return -1;
    out[at + (i >> 1)] = (high << 4) | low;
  }
  return text.length >> 1;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
