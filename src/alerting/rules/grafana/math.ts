import { Labels } from '#query/promql.ts';
import { type NumberItem, type Result, type Results, resultOf, type SeriesItem } from './values.ts';

/** `$A > 5 && abs($B) < 3`: arithmetic on what queries give, instance by instance (expr/mathexp of Grafana). */

export interface MathNode {
  readonly kind: 'math';
  readonly refId: string;
  readonly text: string;
  readonly tree: MathTree;
}

export type MathTree =
  | { readonly kind: 'number'; readonly value: number | null }
  | { readonly kind: 'variable'; readonly refId: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly of: MathTree }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of: MathTree }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: MathTree; readonly right: MathTree };

type FunctionName = 'abs' | 'log' | 'round' | 'ceil' | 'floor' | 'is_nan' | 'is_inf' | 'is_null' | 'is_number';

const FUNCTIONS: { readonly [name in FunctionName]: (value: number | null) => number | null } = {
  abs: (value) => map(value, Math.abs),
  log: (value) => map(value, Math.log),
  round: (value) => map(value, (x) => Math.sign(x) * Math.round(Math.abs(x))),
  ceil: (value) => map(value, Math.ceil),
  floor: (value) => map(value, Math.floor),
  is_nan: (value) => Number(value !== null && Number.isNaN(value)),
  is_inf: (value) => Number(value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY),
  is_null: (value) => Number(value === null),
  is_number: (value) => Number(value !== null && Number.isFinite(value)),
};

function map(value: number | null, change: (value: number) => number): number | null {
  return value === null ? null : change(value);
}

const CONSTANTS: Readonly<Record<string, number | null>> = {
  inf: Number.POSITIVE_INFINITY,
  infn: Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
  null: null,
};

type BinaryOperator = '||' | '&&' | '==' | '!=' | '>' | '>=' | '<' | '<=' | '+' | '-' | '*' | '/' | '%' | '**';

const OPERATORS: { readonly [operator in BinaryOperator]: (a: number, b: number) => number } = {
  '||': (a, b) => Number(a !== 0 || b !== 0),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
};

/** From the weakest. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '>', '>=', '<', '<='],
  ['+', '-'],
  ['*', '/', '%'],
  ['**'],
];

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|\$\{([^}]+)\}|\$([A-Za-z0-9_]+)|([A-Za-z_]+)|(\*\*|\|\||&&|[=!<>]=|[-+*/%!<>()]))/y;
const DEPTH_MAX = 100;

/** Throws where the text is no such expression. */
export function parseMath(text: string): MathTree {
  const tokens: RegExpExecArray[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) throw new Error(`math: unexpected ${JSON.stringify(text.slice(at).trim().slice(0, 20))}`);
    tokens.push(token);
  }
  return new MathParser(tokens).whole();
}

class MathParser {
  readonly #tokens: readonly RegExpExecArray[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly RegExpExecArray[]) {
    this.#tokens = tokens;
  }

  whole(): MathTree {
    const tree = this.#level(0);
    if (this.#at < this.#tokens.length) throw new Error(`math: unexpected ${this.#tokens[this.#at]![0].trim()}`);
    return tree;
  }

  #level(level: number): MathTree {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#factor();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = operators.find((each) => each === this.#tokens[this.#at]?.[5]);
      if (operator === undefined) return left;
      this.#at++;
      left = { kind: 'binary', operator, left, right: this.#level(level + 1) };
    }
  }

  #factor(): MathTree {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error('math: the expression ends too early');
    if (++this.#depth > DEPTH_MAX) throw new Error('math: is nested too deep');
    try {
      const [, number, braced, variable, name, sign] = token;
      if (number !== undefined) return { kind: 'number', value: Number(number) };
      const refId = braced ?? variable;
      if (refId !== undefined) return { kind: 'variable', refId };
      if (name !== undefined) return this.#call(name);
      if (sign === '!' || sign === '-') return { kind: 'unary', operator: sign, of: this.#factor() };
      if (sign !== '(') throw new Error(`math: unexpected ${sign}`);
      const inner = this.#level(0);
      this.#expect(')');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #call(name: string): MathTree {
    this.#expect('(');
    const value = CONSTANTS[name];
    if (value !== undefined) {
      this.#expect(')');
      return { kind: 'number', value };
    }
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`math: there is no function ${name}`);
    const of = this.#level(0);
    this.#expect(')');
    return { kind: 'call', name: name as FunctionName, of };
  }

  #expect(sign: string): void {
    if (this.#tokens[this.#at++]?.[5] !== sign) throw new Error(`math: expected ${sign}`);
  }
}

/** All queries that an expression names. */
export function variablesIn(tree: MathTree): readonly string[] {
  switch (tree.kind) {
    case 'number':
      return [];
    case 'variable':
      return [tree.refId];
    case 'unary':
    case 'call':
      return variablesIn(tree.of);
    case 'binary':
      return [...variablesIn(tree.left), ...variablesIn(tree.right)];
  }
}

/** A number that stands in the expression has no instance, and goes with any. */
type Operand = Result | { readonly kind: 'scalar'; readonly value: number | null };

export function mathResult({ tree }: MathNode, results: Results): Result {
  const value = evaluate(tree, results);
  return value.kind === 'scalar' ? { kind: 'numbers', items: [{ labels: Labels.NONE, value: value.value }] } : value;
}

function evaluate(tree: MathTree, results: Results): Operand {
  switch (tree.kind) {
    case 'number':
      return { kind: 'scalar', value: tree.value };
    case 'variable':
      return resultOf(results, tree.refId);
    case 'unary': {
      const change = tree.operator === '-' ? (x: number): number => -x : (x: number): number => Number(x === 0);
      return each(evaluate(tree.of, results), (value) =>
        value === null || Number.isNaN(value) ? value : change(value),
      );
    }
    case 'call':
      return each(evaluate(tree.of, results), FUNCTIONS[tree.name]);
    case 'binary':
      return combine(tree.operator, evaluate(tree.left, results), evaluate(tree.right, results));
  }
}

function each(operand: Operand, change: (value: number | null) => number | null): Operand {
  switch (operand.kind) {
    case 'scalar':
      return { kind: 'scalar', value: change(operand.value) };
    case 'numbers':
      return { kind: 'numbers', items: operand.items.map((item) => ({ ...item, value: change(item.value) })) };
    case 'series':
      return { kind: 'series', items: operand.items.map((item) => ({ ...item, values: item.values.map(change) })) };
  }
}

function apply(operator: BinaryOperator, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : OPERATORS[operator](a, b);
}

function combine(operator: BinaryOperator, left: Operand, right: Operand): Operand {
  if (left.kind === 'scalar') return each(right, (value) => apply(operator, left.value, value));
  if (right.kind === 'scalar') return each(left, (value) => apply(operator, value, right.value));
  const pairs = pairsOf(left.items, right.items);
  if (left.kind === 'numbers' && right.kind === 'numbers')
    return {
      kind: 'numbers',
      items: pairs.map(({ labels, a, b }) => ({
        labels,
        value: apply(operator, (a as NumberItem).value, (b as NumberItem).value),
      })),
    };
  return { kind: 'series', items: pairs.map(({ labels, a, b }) => ({ labels, ...combineSeries(operator, a, b) })) };
}

type Item = NumberItem | SeriesItem;

interface Pair {
  readonly labels: Labels;
  readonly a: Item;
  readonly b: Item;
}

/** Instances that belong together: their labels are the same, or those of one are among the other's. One on each side always do. */
function pairsOf(left: readonly Item[], right: readonly Item[]): readonly Pair[] {
  const pairs = left.flatMap((a) =>
    right.flatMap((b): Pair[] => {
      if (contains(a.labels, b.labels)) return [{ labels: a.labels, a, b }];
      return contains(b.labels, a.labels) ? [{ labels: b.labels, a, b }] : [];
    }),
  );
  const [a, b] = [left[0], right[0]];
  if (pairs.length > 0 || left.length !== 1 || right.length !== 1 || a === undefined || b === undefined) return pairs;
  return [{ labels: Labels.NONE, a, b }];
}

export function contains(labels: Labels, part: Labels): boolean {
  return part.pairs.every(([name, value]) => labels.get(name) === value);
}

/** A number goes with each point of a series; points of two series where both have one. */
function combineSeries(operator: BinaryOperator, a: Item, b: Item): Pick<SeriesItem, 'timesMs' | 'values'> {
  if ('value' in a && 'values' in b)
    return { timesMs: b.timesMs, values: b.values.map((value) => apply(operator, a.value, value)) };
  if ('values' in a && 'value' in b)
    return { timesMs: a.timesMs, values: a.values.map((value) => apply(operator, value, b.value)) };
  const [one, other] = [a as SeriesItem, b as SeriesItem];
  const at = new Map(other.timesMs.map((timeMs, index) => [timeMs, other.values[index]!]));
  const shared = one.timesMs.flatMap((timeMs, index) => (at.has(timeMs) ? [index] : []));
  return {
    timesMs: shared.map((index) => one.timesMs[index]!),
    values: shared.map((index) => apply(operator, one.values[index]!, at.get(one.timesMs[index]!)!)),
  };
}
