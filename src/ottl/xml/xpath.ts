import { fail } from '../values.ts';
import type { XmlNode } from './tree.ts';
import { type Axis, isAxis } from './xpath-axes.ts';
import { callOf } from './xpath-functions.ts';
import {
  binary,
  constant,
  filtered,
  type NodeTest,
  negated,
  rootOf,
  stepOf,
  unionOf,
  type XPathExpression,
  type XPathItem,
  XPathRun,
} from './xpath-run.ts';
import { type XPathToken, xpathTokens } from './xpath-tokens.ts';

/** Expressions in expressions. */
const DEPTH_LIMIT = 200;
const NODE_TYPES: readonly string[] = ['node', 'text', 'comment', 'processing-instruction'];
const STEP_SYMBOLS: readonly string[] = ['.', '..', '@', '*'];

/** Operators from the weakest to the strongest. */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['=', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', 'div', 'mod'],
];

/** An XPath 1.0 expression, with the functions that github.com/antchfx/xpath adds. Mistakes fail when it is compiled. */
export function compileXPath(source: string): (document: XmlNode) => readonly XPathItem[] {
  const expression = new XPathParser(source).parse();
  return (document) => {
    const run = new XPathRun(document);
    const value = expression({ run, item: document, position: 1, size: 1 });
    return Array.isArray(value) ? value : [];
  };
}

/** A recursive descent over the grammar of https://www.w3.org/TR/xpath-10/. */
class XPathParser {
  readonly #source: string;
  readonly #tokens: readonly XPathToken[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    if (source === '') fail('invalid xpath: it is empty');
    this.#tokens = xpathTokens(source);
  }

  parse(): XPathExpression {
    const expression = this.#expression();
    if (this.#token.kind !== 'end') this.#wrong();
    return expression;
  }

  get #token(): XPathToken {
    return this.#tokens[this.#at]!;
  }

  #expression(): XPathExpression {
    if (++this.#depth > DEPTH_LIMIT) fail(`invalid xpath: it is too complex (depth > ${DEPTH_LIMIT})`);
    const expression = this.#operation(0);
    this.#depth--;
    return expression;
  }

  #operation(level: number): XPathExpression {
    if (level === LEVELS.length) return this.#unary();
    let left = this.#operation(level + 1);
    for (;;) {
      const { kind, text, prefix } = this.#token;
      const isOperator = kind === 'symbol' || (kind === 'name' && prefix === '');
      if (!isOperator || !LEVELS[level]!.includes(text)) return left;
      this.#at++;
      left = binary(text, left, this.#operation(level + 1));
    }
  }

  #unary(): XPathExpression {
    let isNegative = false;
    while (this.#takes('-')) isNegative = !isNegative;
    let expression = this.#path();
    while (this.#takes('|')) expression = unionOf(expression, this.#path());
    return isNegative ? negated(expression) : expression;
  }

  #path(): XPathExpression {
    if (!this.#isPrimary()) return this.#location();
    let expression = this.#primary();
    while (this.#is('[')) expression = filtered(expression, this.#predicate());
    if (this.#takes('/')) return this.#steps(expression, false);
    return this.#takes('//') ? this.#steps(expression, true) : expression;
  }

  #isPrimary(): boolean {
    const { kind, text, prefix, isCalled } = this.#token;
    if (kind === 'text' || kind === 'number') return true;
    if (kind === 'symbol') return text === '(' || text === '$';
    return kind === 'name' && isCalled && !(prefix === '' && NODE_TYPES.includes(text));
  }

  #primary(): XPathExpression {
    const { kind, text, prefix } = this.#token;
    this.#at++;
    if (kind === 'text') return constant(text);
    if (kind === 'number') return constant(Number(text));
    if (text === '$') fail(`invalid xpath: undeclared variable $${this.#token.text}`);
    if (kind === 'symbol') {
      const expression = this.#expression();
      this.#expect(')');
      return expression;
    }
    const name = prefix === '' ? text : `${prefix}:${text}`;
    this.#expect('(');
    const values: XPathExpression[] = [];
    if (!this.#is(')')) {
      do values.push(this.#expression());
      while (this.#takes(','));
    }
    this.#expect(')');
    return callOf(name, values);
  }

  #location(): XPathExpression {
    if (this.#takes('/')) return this.#isStep() ? this.#steps(rootOf, false) : rootOf;
    return this.#takes('//') ? this.#steps(rootOf, true) : this.#steps(undefined, false);
  }

  #isStep(): boolean {
    const { kind, text } = this.#token;
    return kind === 'name' || kind === 'axis' || (kind === 'symbol' && STEP_SYMBOLS.includes(text));
  }

  /** `isBelow`: the first one is behind `//`. */
  #steps(input: XPathExpression | undefined, isBelow: boolean): XPathExpression {
    let path = this.#step(input, isBelow);
    for (;;) {
      if (this.#takes('//')) path = this.#step(path, true);
      else if (this.#takes('/')) path = this.#step(path, false);
      else return path;
    }
  }

  #step(from: XPathExpression | undefined, isBelow: boolean): XPathExpression {
    const input = isBelow ? stepOf(from, 'descendant-or-self', ANY, []) : from;
    if (this.#takes('(')) {
      let steps = this.#step(input, false);
      while (this.#takes(',')) steps = unionOf(steps, this.#step(input, false));
      this.#expect(')');
      return steps;
    }
    if (this.#takes('.')) return stepOf(input, 'self', ANY, this.#predicates());
    if (this.#takes('..')) return stepOf(input, 'parent', ANY, this.#predicates());
    const axis = this.#axis();
    const test = this.#nodeTest(axis);
    const predicates = this.#predicates();
    // The same nodes, in the order in which they stand; a position counts among the children of one.
    const isPlain = isBelow && axis === 'child' && predicates.length === 0;
    return isPlain ? stepOf(from, 'descendant', test, []) : stepOf(input, axis, test, predicates);
  }

  #axis(): Axis {
    if (this.#takes('@')) return 'attribute';
    const { kind, text } = this.#token;
    if (kind !== 'axis') return 'child';
    this.#at++;
    return isAxis(text) ? text : fail(`invalid xpath: unknown axis: ${text}`);
  }

  #nodeTest(axis: Axis): NodeTest {
    const { kind, text, prefix, isCalled } = this.#token;
    const type = axis === 'attribute' ? 'attribute' : 'element';
    if (kind === 'symbol' && text === '*') {
      this.#at++;
      return { type, name: undefined };
    }
    if (kind !== 'name') fail(`invalid xpath: ${this.#source}: expression must evaluate to a node-set`);
    this.#at++;
    if (!isCalled || prefix !== '' || !NODE_TYPES.includes(text)) return { type, name: { prefix, local: text } };
    this.#expect('(');
    const target = text === 'processing-instruction' && this.#token.kind === 'text' ? this.#token.text : undefined;
    if (target !== undefined) this.#at++;
    this.#expect(')');
    if (text === 'node') return ANY;
    if (text === 'processing-instruction')
      return { type: 'instruction', name: target === undefined ? undefined : { prefix: '', local: target } };
    return { type: text as 'text' | 'comment', name: undefined };
  }

  #predicates(): readonly XPathExpression[] {
    const predicates: XPathExpression[] = [];
    while (this.#is('[')) predicates.push(this.#predicate());
    return predicates;
  }

  #predicate(): XPathExpression {
    this.#expect('[');
    const expression = this.#expression();
    this.#expect(']');
    return expression;
  }

  #is(symbol: string): boolean {
    return this.#token.kind === 'symbol' && this.#token.text === symbol;
  }

  #takes(symbol: string): boolean {
    if (!this.#is(symbol)) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#takes(symbol)) this.#wrong();
  }

  #wrong(): never {
    const { kind, text } = this.#token;
    fail(`invalid xpath: ${this.#source} has an invalid token: ${kind === 'end' ? 'it ends too early' : text}`);
  }
}

const ANY: NodeTest = { type: 'any', name: undefined };
