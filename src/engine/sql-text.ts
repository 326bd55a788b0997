/**
 * Just enough of ClickHouse's lexer to find, in the text of a statement, what the HTTP interface must know: its kind, its
 * FORMAT clause, where the data of an INSERT begins, and a second statement. Everything else is left to the engine.
 * Strings, quoted names, comments and here-documents are skipped, so nothing inside them is taken for a keyword.
 */

export interface Token {
  /** `word`: a bare word or number; `name`: a quoted name; `text`: a string; `mark`: any other single character. */
  readonly kind: 'word' | 'name' | 'text' | 'mark';
  /** Bare words in upper case, marks as they are; empty for strings. Quoted names without their quotes. */
  readonly value: string;
  /** In UTF-16 units, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Number of brackets open around it. */
  readonly depth: number;
}

const wordStart = /[A-Za-z0-9_\u0080-\uffff]/;
const wordPart = /[A-Za-z0-9_$\u0080-\uffff]/;

/** Yields the tokens of `sql` one after the other. An unterminated string or comment ends the walk. */
export function* tokens(sql: string): Generator<Token, void, undefined> {
  let depth = 0;
  let at = 0;
  while (at < sql.length) {
    const start = at;
    const char = sql[at]!;
    if (/\s/.test(char)) {
      at++;
    } else if (isLineComment(sql, at)) {
      at = endOrLength(sql.indexOf('\n', at), sql);
    } else if (char === '/' && sql[at + 1] === '*') {
      at = endOrLength(sql.indexOf('*/', at + 2), sql, 2);
    } else if (char === "'" || char === '`' || char === '"') {
      at = quotedEnd(sql, at);
      const value = char === "'" ? '' : sql.slice(start + 1, at - 1);
      yield { kind: char === "'" ? 'text' : 'name', value, start, end: at, depth };
    } else if (char === '$' && hereDocumentEnd(sql, at) > 0) {
      at = hereDocumentEnd(sql, at);
      yield { kind: 'text', value: '', start, end: at, depth };
    } else if (wordStart.test(char)) {
      while (at < sql.length && wordPart.test(sql[at]!)) at++;
      yield { kind: 'word', value: sql.slice(start, at).toUpperCase(), start, end: at, depth };
    } else {
      at++;
      if (char === ')' || char === ']' || char === '}') depth--;
      yield { kind: 'mark', value: char, start, end: at, depth };
      if (char === '(' || char === '[' || char === '{') depth++;
    }
  }
}

function isLineComment(sql: string, at: number): boolean {
  if (sql.startsWith('--', at) || sql.startsWith('#!', at)) return true;
  return sql.startsWith('# ', at);
}

function endOrLength(index: number, sql: string, plus = 0): number {
  return index < 0 ? sql.length : index + plus;
}

/** Where the quoted text that opens at `at` ends: backslash escapes, and a doubled quote stands for itself. */
function quotedEnd(sql: string, at: number): number {
  const quote = sql[at];
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
}

/** `$tag$ … $tag$`; 0 where no here-document opens at `at`. */
function hereDocumentEnd(sql: string, at: number): number {
  const tag = /^\$\w*\$/.exec(sql.slice(at, at + 64))?.[0];
  if (tag === undefined) return 0;
  const close = sql.indexOf(tag, at + tag.length);
  return close < 0 ? 0 : close + tag.length;
}

/** What a statement is, as far as the way it is run depends on it. */
export type StatementKind =
  /** Gives rows and may give many: streamed. */
  | 'select'
  /** Gives few rows, quickly: SHOW, DESCRIBE, EXPLAIN, EXISTS. */
  | 'show'
  /** An INSERT whose data follows the statement. */
  | 'insert-data'
  /** An INSERT that reads its rows by a SELECT. */
  | 'insert-select'
  /** CREATE, ALTER, DROP, SET, USE, SYSTEM, OPTIMIZE, KILL and whatever else there is. */
  | 'control';

export interface Statement {
  readonly kind: StatementKind;
  /** The first word, in upper case; empty for an empty text. */
  readonly verb: string;
  /** The FORMAT clause of a query that gives rows. */
  readonly format: { readonly name: string; readonly start: number; readonly end: number } | undefined;
  /** Of an INSERT with data. */
  readonly insert: InsertHead | undefined;
  /** Of an INSERT that selects from input(…): where the call begins, and where its arguments do. */
  readonly inputCall: { readonly start: number; readonly openEnd: number } | undefined;
  /** Where the statement ends: before a closing semicolon, or at the end of the text. */
  readonly end: number;
  /** Something other than comments follows the closing semicolon. */
  readonly hasMore: boolean;
  /** The clause by which the statement would touch files of this machine, where it has one. */
  readonly fileClause: 'INTO OUTFILE' | 'FROM INFILE' | undefined;
}

export interface InsertHead {
  readonly format: string;
  /** Where `SETTINGS …`, or else `FORMAT …` or `VALUES`, begins: the place of a FROM INFILE clause. */
  readonly clauseStart: number;
  /** Where FORMAT or VALUES begins. */
  readonly formatStart: number;
  /** Just behind the format's name or VALUES. One line break or some blanks may stand between this and the data. */
  readonly headEnd: number;
}

const selectVerbs = new Set(['SELECT', 'WITH', 'FROM', '(']);
const showVerbs = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS']);

/** Reads the first statement of `sql`. Of an INSERT with data it reads the head only, never the data. */
export function readStatement(sql: string): Statement {
  const reader = new StatementReader(sql);
  for (const token of tokens(sql)) if (reader.take(token)) break;
  return reader.finish();
}

class StatementReader {
  readonly #sql: string;
  #verb = '';
  #previous: Token | undefined;
  #insertSelect = false;
  #settingsStart = -1;
  #format: Statement['format'];
  #insert: InsertHead | undefined;
  #inputCall: Statement['inputCall'];
  #fileClause: Statement['fileClause'];
  #end = -1;
  #hasMore = false;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** Takes the next token; true when nothing behind it matters. */
  take(token: Token): boolean {
    if (this.#end >= 0) {
      this.#hasMore = true;
      return true;
    }
    if (token.kind === 'mark' && token.value === ';') this.#end = token.start;
    else if (this.#verb === '') this.#verb = token.value;
    else if (token.depth === 0) this.#takeInside(token);
    if (
      this.#insertSelect &&
      token.value === '(' &&
      this.#previous?.kind === 'word' &&
      this.#previous.value === 'INPUT'
    ) {
      this.#inputCall = { start: this.#previous.start, openEnd: token.end };
    }
    this.#previous = token;
    return this.#insert !== undefined;
  }

  #takeInside(token: Token): void {
    const word = token.kind === 'word' ? token.value : '';
    const isInsert = this.#verb === 'INSERT';
    // A name behind FORMAT is the clause only at the end of the query: `SELECT format FROM t` has none.
    if (this.#format !== undefined && word !== 'SETTINGS' && this.#settingsStart < this.#format.start) {
      this.#format = undefined;
    }
    if (this.#follows('INTO') && word === 'OUTFILE') this.#fileClause = 'INTO OUTFILE';
    if (this.#follows('FROM') && word === 'INFILE') this.#fileClause = 'FROM INFILE';
    if (this.#follows('FORMAT') && token.kind !== 'mark') {
      const start = this.#previous!.start;
      this.#format = { name: this.#sql.slice(token.start, token.end), start, end: token.end };
      if (isInsert && this.#fileClause === undefined) this.#insert = this.#headOf(this.#format);
    } else if (isInsert && word === 'VALUES' && !this.#insertSelect) {
      this.#insert = this.#headOf({ name: 'Values', start: token.start, end: token.end });
    }
    if (word === 'SETTINGS') this.#settingsStart = token.start;
    if (isInsert && (word === 'SELECT' || word === 'WITH')) this.#insertSelect = true;
    if (this.#verb === 'WITH' && word === 'INSERT') this.#insertSelect = true;
  }

  #follows(word: string): boolean {
    return this.#previous?.kind === 'word' && this.#previous.value === word && this.#previous.depth === 0;
  }

  #headOf(format: { name: string; start: number; end: number }): InsertHead {
    const clauseStart = this.#settingsStart >= 0 ? this.#settingsStart : format.start;
    return { format: format.name, clauseStart, formatStart: format.start, headEnd: format.end };
  }

  finish(): Statement {
    const length = this.#sql.length;
    return {
      kind: this.#kind(),
      verb: this.#verb,
      format: this.#format,
      insert: this.#insert,
      inputCall: this.#inputCall,
      end: this.#end < 0 || this.#insert !== undefined ? length : this.#end,
      hasMore: this.#hasMore,
      fileClause: this.#fileClause,
    };
  }

  #kind(): StatementKind {
    if (this.#insertSelect) return 'insert-select';
    if (this.#insert !== undefined) return 'insert-data';
    if (selectVerbs.has(this.#verb)) return 'select';
    return showVerbs.has(this.#verb) ? 'show' : 'control';
  }
}

/** A string literal of ClickHouse. */
export function quoteString(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A quoted name of ClickHouse. */
export function quoteName(value: string): string {
  return `\`${value.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
