import { examplesOf } from '#lang/pattern';
import { childrenOf, type PromExpr, parsePromql, selectorsIn } from '#lang/promql';
import type { PromAsk } from '../variables/index.ts';

const ROWS = 2;

/** The value that a label has in a row of synthesized series, where nothing else is wanted of it. */
export function rowValue(label: string, row: number): string {
  return `${label}-${row + 1}`;
}

function rows(label: string): string[] {
  return Array.from({ length: ROWS }, (_, row) => rowValue(label, row));
}

/** All labels that an expression names. */
function labelsIn(expr: PromExpr): string[] {
  const matched = selectorsIn(expr).flatMap(({ matchers }) => matchers.map(({ name }) => name));
  const grouped = (each: PromExpr): string[] => [
    ...(each.kind === 'aggregation' && !each.isWithout ? each.grouping : []),
    ...childrenOf(each).flatMap(grouped),
  ];
  return [...matched, ...grouped(expr)].filter((name) => name !== '__name__' && name !== 'le');
}

function seriesOf(expr: string): Record<string, string>[] {
  const labels = labelsIn(parsePromql(expr));
  return rows('').map((_, row) => Object.fromEntries(labels.map((label) => [label, rowValue(label, row)])));
}

/** Answers variables with values that the synthesizer gives to labels, whatever there is. */
export const FAKE_ASK: PromAsk = {
  labelNames: () => Promise.resolve(['job', 'instance']),
  labelValues: (label, match) => {
    if (label !== '__name__') return Promise.resolve(rows(label));
    const name =
      match === '' ? undefined : selectorsIn(parsePromql(match))[0]?.matchers.find((each) => each.name === '__name__');
    return Promise.resolve(
      name === undefined ? [] : name.operator === '=' ? [name.value] : examplesOf(name.value, ROWS),
    );
  },
  series: (match) => Promise.resolve(seriesOf(match)),
  query: (expr) => Promise.resolve(seriesOf(expr).map((labels) => ({ labels, value: '1', timeMs: 0 }))),
};
