/** Why a list of the mock is empty: each condition counted on the items of the range. */
import type { EmptyReasonCondition, EmptyReasonResponse } from '#api/types.ts';
import { queryLanguage } from '#lang/filter';
import { splitTerms } from '../../src/lib/filter-text.ts';
import { compileQuery } from './compile-query.ts';
import { type FilterItem, fieldOf } from './filter.ts';

export interface MockCondition {
  readonly parameter: string;
  readonly text: string;
  readonly test: (item: FilterItem) => boolean;
}

const SHOWN = 3;

export function emptyReason(
  items: readonly FilterItem[],
  chosen: readonly MockCondition[],
  q: string,
): EmptyReasonResponse {
  const terms = queryLanguage(q, 'traces') === 'traceql' ? [q] : splitTerms(q);
  const conditions = [
    ...chosen,
    ...terms.map((text): MockCondition => ({ parameter: 'q', text, test: compileQuery(text, 'traces') })),
  ];
  const count = (tests: readonly MockCondition[]): number =>
    items.filter((item) => tests.every(({ test }) => test(item))).length;
  return {
    lookedAt: items.length,
    all: true,
    conditions: conditions.map((condition, row): EmptyReasonCondition => {
      const { parameter, text } = condition;
      const alone = count([condition]);
      const base = { parameter, text, alone, without: count(conditions.toSpliced(row, 1)) };
      const at = row - chosen.length;
      const wanted = parameter === 'q' ? /^([\w.]+)=(\w.*)$/.exec(text) : [text, parameter, text];
      const offers = alone > 0 || wanted === null ? [] : valuesLike(items, wanted[1]!, wanted[2]!);
      return {
        ...base,
        ...(at >= 0 && { withoutQ: terms.toSpliced(at, 1).join(' ') }),
        suggestions: offers.map(([value, n]) => ({
          value,
          count: n,
          ...(at >= 0 && { q: terms.with(at, `${wanted![1]}=${value}`).join(' ') }),
        })),
        areAlike: offers.length > 0,
      };
    }),
  };
}

/** A rough likeness: the same first letter. */
function valuesLike(items: readonly FilterItem[], key: string, value: string): [string, number][] {
  const values = Map.groupBy(items, (item) => String(fieldOf(item, key)));
  return [...values]
    .filter(([one]) => one[0] === value[0])
    .slice(0, SHOWN)
    .map(([one, of]) => [one, of.length]);
}
