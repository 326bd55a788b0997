import { QueryError } from '#query';
import { PromqlExecutionError } from '#query/promql.ts';
import type { Answer } from '../http/answers.ts';
import { AnswerError, type ApiFailure } from '../http/errors.ts';
import type { ApiRequest } from '../http/plugin.ts';

/** Prometheus' kinds of errors and the status that goes with each. */
const STATUS = {
  bad_data: 400,
  not_found: 404,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const;
type ErrorType = keyof typeof STATUS;

export function promError(type: ErrorType, message: string): AnswerError {
  return new AnswerError(STATUS[type], type, message);
}

export function badParameter(name: string, message: string): AnswerError {
  return promError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${message}`);
}

/** The same error in Prometheus' kinds. */
function asPromError(error: unknown): unknown {
  if (error instanceof PromqlExecutionError) return promError('execution', error.message);
  if (!(error instanceof QueryError)) return error;
  switch (error.code) {
    case 'bad_query':
      return promError('bad_data', error.message);
    case 'not_found':
      return promError('not_found', error.message);
    case 'timeout':
      return promError('timeout', `query timed out in query execution: ${withHint(error)}`);
    case 'too_large':
      return promError('execution', withHint(error));
    case 'store_unavailable':
      return promError('unavailable', error.message);
    default:
      return error;
  }
}

/** Which limit it was, and how to stay below it. */
function withHint({ message, hint }: QueryError): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}

const TYPES: ReadonlySet<string> = new Set(Object.keys(STATUS));

/** The answer, or what went wrong as Prometheus says it. */
export function inForm(answer: (request: ApiRequest) => Promise<Answer>): (request: ApiRequest) => Promise<Answer> {
  return async (request) => {
    try {
      return await answer(request);
    } catch (error) {
      throw asPromError(error);
    }
  };
}

export function prometheusFailure({ status, code, message }: ApiFailure): object {
  const errorType = TYPES.has(code) ? code : status === 404 ? 'not_found' : status < 500 ? 'bad_data' : 'internal';
  return { status: 'error', errorType, error: message };
}
