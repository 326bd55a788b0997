/**
 * From the query text and the body to a statement and, for an INSERT, its data. Whether the statement may be run is not decided here, nor
 * by what this makes of it: see guard/statement-guard.ts.
 */
import type { Body } from './body.ts';
import { engineError } from './errors.ts';
import { DATA_MARKER } from './guard/statement-guard.ts';
import { quoteName, quoteString, readStatement, type Statement } from './sql-text.ts';

/** How far into a body the head of an INSERT may reach: ClickHouse's default of max_query_size. */
const HEAD_LIMIT_BYTES = 256 * 1024;
/** No data: for statements that take none. */
export const noData: Buffer = Buffer.alloc(0);

export interface QueryPlan {
  readonly kind: 'select' | 'show' | 'control' | 'insert-select';
  /** The statement without its FORMAT clause and closing semicolon. */
  readonly sql: string;
  /** The format that the statement asks for itself. */
  readonly format: string | undefined;
}

export interface InsertPlan {
  readonly kind: 'insert-data';
  readonly data: Buffer;
  /** The data behind `data`, where it is too big for memory. */
  readonly rest: AsyncIterable<Buffer> | undefined;
  /** The INSERT, with `DATA_MARKER` in place of the file that it reads the data from, or with input(). */
  readonly sql: string;
  /** What `sql` became under the guard, with the file's path and the data's format. Throws EngineError where it has no one place for them. */
  withFile(checked: string, path: string): string;
  readonly format: string;
  /** The data are `VALUES`, in which expressions may stand. */
  readonly isValues: boolean;
}

export type Plan = QueryPlan | InsertPlan;

/**
 * Reads what the client sent: the statement may stand in the URL, in the body, or begin in the one and go on in the
 * other, as ClickHouse reads it. Throws EngineError: no text, several statements.
 */
export function planQuery(urlQuery: string, body: Body): Plan {
  const trimmed = urlQuery.trimEnd();
  if (trimmed !== '') {
    const statement = readStatement(trimmed);
    if (takesData(statement, hasData(body))) return insertPlan(Buffer.from(trimmed), body, hasData(body));
    if (!hasData(body)) return queryPlan(trimmed, statement);
  }
  const text = trimmed === '' ? body.head : Buffer.concat([Buffer.from(`${trimmed}\n`), body.head]);
  // Latin-1 keeps one character for one byte, so that places in the text are places in the bytes.
  const statement = readStatement(text.toString('latin1', 0, HEAD_LIMIT_BYTES));
  if (statement.insert !== undefined) {
    const begin = skipBreak(text, statement.insert.headEnd);
    if (takesData(statement, begin < text.length || body.rest !== undefined)) {
      return insertPlan(text, { head: noData, rest: body.rest }, false);
    }
  }
  if (body.rest !== undefined) {
    throw engineError(
      'QUERY_IS_TOO_LARGE',
      `Query is too large: more than ${body.head.length} bytes without data of an INSERT`,
    );
  }
  const sql = text.toString('utf8');
  return queryPlan(sql, readStatement(sql));
}

/** For a query that only reads: whatever it is, it takes no data. */
export function planRead(urlQuery: string, body: Body): QueryPlan {
  if (body.rest !== undefined) {
    throw engineError('QUERY_IS_TOO_LARGE', `Query is too large: more than ${body.head.length} bytes`);
  }
  const sql = [urlQuery.trimEnd(), body.head.toString('utf8')].filter((part) => part !== '').join('\n');
  return queryPlan(sql, readStatement(sql));
}

function hasData(body: Body): boolean {
  return body.head.length > 0 || body.rest !== undefined;
}

function queryPlan(sql: string, statement: Statement): QueryPlan {
  if (statement.verb === '') throw engineError('SYNTAX_ERROR', 'Empty query');
  const kind = statement.kind === 'insert-data' ? 'control' : statement.kind;
  const { format } = statement;
  // What stands behind a semicolon stays: it is the formatter that refuses a second statement.
  if (format === undefined) return { kind, sql, format: undefined };
  return {
    kind,
    sql: `${sql.slice(0, format.start)}${sql.slice(format.end)}`,
    format: kind === 'insert-select' ? undefined : format.name,
  };
}

/** An INSERT … SELECT reads data only by input(). */
function takesData(statement: Statement, hasSome: boolean): boolean {
  return (
    statement.kind === 'insert-data' || (statement.insert !== undefined && hasSome && statement.inputCall !== undefined)
  );
}

/**
 * `text` is the INSERT, with data behind its head or without; `more` is the data that follows, on a line of its own where
 * it comes from elsewhere.
 *
 * The data never stays in the statement. chDB reads statements as a command-line client does: after an empty line in the
 * data, or a semicolon, it would run what follows as the next statement.
 */
function insertPlan(text: Buffer, more: Body, isApart: boolean): InsertPlan {
  const latin1 = readStatement(text.toString('latin1', 0, HEAD_LIMIT_BYTES)).insert!;
  const head = text.toString('utf8', 0, latin1.headEnd);
  const statement = readStatement(head);
  const insert = statement.insert!;
  // Settings may stand behind the format, too; see ParserInsertQuery of ClickHouse.
  const tail =
    settingsClause.exec(text.toString('latin1', latin1.headEnd, latin1.headEnd + HEAD_LIMIT_BYTES))?.[0] ?? '';
  const own = text.subarray(skipBreak(text, latin1.headEnd + tail.length));
  const parts = own.length > 0 && isApart ? [own, Buffer.from('\n'), more.head] : [own, more.head];
  const data = parts.length === 2 && own.length === 0 ? more.head : Buffer.concat(parts);
  const isValues = insert.format.toUpperCase() === 'VALUES';
  const settings = [head.slice(insert.clauseStart, insert.formatStart), Buffer.from(tail, 'latin1').toString()]
    .map((clause) =>
      clause
        .trim()
        .replace(/^SETTINGS\b/i, '')
        .trim(),
    )
    .filter((clause) => clause !== '');
  const withFile = (checked: string, path: string): string => placeFile(checked, path, insert.format, statement);
  return {
    kind: 'insert-data',
    data,
    rest: more.rest,
    sql: insertFrom(head, statement, settings),
    withFile,
    format: insert.format,
    isValues,
  };
}

const settingValue = String.raw`(?:'(?:[^'\\]|\\.)*'|[\w.+-]+)`;
const settingsClause = new RegExp(
  String.raw`^\s*SETTINGS\s+\w+\s*=\s*${settingValue}(?:\s*,\s*\w+\s*=\s*${settingValue})*`,
  'i',
);

function insertFrom(head: string, statement: Statement, settings: readonly string[]): string {
  const insert = statement.insert!;
  const clause = settings.length === 0 ? '' : ` SETTINGS ${settings.join(', ')}`;
  if (statement.inputCall !== undefined) return `${head.slice(0, insert.formatStart).trimEnd()}${clause}`;
  const target = head.slice(0, insert.clauseStart).trimEnd();
  return `${target} FROM INFILE ${quoteString(DATA_MARKER)} COMPRESSION 'none'${clause} FORMAT ${insert.format}`;
}

function placeFile(checked: string, path: string, format: string, statement: Statement): string {
  // chDB's input() gets no data; file() with the same structure does what it should.
  const isInput = statement.inputCall !== undefined;
  const place = isInput ? 'FROM input(' : `INFILE ${quoteString(DATA_MARKER)}`;
  const [before, after, ...more] = checked.split(place);
  if (after === undefined || more.length > 0) {
    throw engineError('SYNTAX_ERROR', 'Syntax error: an INSERT reads its data in one place');
  }
  const file = isInput ? `FROM file(${quoteString(path)}, ${quoteName(format)}, ` : `INFILE ${quoteString(path)}`;
  return `${before}${file}${after}`;
}

/** Between an INSERT's head and its data stand blanks and at most one line break, as in ClickHouse's parser. */
function skipBreak(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0c) at++;
  if (bytes[at] === 0x0d) at++;
  if (bytes[at] === 0x0a) at++;
  return at;
}
