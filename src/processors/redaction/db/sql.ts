/** What a reader of SQL must know of a database: MySQL's texts may stand in double quotes, its names in backticks, and `#` begins a comment. */
export type SqlDialect = 'mysql' | 'other';

const PLACEHOLDER = '?';

/**
 * SQL with `?` in place of every literal: texts, numbers, booleans, nulls and numbered parameters, and of the digits in names. Names,
 * operators, comments and blanks stay (DataDog/go-sqllexer 0.1.12, as datadog-agent's `obfuscate_only` uses it). A NUL ends the text.
 */
export function sanitizeSql(text: string, dialect: SqlDialect): string {
  const end = text.indexOf('\0');
  return new SqlSanitizer(end < 0 ? text : text.slice(0, end), dialect).run().trim();
}

/** These are words of their own wherever a blank or punctuation follows; elsewhere they begin a name. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `ADD ALL ALTER ANALYZE AND ANY AS ASC ASSERTION BEGIN BETWEEN BY CASE CHECK CLONE CLUSTER COLUMN COMMIT CONSTRAINT COPY CREATE CUBE
  DATABASE DECLARE DEFAULT DELETE DESC DISTINCT DOMAIN DROP ELSE END ESCAPE EXEC EXECUTE EXISTS EXPLAIN FOREIGN FROM GRANT GROUP HAVING IF
  ILIKE IN INDEX INNER INSERT INTO IS JOIN KEY LEFT LIKE LIMIT LITERAL MERGE NOT OF OFFSET ON ONLY OR ORDER OUT OUTER PLPGSQL PRIMARY PROC
  PROCEDURE RECURSIVE REPLACE RETURNING RETURNS REVOKE RIGHT ROLLBACK ROLLUP ROWNUM SELECT SET SKIP SOME STRAIGHT_JOIN TABLE TEMPORARY TOP
  TRIGGER TRUNCATE UNION UNIQUE UNLOGGED UPDATE USE USING VACCUM VALUES VIEW WHERE WINDOW WITH`.split(/\s+/),
);
const LITERAL_WORDS: ReadonlySet<string> = new Set(['TRUE', 'FALSE', 'NULL']);

const SPACES = /[ \t\n\r]+/y;
const LETTER = /[A-Za-z_\u0080-\uffff]/;
const NAME_START = /[A-Za-z_\p{L}]/uy;
const NAME = /[A-Za-z_".?$#/@!0-9\p{L}]+/uy;
const WORD = /[A-Za-z_]+/y;
const AFTER_KEYWORD = /[(),;.:[\]{} \t\n\r]|$/y;
const DECIMAL = /(?:[0-9.]|[eE][+-]?)+/y;
const HEXADECIMAL = /0[xX][0-9a-fA-F]*/y;
const OCTAL = /0[0-7]+/y;
const PARAMETER = /\$[0-9]+/y;
const BOUND = /@@?[A-Za-z_0-9\p{L}\p{N}]+/uy;
const COMMENT = /[^\n]*/y;
/** Where the quote that should end it is missing, the rest belongs to it. */
const SINGLE_QUOTED = /'(?:\\[\s\S]|[^'\\])*\\?'?/y;
const DOUBLE_QUOTED = /"(?:\\[\s\S]|[^"\\])*\\?"?/y;
const OPERATORS = '+-*/=<>!&|^%~?@:#';
const JSON_OPERATOR = /->>?|#>>?|#-|\?[|&]|<@|@[@?>]/y;

class SqlSanitizer {
  readonly #text: string;
  readonly #dialect: SqlDialect;
  #at = 0;

  constructor(text: string, dialect: SqlDialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  run(): string {
    let result = '';
    while (this.#at < this.#text.length) result += this.#token();
    return result;
  }

  /** What stands for the next token. */
  #token(): string {
    const text = this.#text;
    const at = this.#at;
    const character = text[at]!;
    const next = text[at + 1] ?? '';
    const isMySql = this.#dialect === 'mysql';
    if (' \t\n\r'.includes(character)) return this.#take(SPACES);
    if (LETTER.test(character) && this.#matches(NAME_START)) return this.#name();
    if (character === '"') return isMySql ? this.#replace(DOUBLE_QUOTED) : this.#quotedName('"');
    if (character === "'") return this.#replace(SINGLE_QUOTED);
    if (character === '-' && next === '-') return this.#take(COMMENT);
    if (character === '/' && next === '*') return this.#block();
    if (character === '+' || character === '-') return /[0-9.]/.test(next) ? this.#number(at + 1) : this.#operator();
    if (character >= '0' && character <= '9') return this.#number(at);
    if (character === '*') return this.#cut(at + 1);
    if (character === '$') return /[0-9]/.test(next) ? this.#replace(PARAMETER) : this.#dollarQuoted();
    if (character === '`') return isMySql ? this.#quotedName('`') : this.#cut(at + 1);
    if (character === '#' && isMySql) return this.#take(COMMENT);
    if (character === '@' && this.#matches(BOUND)) return this.#take(BOUND);
    if (OPERATORS.includes(character)) return this.#operator();
    return this.#cut(at + 1);
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  /** The text up to `end`, behind which it goes on. */
  #cut(end: number): string {
    const piece = this.#text.slice(this.#at, end);
    this.#at = end;
    return piece;
  }

  #take(pattern: RegExp): string {
    this.#matches(pattern);
    return this.#cut(pattern.lastIndex);
  }

  #replace(pattern: RegExp): string {
    this.#take(pattern);
    return PLACEHOLDER;
  }

  #name(): string {
    const isAscii = this.#matches(WORD);
    if (isAscii) {
      const end = WORD.lastIndex;
      const word = this.#text.slice(this.#at, end).toUpperCase();
      AFTER_KEYWORD.lastIndex = end;
      const isLiteral = LITERAL_WORDS.has(word);
      if ((isLiteral || KEYWORDS.has(word)) && AFTER_KEYWORD.test(this.#text)) {
        const piece = this.#cut(end);
        return isLiteral ? PLACEHOLDER : piece;
      }
    }
    const name = this.#take(NAME);
    // The names of functions keep their digits.
    return isAscii && this.#text[this.#at] === '(' ? name : withoutDigits(name);
  }

  /** `"a"."b"` is one name. Without its end it is none, and stays as it is. */
  #quotedName(quote: string): string {
    const joint = `${quote}.${quote}`;
    const text = this.#text;
    let end = text.indexOf(quote, this.#at + 1);
    while (end >= 0 && text.startsWith(joint, end)) end = text.indexOf(quote, end + joint.length);
    return end < 0 ? this.#cut(text.length) : withoutDigits(this.#cut(end + 1));
  }

  #block(): string {
    const end = this.#text.indexOf('*/', this.#at + 2);
    return this.#cut(end < 0 ? this.#text.length : end + 2);
  }

  #number(digitsAt: number): string {
    const isSigned = digitsAt > this.#at;
    if (!isSigned && this.#matches(HEXADECIMAL)) return this.#replace(HEXADECIMAL);
    if (!isSigned && this.#matches(OCTAL)) return this.#replace(OCTAL);
    this.#at = digitsAt;
    return this.#replace(DECIMAL);
  }

  /** `$tag$ … $tag$`: a text, or with the tag `func` the body of a function. */
  #dollarQuoted(): string {
    const text = this.#text;
    const second = text.indexOf('$', this.#at + 1);
    const tagEnd = second < 0 ? text.length : second + 1;
    const tag = text.slice(this.#at, tagEnd);
    const end = text.indexOf(tag, tagEnd);
    if (end < 0 || tagEnd === text.length) return this.#cut(text.length);
    this.#at = end + tag.length;
    if (tag !== '$func$') return PLACEHOLDER;
    return tag + sanitizeSql(text.slice(tagEnd, end), this.#dialect) + tag;
  }

  #operator(): string {
    if (this.#matches(JSON_OPERATOR)) return this.#cut(JSON_OPERATOR.lastIndex);
    let at = this.#at + 1;
    for (let last = this.#text[this.#at]!; at < this.#text.length; at++) {
      const character = this.#text[at]!;
      if (!OPERATORS.includes(character)) break;
      // `=?` and `=@name` are two tokens.
      if (last === '=' && (character === '?' || character === '@')) break;
      last = character;
    }
    return this.#cut(at);
  }
}

function withoutDigits(name: string): string {
  return name.replace(/[0-9]+/g, PLACEHOLDER);
}
