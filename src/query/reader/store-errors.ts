/** The store's errors, and those of the way to it, as the ones that people see. */
import { excerpt, messageOf, withoutPaths } from '#base';
import { QueryError } from './errors.ts';
import type { ReadLimits } from './options.ts';

/** Any error of a read; an aborted signal is one, too. */
export function failed(signal: AbortSignal | undefined, error: unknown): QueryError {
  return givenUp(signal, error) ?? toQueryError(error);
}

/** What an aborted signal means: who set a deadline says so by its reason, everybody else went away. */
function givenUp(signal: AbortSignal | undefined, cause: unknown): QueryError | undefined {
  if (!signal?.aborted) return undefined;
  return signal.reason instanceof QueryError
    ? signal.reason
    : new QueryError('timeout', 'the request was given up', { cause });
}

const LOST_CONNECTION_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);

export function isLostConnection(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return (typeof code === 'string' && LOST_CONNECTION_CODES.has(code)) || /socket hang up/i.test(messageOf(error));
}

/** ClickHouse's numbers of the errors that have a meaning of their own for people. */
const CODES: { readonly [code: string]: (message: string, cause: unknown) => QueryError } = {
  // TIMEOUT_EXCEEDED, TOO_SLOW
  159: timeout,
  160: timeout,
  // TOO_MANY_ROWS, TOO_MANY_BYTES, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES
  158: tooLarge,
  307: tooLarge,
  241: tooLarge,
  396: tooLarge,
  // TOO_MANY_SIMULTANEOUS_QUERIES
  202: (_, cause) => unavailable('the store is busy with other queries', 'try again in a moment', cause),
  // UNKNOWN_TABLE, UNKNOWN_DATABASE, ABORTED
  60: notReady,
  81: notReady,
  236: notReady,
  // AUTHENTICATION_FAILED
  516: (_, cause) =>
    unavailable('the store refuses the user or the password', 'check the settings of the store', cause),
  // CANNOT_COMPILE_REGEXP
  427: (message, cause) =>
    new QueryError('bad_query', `not a valid regular expression: ${regexReason(message)}`, { cause }),
};

function timeout(_message: string, cause: unknown): QueryError {
  return new QueryError('timeout', 'the query took longer than allowed', {
    hint: 'choose a shorter time range, or narrow it by service',
    cause,
  });
}

/** The store holds the connection and says nothing. */
export function storeHangs(cause?: unknown): QueryError {
  return new QueryError('timeout', 'the store does not answer in time', {
    hint: 'it may hang; the page of the system says since when',
    ...(cause !== undefined && { cause }),
  });
}

/** The answer is longer than the statement may give. */
export function tooLong(): QueryError {
  return tooLarge('', undefined);
}

/** Whether the store refused to read more rows or bytes: TOO_MANY_ROWS, TOO_MANY_BYTES. */
export function wasTooMuch(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === '158' || code === '307';
}

/** A statement that was refused for what it would read. `estimatedRows`: what the store expects, where it says so. */
export function costsTooMuch(
  limits: Partial<ReadLimits>,
  estimatedRows: number | undefined,
  cause: unknown,
): QueryError {
  const { rows = Number.POSITIVE_INFINITY, bytes = 0 } = limits;
  const isRows = (cause as { code?: unknown }).code === '158' && rows < Number.POSITIVE_INFINITY;
  const expected = estimatedRows === undefined ? '' : countText(estimatedRows);
  const what = isRows
    ? `${expected || 'too many'} rows, at most ${countText(rows)} are allowed`
    : `more than ${countText(bytes)} bytes${expected && ` of ${expected} rows`}, which is the limit`;
  return new QueryError('too_large', `the query would read ${what}`, {
    hint: `choose a shorter time range, narrow it by service, or raise signalbox::query::max_read_${isRows ? 'rows' : 'bytes'} in the configuration`,
    cause,
  });
}

function countText(count: number): string {
  return count.toLocaleString('en-US');
}

function tooLarge(_message: string, cause: unknown): QueryError {
  return new QueryError('too_large', 'the query would read or hold more than allowed', {
    hint: 'choose a shorter time range, or narrow it by service',
    cause,
  });
}

function notReady(_message: string, cause: unknown): QueryError {
  return unavailable(
    'the store is not set up yet',
    'it is, once the collector has started with the store exporter',
    cause,
  );
}

function unavailable(message: string, hint: string, cause: unknown): QueryError {
  return new QueryError('store_unavailable', message, { hint, cause });
}

function regexReason(message: string): string {
  return excerpt(/error: ([^.:]+)/.exec(message)?.[1] ?? message.split('\n')[0]!);
}

/** Any error of a query as the one that people see. */
export function toQueryError(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && Object.hasOwn(CODES, code)) return CODES[code]!(messageOf(error), error);
  if (isLostConnection(error))
    return unavailable('the store does not answer', 'it comes back by itself; the page tries again', error);
  // Node's error of an aborted stream, and the client's of an aborted request.
  if (error instanceof Error && (error.name === 'AbortError' || /aborted a request/.test(error.message)))
    return storeHangs(error);
  if (/timeout/i.test(messageOf(error)) && typeof code !== 'string') return timeout('', error);
  return new QueryError(
    'internal',
    `the store failed: ${excerpt(withoutPaths(messageOf(error).split('\n')[0]!), 300)}`,
    {
      cause: error,
    },
  );
}
