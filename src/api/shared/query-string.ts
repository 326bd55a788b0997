import type { Answer } from '../http/answers.ts';
import type { ApiRequest, ApiRoute, QueryString } from '../http/plugin.ts';

/** The first value of a parameter; undefined where it is not there or empty. */
export function one(query: QueryString, name: string): string | undefined {
  const value = query[name];
  const first = typeof value === 'object' ? value[0] : value;
  return first === '' ? undefined : first;
}

/** All values of a parameter. */
export function many(query: QueryString, name: string): readonly string[] {
  const value = query[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

type AnswerTo = (request: ApiRequest, query: QueryString) => Promise<Answer>;

/** Makes routes by GET and by POST with a form, as clients of Prometheus and Loki like them. `inForm` answers failures in the API's form. */
export function routesByBoth(
  inForm: (answer: (request: ApiRequest) => Promise<Answer>) => ApiRoute['answer'],
  parametersOf: (request: ApiRequest) => QueryString,
): (path: string, answer: AnswerTo) => readonly ApiRoute[] {
  return (path, answer) => {
    const answerInForm = inForm((request) => answer(request, parametersOf(request)));
    return (['GET', 'POST'] as const).map((method) => ({ method, path, answer: answerInForm }));
  };
}
