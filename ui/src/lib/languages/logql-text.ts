/** LogQL in a query field: parts for colouring, mistakes as one types, what the cursor stands on. */
import { type LogqlError, type LogqlLexerFault, type LogqlToken, parseLogql, tokenizeLogql } from '#lang/logql';
import type { TextPart } from '../filter-text.ts';
import {
  type LanguageText,
  openBraces,
  type QueryPlace,
  readableTokens,
  type TextMistake,
  valueEnd,
  withBlanks,
} from './language-text.ts';

export const logqlText: LanguageText = { language: 'logql', parts, mistake, place };

const tokensOf = (text: string) => readableTokens(text, tokenizeLogql, (error) => (error as LogqlLexerFault).start);

const COMPARISON = /^(?:=|!=|=~|!~|==|>|>=|<|<=)$/;

function parts(text: string): readonly TextPart[] {
  const { tokens, readTo } = tokensOf(text);
  const read = tokens.flatMap((token, i): readonly TextPart[] => {
    const { kind, start, end } = token;
    if (kind === 'end') return [];
    return [{ kind: partKind(token, tokens[i + 1]), start, end }];
  });
  if (readTo < text.length) read.push({ kind: 'word', start: readTo, end: text.length });
  return withBlanks(text, read);
}

function partKind({ kind, text }: LogqlToken, next: LogqlToken | undefined): TextPart['kind'] {
  switch (kind) {
    case 'string':
      return 'string';
    case 'number':
    case 'duration':
    case 'bytes':
      return 'value';
    case 'identifier':
      return next?.kind === 'sign' && COMPARISON.test(next.text) ? 'key' : 'keyword';
    case 'flag':
      return 'keyword';
    default:
      return /^[{}()[\],]$/.test(text) ? 'paren' : 'operator';
  }
}

function mistake(text: string): TextMistake | undefined {
  if (text.trim() === '') return undefined;
  try {
    parseLogql(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'LogqlError') throw error;
    const { reason, range } = error as LogqlError;
    return { message: reason, start: range.start, end: Math.max(range.end, range.start + 1) };
  }
}

/** A query for series, of those of its lines that meet conditions as well: of their streams, and of what is known of each. */
export function withLineConditions(text: string, matchers: readonly string[], filters: readonly string[]): string {
  const { tokens } = tokensOf(text);
  let written = text;
  for (const [i, { kind, text: sign, start, end }] of [...tokens.entries()].reverse()) {
    if (kind !== 'sign' || sign !== '}') continue;
    const comma = tokens[i - 1]?.text === '{' || tokens[i - 1]?.text === ',' ? '' : ', ';
    const ofStreams = matchers.length === 0 ? '' : `${comma}${matchers.join(', ')}`;
    const ofLines = filters.map((filter) => ` | ${filter}`).join('');
    written = `${written.slice(0, start)}${ofStreams}}${ofLines}${written.slice(end)}`;
  }
  return written;
}

const VALUE = /(\w+)\s*(?:=~|!~|!=|==|=)\s*("(?:[^"\\]|\\.)*)?$/;

function place(text: string, cursor: number): QueryPlace {
  const before = text.slice(0, cursor);
  const value = VALUE.exec(before);
  if (value !== null) {
    const [, key, written = ''] = value;
    const end = valueEnd(text, cursor, written !== '');
    return { kind: 'value', key: key!, prefix: written.slice(1), start: cursor - written.length, end };
  }
  const word = /\w*$/.exec(before)![0];
  const end = cursor + /^\w*/.exec(text.slice(cursor))![0].length;
  return { kind: openBraces(before) > 0 ? 'key' : 'word', prefix: word, start: cursor - word.length, end };
}
