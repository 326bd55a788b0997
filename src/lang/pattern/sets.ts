/** Sets of characters: ranges of code points, both ends included, in ascending order, without overlaps. */
export type CharSet = readonly (readonly [number, number])[];

const LAST = 0x10_ffff;

export function charSet(...ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function inverted(set: CharSet): CharSet {
  const ranges: [number, number][] = [];
  let from = 0;
  for (const [start, end] of set) {
    if (start > from) ranges.push([from, start - 1]);
    from = end + 1;
  }
  if (from <= LAST) ranges.push([from, LAST]);
  return ranges;
}

export function areDisjoint(one: CharSet, other: CharSet): boolean {
  return one.every(([from, to]) => other.every(([start, end]) => to < start || from > end));
}

const code = (char: string): number => char.codePointAt(0)!;
const range = (from: string, to = from): readonly [number, number] => [code(from), code(to)];

export const DIGITS: CharSet = charSet(range('0', '9'));
export const WORD_CHARS: CharSet = charSet(range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_'));
/** RE2's, which are fewer than JavaScript's. */
export const BLANKS: CharSet = charSet(range('\t', '\n'), range('\f', '\r'), range(' '));
export const NO_LINE_BREAK: CharSet = inverted(charSet(range('\n')));

/** The set with letters in both cases; undefined where a character has relatives that are not listed here. */
export function withBothCases(set: CharSet): CharSet | undefined {
  const added: (readonly [number, number])[] = [];
  for (const [from, to] of set) {
    if (from === 0 && to === LAST) continue;
    if (to >= 0x80) return undefined;
    for (let at = from; at <= to; at++) {
      const char = String.fromCharCode(at);
      if (/[a-z]/.test(char)) added.push(range(char.toUpperCase()));
      if (/[A-Z]/.test(char)) added.push(range(char.toLowerCase()));
      // Unicode folds the sign for Kelvin with k, and the long s with s.
      if (/[kK]/.test(char)) added.push([0x212a, 0x212a]);
      if (/[sS]/.test(char)) added.push([0x17f, 0x17f]);
    }
  }
  return charSet(...set, ...added);
}

/** The set as a class of a JavaScript expression with the flag u. */
export function printSet(set: CharSet): string {
  if (set.length === 1 && set[0]![0] === set[0]![1]) return printChar(set[0]![0]);
  return `[${set.map(([from, to]) => (from === to ? printChar(from) : `${printChar(from)}-${printChar(to)}`)).join('')}]`;
}

function printChar(at: number): string {
  const char = String.fromCodePoint(at);
  return /^[a-zA-Z0-9_ ]$/.test(char) ? char : `\\u{${at.toString(16)}}`;
}
