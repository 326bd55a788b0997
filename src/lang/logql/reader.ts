import { TokenRow } from '../token-row.ts';
import { LexerFault, RangeFault, type Token, type TokenKind, tokenizeLogql } from './lexer.ts';
import { LogqlError, type LogqlRange } from './tree.ts';

/** Tokens one by one, and the errors about them. */
export class TokenReader extends TokenRow<TokenKind, Token> {
  readonly #text: string;

  /** Throws LogqlError for what is no token. */
  constructor(text: string) {
    super(tokensOf(text));
    this.#text = text;
  }

  expect(kind: TokenKind, text?: string): Token {
    const token = this.accept(kind, text);
    if (token === undefined) throw this.unexpected(text ?? NAMES[kind]);
    return token;
  }

  /** One of these words or signs. */
  acceptOne<T extends string>(kind: TokenKind, texts: readonly T[]): T | undefined {
    const token = this.peek();
    if (token.kind !== kind || !(texts as readonly string[]).includes(token.text)) return undefined;
    return this.next().text as T;
  }

  unexpected(expected = ''): LogqlError {
    const token = this.peek();
    const isNamed =
      token.kind === 'sign' || token.kind === 'flag' || (token.kind === 'identifier' && KEYWORDS.has(token.text));
    const found = isNamed ? token.text.slice(0, MAX_SHOWN) : NAMES[token.kind];
    return this.error(`syntax error: unexpected ${found}${expected === '' ? '' : `, expecting ${expected}`}`, token);
  }

  /** Where many things could stand: Loki's parser names up to four. */
  expectAmongMany(kind: TokenKind, text: string): Token {
    const token = this.accept(kind, text);
    if (token === undefined) throw this.unexpected();
    return token;
  }

  /** Of what Loki finds wrong behind its grammar, and so names no place of. */
  late(reason: string, { start, end }: LogqlRange): LogqlError {
    return new LogqlError(reason, { start, end }, undefined);
  }

  error(reason: string, range: LogqlRange): LogqlError {
    return new LogqlError(reason, { start: range.start, end: range.end }, this.#text);
  }
}

function tokensOf(text: string): readonly Token[] {
  try {
    return tokenizeLogql(text);
  } catch (error) {
    if (!(error instanceof LexerFault)) throw error;
    const range = { start: error.start, end: error.start + 1 };
    throw new LogqlError(error.message, range, text, { hasLine: !(error instanceof RangeFault) });
  }
}

/** Of a token in an error. */
const MAX_SHOWN = 80;

/** As Loki's grammar names them. */
const NAMES: { readonly [kind in TokenKind]: string } = {
  end: '$end',
  identifier: 'IDENTIFIER',
  string: 'STRING',
  number: 'NUMBER',
  duration: 'DURATION',
  bytes: 'BYTES',
  sign: 'sign',
  flag: 'flag',
};

/** Words that are tokens of their own in Loki's grammar, which it names as they are. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...[
    'by',
    'without',
    'bool',
    'offset',
    'on',
    'ignoring',
    'group_left',
    'group_right',
    'or',
    'and',
    'unless',
    'unwrap',
  ],
  ...['json', 'logfmt', 'regexp', 'unpack', 'pattern', 'line_format', 'label_format', 'drop', 'keep', 'decolorize'],
]);
