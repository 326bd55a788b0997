import { quotePattern } from '#base/quote-pattern.ts';
import {
  type LabelFilter,
  type LogExpr,
  type LogqlExpr,
  type MetricExpr,
  parseLogql,
  printLogql,
  type Stage,
  type StreamMatcher,
} from '#lang/logql';
import { type MatchOperator, type PromExpr, parsePromql, printPromql, selectorsIn } from '#lang/promql';
import type { AdHocFilter, Dashboard } from '../model.ts';
import { answeredBy } from '../sources.ts';
import type { Scope } from './scope.ts';

/** What a filter can say of a label; the last two take several values. */
export const AD_HOC_OPERATORS = ['=', '!=', '=~', '!~', '=|', '!=|'] as const;

export function takesSeveral(operator: string): boolean {
  return operator.endsWith('|');
}

/** Filters with the language whose queries they narrow. */
export interface AppliedFilters {
  /** undefined: of both, since the variable names no source. */
  readonly source: 'prometheus' | 'loki' | undefined;
  readonly filters: readonly AdHocFilter[];
}

/** Of all ad hoc variables. `chosen` is what stands in the address, a text a filter (readFilters): where a variable is not in it, the file's filters hold. */
export function filtersOf(
  { variables }: Pick<Dashboard, 'variables'>,
  chosen: ReadonlyMap<string, readonly string[]>,
  scope: Scope,
): readonly AppliedFilters[] {
  return variables.flatMap((variable) => {
    if (variable.kind !== 'adhoc') return [];
    const { name, source, filters, baseFilters } = variable;
    const kind = source === undefined ? undefined : answeredBy(source, scope).kind;
    const own = chosen.get(name);
    const all = [...baseFilters, ...(own === undefined ? filters : readFilters(own))];
    return [{ source: kind === 'prometheus' || kind === 'loki' ? kind : undefined, filters: all }];
  });
}

/** `key|operator|value`, as Grafana's addresses have it: a bar within a part is `__gfp__`, a comma `__gfc__`, a hash `__gfh__`. */
export function printFilter({ key, operator, values }: AdHocFilter): string {
  return [key, operator, ...values]
    .map((part) => part.replaceAll('|', '__gfp__').replaceAll(',', '__gfc__').replaceAll('#', '__gfh__'))
    .join('|');
}

/** What is none is left out. Behind a comma stands what a part is shown as. */
export function readFilters(texts: readonly string[]): readonly AdHocFilter[] {
  return texts.flatMap((text) => {
    const [key = '', operator = '', ...values] = text
      .split('|')
      .map((part) =>
        part.split(',')[0]!.replaceAll('__gfp__', '|').replaceAll('__gfc__', ',').replaceAll('__gfh__', '#'),
      );
    return key === '' || operator === '' ? [] : [{ key, operator, values: values.length > 0 ? values : [''] }];
  });
}

/** A PromQL text with filters of ad hoc variables in each of its selectors. Throws a PromqlError where the text is no PromQL. */
export function withAdHocFilters(expr: string, filters: readonly AdHocFilter[]): string {
  const matchers = filters.flatMap(matcherOf);
  if (matchers.length === 0) return expr;
  const tree = structuredClone(parsePromql(expr)) as PromExpr;
  for (const selector of selectorsIn(tree)) {
    // The metric's own matcher is the last, and is printed before the braces.
    Object.assign(selector, { matchers: [...matchers, ...selector.matchers] });
  }
  return printPromql(tree);
}

/** The matchers of a selector, such as `{a="b"}`, that a question about labels is narrowed by; empty for none. */
export function selectorOf(filters: readonly AdHocFilter[]): string {
  const matchers = filters.flatMap(matcherOf);
  return matchers.length === 0
    ? ''
    : `{${matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`).join(',')}}`;
}

/**
 * A LogQL text with the filters: in the selectors of streams; behind the last stage of an expression that takes labels out of its lines, since they may be
 * meant. Throws a LogqlError where the text is no LogQL.
 */
export function withAdHocLogFilters(expr: string, filters: readonly AdHocFilter[]): string {
  const matchers = filters.flatMap(matcherOf);
  if (matchers.length === 0) return expr;
  const narrowed = (logs: LogExpr): LogExpr =>
    logs.stages.some(({ kind }) => PARSERS.has(kind))
      ? { ...logs, stages: [...logs.stages, ...matchers.map(stageOf)] }
      : { ...logs, matchers: [...logs.matchers, ...matchers] };
  return printLogql(mapLogs(parseLogql(expr), narrowed));
}

const PARSERS: ReadonlySet<Stage['kind']> = new Set(['json', 'logfmt', 'pattern', 'regexp', 'unpack'] as const);

function stageOf(matcher: StreamMatcher): Stage {
  const filter: LabelFilter = { kind: 'text', ...matcher };
  return { kind: 'filter', filter };
}

function mapLogs(expr: LogqlExpr, change: (logs: LogExpr) => LogExpr): LogqlExpr {
  return expr.kind === 'logs' ? change(expr) : mapMetric(expr, change);
}

function mapMetric(expr: MetricExpr, change: (logs: LogExpr) => LogExpr): MetricExpr {
  switch (expr.kind) {
    case 'range':
      return { ...expr, logs: change(expr.logs) };
    case 'vector-aggregation':
    case 'label_replace':
      return { ...expr, expr: mapMetric(expr.expr, change) };
    case 'binary':
      return { ...expr, left: mapMetric(expr.left, change), right: mapMetric(expr.right, change) };
    case 'literal':
    case 'vector':
      return expr;
  }
}

function matcherOf({ key, operator, values }: AdHocFilter): { name: string; operator: MatchOperator; value: string }[] {
  if (key === '') return [];
  if (operator === '=' || operator === '!=' || operator === '=~' || operator === '!~')
    return [{ name: key, operator, value: values[0] ?? '' }];
  // One of several, and none of several.
  if (operator === '=|' || operator === '!=|') {
    const pattern = values.map(quotePattern).join('|');
    return [{ name: key, operator: operator === '=|' ? '=~' : '!~', value: pattern }];
  }
  return [];
}
