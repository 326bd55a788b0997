import { open } from 'node:fs/promises';

const PART_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

export interface LineLimits {
  /** Where to begin. */
  readonly from: number;
  readonly maxLineBytes: number;
}

/** What `onLine` says of a line: `stop` leaves it where it is. */
export type LineOutcome = 'next' | 'stop';

/**
 * Reads the complete lines of a file, one after the other, and returns where the next look begins. A line that is too long is passed over, with
 * `onTooLong`. What has no end yet stays for the next look.
 */
export async function readLines(
  path: string,
  { from, maxLineBytes }: LineLimits,
  onLine: (line: Uint8Array) => Promise<LineOutcome>,
  onTooLong: () => void,
): Promise<number> {
  const file = await open(path, 'r');
  try {
    let lineAt = from;
    let at = from;
    let isTooLong = false;
    let parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const part = Buffer.allocUnsafe(PART_BYTES);
      const { bytesRead } = await file.read(part, 0, PART_BYTES, at);
      if (bytesRead === 0) return lineAt;
      let start = 0;
      for (let end = part.indexOf(NEWLINE); end >= 0 && end < bytesRead; end = part.indexOf(NEWLINE, start)) {
        parts.push(part.subarray(start, end));
        length += end - start;
        if (isTooLong || length > maxLineBytes) onTooLong();
        else if ((await onLine(lineOf(parts, length))) === 'stop') return lineAt;
        parts = [];
        length = 0;
        isTooLong = false;
        start = end + 1;
        lineAt = at + start;
      }
      parts.push(part.subarray(start, bytesRead));
      length += bytesRead - start;
      at += bytesRead;
      if (length > maxLineBytes) {
        // Nothing of it is kept: its end is looked for, no more.
        isTooLong = true;
        parts = [];
        length = maxLineBytes + 1;
      }
    }
  } finally {
    await file.close();
  }
}

/** In memory of its own: it becomes the arena of a batch. */
function lineOf(parts: readonly Uint8Array[], length: number): Uint8Array {
  const line = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    line.set(part, at);
    at += part.length;
  }
  return line;
}
