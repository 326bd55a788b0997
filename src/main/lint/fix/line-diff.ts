/** One line of a comparison: in both texts, in the old one alone, or in the new one alone. */
export interface DiffLine {
  readonly kind: 'same' | 'old' | 'new';
  readonly text: string;
  /** From 0; the old text's for `same` and `old`, the new text's for `new`. */
  readonly index: number;
}

/** More comparisons than this are not made: what lies between is then old and new as a whole. */
const TABLE_MAX = 16_000_000;
const CONTEXT_LINES = 3;

/** The shortest way from the old lines to the new ones. */
export function diffLines(old: readonly string[], now: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  const isSameFromEnd = (back: number): boolean => old[old.length - 1 - back] === now[now.length - 1 - back];
  while (tail < old.length - head && tail < now.length - head && isSameFromEnd(tail)) tail++;
  return [
    ...old.slice(0, head).map((text, index): DiffLine => ({ kind: 'same', text, index })),
    ...middle(old, now, { head, oldEnd: old.length - tail, newEnd: now.length - tail }),
    ...old.slice(old.length - tail).map((text, i): DiffLine => ({ kind: 'same', text, index: old.length - tail + i })),
  ];
}

interface Bounds {
  readonly head: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** By the table of longest common subsequences, between the bounds. */
function middle(old: readonly string[], now: readonly string[], { head, oldEnd, newEnd }: Bounds): DiffLine[] {
  const rows = oldEnd - head;
  const columns = newEnd - head;
  const isTooMuch = rows * columns > TABLE_MAX;
  const width = columns + 1;
  const lengths = new Uint32Array(isTooMuch ? 0 : (rows + 1) * width);
  if (!isTooMuch) {
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        lengths[i * width + j] =
          old[head + i] === now[head + j]
            ? lengths[(i + 1) * width + j + 1]! + 1
            : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
      }
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    if (!isTooMuch && i < rows && j < columns && old[head + i] === now[head + j]) {
      lines.push({ kind: 'same', text: old[head + i]!, index: head + i });
      i++;
      j++;
    } else if (
      j >= columns ||
      (i < rows && (isTooMuch || lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!))
    ) {
      lines.push({ kind: 'old', text: old[head + i]!, index: head + i });
      i++;
    } else {
      lines.push({ kind: 'new', text: now[head + j]!, index: head + j });
      j++;
    }
  }
  return lines;
}

/** The changes as `diff -u` prints them; '' where there are none. */
export function unifiedDiff(file: string, old: string, now: string): string {
  if (old === now) return '';
  const lines = diffLines(linesOf(old), linesOf(now));
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(({ kind }) => kind !== 'same'),
  );
  const printed = [`--- ${file}`, `+++ ${file}`];
  let [oldLine, newLine] = [1, 1];
  for (let at = 0; at < lines.length; ) {
    if (!isNear[at]) {
      oldLine++;
      newLine++;
      at++;
      continue;
    }
    let end = at;
    while (end < lines.length && isNear[end]) end++;
    const hunk = lines.slice(at, end);
    const oldCount = hunk.filter(({ kind }) => kind !== 'new').length;
    const newCount = hunk.filter(({ kind }) => kind !== 'old').length;
    printed.push(`@@ -${oldLine},${oldCount} +${newLine},${newCount} @@`);
    for (const { kind, text } of hunk) printed.push(`${MARKS[kind]}${text}`);
    oldLine += oldCount;
    newLine += newCount;
    at = end;
  }
  return `${printed.join('\n')}\n`;
}

const MARKS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', old: '-', new: '+' };

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
