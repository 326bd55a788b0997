/** Errors of the query layer: what went wrong as a stable word, for people a message and a way out. */
export type QueryErrorCode = 'bad_query' | 'not_found' | 'timeout' | 'store_unavailable' | 'too_large' | 'internal';

export interface QueryErrorOptions extends ErrorOptions {
  /** What the person can do next. */
  readonly hint?: string | undefined;
  /** The text that failed, and where in it (character offsets, end exclusive). */
  readonly query?: string;
  readonly start?: number;
  readonly end?: number;
}

export class QueryError extends Error {
  override name = 'QueryError';
  readonly code: QueryErrorCode;
  readonly hint: string | undefined;
  readonly query: string | undefined;
  readonly start: number | undefined;
  readonly end: number | undefined;
  constructor(code: QueryErrorCode, message: string, options: QueryErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
    this.query = options.query;
    this.start = options.start;
    this.end = options.end;
  }
}
