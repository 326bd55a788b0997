import {
  ALL_OF_PROMQL,
  type LabelMatcher,
  type PromExpr,
  PromqlError,
  parsePromql,
  type VectorSelector,
} from '#lang/promql';

/** What an expression asks for: the selectors and the labels that it groups and joins by. Positions are offsets into it. */
export interface PromqlUse {
  readonly selectors: readonly PromqlSelector[];
  readonly groupings: readonly PromqlGrouping[];
  /** Labels that functions such as label_replace make. */
  readonly madeLabels: readonly string[];
  /** Why it can't be read, and where; undefined where it can, and where only what Grafana puts in for variables decides. */
  readonly mistake: { readonly reason: string; readonly from: number } | undefined;
}

export interface PromqlSelector {
  /** Undefined where it has none, a pattern, or a variable in it. */
  readonly name: string | undefined;
  /** Besides those of the name. */
  readonly matchers: readonly LabelMatcher[];
  readonly from: number;
}

export interface PromqlGrouping {
  /** The labels of the result, or those that two sides are joined by. */
  readonly kind: 'by' | 'on';
  readonly labels: readonly string[];
  readonly from: number;
}

/** Reads an expression in which Grafana's variables (`$__rate_interval`, `$job`, `[[job]]`) may stand: as a duration, a name, a number or within a text. */
export function promqlUse(expression: string): PromqlUse {
  const hasVariables = hasVariable(expression);
  let mistake: PromqlUse['mistake'];
  for (const stand of hasVariables ? ['x', '1'] : ['x']) {
    try {
      return readUse(parsePromql(withoutVariables(expression, stand), ALL_OF_PROMQL), expression);
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      mistake ??= { reason: error.reason, from: error.range.start };
    }
  }
  return { selectors: [], groupings: [], madeLabels: [], mistake: hasVariables ? undefined : mistake };
}

const VARIABLE = /\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+(?::\w+)?\]\]/g;

/** The expression with variables as something that can be read, of the same length: positions stay. */
function withoutVariables(expression: string, stand: string): string {
  return expression.replaceAll(VARIABLE, (found, offset: number) => {
    const before = expression.slice(0, offset).trimEnd().at(-1);
    return before === '[' || before === ':' ? '1m'.padEnd(found.length) : stand.repeat(found.length);
  });
}

function hasVariable(text: string): boolean {
  return text.search(VARIABLE) >= 0;
}

function readUse(root: PromExpr, expression: string): PromqlUse {
  const selectors: PromqlSelector[] = [];
  const groupings: PromqlGrouping[] = [];
  const madeLabels: string[] = [];
  const look = (node: PromExpr): void => {
    switch (node.kind) {
      case 'selector':
        selectors.push(selectorOf(node, expression));
        return;
      case 'matrix':
        look(node.selector);
        return;
      case 'aggregation':
        if (!node.isWithout) groupings.push({ kind: 'by', labels: node.grouping, from: node.start });
        if (node.parameter !== undefined) look(node.parameter);
        look(node.expr);
        return;
      case 'binary':
        look(node.left);
        look(node.right);
        if (node.matching?.isOn) groupings.push({ kind: 'on', labels: node.matching.labels, from: node.start });
        return;
      case 'call':
        if (/^label_(replace|join)$/.test(node.name) && node.arguments[1]?.kind === 'string')
          madeLabels.push(node.arguments[1].value);
        for (const argument of node.arguments) look(argument);
        return;
      case 'paren':
      case 'subquery':
      case 'unary':
        look(node.expr);
    }
  };
  look(root);
  return { selectors, groupings, madeLabels, mistake: undefined };
}

function selectorOf({ name, matchers, start }: VectorSelector, expression: string): PromqlSelector {
  const written = name || matchers.find((one) => one.name === '__name__' && one.operator === '=')?.value;
  const isVariable = name !== '' && hasVariable(expression.slice(start, start + name.length));
  return {
    name: isVariable ? undefined : written,
    matchers: matchers.filter((one) => one.name !== '__name__'),
    from: start,
  };
}
