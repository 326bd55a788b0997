/**
 * What the console does with a filter's text, by the language's own lexer and parser (#lang/filter): parts for colouring,
 * mistakes as one types, and edits ("include this value").
 */

import type { AttributeValue } from '#api/types.ts';
import {
  checkFilter,
  FilterError,
  type FilterSignal,
  parseFilter,
  printKey,
  printValue,
  tokenizeFilter,
} from '#lang/filter';

export interface TextPart {
  readonly kind: 'key' | 'operator' | 'value' | 'string' | 'word' | 'keyword' | 'paren' | 'negate' | 'space';
  readonly start: number;
  readonly end: number;
}

/** The whole text in parts, blanks included. */
export function filterParts(text: string): readonly TextPart[] {
  const tokens = tokenizeFilter(text);
  const parts: TextPart[] = [];
  let at = 0;
  tokens.forEach(({ kind, start, end }, i) => {
    if (start > at) parts.push({ kind: 'space', start: at, end: start });
    const next = tokens[i + 1];
    const previous = tokens[i - 1];
    const beforeOperator = next?.kind === 'operator' && next.start === end;
    const afterOperator = previous?.kind === 'operator' && previous.end === start;
    const isKey = (kind === 'word' || kind === 'string') && beforeOperator && !afterOperator;
    parts.push({ kind: isKey ? 'key' : kind === 'open' || kind === 'close' ? 'paren' : kind, start, end });
    at = end;
  });
  if (at < text.length) parts.push({ kind: 'space', start: at, end: text.length });
  return parts;
}

/** What is wrong with a filter, before the server is asked; undefined if it can be asked. */
export function filterMistake(text: string, signal: FilterSignal): FilterError | undefined {
  const result = parseFilter(text);
  if (!result.ok) return result.error;
  try {
    checkFilter(result.filter, signal);
    return undefined;
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}

/** Adds `key op value` to a filter, unless it is there already; the opposite term for the same value is taken out. */
export function withTerm(filter: string, key: string, operator: '=' | '!=', value: AttributeValue): string {
  const wanted = printTerm(key, operator, value);
  const opposite = printTerm(key, operator === '=' ? '!=' : '=', value);
  const terms = splitTerms(filter);
  // Taking a term away from beside an OR would leave half of it.
  const joined = tokenizeFilter(filter).some(({ kind }) => kind === 'keyword');
  const kept = joined ? terms : terms.filter((term) => term !== opposite);
  if (!kept.includes(wanted)) kept.push(wanted);
  return kept.join(' ');
}

export function printTerm(key: string, operator: string, value: AttributeValue): string {
  return `${printKey(key)}${operator}${printFilterValue(value)}`;
}

/** A value as the language writes it: text that reads as a number or a truth value is quoted, so that it stays text. */
export function printFilterValue(value: AttributeValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return printValue({ kind: 'text', text, start: 0, end: 0 });
}

/** A value that is known by its text alone: as the number or truth value that it may be, which the language finds as text as well. */
export function valueOfText(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && String(Number(text)) === text ? Number(text) : text;
}

/** Top-level terms of a filter, as written. Parentheses and quotes stay whole. */
export function splitTerms(filter: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { kind, start, end } of filterParts(filter)) {
    if (kind === 'paren') depth += filter[start] === '(' ? 1 : -1;
    if (kind !== 'space' || depth > 0) continue;
    if (start > from) terms.push(filter.slice(from, start));
    from = end;
  }
  if (from < filter.length) terms.push(filter.slice(from));
  return terms;
}
