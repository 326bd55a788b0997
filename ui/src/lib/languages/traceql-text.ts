/** TraceQL in a query field: parts for colouring, mistakes as one types, what the cursor stands on. */
import {
  METRIC_FUNCTIONS,
  parseTraceql,
  SPAN_KIND_WORDS,
  STATUS_WORDS,
  type TraceqlError,
  type TraceqlToken,
  tokenizeTraceql,
} from '#lang/traceql';
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

export const traceqlText: LanguageText = { language: 'traceql', parts, mistake, place };

const tokensOf = (text: string) =>
  readableTokens(text, tokenizeTraceql, (error) => (error as TraceqlError).place.start);

function parts(text: string): readonly TextPart[] {
  const { tokens, readTo } = tokensOf(text);
  const read = tokens
    .filter(({ kind }) => kind !== 'end')
    .map((token): TextPart => ({ kind: partKind(token), start: token.start, end: token.end }));
  if (readTo < text.length) read.push({ kind: 'word', start: readTo, end: text.length });
  return withBlanks(text, read);
}

const WORD_VALUES: ReadonlySet<string> = new Set(['true', 'false', 'nil', ...STATUS_WORDS, ...SPAN_KIND_WORDS]);

function partKind({ kind, text }: TraceqlToken): TextPart['kind'] {
  switch (kind) {
    case 'attribute':
    case 'intrinsic':
      return 'key';
    case 'value':
      return /^["`]/.test(text) ? 'string' : 'value';
    case 'word':
      return WORD_VALUES.has(text) ? 'value' : 'keyword';
    default:
      return /^[{}(),]$/.test(text) ? 'paren' : 'operator';
  }
}

function mistake(text: string): TextMistake | undefined {
  if (text.trim() === '') return undefined;
  try {
    parseTraceql(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TraceqlError') throw error;
    const { reason, place: at } = error as TraceqlError;
    return { message: reason, start: at.start, end: Math.max(at.end, at.start + 1) };
  }
}

const MAKES_SERIES: ReadonlySet<string> = new Set([...METRIC_FUNCTIONS, 'compare']);

/** A query for series, of those of its spans that meet a condition as well. */
export function withSpanCondition(text: string, condition: string): string {
  if (condition === '') return text;
  const { tokens } = tokensOf(text);
  const at = tokens.filter(
    ({ kind, text: word }, i) => kind === 'word' && MAKES_SERIES.has(word) && tokens[i - 1]?.text === '|',
  );
  return at.reduceRight((all, { start }) => `${all.slice(0, start)}{ ${condition} } | ${all.slice(start)}`, text);
}

const VALUE = /([\w.:/-]+|"(?:[^"\\]|\\.)*")\s*(?:=~|!~|!=|>=|<=|=|>|<)\s*("(?:[^"\\]|\\.)*|[^\s"{}|&()]*)$/;

function place(text: string, cursor: number): QueryPlace {
  const before = text.slice(0, cursor);
  if (openBraces(before) <= 0) {
    const word = /\w*$/.exec(before)![0];
    const more = /^\w*(?:\(\)?)?/.exec(text.slice(cursor))![0];
    return { kind: 'word', prefix: word, start: cursor - word.length, end: cursor + more.length };
  }
  const value = VALUE.exec(before);
  if (value !== null) {
    const [, key, written] = value;
    const isQuoted = written!.startsWith('"');
    const end = valueEnd(text, cursor, isQuoted);
    return {
      kind: 'value',
      key: key!,
      prefix: isQuoted ? written!.slice(1) : written!,
      start: cursor - written!.length,
      end,
    };
  }
  const key = /[\w.:/-]*$/.exec(before)![0];
  const end = cursor + /^[\w.:/-]*/.exec(text.slice(cursor))![0].length;
  return { kind: 'key', prefix: key, start: cursor - key.length, end };
}
