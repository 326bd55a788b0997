/** From the query text and the body to one statement and, for an INSERT, its data. */
import type { Body } from './body.ts';
import { engineError } from './errors.ts';
import { refuseFileAccess, refuseFileAccessInValues } from './file-access.ts';
import { type InsertHead, quoteString, readStatement, type Statement } from './sql-text.ts';

/** How far into a body the head of an INSERT may reach: ClickHouse's default of max_query_size. */
const headLimitBytes = 256 * 1024;
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
  /** The INSERT up to its data, as it came. */
  readonly sql: string;
  readonly data: Buffer;
  /** The data behind `data`, where it is too big for memory. */
  readonly rest: AsyncIterable<Buffer> | undefined;
  /** The same INSERT with the data in a file. Throws where the statement can't read a file. */
  fromFile(path: string): string;
}

export type Plan = QueryPlan | InsertPlan;

/**
 * Reads what the client sent: the statement may stand in the URL, in the body, or begin in the one and go on in the
 * other, as ClickHouse reads it. Throws EngineError: no text, several statements, access to files.
 */
export function planQuery(urlQuery: string, body: Body): Plan {
  const trimmed = urlQuery.trimEnd();
  if (trimmed !== '') {
    const statement = readStatement(trimmed);
    refuseFiles(trimmed, statement);
    if (statement.kind === 'insert-data' || (statement.insert !== undefined && hasData(body))) {
      return insertPlan(trimmed, statement, body.head, body.rest);
    }
    if (!hasData(body)) return queryPlan(trimmed, statement);
  }
  const text = trimmed === '' ? body.head : Buffer.concat([Buffer.from(`${trimmed}\n`), body.head]);
  // Latin-1 keeps one character for one byte, so that places in the text are places in the bytes.
  const statement = readStatement(text.toString('latin1', 0, headLimitBytes));
  if (statement.insert !== undefined) {
    const head = text.subarray(0, statement.insert.headEnd).toString('utf8');
    refuseFiles(head, statement);
    const data = text.subarray(skipBreak(text, statement.insert.headEnd));
    if (statement.kind === 'insert-data' || data.length > 0 || body.rest !== undefined) {
      return insertPlan(head, readStatement(head), data, body.rest);
    }
  }
  if (body.rest !== undefined) {
    throw engineError(
      'QUERY_IS_TOO_LARGE',
      `Query is too large: more than ${body.head.length} bytes without data of an INSERT`,
    );
  }
  const sql = text.toString('utf8');
  refuseFiles(sql, statement);
  return queryPlan(sql, readStatement(sql));
}

function isValues(insert: InsertHead): boolean {
  return insert.format.toUpperCase() === 'VALUES';
}

function hasData(body: Body): boolean {
  return body.head.length > 0 || body.rest !== undefined;
}

function refuseFiles(sql: string, statement: Statement): void {
  if (statement.fileClause === 'INTO OUTFILE') {
    throw engineError('INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed over HTTP, the answer is the result');
  }
  if (statement.fileClause === 'FROM INFILE') {
    throw engineError('SUPPORT_IS_DISABLED', 'FROM INFILE is not allowed over HTTP, send the data in the body');
  }
  refuseFileAccess(sql);
}

function queryPlan(sql: string, statement: Statement): QueryPlan {
  if (statement.verb === '') throw engineError('SYNTAX_ERROR', 'Empty query');
  if (statement.hasMore) {
    throw engineError(
      'SYNTAX_ERROR',
      `Syntax error (Multi-statements are not allowed): failed at position ${statement.end + 1} (end of query)`,
    );
  }
  const kind = statement.kind === 'insert-data' ? 'control' : statement.kind;
  const { format } = statement;
  if (format === undefined || kind === 'insert-select')
    return { kind, sql: sql.slice(0, statement.end), format: undefined };
  return { kind, sql: `${sql.slice(0, format.start)}${sql.slice(format.end, statement.end)}`, format: format.name };
}

function insertPlan(sql: string, statement: Statement, data: Buffer, rest: InsertPlan['rest']): InsertPlan {
  const insert = statement.insert!;
  if (isValues(insert)) refuseFileAccessInValues(data);
  return {
    kind: 'insert-data',
    sql,
    data,
    rest: rest ?? (endsEarly(statement, insert, data) ? nothingMore : undefined),
    fromFile: (path) => insertFromFile(sql, statement, insert, path),
  };
}

/**
 * chDB takes an empty line for the end of inline data, in binary formats too: the rows behind it would be lost or run as a statement.
 * Such data goes through a file.
 */
function endsEarly(statement: Statement, insert: InsertHead, data: Buffer): boolean {
  return statement.kind === 'insert-data' && !isValues(insert) && data.includes('\n\n');
}

const nothingMore: AsyncIterable<Buffer> = {
  async *[Symbol.asyncIterator]() {},
};

function insertFromFile(sql: string, statement: Statement, insert: InsertHead, path: string): string {
  if (statement.kind === 'insert-select') {
    throw engineError(
      'QUERY_IS_TOO_LARGE',
      'The data of an INSERT through input() is too large, insert it in smaller parts',
    );
  }
  const tail = sql.slice(insert.headEnd).trim();
  if (tail !== '' && !/^SETTINGS\b/i.test(tail)) {
    throw engineError(
      'QUERY_IS_TOO_LARGE',
      'The data of an INSERT begins in the URL and is too large, send all of it in the body',
    );
  }
  const target = sql.slice(0, insert.clauseStart).trimEnd();
  const settings = [sql.slice(insert.clauseStart, insert.formatStart).trim(), tail].filter((text) => text !== '');
  // Rows in a file are not read here, so expressions in them could open files.
  if (isValues(insert))
    settings.push(`${settings.length === 0 ? 'SETTINGS' : ','} input_format_values_interpret_expressions = 0`);
  return `${target} FROM INFILE ${quoteString(path)} COMPRESSION 'none' ${settings.join(' ')} FORMAT ${insert.format}`;
}

/** Between an INSERT's head and its data stand blanks and at most one line break, as in ClickHouse's parser. */
function skipBreak(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0c) at++;
  if (bytes[at] === 0x0d) at++;
  if (bytes[at] === 0x0a) at++;
  return at;
}
