import { type DiffLine, diffLines } from './line-diff.ts';

/** Lines of the original that say the same as lines of its formed text, of which there may be more or fewer. */
interface Chunk {
  readonly original: readonly string[];
  readonly formedCount: number;
}

/**
 * The changed text with the lines of the original wherever it says the same as before. `formed` is the original as the writer of `changed`
 * prints it: with other spaces, and some comments on lines of their own.
 */
export function keepLines(original: string, formed: string, changed: string): string {
  const formedLines = linesOf(formed);
  const chunks = chunksOf(linesOf(original), formedLines);
  const diff = diffLines(formedLines, linesOf(changed));
  const kept: string[] = [];
  const end = original.includes('\r\n') ? '\r' : '';
  for (let at = 0; at < diff.length; ) {
    const { kind, text, index } = diff[at]!;
    const chunk = kind === 'same' ? chunks.get(index) : undefined;
    if (chunk !== undefined && isWhole(diff, at, chunk.formedCount)) {
      for (const line of chunk.original) kept.push(line);
      at += chunk.formedCount;
      continue;
    }
    if (kind !== 'old') kept.push(text + end);
    at++;
  }
  return `${kept.join('\n')}${original.endsWith('\n') ? '\n' : ''}`;
}

/** By the first formed line of each. */
function chunksOf(original: readonly string[], formed: readonly string[]): Map<number, Chunk> {
  const chunks = new Map<number, Chunk>();
  let from = 0;
  let formedFrom = 0;
  let pending: string[] = [];
  const closeAt = (end: number): void => {
    if (end > formedFrom) chunks.set(formedFrom, { original: pending, formedCount: end - formedFrom });
    pending = [];
    formedFrom = end;
  };
  let formedAt = 0;
  for (const { kind } of diffLines(original.map(bare), formed.map(bare))) {
    if (kind === 'same') {
      closeAt(formedAt);
      pending = [original[from]!];
      closeAt(formedAt + 1);
    } else if (kind === 'old') pending.push(original[from]!);
    if (kind !== 'new') from++;
    if (kind !== 'old') formedAt++;
  }
  closeAt(formedAt);
  return chunks;
}

const bare = (line: string): string => line.replaceAll(/\s+/g, '');

/** Whether so many lines from here on are as before. */
function isWhole(diff: readonly DiffLine[], from: number, count: number): boolean {
  return diff.slice(from, from + count).every(({ kind }) => kind === 'same');
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
