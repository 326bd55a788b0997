import { hasGoEscapes, unquoted } from '../promql/quote.ts';
import { parseByteSize, parseGoDuration } from './units.ts';

export type TokenKind = 'end' | 'identifier' | 'string' | 'number' | 'duration' | 'bytes' | 'sign' | 'flag';

export interface Token {
  readonly kind: TokenKind;
  /** Of a string its content, of everything else what is written. */
  readonly text: string;
  /** Numbers, bytes, and durations in seconds. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** A text that is no token; `reason` says why. */
export class LexerFault extends Error {
  override name = 'LexerFault';
  readonly start: number;
  constructor(reason: string, start: number) {
    super(reason);
    this.start = start;
  }
}

/** A range that is none. Loki's own scanner has lost the line when it finds out, and says `line 0`. */
export class RangeFault extends LexerFault {}

const BLANKS = /(?:\s|#[^\n]*)+/y;
const IDENTIFIER = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** Digits with what is stuck to them: `5`, `0.5`, `1e3`, `5m30s`, `20MB`, `1.5KiB`. */
const QUANTITY = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+(?![a-zA-Z]))?(?:[a-zA-Zµμ]+(?:\d+\.?\d*[a-zA-Zµμ]+)*)?/y;
const FLAG = /--[a-z-]+/y;
const SIGN = /\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[-+*/%^=<>(){}[\],|@]/y;
const QUOTED = /"(?:[^"\\\n]|\\[\s\S])*"|`[^`]*`/y;

function matchAt(rule: RegExp, text: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(text)?.[0];
}

/** All tokens; the last is of kind `end`. Throws LexerFault. */
export function tokenizeLogql(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += (matchAt(BLANKS, text, at) ?? '').length;
    const token =
      at === text.length ? { kind: 'end' as const, text: '', value: 0, start: at, end: at } : readToken(text, at);
    tokens.push(token);
    if (token.kind === 'end') return tokens;
    at = token.end;
  }
}

function readToken(text: string, start: number): Token {
  const char = text[start]!;
  if (char === '"' || char === '`') {
    const literal = matchAt(QUOTED, text, start);
    if (literal === undefined) throw new LexerFault('literal not terminated', start);
    if (char === '"' && !hasGoEscapes(literal)) throw new LexerFault('invalid char escape', start);
    return { kind: 'string', text: unquoted(literal), value: 0, start, end: start + literal.length };
  }
  const quantity = matchAt(QUANTITY, text, start);
  if (quantity !== undefined) return readQuantity(quantity, start);
  for (const [kind, rule] of [
    ['identifier', IDENTIFIER],
    ['flag', FLAG],
    ['sign', SIGN],
  ] as const) {
    const found = matchAt(rule, text, start);
    if (found === '[') checkRangeText(text, start);
    if (found !== undefined) return { kind, text: found, value: 0, start, end: start + found.length };
  }
  throw new LexerFault(`unexpected character ${JSON.stringify(String.fromCodePoint(text.codePointAt(start)!))}`, start);
}

/** What stands in brackets is one token of Loki's. `start`: of the opening one. */
function checkRangeText(text: string, start: number): void {
  const end = text.indexOf(']', start);
  if (end < 0) throw new RangeFault("missing closing ']' in duration", start);
  const duration = text.slice(start + 1, end).trim();
  if (duration === '') throw new RangeFault('empty duration string', start);
  if (parseGoDuration(duration, true) === undefined)
    throw new RangeFault(`not a valid duration string: ${JSON.stringify(duration)}`, start);
}

function readQuantity(text: string, start: number): Token {
  const token = { text, start, end: start + text.length };
  const number = Number(text);
  if (!Number.isNaN(number) && !/^0[xXbBoO]/.test(text)) return { ...token, kind: 'number', value: number };
  const seconds = parseGoDuration(text, true);
  if (seconds !== undefined) return { ...token, kind: 'duration', value: seconds };
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return { ...token, kind: 'bytes', value: bytes };
  throw new LexerFault(`${text} is no number, duration or size`, start);
}
