import type { LabelFilter } from '#lang/logql';
import { matcherTest } from '#lang/promql';
import { conversionFault, READ_UNIT } from './conversion.ts';
import { type Entry, ERROR, ERROR_DETAILS } from './entry.ts';
import { ipTest } from './ip.ts';

/** Whether a line stays. */
export type Condition = (entry: Entry) => boolean;

/** A condition on labels. Throws an Error for an address that is none. */
export function compileCondition(filter: LabelFilter): Condition {
  switch (filter.kind) {
    case 'and': {
      const [left, right] = [compileCondition(filter.left), compileCondition(filter.right)];
      return (entry) => left(entry) && right(entry);
    }
    case 'or': {
      const [left, right] = [compileCondition(filter.left), compileCondition(filter.right)];
      // Each part may ask for lines with errors.
      return (entry) => {
        const isLeft = left(entry);
        if (isLeft && !entry.hasFailed) return true;
        return right(entry) || isLeft;
      };
    }
    case 'text': {
      const test = matcherTest(filter);
      if (filter.name !== ERROR) return (entry) => test(entry.get(filter.name));
      return (entry) => {
        const isMet = test(entry.get(ERROR));
        if (isMet && entry.hasFailed) entry.isErrorWanted = true;
        return isMet;
      };
    }
    case 'ip': {
      const hasAddress = ipTest(filter.value);
      const isWanted = filter.operator === '=';
      return (entry) => entry.hasFailed || (entry.has(filter.name) && hasAddress(entry.get(filter.name)) === isWanted);
    }
    case 'compare':
      return comparison(filter);
  }
}

type Comparison = Extract<LabelFilter, { kind: 'compare' }>;

/** A line without the label goes. One whose label is no such quantity stays, with an error, unless it has one already. */
function comparison({ name, operator, value, unit }: Comparison): Condition {
  const compare = COMPARE[operator];
  const read = READ_UNIT[unit];
  // Only conditions on texts see errors.
  const isOfError = name === ERROR || name === ERROR_DETAILS;
  return (entry) => {
    if (isOfError || !entry.has(name)) return false;
    const text = entry.get(name);
    const found = read(text);
    if (found !== undefined) return compare(found, value);
    if (!entry.hasFailed) entry.fail('LabelFilterErr', conversionFault(unit, text));
    return true;
  };
}

const COMPARE: { readonly [operator in Comparison['operator']]: (a: number, b: number) => boolean } = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};
