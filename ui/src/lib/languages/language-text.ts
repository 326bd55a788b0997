/** What a query field knows of the text in it, whichever language that is in. */
import type { FilterSignal, QueryLanguage } from '#lang/filter';
import type { TextPart } from '../filter-text.ts';

export interface TextMistake {
  readonly message: string;
  /** Offsets in UTF-16, `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly hint?: string | undefined;
}

/** What the cursor stands on. `[start, end)` is what a completion replaces; `prefix` what of it stands before the cursor, without a quote. */
export interface QueryPlace {
  /** A key of an item, a value of one, or what may stand between: a function, a stage, a parser. */
  readonly kind: 'key' | 'value' | 'word';
  /** Of a value. */
  readonly key?: string;
  readonly prefix: string;
  readonly start: number;
  readonly end: number;
}

export interface LanguageText {
  readonly language: QueryLanguage;
  /** The whole text in parts, blanks included. */
  readonly parts: (text: string) => readonly TextPart[];
  /** What is wrong, before the server is asked; undefined if it can be asked. */
  readonly mistake: (text: string, signal: FilterSignal) => TextMistake | undefined;
  readonly place: (text: string, cursor: number) => QueryPlace;
}

interface Readable<T> {
  readonly tokens: readonly T[];
  /** What stands behind it can't be read. */
  readonly readTo: number;
}

/** As many tokens as can be read. `tokenize` throws where it can't go on, and `startOf` says of its error where that is. */
export function readableTokens<T>(
  text: string,
  tokenize: (text: string) => readonly T[],
  startOf: (error: unknown) => number,
): Readable<T> {
  try {
    return { tokens: tokenize(text), readTo: text.length };
  } catch (error) {
    const start = startOf(error);
    const before = start > 0 ? readableTokens(text.slice(0, start), tokenize, startOf).tokens : [];
    return { tokens: before, readTo: start };
  }
}

/** Words of a language with blanks between, as parts of a whole text. */
export function withBlanks(text: string, parts: readonly TextPart[]): readonly TextPart[] {
  const all: TextPart[] = [];
  let at = 0;
  for (const part of parts) {
    if (part.start > at) all.push({ kind: 'space', start: at, end: part.start });
    all.push(part);
    at = part.end;
  }
  if (at < text.length) all.push({ kind: 'space', start: at, end: text.length });
  return all;
}

/** How many braces are open at the end of a text, those in quotes aside. */
export function openBraces(text: string): number {
  let depth = 0;
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*(?:"|$)|`[^`]*(?:`|$)|[{}]/g)) {
    if (sign === '{') depth++;
    if (sign === '}') depth--;
  }
  return depth;
}

/** Where a value ends that is begun before `cursor`. */
export function valueEnd(text: string, cursor: number, isQuoted: boolean): number {
  const rest = text.slice(cursor);
  if (isQuoted) return cursor + (/^(?:[^"\\{}|]|\\.)*"/.exec(rest)?.[0].length ?? 0);
  return cursor + (/^[^\s"{}|&(),]*/.exec(rest)?.[0].length ?? 0);
}
