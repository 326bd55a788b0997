/** `key=value key2="a value" flag`, as go-logfmt reads it. */

const PAIR = /\s*([^\s="]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"=]*))?/y;

/**
 * Calls `take` for each key; a key alone has an empty value. What is no pair is passed over, or with `stopsAtFault` ends it; returns the place of
 * the first such in the line, or undefined.
 */
export function eachLogfmtField(
  line: string,
  take: (key: string, value: string) => void,
  stopsAtFault = false,
): number | undefined {
  let fault: number | undefined;
  let at = 0;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(line);
    const end = match === null ? skipBlanks(line, at) : PAIR.lastIndex;
    if (end === line.length && match === null) break;
    const isWhole = match !== null && (match[2]?.startsWith('"') || /^\s?$/.test(line.slice(end, end + 1)));
    if (isWhole) {
      take(match[1]!, unquoted(match[2] ?? ''));
      at = end;
      continue;
    }
    fault ??= end;
    if (stopsAtFault) break;
    // On with the next word.
    const next = line.slice(end).search(/\s/);
    at = next < 0 ? line.length : end + next;
  }
  return fault;
}

function skipBlanks(line: string, at: number): number {
  const blanks = line.slice(at).search(/\S/);
  return blanks < 0 ? line.length : at + blanks;
}

/** What is wrong at a place of a line, in the words of go-logfmt; it counts bytes from 1. */
export function logfmtFault(line: string, at: number): string {
  const isOpen = line[at] === '"' && line[at - 1] === '=';
  const place = Buffer.byteLength(isOpen ? line : line.slice(0, at)) + 1;
  return `logfmt syntax error at pos ${place} : ${isOpen ? 'unterminated quoted value' : `unexpected '${line[at]}'`}`;
}

function unquoted(written: string): string {
  if (!written.startsWith('"')) return written;
  try {
    return JSON.parse(written) as string;
  } catch {
    return written.slice(1, -1).replace(/\\(.)/g, '$1');
  }
}
