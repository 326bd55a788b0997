import { parsePromDuration } from './duration.ts';
import { type Token, type TokenKind, tokenizePromql } from './lexer.ts';
import { describeToken } from './token-text.ts';
import { type NumberLiteral, PromqlError, type PromRange } from './tree.ts';

/** Tokens one by one, and the errors about them. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #context: { readonly place: string; readonly expected: string } | undefined;
  /** Where the last bracket, parenthesis or number that was taken ends. */
  lastEnd = 0;

  constructor(text: string, hasUtf8Names: boolean) {
    this.#text = text;
    this.#tokens = tokenizePromql(text, hasUtf8Names);
  }

  /** Throws where the text can't be read on. */
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
    if (token.kind === 'error' && ahead === 0) throw this.error(token.text, token);
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    if (/^[)\]}]$/.test(token.text) || token.kind === 'number' || token.kind === 'duration') this.lastEnd = token.end;
    return token;
  }

  accept(kind: TokenKind, text: string): Token | undefined {
    const token = this.peek();
    return token.kind === kind && token.text === text ? this.next() : undefined;
  }

  expect(kind: TokenKind, text: string): Token {
    const token = this.accept(kind, text);
    if (token === undefined) throw this.unexpected();
    return token;
  }

  acceptSign(): Token | undefined {
    return this.accept('operator', '+') ?? this.accept('operator', '-');
  }

  numberOrDuration(): NumberLiteral {
    const token = this.peek();
    if (token.kind !== 'number' && token.kind !== 'duration') throw this.unexpected();
    this.next();
    const isDuration = token.kind === 'duration';
    const value = isDuration ? this.#duration(token) : this.#number(token);
    return { kind: 'number', value, isDuration, start: token.start, end: token.end };
  }

  #duration(token: Token): number {
    try {
      return parsePromDuration(token.raw) / 1000;
    } catch (error) {
      throw this.error((error as Error).message, token);
    }
  }

  #number(token: Token): number {
    const value = readNumber(token.raw);
    if (value === undefined)
      throw this.error(`error parsing number: strconv.ParseFloat: parsing "${token.raw}": invalid syntax`, token);
    if (!Number.isFinite(value) && /\d/.test(token.raw))
      throw this.error(`error parsing number: strconv.ParseFloat: parsing "${token.raw}": value out of range`, token);
    return value;
  }

  /** Errors without words of their own speak of this part of the grammar until the returned function is called. */
  enter(place: string, expected = ''): () => void {
    const outer = this.#context;
    this.#context = { place, expected };
    return () => {
      this.#context = outer;
    };
  }

  /** The next token can't be here. Prometheus' generated parser names the innermost rule that has words for it. */
  unexpected(
    place: string = this.#context?.place ?? '',
    expected: string = this.#context?.expected ?? '',
  ): PromqlError {
    const token = this.peek();
    const where = place === '' ? '' : ` in ${place}`;
    const wanted = expected === '' ? '' : `, expected ${expected}`;
    return this.error(`unexpected ${describeToken(token)}${where}${wanted}`, token);
  }

  error(reason: string, range: PromRange): PromqlError {
    return new PromqlError(reason, range, this.#text);
  }
}

/** As Go's strconv reads them: decimal, 0x, 0b, 0o, a leading zero for octal, single underscores where a prefix allows them, Inf and NaN. */
function readNumber(text: string): number | undefined {
  if (/^inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const plain = text.replaceAll('_', '');
  if (/^0[xX](?:_?[0-9a-fA-F]+)+$/.test(text)) return Number(plain);
  if (/^0(?:_?[0-7]+)*$/.test(text)) return Number.parseInt(plain, 8);
  if (/^[1-9][0-9]*(?:_[0-9]+)*$/.test(text)) return Number(plain);
  return /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}
