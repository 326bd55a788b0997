/** What the caret stands on, for completion. Works on half-written text. */
import { type FilterToken, tokenizeFilter } from './lexer.ts';
import { operatorOf } from './slips.ts';
import type { FilterOperator, FilterRange } from './tree.ts';

/** `[start, end)` is the text that a chosen completion replaces; `prefix` is what of it stands before the caret. */
export type FilterCompletion =
  | (FilterRange & { readonly kind: 'key'; readonly prefix: string })
  | (FilterRange & {
      readonly kind: 'value';
      readonly key: string;
      readonly operator: FilterOperator;
      readonly prefix: string;
    });

/** `caret` is an offset between characters, 0 to the text's length. */
export function completeFilter(text: string, caret: number): FilterCompletion {
  const tokens = tokenizeFilter(text);
  const index = tokens.findIndex((token) => caret > token.start && caret <= token.end);
  const token = tokens[index];
  if (token === undefined) return { kind: 'key', prefix: '', start: caret, end: caret };
  if (token.kind === 'operator' && caret === token.end) {
    const next = tokens[index + 1];
    const isValue = next !== undefined && next.start === token.end && (next.kind === 'value' || next.kind === 'string');
    return valuePlace(tokens, index, '', { start: token.end, end: isValue ? next.end : token.end });
  }
  const previous = tokens[index - 1];
  const afterOperator = previous?.kind === 'operator' && previous.end === token.start;
  if (afterOperator && (token.kind === 'value' || token.kind === 'string')) {
    return valuePlace(tokens, index - 1, prefixOf(text, token, caret), token);
  }
  if (token.kind === 'word' || token.kind === 'keyword' || token.kind === 'string') {
    return { kind: 'key', prefix: prefixOf(text, token, caret), start: token.start, end: token.end };
  }
  return { kind: 'key', prefix: '', start: caret, end: caret };
}

function valuePlace(
  tokens: readonly FilterToken[],
  operatorIndex: number,
  prefix: string,
  range: FilterRange,
): FilterCompletion {
  const operator = tokens[operatorIndex]!;
  const key = tokens[operatorIndex - 1];
  const keyText = key !== undefined && key.end === operator.start ? key.text : '';
  return {
    kind: 'value',
    key: keyText,
    operator: operatorOf(operator.text),
    prefix,
    start: range.start,
    end: range.end,
  };
}

/** The part of a token before the caret, without an opening quote. */
function prefixOf(text: string, token: FilterToken, caret: number): string {
  const written = text.slice(token.start, caret);
  return token.kind === 'string' ? written.slice(1).replace(/"$/, '') : written;
}
