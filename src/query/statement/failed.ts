/** ClickHouse's errors about a statement that somebody wrote, with the place in it. */
import { excerpt, messageOf, withoutPaths } from '#base';
import { SQL_VIEWS } from '#store/schema.ts';
import { QueryError } from '../reader/index.ts';
import { toQueryError } from '../reader/store-errors.ts';

/**
 * Codes that say nothing about the statement: time, size, a store that is busy, away, or without us. 60 and 81 do: the table is the statement's, unless
 * the views' own database is missing.
 */
const NOT_OF_STATEMENT: ReadonlySet<string> = new Set([
  '159',
  '160',
  '158',
  '307',
  '241',
  '396',
  '202',
  '236',
  '394',
  '516',
  '210',
]);
const UNKNOWN_TABLE = '60';
const UNKNOWN_DATABASE = '81';

const VIEW_NAMES = SQL_VIEWS.map(({ name }) => name).join(', ');

/** Any error of a statement as the one that people see. */
export function failedSql(error: unknown, written: string, signal?: AbortSignal): QueryError {
  if (error instanceof QueryError && error.cause === undefined) return error;
  const said = error instanceof QueryError ? error.cause : error;
  const { code } = said as { code?: unknown };
  const isOfStatement = typeof code === 'string' && /^\d+$/.test(code) && !NOT_OF_STATEMENT.has(code);
  if (code === UNKNOWN_DATABASE && /_views\b/.test(messageOf(said)))
    return new QueryError('store_unavailable', 'the views of SQL are not there yet', {
      hint: "the collector makes them at its start; a ClickHouse server's user needs the rights that signalbox store grants prints",
      cause: said,
    });
  if (signal?.aborted || !isOfStatement)
    return toQueryError(signal?.aborted && signal.reason instanceof QueryError ? signal.reason : error);
  const place = placeIn(messageOf(said), written);
  return new QueryError('bad_query', wordsOf(messageOf(said)), {
    query: written,
    ...place,
    hint: code === UNKNOWN_TABLE || code === UNKNOWN_DATABASE ? `there are ${VIEW_NAMES}` : undefined,
    cause: said,
  });
}

/** Without the statement that ClickHouse repeats, and without the list of all that it would have taken. */
function wordsOf(message: string): string {
  const first = withoutPaths(message)
    .replace(/^Code: \d+\. DB::\w*Exception: /, '')
    .replace(
      /:? (?:In scope|in scope|While executing|while executing) [\s\S]*$/,
      (cut) => /Maybe you meant: \[[^\]]*\]/.exec(cut)?.[0].replace(/^/, '. ') ?? '',
    )
    .replace(/\s*Expected one of:[\s\S]*$/, '')
    .replace(/\s*\(version [\s\S]*$/, '')
    .replace(/\s*\([A-Z][A-Z_]+\)\s*$/, '')
    .trim()
    .replace(/[.:,]$/, '');
  return excerpt(first, 500);
}

/** Where ClickHouse stopped reading, as characters of the text; of names that it doesn't know, the name. */
function placeIn(message: string, written: string): { readonly start: number; readonly end: number } | undefined {
  const failed = /failed at position (\d+)/.exec(message);
  if (failed !== null) {
    const start = Buffer.from(written)
      .subarray(0, Number(failed[1]) - 1)
      .toString().length;
    const length = /^(?:\w+|\S)/.exec(written.slice(start))?.[0].length ?? 0;
    // At the end there is nothing to point at but the end.
    return length > 0
      ? { start, end: start + length }
      : { start: Math.max(0, written.length - 1), end: written.length };
  }
  const name = /(?:identifier|function|Function with name|database|Column) [`'"]?([\w.]+)/.exec(message)?.[1];
  const at = name === undefined ? -1 : written.indexOf(name);
  if (at >= 0) return { start: at, end: at + name!.length };
  // ClickHouse puts the database before a table's name.
  const last = name?.split('.').at(-1);
  const lastAt = last === undefined ? -1 : written.indexOf(last);
  return lastAt < 0 ? undefined : { start: lastAt, end: lastAt + last!.length };
}
