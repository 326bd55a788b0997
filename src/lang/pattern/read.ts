import { BLANKS, type CharSet, charSet, DIGITS, inverted, NO_LINE_BREAK, WORD_CHARS, withBothCases } from './sets.ts';
import type { PatternNode } from './tree.ts';

const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: inverted(DIGITS),
  w: WORD_CHARS,
  W: inverted(WORD_CHARS),
  s: BLANKS,
  S: inverted(BLANKS),
};
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' };
const REPEATS: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
};
const REPEAT_LIMIT = 1000;

/** Reads a pattern; undefined where it has something that is not of this part of the syntax, or is wrong. */
export function readPattern(source: string): PatternNode | undefined {
  try {
    return new PatternReader(source).read();
  } catch (error) {
    if (error instanceof Beyond) return undefined;
    throw error;
  }
}

/** Thrown where the pattern leaves the part of the syntax that is read here. */
class Beyond extends Error {}

class PatternReader {
  readonly #chars: readonly string[];
  #at = 0;
  #foldsCase = false;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  read(): PatternNode {
    if (this.#chars.slice(0, 4).join('') === '(?i)') {
      this.#foldsCase = true;
      this.#at = 4;
    }
    const node = this.#either();
    if (this.#at < this.#chars.length) throw new Beyond();
    return node;
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #either(): PatternNode {
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    return items.length === 1 ? items[0]! : { kind: 'either', items };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (
      let char = this.#chars[this.#at];
      char !== undefined && char !== '|' && char !== ')';
      char = this.#chars[this.#at]
    ) {
      items.push(this.#repeated(this.#atom()));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #repeated(item: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    const lazy = this.#take('?');
    const next = this.#chars[this.#at];
    if (next === '*' || next === '+' || next === '?' || item.kind === 'start' || item.kind === 'end')
      throw new Beyond();
    const [min, max] = bounds;
    return { kind: 'repeat', item, min, max, lazy };
  }

  #bounds(): readonly [number, number] | undefined {
    const char = this.#chars[this.#at]!;
    const simple = char === undefined ? undefined : REPEATS[char];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (char !== '{') return undefined;
    const end = this.#chars.indexOf('}', this.#at);
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}$/.exec(this.#chars.slice(this.#at, end + 1).join(''));
    // What is no count is a brace of its own.
    if (found === null) throw new Beyond();
    this.#at = end + 1;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > REPEAT_LIMIT || (max !== Infinity && max > REPEAT_LIMIT) || max < min) throw new Beyond();
    return [min, max];
  }

  #atom(): PatternNode {
    const char = this.#chars[this.#at++]!;
    switch (char) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'set', set: NO_LINE_BREAK };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#folded(this.#class()) };
      case '\\':
        return { kind: 'set', set: this.#folded(this.#escape()) };
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Beyond();
      default:
        return { kind: 'set', set: this.#folded(single(char)) };
    }
  }

  #folded(set: CharSet): CharSet {
    if (!this.#foldsCase) return set;
    const both = withBothCases(set);
    if (both === undefined) throw new Beyond();
    return both;
  }

  #group(): PatternNode {
    let name: string | undefined;
    let captures = true;
    if (this.#take('?')) {
      if (this.#take(':')) captures = false;
      else {
        this.#take('P');
        const end = this.#chars.indexOf('>', this.#at);
        name = /^<([A-Za-z_][A-Za-z0-9_]*)>$/.exec(this.#chars.slice(this.#at, end + 1).join(''))?.[1];
        if (name === undefined) throw new Beyond();
        this.#at = end + 1;
      }
    }
    const item = this.#either();
    if (!this.#take(')')) throw new Beyond();
    return captures ? { kind: 'capture', item, name } : item;
  }

  #escape(): CharSet {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Beyond();
    const known = CLASSES[char];
    if (known !== undefined) return known;
    const control = ESCAPED[char];
    if (control !== undefined) return single(control);
    if (/[A-Za-z0-9]/.test(char) || char.charCodeAt(0) >= 0x80) throw new Beyond();
    return single(char);
  }

  #class(): CharSet {
    const isInverted = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#chars[this.#at] !== ']'; isFirst = false) {
      const char = this.#chars[this.#at];
      if (char === undefined || (char === '[' && this.#chars[this.#at + 1] === ':')) throw new Beyond();
      const set = this.#classChar();
      if (this.#chars[this.#at] === '-' && this.#chars[this.#at + 1] !== ']') {
        this.#at++;
        const last = this.#classChar();
        if (!isSingle(set) || !isSingle(last) || last[0]![0] < set[0]![0]) throw new Beyond();
        ranges.push([set[0]![0], last[0]![0]]);
      } else ranges.push(...set);
    }
    this.#at++;
    const set = charSet(...ranges);
    // Folding comes before inverting.
    return isInverted ? inverted(this.#folded(set)) : set;
  }

  #classChar(): CharSet {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Beyond();
    return char === '\\' ? this.#escape() : single(char);
  }
}

function single(char: string): CharSet {
  const at = char.codePointAt(0)!;
  return [[at, at]];
}

function isSingle(set: CharSet): boolean {
  return set.length === 1 && set[0]![0] === set[0]![1];
}
