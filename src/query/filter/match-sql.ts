import { type LabelMatcher, wholePattern } from '#lang/promql';
import { type Sql, sql, text } from '../sql/index.ts';

/** Whether a text meets a matcher of Prometheus' and Loki's languages: expressions are anchored, and their dot matches line breaks. */
export function matchesText(of: Sql, { operator, value }: Pick<LabelMatcher, 'operator' | 'value'>): Sql {
  switch (operator) {
    case '=':
      return sql`${of} = ${text(value)}`;
    case '!=':
      return sql`${of} != ${text(value)}`;
    case '=~':
      return sql`match(${of}, ${text(wholePattern(value).source)})`;
    case '!~':
      return sql`NOT match(${of}, ${text(wholePattern(value).source)})`;
  }
}
