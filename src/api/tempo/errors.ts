import { QueryError } from '#query';
import { TextAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';
import type { ApiRoute } from '../http/plugin.ts';
import { bad } from './parameters.ts';

/** Tempo says what went wrong as plain text, which Grafana shows. */
export function tempoFailure({ status, message, hint }: ApiFailure): TextAnswer {
  return new TextAnswer('text/plain; charset=utf-8', hint === undefined ? message : `${message} (${hint})`, { status });
}

/** The same answer, and what is wrong with a query in Tempo's words. */
export function inForm(route: ApiRoute): ApiRoute {
  return {
    ...route,
    answer: async (request) => {
      try {
        return await route.answer(request);
      } catch (error) {
        throw asTempoError(error);
      }
    },
  };
}

export function asTempoError(error: unknown): unknown {
  if (!(error instanceof QueryError) || error.query === undefined) return error;
  const { code, message, hint } = error;
  if (code !== 'bad_query') return error;
  return bad(`invalid TraceQL query: ${message}${hint === undefined ? '' : ` (${hint})`}`);
}
