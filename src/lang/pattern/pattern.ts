import { RE2JS } from 're2js';
import { neededText } from './needed.ts';
import { isProvedLinear, mayOverlook } from './prove.ts';
import { readPattern } from './read.ts';
import { groupNamesOf, printScript, withoutAnything } from './script.ts';
import { plainTemplate, readTemplate, type Template } from './template.ts';
import type { PatternNode } from './tree.ts';

/** Where a match and its groups are: start and end of each, -1 for a group that took no part. */
export type MatchPlaces = readonly number[];

/**
 * A regular expression that a user wrote, in RE2's syntax and with its meaning. It takes time in proportion to the text, whatever the
 * pattern: V8 runs it where that is proved (prove.ts), RE2 otherwise. Throws where the pattern is none.
 */
export class Pattern {
  readonly source: string;
  /** By number, from 1 on: index 0 is the whole match. */
  readonly groupNames: readonly (string | undefined)[];
  /** V8 says whether a text matches, and finds the places. */
  readonly isProved: boolean;
  /** A text of ASCII characters that all that it matches contains; '' where none is known. */
  readonly needed: string;
  readonly #re2: RE2JS;
  readonly #test: RegExp | undefined;
  readonly #find: RegExp | undefined;
  /** The same without places of groups, which cost; undefined where it matches nothing at all, too. */
  readonly #replace: RegExp | undefined;
  /** What RE2 said of the last texts. */
  readonly #answers = new Map<string, boolean>();

  constructor(source: string) {
    this.source = source;
    // RE2 says what is a pattern, also where V8 runs it.
    this.#re2 = RE2JS.compile(source);
    const node = readPattern(source);
    const tested = node && withoutAnything(node);
    this.isProved = node !== undefined && isTrusted(node);
    this.needed = node === undefined ? '' : neededText(node);
    if (tested !== undefined && isTrusted(tested)) this.#test = new RegExp(printScript(tested), 'u');
    if (node !== undefined && this.isProved) {
      this.#find = new RegExp(printScript(node), 'dug');
      const replace = new RegExp(printScript(node), 'ug');
      if (!replace.test('')) this.#replace = replace;
    }
    this.groupNames = [undefined, ...(node === undefined ? namesOf(this.#re2) : groupNamesOf(node))];
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    if (this.#test !== undefined) return this.#test.test(text);
    if (text.length > ANSWER_LENGTH_LIMIT) return this.#re2.test(text);
    let answer = this.#answers.get(text);
    if (answer !== undefined) return answer;
    answer = this.#re2.test(text);
    if (this.#answers.size >= ANSWERS_LIMIT) this.#answers.clear();
    this.#answers.set(text, answer);
    return answer;
  }

  /** The first match, undefined for none. */
  find(text: string): MatchPlaces | undefined {
    for (const places of this.findAll(text)) return places;
    return undefined;
  }

  /** All matches that don't overlap; none is empty at the end of the one before, as in Go. */
  *findAll(text: string): Generator<MatchPlaces> {
    let from = 0;
    let lastEnd = -1;
    const next = this.#finder(text);
    while (from <= text.length) {
      const places = next(from);
      if (places === undefined) return;
      const start = places[0]!;
      const end = places[1]!;
      if (end > start || start !== lastEnd) yield places;
      lastEnd = end;
      from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    }
  }

  #finder(text: string): (from: number) => MatchPlaces | undefined {
    const find = this.#find;
    if (find === undefined) {
      const matcher = this.#re2.matcher(text);
      const count = this.groupNames.length;
      return (from) => {
        if (!matcher.find(from)) return undefined;
        return Array.from({ length: count * 2 }, (_, i) => (i % 2 === 0 ? matcher.start(i >> 1) : matcher.end(i >> 1)));
      };
    }
    return (from) => {
      find.lastIndex = from;
      const indices = find.exec(text)?.indices;
      return indices && Array.from(indices).flatMap((pair) => pair ?? [-1, -1]);
    };
  }

  /** The text with each match replaced, as Go's ReplaceAllString does. */
  replaceAll(text: string, template: Template): string {
    const { plain } = template;
    if (plain !== undefined && this.#replace !== undefined) return text.replace(this.#replace, asScript(plain));
    return this.replaceEach(text, (places) => plain ?? this.expand(template, text, places));
  }

  replaceEach(text: string, replacement: (places: MatchPlaces) => string): string {
    let result = '';
    let at = 0;
    for (const places of this.findAll(text)) {
      result += text.slice(at, places[0]) + replacement(places);
      at = places[1]!;
    }
    return result + text.slice(at);
  }

  /** What a template says of a match. Groups that don't exist or took no part are empty. */
  expand(template: Template, text: string, places: MatchPlaces): string {
    let result = '';
    for (const part of template.parts) {
      if (typeof part === 'string') result += part;
      else {
        const group = /^\d+$/.test(part.group) ? Number(part.group) : this.groupNames.indexOf(part.group);
        const start = group < 0 ? -1 : (places[group * 2] ?? -1);
        if (start >= 0) result += text.slice(start, places[group * 2 + 1]);
      }
    }
    return result;
  }
}

/** A replacement in which `$` stands for itself. */
function asScript(plain: string): string {
  return plain.includes('$') ? plain.replaceAll('$', '$$$$') : plain;
}

function isTrusted(node: PatternNode): boolean {
  return isProvedLinear(node) && !mayOverlook(node);
}

const ANSWERS_LIMIT = 1024;
const ANSWER_LENGTH_LIMIT = 256;

function namesOf(expression: RE2JS): (string | undefined)[] {
  const names: (string | undefined)[] = new Array(expression.groupCount()).fill(undefined);
  for (const [name, group] of Object.entries(expression.namedGroups())) names[(group as number) - 1] = name;
  return names;
}

export { plainTemplate, readTemplate, type Template };
