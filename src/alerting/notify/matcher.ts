import { compareText, excerpt, GO_ESCAPES, goQuoted } from '#base';
import { Pattern } from '#lang/pattern';
import type { Labels } from './labels.ts';

export type MatchType = '=' | '!=' | '=~' | '!~';

/** In the order in which matchers of the same name and value are sorted. */
const TYPES: readonly MatchType[] = ['=', '!=', '=~', '!~'];

/** What is wrong with the text of a matcher. */
export class MatcherError extends Error {
  override name = 'MatcherError';
}

/** One condition on a label. A label that is absent counts as the empty text (alertmanager/pkg/labels). */
export class Matcher {
  readonly name: string;
  readonly type: MatchType;
  readonly value: string;
  readonly #pattern: Pattern | undefined;

  /** Throws a MatcherError where the value is to be a regular expression and is none. */
  constructor(type: MatchType, name: string, value: string) {
    this.type = type;
    this.name = name;
    this.value = value;
    if (type === '=~' || type === '!~') this.#pattern = anchored(value);
  }

  matches(text: string): boolean {
    const isEqual = this.#pattern === undefined ? text === this.value : this.#pattern.test(text);
    return isEqual === (this.type === '=' || this.type === '=~');
  }

  get isRegex(): boolean {
    return this.#pattern !== undefined;
  }

  get isEqual(): boolean {
    return this.type === '=' || this.type === '=~';
  }

  toString(): string {
    if (RESERVED.test(this.name)) return `${goQuoted(this.name)}${this.type}${goQuoted(this.value)}`;
    return `${this.name}${this.type}"${this.value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`;
  }
}

function anchored(value: string): Pattern {
  try {
    return new Pattern(`^(?:${value})$`);
  } catch (error) {
    throw new MatcherError(error instanceof Error ? error.message : String(error));
  }
}

/** A regular expression that has to match all of a text. Throws a MatcherError. */
export function wholePattern(source: string): Pattern {
  return anchored(source);
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name) ?? ''));
}

/** `{alertname="Down",job=~"a|b"}`. */
export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.join(',')}}`;
}

/** By name, value and type. */
export function sortMatchers(matchers: readonly Matcher[]): Matcher[] {
  return matchers.toSorted(
    (a, b) =>
      compareText(a.name, b.name) || compareText(a.value, b.value) || TYPES.indexOf(a.type) - TYPES.indexOf(b.type),
  );
}

export function isSameMatcher(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.type === b.type && a.value === b.value;
}

/** What a name or value may not have without quotes: blanks and these. */
const RESERVED = /[\p{White_Space}{}!=~,\\"'`]/u;

/**
 * The matchers of a text, `a="b",c=~d` with or without braces. As Alertmanager without feature flags does it: the newer grammar, in which names
 * may be any UTF-8; the older one where the newer doesn't take the text, or where both do and mean different things. Throws a MatcherError.
 */
export function parseMatchers(text: string): readonly Matcher[] {
  return fallback(text, parseNewer, parseOlder);
}

/** Exactly one, as a filter of the API has it. Throws a MatcherError. */
export function parseMatcher(text: string): Matcher {
  if (text.startsWith('{') || text.endsWith('}')) {
    throw new MatcherError(`unexpected open or close brace: ${excerpt(text)}`);
  }
  const [only] = fallback(text, parseOneNewer, (input) => [parseOlderOne(input)]);
  return only!;
}

type Parse = (text: string) => readonly Matcher[];

function fallback(text: string, newer: Parse, older: Parse): readonly Matcher[] {
  const [byNewer, byOlder] = [attempt(newer, text), attempt(older, text)];
  if (byNewer instanceof MatcherError) {
    if (byOlder instanceof MatcherError) throw byOlder;
    return byOlder;
  }
  if (byOlder instanceof MatcherError || areSame(byNewer, byOlder)) return byNewer;
  return byOlder;
}

function attempt(parse: Parse, text: string): readonly Matcher[] | MatcherError {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof MatcherError) return error;
    throw error;
  }
}

function areSame(some: readonly Matcher[], others: readonly Matcher[]): boolean {
  return some.length === others.length && some.every((matcher, i) => isSameMatcher(matcher, others[i]!));
}

function parseOneNewer(text: string): readonly Matcher[] {
  const matchers = parseNewer(text);
  if (matchers.length === 1) return matchers;
  throw new MatcherError(matchers.length === 0 ? 'no matchers' : `expected 1 matcher, found ${matchers.length}`);
}

const TOKEN =
  /[\p{White_Space}]*(?:(?<mark>[{},])|(?<operator>=~|!~|!=|=)|(?<quoted>"(?:[^"\\]|\\[\s\S])*")|(?<plain>[^\p{White_Space}{}!=~,\\"'`]+))/uy;

interface Token {
  readonly kind: 'mark' | 'operator' | 'quoted' | 'plain';
  readonly text: string;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new MatcherError(`${excerpt(text.slice(at).trim())}: invalid input`);
    const [kind, found] = Object.entries(match.groups!).find(([, part]) => part !== undefined)!;
    tokens.push({ kind: kind as Token['kind'], text: found });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/** The newer grammar (alertmanager/matcher/parse). */
function parseNewer(text: string): readonly Matcher[] {
  const tokens = tokensOf(text);
  const matchers: Matcher[] = [];
  let at = 0;
  const take = (what: string, ...kinds: readonly Token['kind'][]): Token => {
    const token = tokens[at++];
    if (token !== undefined && kinds.includes(token.kind)) return token;
    throw new MatcherError(`${token === undefined ? 'end of input' : `unexpected ${excerpt(token.text)}`}: ${what}`);
  };
  const is = (mark: string): boolean => tokens[at]?.kind === 'mark' && tokens[at]?.text === mark;
  const hasBrace = is('{');
  if (hasBrace) at++;
  while (at < tokens.length && !is('}')) {
    const name = unquoted(take('expected label name', 'quoted', 'plain'));
    const type = take("expected an operator such as '=', '!=', '=~' or '!~'", 'operator').text as MatchType;
    const value = unquoted(take('expected label value', 'quoted', 'plain'));
    matchers.push(new Matcher(type, name, value));
    if (at === tokens.length || is('}')) break;
    if (!is(',')) throw new MatcherError(`unexpected ${excerpt(tokens[at]!.text)}: expected a comma or close brace`);
    at++;
  }
  if (hasBrace !== is('}')) throw new MatcherError(hasBrace ? 'expected close brace' : '}: expected opening brace');
  if (hasBrace) at++;
  if (at < tokens.length) throw new MatcherError(`${excerpt(tokens[at]!.text)}: expected end of input`);
  return matchers;
}

/** As Go's strconv.Unquote reads what stands between double quotes. */
function unquoted({ kind, text }: Token): string {
  if (kind === 'plain') return text;
  const inside = text.slice(1, -1);
  const wrong = (): never => {
    throw new MatcherError(`${excerpt(text)}: invalid input`);
  };
  if (inside.includes('\n')) wrong();
  return inside.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/gu,
    (_, byte?: string, short?: string, long?: string, octal?: string, letter?: string) => {
      if (letter !== undefined) return GO_ESCAPES[letter] ?? wrong();
      const code = octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
      const isByte = byte !== undefined || octal !== undefined;
      // Bytes beyond ASCII would have to make UTF-8 together; nobody writes labels so.
      if (isByte ? code > 0x7f : code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) wrong();
      return String.fromCodePoint(code);
    },
  );
}

/** The older grammar (alertmanager/pkg/labels ParseMatchers): names are ASCII, values need no quotes. */
function parseOlder(text: string): readonly Matcher[] {
  const inside = text.replace(/^\{/, '').replace(/\}$/, '');
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  let isEscaped = false;
  for (const char of inside) {
    if (char === ',' && !isQuoted) {
      parts.push(part);
      part = '';
      continue;
    }
    if (char === '"') {
      if (!isEscaped) isQuoted = !isQuoted;
      isEscaped = false;
    } else isEscaped = char === '\\' && !isEscaped;
    part += char;
  }
  if (part.trim() !== '') parts.push(part.trim());
  return parts.map(parseOlderOne);
}

const OLDER = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)([\s\S]*)$/;

function parseOlderOne(text: string): Matcher {
  const match = OLDER.exec(text);
  if (match === null) throw new MatcherError(`bad matcher format: ${excerpt(text)}`);
  const [, name, type, rest] = match as unknown as [string, string, MatchType, string];
  const written = rest.replace(/^[\t\n\f\r ]+/, '').trimEnd();
  const isQuoted = written.startsWith('"');
  const source = isQuoted ? written.slice(1) : written;
  const misquoted = (): never => {
    throw new MatcherError(`matcher value contains unescaped double quote: ${excerpt(written)}`);
  };
  let value = '';
  let isClosed = !isQuoted;
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    const isLast = at === source.length - 1;
    if (char === '\\' && !isLast) {
      const next = source[++at]!;
      value += next === 'n' ? '\n' : next === '"' || next === '\\' ? next : `\\${next}`;
    } else if (char === '"') {
      if (isClosed || !isLast) misquoted();
      isClosed = true;
    } else value += char;
  }
  if (!isClosed) misquoted();
  return new Matcher(type, name, value);
}
