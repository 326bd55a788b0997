import { fail } from '../values.ts';

export interface XPathToken {
  /** `symbol`: an operator or a bracket. `axis`: a name before `::`. */
  readonly kind: 'symbol' | 'name' | 'axis' | 'text' | 'number' | 'end';
  readonly text: string;
  /** Of a name: what stands before its colon. */
  readonly prefix: string;
  /** Of a name: an opening parenthesis follows. */
  readonly isCalled: boolean;
}

const SPACE = /\s*/y;
const SYMBOL = /\/\/|\.\.|<=|>=|!=|[,@()|*[\]+\-=$<>/.]/y;
const NUMBER = /\d+(?:\.\d*)?|\.\d+/y;
const TEXT = /"([^"]*)"|'([^']*)'/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}_.\-\u00b7]*/uy;
const AXIS = /\s*::/y;
const CALL = /\s*\(/y;

export function xpathTokens(source: string): XPathToken[] {
  const tokens: XPathToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const add = (kind: XPathToken['kind'], text: string, prefix = '', isCalled = false): void => {
    tokens.push({ kind, text, prefix, isCalled });
  };
  for (;;) {
    match(SPACE);
    if (at >= source.length) break;
    const number = match(NUMBER);
    if (number !== null) {
      add('number', number[0]);
      continue;
    }
    const symbol = match(SYMBOL);
    if (symbol !== null) {
      add('symbol', symbol[0]);
      continue;
    }
    const text = match(TEXT);
    if (text !== null) {
      add('text', text[1] ?? text[2]!);
      continue;
    }
    const name = match(NAME)?.[0] ?? fail(`invalid xpath: ${source} has an invalid token at character ${at + 1}`);
    if (match(AXIS) !== null) add('axis', name);
    else if (source[at] === ':') {
      at++;
      const local = source[at] === '*' ? '*' : match(NAME)?.[0];
      if (local === undefined) fail(`invalid xpath: ${source} has an invalid qualified name`);
      if (local === '*') at++;
      add('name', local, name, startsAt(CALL, source, at));
    } else add('name', name, '', startsAt(CALL, source, at));
  }
  add('end', '');
  return tokens;
}

function startsAt(pattern: RegExp, source: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(source);
}
