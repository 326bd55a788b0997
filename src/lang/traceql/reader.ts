import { TokenRow } from '../token-row.ts';
import { type Token, type TokenKind, tokenizeTraceql } from './lexer.ts';
import { TraceqlError, type TraceqlPlace } from './tree.ts';

/** Deeper than this no query of a person goes; the parser would run out of stack. */
const MAX_DEPTH = 100;

/** Tokens one by one, and the errors about them. */
export class TokenReader extends TokenRow<TokenKind, Token> {
  readonly #text: string;
  #depth = 0;

  /** Throws TraceqlError for what is no token. */
  constructor(text: string) {
    super(tokenizeTraceql(text));
    this.#text = text;
  }

  expect(kind: TokenKind, text?: string): Token {
    const token = this.accept(kind, text);
    if (token === undefined) throw this.unexpected(text ?? NAMES[kind]);
    return token;
  }

  /** Runs `inner` one level deeper. */
  nested<T>(inner: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.error(`nested more than ${MAX_DEPTH} deep`, this.peek());
    const result = inner();
    this.#depth--;
    return result;
  }

  unexpected(expected = ''): TraceqlError {
    const token = this.peek();
    const found = nameOf(token);
    return this.error(`syntax error: unexpected ${found}${expected === '' ? '' : `, expecting ${expected}`}`, token);
  }

  error(reason: string, place: TraceqlPlace): TraceqlError {
    return new TraceqlError(reason, place, this.#text);
  }
}

/** As Tempo's grammar names it. */
function nameOf({ kind, text, value }: Token): string {
  if (kind === 'end') return '$end';
  if (kind === 'word') return KEYWORDS.has(text) ? text : 'IDENTIFIER';
  return (kind === 'value' && VALUES[value!.type]) || text;
}

/** Words that are no values, and mean something where they may stand. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['by', 'coalesce', 'select', 'with', 'parent', 'compare', 'rate', 'topk', 'bottomk', 'histogram_over_time'],
  ...['count', 'avg', 'min', 'max', 'sum', 'count_over_time', 'quantile_over_time'],
  ...[
    'true',
    'false',
    'nil',
    'ok',
    'error',
    'unset',
    'unspecified',
    'internal',
    'server',
    'client',
    'producer',
    'consumer',
  ],
  ...['avg_over_time', 'min_over_time', 'max_over_time', 'sum_over_time'],
]);

const VALUES: { readonly [type: string]: string } = {
  string: 'STRING',
  int: 'INTEGER',
  float: 'FLOAT',
  duration: 'DURATION',
};

const NAMES: { readonly [kind in TokenKind]: string } = {
  end: 'the end',
  word: 'a word',
  value: 'a value',
  attribute: 'an attribute',
  intrinsic: 'an intrinsic',
  sign: 'a sign',
};
