/**
 * The text side of the filter language (src/lang/filter/README.md): tokens for colouring, what the cursor stands on for
 * completion, and edits ("include this value"). The server's parser judges what is valid; this never rejects anything.
 */
import type { AttributeValue } from '#api/types.ts';

export interface FilterToken {
  readonly kind: 'key' | 'operator' | 'value' | 'string' | 'word' | 'keyword' | 'paren' | 'negate' | 'space';
  readonly start: number;
  readonly end: number;
}

/** What the cursor stands on. [start, end) is the text that a chosen completion replaces. */
export type CompletionPlace =
  | { readonly kind: 'key'; readonly prefix: string; readonly start: number; readonly end: number }
  | {
      readonly kind: 'value';
      readonly key: string;
      readonly prefix: string;
      readonly start: number;
      readonly end: number;
    };

const OPERATOR = /^(?:!=|!~|>=|<=|=|>|<|~)/;
const BARE = /^[^\s()"=!<>~]+/;

export function tokenizeFilter(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  let valueNext = false;
  const push = (kind: FilterToken['kind'], length: number): void => {
    tokens.push({ kind, start: at, end: at + length });
    at += length;
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      push('space', space[0].length);
      valueNext = false;
      continue;
    }
    const operator = OPERATOR.exec(rest);
    if (operator) {
      push('operator', operator[0].length);
      valueNext = true;
      continue;
    }
    const step = nextWord(text, rest, at, valueNext);
    push(step.kind, step.length);
    valueNext = false;
  }
  return tokens;
}

function nextWord(
  text: string,
  rest: string,
  at: number,
  valueNext: boolean,
): { kind: FilterToken['kind']; length: number } {
  if (rest[0] === '(' || rest[0] === ')') return { kind: 'paren', length: 1 };
  if (rest[0] === '"') {
    const length = stringLength(rest);
    if (valueNext) return { kind: 'string', length };
    return { kind: OPERATOR.test(text.slice(at + length)) ? 'key' : 'string', length };
  }
  if (rest[0] === '-' && !valueNext && rest.length > 1 && !/\s/.test(rest[1]!)) return { kind: 'negate', length: 1 };
  // A value may hold operator characters after its first (a URL with `=`), up to a blank or parenthesis.
  const length = valueNext ? /^[^\s()]+/.exec(rest)![0].length : (BARE.exec(rest)?.[0].length ?? 1);
  if (valueNext) return { kind: 'value', length };
  const word = rest.slice(0, length);
  if (word === 'OR' || word === 'AND' || word === 'NOT') return { kind: 'keyword', length };
  return { kind: OPERATOR.test(text.slice(at + length)) ? 'key' : 'word', length };
}

function stringLength(rest: string): number {
  for (let i = 1; i < rest.length; i++) {
    if (rest[i] === '\\') i++;
    else if (rest[i] === '"') return i + 1;
  }
  return rest.length;
}

export function completionPlace(text: string, cursor: number): CompletionPlace {
  const tokens = tokenizeFilter(text);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (cursor <= token.start || cursor > token.end) continue;
    if (token.kind === 'operator') {
      const next = tokens[i + 1];
      const end = next && (next.kind === 'value' || next.kind === 'string') ? next.end : token.end;
      return { kind: 'value', key: keyBefore(text, tokens, i), prefix: '', start: token.end, end };
    }
    if (token.kind === 'value' || (token.kind === 'string' && tokens[i - 1]?.kind === 'operator')) {
      const prefix = text.slice(token.start, cursor).replace(/^"/, '');
      return { kind: 'value', key: keyBefore(text, tokens, i - 1), prefix, start: token.start, end: token.end };
    }
    if (token.kind === 'key' || token.kind === 'word' || token.kind === 'keyword') {
      return { kind: 'key', prefix: text.slice(token.start, cursor), start: token.start, end: token.end };
    }
  }
  return { kind: 'key', prefix: '', start: cursor, end: cursor };
}

function keyBefore(text: string, tokens: readonly FilterToken[], operatorIndex: number): string {
  const token = tokens[operatorIndex - 1];
  return token === undefined ? '' : unquote(text.slice(token.start, token.end));
}

/** Adds `key op value` to a filter, unless it is there already; the opposite term for the same value is taken out. */
export function withTerm(filter: string, key: string, operator: '=' | '!=', value: AttributeValue): string {
  const wanted = printTerm(key, operator, value);
  const opposite = printTerm(key, operator === '=' ? '!=' : '=', value);
  const kept = splitTerms(filter).filter((term) => term !== opposite);
  if (!kept.includes(wanted)) kept.push(wanted);
  return kept.join(' ');
}

export function printTerm(key: string, operator: string, value: AttributeValue): string {
  return `${quoteIfNeeded(key)}${operator}${printValue(value)}`;
}

/** A value as the language writes it: bare where it can be, quoted where it must be. */
export function printValue(value: AttributeValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // Text that reads as a number or a truth value is quoted, so that it stays text.
  if (text === '*' || /^(true|false)$/.test(text) || (text !== '' && !Number.isNaN(Number(text)))) return quote(text);
  return quoteIfNeeded(text);
}

/** Top-level terms of a filter, as written. Parentheses and quotes stay whole. */
export function splitTerms(filter: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of tokenizeFilter(filter)) {
    const symbol = filter[token.start];
    if (token.kind === 'paren') depth += symbol === '(' ? 1 : -1;
    if (token.kind === 'space' && depth <= 0) {
      if (token.start > from) terms.push(filter.slice(from, token.start));
      from = token.end;
    }
  }
  if (from < filter.length) terms.push(filter.slice(from));
  return terms;
}

function quoteIfNeeded(text: string): string {
  return /^[\p{L}\p{N}_.\-/:@%+#,;&*?$[\]{}|^]+$/u.test(text) && !/^-|^(OR|AND|NOT)$/.test(text) ? text : quote(text);
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : text;
}
