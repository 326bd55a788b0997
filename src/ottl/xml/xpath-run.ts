import { fail } from '../values.ts';
import { innerText, type XmlNode } from './tree.ts';
import { type Axis, itemsOn, type XPathItem } from './xpath-axes.ts';

export type { XPathItem } from './xpath-axes.ts';

export type XPathValue = readonly XPathItem[] | string | number | boolean;

export interface XPathContext {
  readonly run: XPathRun;
  readonly item: XPathItem;
  /** From 1 on, among the items of one step. */
  readonly position: number;
  readonly size: number;
}

export type XPathExpression = (context: XPathContext) => XPathValue;

/** Items that one evaluation may look at: an expression within an expression looks at all of a document for each of its nodes. */
const VISITS_LIMIT = 1_000_000;

/** One evaluation. */
export class XPathRun {
  readonly document: XmlNode;
  #visits = 0;

  constructor(document: XmlNode) {
    this.document = document;
  }

  visit(): void {
    if (++this.#visits > VISITS_LIMIT) fail(`the xpath looks at more than ${VISITS_LIMIT} nodes`);
  }
}

export interface NodeTest {
  readonly type: 'element' | 'attribute' | 'text' | 'comment' | 'instruction' | 'any';
  /** undefined: whatever it is called. */
  readonly name: { readonly prefix: string; readonly local: string } | undefined;
}

function passes(item: XPathItem, { type, name }: NodeTest): boolean {
  if (type !== 'any' && !isOfType(item, type)) return false;
  if (name === undefined) return true;
  if (item.prefix !== name.prefix) return false;
  return name.local === '*' || name.local === localName(item);
}

function isOfType({ kind }: XPathItem, type: NodeTest['type']): boolean {
  if (type === 'element') return kind === 'element' || kind === 'instruction';
  if (type === 'text') return kind === 'text' || kind === 'cdata' || kind === 'notation';
  return kind === type;
}

export function localName(item: XPathItem): string {
  return item.kind === 'attribute' ? item.local : item.data;
}

/** `/` */
export const rootOf: XPathExpression = ({ run }) => [run.document];

export function constant(value: string | number): XPathExpression {
  return () => value;
}

/** A step of a path: from each item of the input along the axis. Without an input it begins at the context's item. */
export function stepOf(
  input: XPathExpression | undefined,
  axis: Axis,
  test: NodeTest,
  predicates: readonly XPathExpression[],
): XPathExpression {
  return (context) => {
    const from = input === undefined ? [context.item] : nodesOf(input(context));
    const found = new Set<XPathItem>();
    for (const item of from) {
      let items: XPathItem[] = [];
      for (const each of itemsOn(axis, item)) {
        context.run.visit();
        if (passes(each, test)) items.push(each);
      }
      for (const predicate of predicates) items = items.filter(holding(predicate, context.run));
      for (const each of items) found.add(each);
    }
    return [...found];
  };
}

/** The items of a set that pass a predicate, whose positions are those in the whole set. */
export function filtered(input: XPathExpression, predicate: XPathExpression): XPathExpression {
  return (context) => nodesOf(input(context)).filter(holding(predicate, context.run));
}

function holding(
  predicate: XPathExpression,
  run: XPathRun,
): (item: XPathItem, index: number, all: readonly XPathItem[]) => boolean {
  return (item, index, all) => {
    run.visit();
    const value = predicate({ run, item, position: index + 1, size: all.length });
    return typeof value === 'number' ? Math.trunc(value) === index + 1 : asBoolean(value);
  };
}

export function unionOf(left: XPathExpression, right: XPathExpression): XPathExpression {
  return (context) => [...new Set([...nodesOf(left(context)), ...nodesOf(right(context))])];
}

export function negated(of: XPathExpression): XPathExpression {
  return (context) => -asNumber(of(context));
}

export function binary(operator: string, left: XPathExpression, right: XPathExpression): XPathExpression {
  switch (operator) {
    case 'or':
      return (context) => asBoolean(left(context)) || asBoolean(right(context));
    case 'and':
      return (context) => asBoolean(left(context)) && asBoolean(right(context));
    case '+':
      return (context) => asNumber(left(context)) + asNumber(right(context));
    case '-':
      return (context) => asNumber(left(context)) - asNumber(right(context));
    case '*':
      return (context) => asNumber(left(context)) * asNumber(right(context));
    case 'div':
      return (context) => asNumber(left(context)) / asNumber(right(context));
    case 'mod':
      return (context) => asNumber(left(context)) % asNumber(right(context));
    default:
      return (context) => compares(operator, left(context), right(context), context.run);
  }
}

/** Of sets it is enough that one item compares. */
function compares(operator: string, left: XPathValue, right: XPathValue, run: XPathRun): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    return comparesPlain(operator, asBoolean(left), asBoolean(right));
  }
  if (typeof left === 'object') {
    return left.some((item) => {
      run.visit();
      return compares(operator, stringValue(item), right, run);
    });
  }
  if (typeof right === 'object') {
    return right.some((item) => {
      run.visit();
      return comparesPlain(operator, left, stringValue(item));
    });
  }
  return comparesPlain(operator, left, right);
}

function comparesPlain(operator: string, left: string | number | boolean, right: string | number | boolean): boolean {
  if (operator === '=' || operator === '!=') {
    const isSame =
      typeof left === 'number' || typeof right === 'number' ? asNumber(left) === asNumber(right) : left === right;
    return isSame === (operator === '=');
  }
  const [a, b] = [asNumber(left), asNumber(right)];
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}

export function nodesOf(value: XPathValue): readonly XPathItem[] {
  return typeof value === 'object' ? value : [];
}

/** What an item says. A document, CDATA and declarations say nothing, as in github.com/antchfx/xmlquery. */
export function stringValue(item: XPathItem): string {
  if (item.kind === 'attribute') return item.value;
  if (item.kind === 'element') return innerText(item);
  return item.kind === 'text' || item.kind === 'comment' ? item.data : '';
}

export function asText(value: XPathValue): string {
  if (typeof value === 'object') return value.length === 0 ? '' : stringValue(value[0]!);
  return typeof value === 'number' ? printNumber(value) : String(value);
}

/** Without an exponent, as XPath wants it. */
function printNumber(value: number): string {
  const text = String(value === 0 ? 0 : value);
  if (!text.includes('e')) return text;
  return Number.isInteger(value) ? String(BigInt(value)) : value.toFixed(100).replace(/0+$/, '');
}

export function asNumber(value: XPathValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = asText(value).trim();
  return text === '' || !/^[+-]?(\d|\.\d)/.test(text) ? Number.NaN : Number(text);
}

export function asBoolean(value: XPathValue): boolean {
  if (typeof value === 'object') return value.length > 0;
  return typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : value !== '' && value !== false;
}
