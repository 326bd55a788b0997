import type { OttlComparisonOperator } from '#lang/ottl';
import { VALUE_EMPTY } from '#pdata';
import { compare } from './compare.ts';
import type { Expression } from './expression.ts';
import type { Place } from './place.ts';

/** Whether something holds for the item that a place stands on. */
export type Test = (at: Place) => boolean;

const MIRRORED: Readonly<Record<OttlComparisonOperator, OttlComparisonOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** A comparison. What lies in columns is compared there, without making a value of it. */
export function compileComparison(left: Expression, operator: OttlComparisonOperator, right: Expression): Test {
  if (left.literal !== undefined && right.literal !== undefined) {
    const answer = compare(left.literal, right.literal, operator);
    return () => answer;
  }
  // `nil < x` is asked the other way round by contrib, too: nothing changes, since nil has no order.
  if (left.literal !== undefined) return compileComparison(right, MIRRORED[operator], left);
  return inColumns(left, operator, right.literal) ?? ((at) => compare(left.get(at), right.get(at), operator));
}

function inColumns(
  left: Expression,
  operator: OttlComparisonOperator,
  literal: Expression['literal'],
): Test | undefined {
  if (left.isSmallInt && typeof literal === 'number' && Number.isSafeInteger(literal)) {
    return smallInts(left.get as (at: Place) => number, operator, literal);
  }
  const { equalsText, attributes, attribute } = left;
  if (operator !== '==' && operator !== '!=') return undefined;
  const wantsEqual = operator === '==';
  if (equalsText !== undefined && typeof literal === 'string') {
    const bytes = new TextEncoder().encode(literal);
    return (at) => equalsText(at, bytes) === wantsEqual;
  }
  if (literal === null && attributes !== undefined && attribute !== undefined) {
    return (at) => {
      const cursor = attributes(at);
      const row = cursor.find(attribute);
      return (row < 0 || cursor.found.type[row] === VALUE_EMPTY) === wantsEqual;
    };
  }
  return undefined;
}

function smallInts(get: (at: Place) => number, operator: OttlComparisonOperator, literal: number): Test {
  switch (operator) {
    case '==':
      return (at) => get(at) === literal;
    case '!=':
      return (at) => get(at) !== literal;
    case '<':
      return (at) => get(at) < literal;
    case '<=':
      return (at) => get(at) <= literal;
    case '>':
      return (at) => get(at) > literal;
    case '>=':
      return (at) => get(at) >= literal;
  }
}
