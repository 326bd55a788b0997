/** A text cut to so many bytes of UTF-8, with the marker at its end; undefined where it is short enough. */
export function truncate(text: string, limitBytes: number, isUtf8Safe: boolean, marker: string): string | undefined {
  // No character has more than three bytes for each of its UTF-16 units.
  if (text.length * 3 <= limitBytes) return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return undefined;
  let end = limitBytes - Buffer.byteLength(marker);
  if (isUtf8Safe) while (end > 0 && isContinuation(bytes[end]!)) end--;
  return bytes.toString('utf8', 0, end) + marker;
}

/** A byte that does not begin a character. */
export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
