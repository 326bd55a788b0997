import { goQuoted } from '#base';

/** A template's text to tokens, as text/template/parse of Go splits it. */

export type TokenKind =
  | 'text'
  | 'open' // {{
  | 'close' // }}
  | 'space'
  | 'identifier'
  | 'keyword'
  | 'field' // .Name
  | 'variable' // $ or $name
  | 'dot'
  | 'nil'
  | 'bool'
  | 'number'
  | 'char' // 'x'
  | 'string'
  | 'rawString'
  | 'pipe'
  | 'leftParen'
  | 'rightParen'
  | 'declare' // :=
  | 'assign'
  | 'other'
  | 'error'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of an error its message. */
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]/u;
const LEADING_SPACE = /[ \t\r\n]*/y;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)/y;

export class Lexer {
  readonly #text: string;
  readonly #open: string;
  readonly #close: string;
  #at = 0;
  #line = 1;
  #isInside = false;
  #parens = 0;
  #isOver = false;

  constructor(text: string, [open, close]: readonly [string, string]) {
    this.#text = text;
    this.#open = open;
    this.#close = close;
  }

  next(): Token {
    if (this.#isOver) return { kind: 'end', text: 'EOF', at: this.#at, line: this.#line };
    return this.#isInside ? this.#inside() : this.#outside();
  }

  #outside(): Token {
    for (;;) {
      const open = this.#text.indexOf(this.#open, this.#at);
      if (open < 0) {
        if (this.#at < this.#text.length) return this.#take('text', this.#text.length);
        this.#isOver = true;
        return this.next();
      }
      const isTrimmed = this.#isLeftTrim(open + this.#open.length);
      const end = isTrimmed ? this.#at + trimmedEnd(this.#text.slice(this.#at, open)) : open;
      const text = end > this.#at ? this.#take('text', end) : undefined;
      this.#skipTo(open);
      if (text !== undefined) return text;
      const afterOpen = open + this.#open.length + (isTrimmed ? 2 : 0);
      if (!this.#text.startsWith('/*', afterOpen)) {
        const token = this.#take('open', open + this.#open.length);
        this.#skipTo(afterOpen);
        this.#isInside = true;
        this.#parens = 0;
        return token;
      }
      this.#skipTo(afterOpen);
      const error = this.#comment();
      if (error !== undefined) return error;
    }
  }

  #comment(): Token | undefined {
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end < 0) return this.#error('unclosed comment');
    const right = this.#rightDelimiter(end + 2);
    if (right === undefined) return this.#error('comment ends before closing delimiter');
    this.#skipTo(right.isTrimmed ? this.#leadingSpaceEnd(right.end) : right.end);
    return undefined;
  }

  #inside(): Token {
    const text = this.#text;
    const right = this.#rightDelimiter(this.#at);
    if (right !== undefined) return this.#closeAction(right);
    if (this.#at >= text.length) return this.#error('unclosed action');
    const char = String.fromCodePoint(text.codePointAt(this.#at)!);
    if (SPACE.test(char)) return this.#space();
    switch (char) {
      case '=':
        return this.#take('assign', this.#at + 1);
      case ':':
        return text[this.#at + 1] === '=' ? this.#take('declare', this.#at + 2) : this.#error('expected :=');
      case '|':
        return this.#take('pipe', this.#at + 1);
      case '"':
        return this.#quoted('"', 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted("'", 'char', 'unterminated character constant');
      case '`': {
        const end = text.indexOf('`', this.#at + 1);
        return end < 0 ? this.#error('unterminated raw quoted string') : this.#take('rawString', end + 1);
      }
      case '$':
        return this.#word('variable', 'variable');
      case '(':
        this.#parens++;
        return this.#take('leftParen', this.#at + 1);
      case ')':
        this.#parens--;
        return this.#parens < 0 ? this.#error('unexpected right paren') : this.#take('rightParen', this.#at + 1);
      default:
    }
    if (char === '.' && !/\d/.test(text[this.#at + 1] ?? '')) return this.#word('field', 'dot');
    if (/[.+\-\d]/.test(char)) return this.#number();
    if (WORD.test(char)) return this.#identifier();
    return /[!-~]/.test(char)
      ? this.#take('other', this.#at + 1)
      : this.#error(`unrecognized character in action: ${runeName(char)}`);
  }

  #closeAction(right: { readonly end: number; readonly isTrimmed: boolean }): Token {
    if (this.#parens > 0) return this.#error('unclosed left paren');
    if (right.isTrimmed) this.#skipTo(right.end - this.#close.length);
    const token = this.#take('close', right.end);
    if (right.isTrimmed) this.#skipTo(this.#leadingSpaceEnd(right.end));
    this.#isInside = false;
    return token;
  }

  /** A run of blanks, without the one that belongs to a trimming delimiter. */
  #space(): Token {
    let end = this.#leadingSpaceEnd(this.#at);
    if (this.#rightDelimiter(end - 1)?.isTrimmed) end--;
    return end === this.#at ? this.#inside() : this.#take('space', end);
  }

  #identifier(): Token {
    const end = this.#wordEnd(this.#at);
    const word = this.#text.slice(this.#at, end);
    if (!this.#isTerminator(end)) return this.#badCharacter(end);
    if (KEYWORDS.has(word)) return this.#take('keyword', end);
    if (word === 'nil') return this.#take('nil', end);
    return this.#take(word === 'true' || word === 'false' ? 'bool' : 'identifier', end);
  }

  /** `.Name` or `$name`; `bare` where nothing follows. */
  #word(kind: TokenKind, bare: TokenKind): Token {
    if (this.#isTerminator(this.#at + 1)) return this.#take(bare, this.#at + 1);
    const end = this.#wordEnd(this.#at + 1);
    return this.#isTerminator(end) ? this.#take(kind, end) : this.#badCharacter(end);
  }

  #number(): Token {
    NUMBER.lastIndex = this.#at;
    let end = this.#at + NUMBER.exec(this.#text)![0].length;
    if (this.#text[end] === 'i') end++;
    const next = this.#text.codePointAt(end);
    if (next !== undefined && WORD.test(String.fromCodePoint(next)))
      return this.#error(`bad number syntax: ${goQuoted(this.#text.slice(this.#at, end + 1))}`);
    return this.#take('number', end);
  }

  #quoted(quote: string, kind: TokenKind, unterminated: string): Token {
    for (let end = this.#at + 1; end < this.#text.length; end++) {
      const char = this.#text[end]!;
      if (char === quote) return this.#take(kind, end + 1);
      if (char === '\\') end++;
      if (this.#text[end] === '\n') break;
    }
    return this.#error(unterminated);
  }

  #badCharacter(at: number): Token {
    return this.#error(`bad character ${runeName(String.fromCodePoint(this.#text.codePointAt(at)!))}`);
  }

  #wordEnd(from: number): number {
    let end = from;
    while (end < this.#text.length) {
      const char = String.fromCodePoint(this.#text.codePointAt(end)!);
      if (!WORD.test(char)) break;
      end += char.length;
    }
    return end;
  }

  /** What may follow a name. */
  #isTerminator(at: number): boolean {
    const char = this.#text[at];
    return char === undefined || /[ \t\r\n.,|:()]/.test(char) || this.#text.startsWith(this.#close, at);
  }

  /** The closing delimiter at a place, with its trim marker if it has one. */
  #rightDelimiter(at: number): { readonly end: number; readonly isTrimmed: boolean } | undefined {
    const text = this.#text;
    if (text[at + 1] === '-' && SPACE.test(text[at]!) && text.startsWith(this.#close, at + 2))
      return { end: at + 2 + this.#close.length, isTrimmed: true };
    return text.startsWith(this.#close, at) ? { end: at + this.#close.length, isTrimmed: false } : undefined;
  }

  #isLeftTrim(at: number): boolean {
    return this.#text[at] === '-' && SPACE.test(this.#text[at + 1] ?? 'x');
  }

  #leadingSpaceEnd(at: number): number {
    LEADING_SPACE.lastIndex = at;
    return at + LEADING_SPACE.exec(this.#text)![0].length;
  }

  #take(kind: TokenKind, end: number): Token {
    const token = { kind, text: this.#text.slice(this.#at, end), at: this.#at, line: this.#line };
    this.#skipTo(end);
    return token;
  }

  #skipTo(end: number): void {
    for (let at = this.#at; at < end; at++) if (this.#text.charCodeAt(at) === 10) this.#line++;
    this.#at = end;
  }

  #error(text: string): Token {
    this.#isOver = true;
    return { kind: 'error', text, at: this.#at, line: this.#line };
  }
}

function trimmedEnd(text: string): number {
  let end = text.length;
  while (end > 0 && SPACE.test(text[end - 1]!)) end--;
  return end;
}

/** `U+0040 '@'`. */
function runeName(char: string): string {
  const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char) ? `U+${code} '${char}'` : `U+${code}`;
}
