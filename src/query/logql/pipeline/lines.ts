import { isLikePattern, type LineFilter, type LineOperator, type LineTerm, readLinePattern } from '#lang/logql';
import { Pattern } from '#lang/pattern';
import { ipTest } from './ip.ts';

/** Whether a line passes a filter. */
export type LineTest = (line: string) => boolean;

/** Throws an Error for an address that is none. */
export function compileLineFilter({ operator, terms }: LineFilter): LineTest {
  const tests = terms.map((term) => termTest(operator, term));
  const isWanted = operator.startsWith('|');
  const [only] = tests;
  if (tests.length === 1) return isWanted ? only! : (line) => !only!(line);
  return (line) => tests.some((test) => test(line)) === isWanted;
}

function termTest(operator: LineOperator, { value, isIp }: LineTerm): LineTest {
  if (isIp) return ipTest(value);
  switch (operator) {
    case '|=':
    case '!=':
      return (line) => line.includes(value);
    case '|~':
    case '!~': {
      const pattern = new Pattern(lineRegex(value));
      return (line) => pattern.test(line);
    }
    case '|>':
    case '!>': {
      const parts = readLinePattern(value, false);
      return (line) => isLikePattern(parts, line);
    }
  }
}

/** Of a line filter: its dot matches line breaks, too, as Loki's does. */
function lineRegex(source: string): string {
  return `(?s:${source})`;
}
