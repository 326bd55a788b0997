/** `key=value key2="a value" flag`, as go-logfmt reads it. */

const PAIR = /\s*([^\s="]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"=]*))?/y;

/**
 * Calls `take` for each key; a key alone has an empty value. What is no pair is passed over; returns the place of the first such in the line, or
 * undefined.
 */
export function eachLogfmtField(line: string, take: (key: string, value: string) => void): number | undefined {
  let fault: number | undefined;
  let at = 0;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(line);
    const isWhole = match !== null && /^\s?$/.test(line.slice(PAIR.lastIndex, PAIR.lastIndex + 1));
    if (isWhole) {
      take(match[1]!, unquoted(match[2] ?? ''));
      at = PAIR.lastIndex;
      continue;
    }
    if (/^\s*$/.test(line.slice(at))) break;
    const blanks = /[^\s]/.exec(line.slice(at))!.index;
    fault ??= at + blanks;
    // On with the next word.
    const next = line.slice(at + blanks).search(/\s/);
    at = next < 0 ? line.length : at + blanks + next;
  }
  return fault;
}

function unquoted(written: string): string {
  if (!written.startsWith('"')) return written;
  try {
    return JSON.parse(written) as string;
  } catch {
    return written.slice(1, -1).replace(/\\(.)/g, '$1');
  }
}
