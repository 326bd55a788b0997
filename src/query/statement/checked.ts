/**
 * A statement that somebody wrote, as it may be sent. ClickHouse's formatter reads it, as a value, and writes it anew with one spelling for every
 * name and quote; a second statement is its syntax error. What is looked for is looked for in that text alone. The embedded engine checks each
 * statement by itself (src/engine/guard), and a server by its grants; what is refused here is what a server would let a reader do: settings in
 * the statement would lift the condition on the tenant, and the limits.
 */
import { QueryError, type ReadOptions, type StoreReader } from '../reader/index.ts';
import { sql, text } from '../sql/index.ts';
import { failedSql } from './failed.ts';

export interface CheckedSql {
  /** Without FORMAT. */
  readonly statement: string;
  /** What stood behind FORMAT. */
  readonly format: string | undefined;
  /** Whether it gives rows of tables, and not what ClickHouse says of them or of a statement. */
  readonly isSelect: boolean;
}

const MAX_STATEMENT_BYTES = 64 * 1024;
/** What the formatter begins statements with that only read. */
const READS = /^(?:SELECT|WITH|\(|EXPLAIN|DESCRIBE|SHOW|EXISTS)\b|^\(/;
/** Texts and quoted names, as the formatter writes them. */
const QUOTED = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/g;

/** Throws QueryError `bad_query`, with the place of a syntax error. */
export async function checkSql(reader: StoreReader, written: string, options: ReadOptions): Promise<CheckedSql> {
  const byteLength = Buffer.byteLength(written);
  if (byteLength > MAX_STATEMENT_BYTES)
    throw new QueryError('bad_query', `a statement of ${byteLength} bytes, at most ${MAX_STATEMENT_BYTES} are read`);
  if (written.trim() === '')
    throw new QueryError('bad_query', 'there is no statement', { hint: 'SHOW TABLES lists what can be asked' });
  let formatted: string;
  try {
    const table = await reader.read(sql`SELECT formatQuerySingleLine(${text(written)}) AS statement`, {
      ...options,
      cost: 'cheap',
    });
    formatted = table.strings('statement')[0]!;
  } catch (error) {
    throw failedSql(error, written);
  }
  const bare = formatted.replace(QUOTED, '');
  if (!READS.test(formatted))
    throw new QueryError(
      'bad_query',
      `only statements that read are run, got ${formatted.split(' ')[0]!.slice(0, 40)}`,
      {
        hint: 'SELECT, WITH, EXPLAIN, DESCRIBE, SHOW',
      },
    );
  if (/\bSETTINGS\b/i.test(bare))
    throw new QueryError('bad_query', 'a statement may have no SETTINGS: limits are those of the server', {
      hint: 'leave the clause out',
    });
  if (/\bINTO OUTFILE\b/i.test(bare))
    throw new QueryError('bad_query', 'INTO OUTFILE is not for this: the answer is the result');
  // Behind it nothing can stand but settings. A text ends with its quote, so this is none.
  const format = / FORMAT (\w+)$/.exec(formatted);
  return {
    statement: format === null ? formatted : formatted.slice(0, format.index),
    format: format?.[1],
    isSelect: !/^(?:EXPLAIN|DESCRIBE|SHOW|EXISTS)\b/.test(formatted),
  };
}
