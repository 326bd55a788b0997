/** What went wrong with a request, whatever API it came to. Each API has a form of its own for it. */
import { QueryError, type QueryErrorCode } from '#query';

export interface ApiFailure {
  readonly status: number;
  /** Stable word. */
  readonly code: string;
  readonly message: string;
  /** What the person can do next. */
  readonly hint?: string;
  /** The query text that failed, and where in it (character offsets, end exclusive). */
  readonly query?: string;
  readonly start?: number;
  readonly end?: number;
}

const HTTP_STATUS: { readonly [code in QueryErrorCode]: number } = {
  bad_query: 400,
  not_found: 404,
  too_large: 422,
  timeout: 504,
  store_unavailable: 503,
  internal: 500,
};

/** A failure that is none of a query: a refusal, something that is not there by design. */
export class AnswerError extends Error {
  override name = 'AnswerError';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function failureOf(error: unknown): ApiFailure {
  if (error instanceof QueryError) {
    const { code, message, hint, query, start, end } = error;
    return {
      status: HTTP_STATUS[code],
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(query !== undefined && { query }),
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
    };
  }
  if (error instanceof AnswerError) return { status: error.status, code: error.code, message: error.message };
  // Mistakes that the framework finds in a request carry a status below 500 and a text for the client.
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: 'bad_query', message: String(message) };
  return { status: 500, code: 'internal', message: 'the server failed; its log says why' };
}

export function nothingAt(method: string, url: string): ApiFailure {
  const path = url.split('?')[0]!.slice(0, 200);
  return { status: 404, code: 'not_found', message: `nothing is at ${method} ${path}` };
}

/** The form of what belongs to no API, and of the console's API. */
export function plainError({ status: _, ...error }: ApiFailure): object {
  return { error };
}
