import { goQuotedRune } from '#base';

/** Text to tokens, as promql/parser/lex.go of Prometheus splits it. */
export type TokenKind =
  | 'end'
  | 'error'
  | 'identifier'
  | 'metric' // an identifier with a colon
  | 'string'
  | 'number'
  | 'duration'
  | 'punctuation'
  | 'operator'
  | 'aggregator'
  | 'keyword'
  | 'preprocessor';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of operators and keywords in small letters; of an error its message. */
  readonly text: string;
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

const OPERATORS = new Set(['and', 'or', 'unless', 'atan2']);
export const AGGREGATORS: ReadonlySet<string> = new Set([
  'avg',
  'bottomk',
  'count',
  'count_values',
  'group',
  'limit_ratio',
  'limitk',
  'max',
  'min',
  'quantile',
  'stddev',
  'stdvar',
  'sum',
  'topk',
]);
const KEYWORDS = new Set([
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
]);
const PREPROCESSORS = new Set(['start', 'end', 'step', 'range', 'max_of', 'min_of']);
const DURATION_WORDS = new Set(['step', 'range', 'max_of', 'min_of']);
/** These are names unless a parenthesis follows. */
const FILLS = /^fill(?:_left|_right)?$/;

const BLANKS = /[ \t\n\r]+/y;
const COMMENT = /#[^\n\r]*/y;
const SIGNS = /==|!=|<=|<\/|>=|>\/|[-+*/%^<>@=,()[\]{}:]/y;
interface NameRules {
  /** With colons, as metrics have them. */
  readonly word: RegExp;
  readonly label: RegExp;
}
const ASCII_NAMES: NameRules = { word: /[a-zA-Z_:][a-zA-Z0-9_:]*/y, label: /[a-zA-Z_][a-zA-Z0-9_]*/y };
const UTF8_NAMES: NameRules = { word: /[\p{L}_:][\p{L}0-9_:.]*/uy, label: /[\p{L}_][\p{L}0-9_.]*/uy };
const LETTERS = /[a-zA-Z_]+/y;
const MATCHER_SIGNS = /=~|!~|!=|[=,}]/y;

function matchAt(rule: RegExp, text: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(text)?.[0];
}

/** All tokens; the last is of kind `end` or `error`. With `hasUtf8Names` letters of all scripts and dots belong to names. */
export function tokenizePromql(text: string, hasUtf8Names: boolean): readonly Token[] {
  return new Lexer(text, hasUtf8Names ? UTF8_NAMES : ASCII_NAMES).tokens();
}

class Lexer {
  readonly #text: string;
  readonly #names: NameRules;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  #hasColon = false;
  #hasDuration = false;
  #hasNumber = false;

  constructor(text: string, names: NameRules) {
    this.#text = text;
    this.#names = names;
  }

  tokens(): readonly Token[] {
    for (;;) {
      const last = this.#tokens.at(-1);
      if (last?.kind === 'end' || last?.kind === 'error') return this.#tokens;
      this.#at += (matchAt(BLANKS, this.#text, this.#at) ?? '').length;
      const isDuration = this.#inBrackets && !this.#inBraces && !this.#hasNumber;
      const comment = isDuration ? undefined : matchAt(COMMENT, this.#text, this.#at);
      if (comment !== undefined) this.#at += comment.length;
      else if (this.#inBraces) this.#insideBraces();
      else if (isDuration) this.#insideBrackets();
      else this.#statement();
    }
  }

  #push(kind: TokenKind, length: number, text?: string): void {
    const raw = this.#text.slice(this.#at, this.#at + length);
    this.#tokens.push({ kind, text: text ?? raw, raw, start: this.#at, end: this.#at + length });
    this.#at += length;
  }

  #fail(message: string, start = this.#at): void {
    this.#tokens.push({ kind: 'error', text: message, raw: '', start, end: this.#text.length });
  }

  /** The character at a place, quoted as Go's %q does. */
  #quoted(at = this.#at): string {
    const code = this.#text.codePointAt(at);
    // Beyond the end Go prints its mark for it, -1, as the replacement character.
    return goQuotedRune(code === undefined ? '\ufffd' : String.fromCodePoint(code));
  }

  #statement(): void {
    const char = this.#text[this.#at];
    if (char === undefined) {
      if (this.#parens !== 0) this.#fail('unclosed left parenthesis');
      else if (this.#inBrackets) this.#fail('unclosed left bracket');
      else this.#push('end', 0);
      return;
    }
    if (this.#number() || this.#string()) return;
    const word = matchAt(this.#names.word, this.#text, this.#at);
    if (word !== undefined) {
      if (this.#inBrackets) this.#bracketWord(char);
      else this.#word(word);
      return;
    }
    if (char === '=' && this.#text[this.#at + 1] === '~') {
      this.#fail(`unexpected character after '=': ${this.#quoted(this.#at + 1)}`);
      return;
    }
    if (char === '!' && this.#text[this.#at + 1] !== '=') {
      this.#fail(`unexpected character after '!': ${this.#quoted(this.#at + 1)}`);
      return;
    }
    const sign = matchAt(SIGNS, this.#text, this.#at);
    if (sign === undefined) this.#fail(`unexpected character: ${this.#quoted()}`);
    else this.#sign(sign);
  }

  #sign(sign: string): void {
    switch (sign) {
      case '(':
        this.#parens++;
        break;
      case ')':
        if (--this.#parens < 0) {
          this.#closedTooMuch();
          return;
        }
        break;
      case '{':
        this.#inBraces = true;
        break;
      case '[':
        if (this.#inBrackets) {
          this.#fail(`unexpected left bracket ${goQuotedRune('[')}`);
          return;
        }
        this.#inBrackets = true;
        this.#hasColon = false;
        this.#hasDuration = false;
        this.#hasNumber = false;
        break;
      case ']':
        if (!this.#inBrackets) {
          this.#fail(`unexpected right bracket ${goQuotedRune(']')}`);
          return;
        }
        this.#inBrackets = false;
        break;
      case '}':
        this.#fail(`unexpected character: ${goQuotedRune('}')}`);
        return;
    }
    this.#push(/^[,()[\]{}=]$/.test(sign) ? 'punctuation' : 'operator', sign.length);
  }

  /** Prometheus says so behind the parenthesis. */
  #closedTooMuch(): void {
    this.#fail(`unexpected right parenthesis ${goQuotedRune(')')}`, this.#at + 1);
  }

  /** A name within brackets, behind a number; a colon begins one, too. */
  #bracketWord(char: string): void {
    if (char === ':') {
      if (this.#hasColon) this.#fail(`unexpected colon ${goQuotedRune(':')}`);
      else this.#push('punctuation', 1);
      this.#hasColon = true;
    } else if (!this.#durationWord()) {
      this.#fail(`unexpected character: ${this.#quoted()}, expected ':'`);
    }
  }

  #word(word: string): void {
    // A letter of another script makes no keyword, whatever it is in small letters.
    const small = /^[\x20-\x7e]*$/.test(word) ? word.toLowerCase() : word;
    if (small === 'inf' || small === 'nan') this.#push('number', word.length);
    else if (OPERATORS.has(small)) this.#push('operator', word.length, small);
    else if (AGGREGATORS.has(small)) this.#push('aggregator', word.length, small);
    else if (PREPROCESSORS.has(small)) this.#push('preprocessor', word.length, small);
    else if (FILLS.test(small) && !/^[ \t\n\r]*\(/.test(this.#text.slice(this.#at + word.length)))
      this.#push('identifier', word.length);
    else if (KEYWORDS.has(small)) this.#push('keyword', word.length, small);
    else this.#push(word.includes(':') ? 'metric' : 'identifier', word.length);
  }

  /** The inside of `[…]` up to its first number: durations and what is worked out of them. Behind it all rules are in force again. */
  #insideBrackets(): void {
    const char = this.#text[this.#at];
    if (char === undefined) {
      this.#fail('unexpected end of input in duration expression');
    } else if (/[0-9.]/.test(char) && this.#number()) {
      this.#hasDuration = true;
      this.#hasNumber = true;
    } else if (!this.#durationWord()) {
      this.#bracketSign(char);
    }
  }

  #durationWord(): boolean {
    const word = matchAt(LETTERS, this.#text, this.#at);
    if (word === undefined || !DURATION_WORDS.has(word.toLowerCase())) return false;
    this.#hasDuration = true;
    this.#push('preprocessor', word.length, word.toLowerCase());
    return true;
  }

  #bracketSign(char: string): void {
    if (char === ':') {
      if (!this.#hasDuration) this.#fail('unexpected colon before duration in duration expression', this.#at + 1);
      else if (this.#hasColon) this.#fail('unexpected repeated colon in duration expression', this.#at + 1);
      else this.#push('punctuation', 1);
      this.#hasColon = true;
    } else if ('()]+-*/%^,'.includes(char)) {
      this.#sign(char);
    } else {
      this.#fail(`unexpected character in duration expression: ${this.#quoted()}`);
    }
  }

  /** The inside of `{…}`, where keywords are names. */
  #insideBraces(): void {
    const char = this.#text[this.#at];
    if (char === undefined) {
      this.#fail('unexpected end of input inside braces');
      return;
    }
    const name = matchAt(this.#names.label, this.#text, this.#at);
    if (name !== undefined) {
      this.#push('identifier', name.length);
      return;
    }
    if (this.#string()) return;
    const sign = matchAt(MATCHER_SIGNS, this.#text, this.#at);
    if (sign !== undefined) {
      if (sign === '}') this.#inBraces = false;
      this.#push(sign === '=' || sign === ',' || sign === '}' ? 'punctuation' : 'operator', sign.length);
    } else if (char === '!') {
      this.#fail(`unexpected character after '!' inside braces: ${this.#quoted(this.#at + 1)}`);
    } else if (char === '{') {
      this.#fail(`unexpected left brace ${goQuotedRune('{')}`);
    } else {
      this.#fail(`unexpected character inside braces: ${this.#quoted()}`);
    }
  }

  #number(): boolean {
    const char = this.#text[this.#at]!;
    const isNumber = /[0-9]/.test(char) || (char === '.' && /[0-9]/.test(this.#text[this.#at + 1] ?? ''));
    if (!isNumber) return false;
    const { length, isValid } = scanNumber(this.#text, this.#at);
    if (isValid) {
      this.#push('number', length);
      return true;
    }
    const rest = matchAt(DURATION_REST, this.#text, this.#at + length);
    const end = this.#at + length + (rest ?? '').length;
    if (rest !== undefined && !/[a-zA-Z0-9_]/.test(this.#text[end] ?? '')) this.#push('duration', end - this.#at);
    else this.#badNumber(length);
    return true;
  }

  #badNumber(length: number): void {
    const read = this.#text.slice(this.#at, this.#at + length + badDurationLength(this.#text, this.#at + length));
    this.#fail(`bad number or duration syntax: "${read}"`);
  }

  #string(): boolean {
    const quote = this.#text[this.#at]!;
    if (quote !== '"' && quote !== "'" && quote !== '`') return false;
    for (let at = this.#at + 1; ; at++) {
      const char = this.#text[at];
      if (char === undefined || (char === '\n' && quote !== '`')) {
        this.#fail(quote === '`' ? 'unterminated raw string' : 'unterminated quoted string');
        return true;
      }
      if (char === quote) {
        this.#push('string', at + 1 - this.#at);
        return true;
      }
      if (char === '\\' && quote !== '`') {
        const { length, fault } = scanEscape(this.#text, at + 1, quote);
        if (fault !== undefined) {
          this.#fail(fault);
          return true;
        }
        at += length;
      }
    }
  }
}

const DURATION_REST = /(?:[smhdwy]s?)(?:[0-9]+[smhdw]s?)*/y;

/** How many characters of a bad duration Prometheus has read when it gives up; it shows them. */
function badDurationLength(text: string, start: number): number {
  let at = start;
  if (!/[smhdwy]/.test(text[at] ?? '')) return 0;
  at++;
  if (text[at] === 's') at++;
  while (/[0-9]/.test(text[at] ?? '')) {
    while (/[0-9]/.test(text[at] ?? '')) at++;
    if (!/[smhdw]/.test(text[at] ?? '')) return at - start;
    at++;
    if (text[at] === 's') at++;
  }
  return at + (text[at] === undefined ? 0 : 1) - start;
}

/** The longest run that looks like a number, and whether it is one: dots, exponents and underscores have their places. */
function scanNumber(text: string, start: number): { readonly length: number; readonly isValid: boolean } {
  let at = start;
  const isIn = (set: string): boolean => text[at] !== undefined && set.includes(text[at]!);
  const accept = (set: string): boolean => isIn(set) && at++ >= 0;
  const result = (isValid: boolean): { length: number; isValid: boolean } => ({ length: at - start, isValid });
  let digits = '0123456789';
  let isHex = false;
  if (accept('0') && accept('xX')) {
    accept('_');
    digits = '0123456789abcdefABCDEF';
    isHex = true;
  }
  accept('.');
  accept(digits);
  let hasDot = false;
  let hasExponent = false;
  while (isIn(`${digits}._eE`)) {
    if (isIn('.') && hasDot) {
      at++;
      return result(false);
    }
    if (isIn('eE') && hasExponent) {
      at++;
      return result(false);
    }
    if (accept('.')) {
      hasDot = true;
      if (accept('_.') || isHex) return result(false);
    } else if (accept('eE')) {
      hasExponent = true;
      accept('+-');
      if (accept('._eE') || text[at] === undefined) return result(false);
    } else if (accept('_')) {
      if (accept('._eE') || text[at] === undefined) return result(false);
    } else {
      while (accept(digits));
    }
  }
  return result(!/[a-zA-Z0-9_]/.test(text[at] ?? ''));
}

/** What follows a backslash: its length without it, or what is wrong with it. */
function scanEscape(text: string, start: number, quote: string): { readonly length: number; readonly fault?: string } {
  const char = text[start];
  if (char === undefined) return { length: 0, fault: 'escape sequence not terminated' };
  if ('abfnrtv\\'.includes(char) || char === quote) return { length: 1 };
  const [count, base, first] = /[0-7]/.test(char)
    ? [3, 8, start]
    : char === 'x'
      ? [2, 16, start + 1]
      : char === 'u'
        ? [4, 16, start + 1]
        : char === 'U'
          ? [8, 16, start + 1]
          : [0, 0, start];
  if (count === 0) return { length: 0, fault: `unknown escape sequence ${unicodeOf(text, start)}` };
  for (let at = first; at < first + count; at++) {
    if (text[at] === undefined) return { length: 0, fault: 'escape sequence not terminated' };
    if (!(base === 8 ? /[0-7]/ : /[0-9a-fA-F]/).test(text[at]!))
      return { length: 0, fault: `illegal character ${unicodeOf(text, at)} in escape sequence` };
  }
  const value = Number.parseInt(text.slice(first, first + count), base);
  const limit = char === 'u' || char === 'U' ? 0x10ffff : 255;
  return value > limit || (value >= 0xd800 && value < 0xe000)
    ? { length: 0, fault: 'escape sequence is an invalid Unicode code point' }
    : { length: first + count - start };
}

/** `U+0066 'f'`. */
function unicodeOf(text: string, at: number): string {
  const code = text.codePointAt(at)!;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}
