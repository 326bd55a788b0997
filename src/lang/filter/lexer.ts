/**
 * Text to tokens. The lexer accepts everything, so that colouring and completion work on half-written text; the parser
 * says what is wrong.
 */
import type { FilterRange } from './tree.ts';

export interface FilterToken extends FilterRange {
  /**
   * `word`: a bare word (a key, if an operator follows at once); `string`: a quoted text; `value`: a bare value behind an
   * operator; `keyword`: OR, AND, NOT; `negate`: the minus or `!` in front of a term.
   */
  readonly kind: 'word' | 'string' | 'operator' | 'value' | 'keyword' | 'negate' | 'open' | 'close';
  /** Words, values and operators as written; strings without quotes and escapes. */
  readonly text: string;
  /** Only of strings: the closing quote is missing. */
  readonly unterminated: boolean;
}

const BLANK = /\s/;
/** A bare word ends at a blank, a parenthesis, a quote or an operator; `!` ends it only as part of an operator. */
const WORD = /(?:[^\s()"=!<>~]|!(?![=~]))+/y;
const OPERATOR = /!=|!~|==|=~|>=|<=|=|>|<|~/y;
/** A bare value may hold operators (a URL with `=`): it ends at a blank or a parenthesis only. */
const VALUE = /[^\s()]+/y;

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** Never fails. Blanks are left out: two tokens touch if one's `end` is the next one's `start`. */
export function tokenizeFilter(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text[at]!)) {
      at++;
      continue;
    }
    const previous = tokens.at(-1);
    const afterOperator = previous?.kind === 'operator' && previous.end === at;
    const token = readToken(text, at, afterOperator);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function readToken(text: string, at: number, afterOperator: boolean): FilterToken {
  const char = text[at]!;
  if (char === '(' || char === ')') return plain(char === '(' ? 'open' : 'close', char, at);
  if (char === '"') return readString(text, at);
  if (afterOperator) return plain('value', match(VALUE, text, at), at);
  const operator = match(OPERATOR, text, at);
  if (operator !== '') return plain('operator', operator, at);
  if (char === '!') return plain('negate', char, at);
  if (char === '-' && at + 1 < text.length && !BLANK.test(text[at + 1]!) && text[at + 1] !== ')') {
    return plain('negate', char, at);
  }
  const word = match(WORD, text, at);
  const touchesOperator = match(OPERATOR, text, at + word.length) !== '';
  const isKeyword = !touchesOperator && (word === 'OR' || word === 'AND' || word === 'NOT');
  return plain(isKeyword ? 'keyword' : 'word', word, at);
}

function plain(kind: FilterToken['kind'], text: string, start: number): FilterToken {
  return { kind, text, start, end: start + text.length, unterminated: false };
}

/** A quoted text: backslash escapes the quote and itself, `\n` and `\t` are a line break and a tab. */
function readString(text: string, start: number): FilterToken {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') return { kind: 'string', text: value, start, end: i + 1, unterminated: false };
    if (char === '\\' && i + 1 < text.length) value += unescapeChar(text[++i]!);
    else value += char;
  }
  return { kind: 'string', text: value, start, end: text.length, unterminated: true };
}

/** Escapes other than the four keep their backslash, so that regular expressions read as written: `"\d+"`. */
function unescapeChar(char: string): string {
  if (char === 'n') return '\n';
  if (char === 't') return '\t';
  return char === '"' || char === '\\' ? char : `\\${char}`;
}
