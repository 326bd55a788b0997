import { messageOf } from '#base';
import { Pattern } from '#lang/pattern';
import type { Reader } from './expression.ts';
import type { Place } from './place.ts';
import { EvaluationError } from './values.ts';

type Matcher = (text: string) => boolean;

/**
 * Globs as github.com/gobwas/glob reads them without separators: `*` and `**` any text, `?` a character, `[abc]`, `[a-z]` and `[!a]` one
 * of a set, `{a,b}` alternatives, and a backslash before what stands for itself.
 */
function compileGlob(glob: string): Matcher {
  if (/^[^*?[\]{}\\]*$/.test(glob)) return (text) => text === glob;
  const parts = /^([^*?[\]{}\\]*)\*([^*?[\]{}\\]*)$/.exec(glob);
  if (parts !== null) {
    const [, before, after] = parts as unknown as [string, string, string];
    const length = before.length + after.length;
    return (text) => text.length >= length && text.startsWith(before) && text.endsWith(after);
  }
  const pattern = new Pattern(`^(?s:${new GlobReader(glob).read()})$`);
  return (text) => pattern.test(text);
}

class GlobReader {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(glob: string) {
    this.#chars = Array.from(glob);
  }

  read(): string {
    const regex = this.#terms(false);
    if (this.#at < this.#chars.length)
      throw new EvaluationError('a bracket in the glob is not closed, or closes nothing');
    return regex;
  }

  #terms(isNested: boolean): string {
    let regex = '';
    for (let char = this.#chars[this.#at]; char !== undefined; char = this.#chars[this.#at]) {
      if (isNested && (char === ',' || char === '}')) return regex;
      this.#at++;
      if (char === '*') regex += '.*';
      else if (char === '?') regex += '.';
      else if (char === '[') regex += this.#set();
      else if (char === '{') regex += this.#alternatives();
      else if (char === '\\') regex += escaped(this.#chars[this.#at++] ?? '\\');
      else regex += escaped(char);
    }
    return regex;
  }

  #alternatives(): string {
    const terms = [this.#terms(true)];
    while (this.#chars[this.#at] === ',') {
      this.#at++;
      terms.push(this.#terms(true));
    }
    if (this.#chars[this.#at++] !== '}') throw new EvaluationError('a { in the glob is not closed');
    return `(?:${terms.join('|')})`;
  }

  #set(): string {
    const isInverted = this.#chars[this.#at] === '!';
    if (isInverted) this.#at++;
    const end = this.#chars.indexOf(']', this.#at + 1);
    if (end < 0) throw new EvaluationError('a [ in the glob is not closed');
    const content = this.#chars.slice(this.#at, end);
    this.#at = end + 1;
    const isRange = content.length === 3 && content[1] === '-';
    const inner = isRange ? `${escaped(content[0]!)}-${escaped(content[2]!)}` : content.map(escaped).join('');
    return `[${isInverted ? '^' : ''}${inner}]`;
  }
}

function escaped(char: string): string {
  return /[\\^$.|?*+()[\]{}-]/.test(char) ? `\\${char}` : char;
}

const REMEMBERED_LIMIT = 64;

/** The glob of an argument: compiled once where it is written in the statement. */
export function globReader(name: string, reader: Reader<string>): (at: Place) => Matcher {
  const compiled = (glob: string): Matcher => {
    try {
      return compileGlob(glob);
    } catch (error) {
      const reason = error instanceof EvaluationError ? error.message : messageOf(error);
      throw new EvaluationError(`the pattern "${glob.slice(0, 80)}" of ${name} is not valid: ${reason}`);
    }
  };
  if (reader.literal !== undefined) {
    const matcher = compiled(reader.literal);
    return () => matcher;
  }
  const matchers = new Map<string, Matcher>();
  return (at) => {
    const glob = reader.get(at);
    let matcher = matchers.get(glob);
    if (matcher === undefined) {
      matcher = compiled(glob);
      if (matchers.size >= REMEMBERED_LIMIT) matchers.clear();
      matchers.set(glob, matcher);
    }
    return matcher;
  };
}
