import { queryLanguage } from '#lang/filter';
import { compileFilter, type Predicate } from './filter.ts';
import { compileLogql, compileTraceql } from './languages.ts';

/** A query in whichever language a page asks in. Throws `MockQueryError`. */
export function compileQuery(text: string, signal: 'traces' | 'logs'): Predicate {
  const language = queryLanguage(text, signal);
  if (language === 'filter') return compileFilter(text);
  return language === 'traceql' ? compileTraceql(text) : compileLogql(text);
}
