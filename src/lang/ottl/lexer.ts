import { GO_ESCAPES } from '#base';
import { OttlError, type OttlRange } from './tree.ts';

/**
 * Text to tokens, as pkg/ottl/grammar.go of opentelemetry-collector-contrib splits it. A name is one token here, where that lexer makes
 * one of each run of capitals and small letters; what it may be called in which place is the parser's business.
 */
export interface OttlToken extends OttlRange {
  readonly kind: 'bytes' | 'double' | 'int' | 'text' | 'name' | 'operator' | 'punctuation' | 'end';
  /** As written; of texts the content. */
  readonly text: string;
}

const RULES: readonly (readonly [OttlToken['kind'], RegExp])[] = [
  ['bytes', /0x[a-fA-F0-9]+/y],
  ['double', /(?:\d+\.\d*|\d*\.\d+)(?:[eE][-+]?\d+)?/y],
  ['int', /\d+/y],
  ['text', /"(?:\\[^\n]|[^\\"])*"/y],
  ['operator', /=>|==|!=|>=|<=|>|<|=|\+|-|\/|\*/y],
  ['name', /[a-zA-Z][a-zA-Z0-9_]*|_/y],
  ['punctuation', /[(){}:,.[\]]/y],
];
const BLANKS = /\s+/y;

/** Texts longer than this are no statements. */
const OTTL_LENGTH_LIMIT = 64 * 1024;

/** All tokens, and one of kind `end`. */
export function tokenizeOttl(text: string): readonly OttlToken[] {
  if (text.length > OTTL_LENGTH_LIMIT) {
    const range = { start: OTTL_LENGTH_LIMIT, end: text.length };
    throw new OttlError(`longer than ${OTTL_LENGTH_LIMIT} characters`, range);
  }
  const tokens: OttlToken[] = [];
  let at = 0;
  for (;;) {
    BLANKS.lastIndex = at;
    at += BLANKS.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    const token = readToken(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

function readToken(text: string, start: number): OttlToken {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = start;
    const found = rule.exec(text)?.[0];
    if (found === undefined) continue;
    const end = start + found.length;
    return { kind, text: kind === 'text' ? unquoted(found, start) : found, start, end };
  }
  throw unknownCharacter(text, start);
}

function unknownCharacter(text: string, start: number): OttlError {
  const char = String.fromCodePoint(text.codePointAt(start)!);
  const range = { start, end: start + char.length };
  if (char === '"')
    return new OttlError('the text that begins here has no end', { start, end: text.length }, 'close it with "');
  if (char === "'") return new OttlError('texts stand in double quotes', range, 'write " in place of \'');
  if (char === '&' || char === '|') {
    return new OttlError(`\`${char}\` is no operator`, range, `write ${char === '&' ? 'and' : 'or'}`);
  }
  if (char === '!') return new OttlError('`!` is no operator', range, 'write not, or != between two values');
  return new OttlError(`\`${char}\` has no meaning here`, range);
}

const encoder = new TextEncoder();
const NUMERIC = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}/y;

/** The content of a quoted text, with Go's escapes (strconv.Unquote). */
function unquoted(quoted: string, start: number): string {
  const inner = quoted.slice(1, -1);
  const lineBreak = inner.indexOf('\n');
  if (lineBreak >= 0) {
    const range = { start: start + 1 + lineBreak, end: start + 2 + lineBreak };
    throw new OttlError('a text in quotes must not go over the end of the line', range, 'write \\n for a line break');
  }
  if (!inner.includes('\\')) return inner;
  const bytes: number[] = [];
  for (let at = 0; at < inner.length; ) {
    const next = inner.indexOf('\\', at);
    const until = next < 0 ? inner.length : next;
    if (until > at) bytes.push(...encoder.encode(inner.slice(at, until)));
    if (next < 0) break;
    at = next + 1 + readEscape(inner, next + 1, start + 1, bytes);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Reads what stands behind a backslash into `bytes`; returns its length. */
function readEscape(inner: string, at: number, offset: number, bytes: number[]): number {
  const char = inner[at]!;
  const simple = GO_ESCAPES[char];
  if (simple !== undefined) {
    bytes.push(simple.charCodeAt(0));
    return 1;
  }
  NUMERIC.lastIndex = at;
  const numeric = NUMERIC.exec(inner)?.[0];
  const range = { start: offset + at - 1, end: offset + at + 1 };
  if (numeric === undefined) {
    throw new OttlError(`\`\\${char}\` is no escape`, range, `write \\\\${char} for a backslash and ${char}`);
  }
  const isOctal = /^[0-7]/.test(numeric);
  const code = isOctal ? Number.parseInt(numeric, 8) : Number.parseInt(numeric.slice(1), 16);
  if (isOctal ? code > 255 : code > 0x10_ffff || (code >= 0xd800 && code < 0xe000)) {
    throw new OttlError(`\`\\${numeric}\` is no character`, {
      start: range.start,
      end: range.end + numeric.length - 1,
    });
  }
  if (isOctal || char === 'x') bytes.push(code);
  else bytes.push(...encoder.encode(String.fromCodePoint(code)));
  return numeric.length;
}
