import { DecodeError } from '#base';
import { LogqlError } from '#lang/logql';
import { QueryError } from '#query';
import { PromqlExecutionError } from '#query/promql.ts';
import { type Answer, TextAnswer } from '../http/answers.ts';
import { AnswerError, type ApiFailure } from '../http/errors.ts';
import type { ApiRequest } from '../http/plugin.ts';

/** Loki says what went wrong as plain text: 400 for what the client asked, 499 and 504 for time, 503 and 500 for us. */

export function bad(message: string): AnswerError {
  return new AnswerError(400, 'bad_query', message);
}

function asLokiError(error: unknown): unknown {
  if (error instanceof LogqlError || error instanceof PromqlExecutionError || error instanceof DecodeError)
    return bad(error.message);
  if (error instanceof RangeError) return bad(error.message);
  if (error instanceof QueryError && error.code === 'too_large') return bad(error.message);
  return error;
}

/** The answer, or what went wrong as Loki says it. */
export function inForm(answer: (request: ApiRequest) => Promise<Answer>): (request: ApiRequest) => Promise<Answer> {
  return async (request) => {
    try {
      return await answer(request);
    } catch (error) {
      throw asLokiError(error);
    }
  };
}

export function lokiFailure({ status, message, hint }: ApiFailure): TextAnswer {
  const text = hint === undefined ? message : `${message} (${hint})`;
  return new TextAnswer('text/plain; charset=utf-8', text.endsWith('\n') ? text : `${text}\n`, { status });
}
