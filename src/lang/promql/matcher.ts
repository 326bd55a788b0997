import { Pattern } from '../pattern/index.ts';
import type { LabelMatcher } from './tree.ts';

/** A matcher's regular expression covers the whole value, and its dot line breaks too. Throws RE2's error for what is none. */
export function wholePattern(source: string): Pattern {
  // Apart, so that an error shows what the user wrote, and so that no parenthesis of it closes ours.
  new Pattern(source);
  return new Pattern(`^(?s:${source})$`);
}

/** Whether a label has a value that the matcher wants; a label that is not there has the value ''. */
export function matcherTest(matcher: LabelMatcher): (labelValue: string) => boolean {
  const test = TESTS.get(matcher) ?? newTest(matcher);
  TESTS.set(matcher, test);
  return test;
}

/** A query asks for that of the same matcher several times, and a long expression takes long to be compiled. */
const TESTS = new WeakMap<LabelMatcher, (labelValue: string) => boolean>();

function newTest({ operator, value }: LabelMatcher): (labelValue: string) => boolean {
  switch (operator) {
    case '=':
      return (other) => other === value;
    case '!=':
      return (other) => other !== value;
    case '=~': {
      const pattern = wholePattern(value);
      return (other) => pattern.test(other);
    }
    case '!~': {
      const pattern = wholePattern(value);
      return (other) => !pattern.test(other);
    }
  }
}
