/** Errors as the console API tells them. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryError, type QueryErrorCode } from '#query';
import type { ApiError } from './console/types.ts';

export const HTTP_STATUS: { readonly [code in QueryErrorCode]: number } = {
  bad_query: 400,
  not_found: 404,
  too_large: 422,
  timeout: 504,
  store_unavailable: 503,
  internal: 500,
};

export function apiError(error: unknown): { readonly status: number; readonly body: { readonly error: ApiError } } {
  if (error instanceof QueryError) {
    const { code, message, hint, query, start, end } = error;
    const body = {
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(query !== undefined && { query }),
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
    };
    return { status: HTTP_STATUS[code], body: { error: body } };
  }
  // Mistakes that the framework finds in a request carry a status below 500 and a text for the client.
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, body: { error: { code: 'bad_query', message: String(message) } } };
  }
  return { status: 500, body: { error: { code: 'internal', message: 'the server failed; its log says why' } } };
}

/** For `app.setErrorHandler`. What is not the client's mistake is logged, with its cause. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = apiError(error);
  if (status === 500) request.log.error({ err: error, url: request.url }, 'request failed');
  if (status === 503) reply.header('retry-after', '1');
  reply.code(status).send(body);
}
