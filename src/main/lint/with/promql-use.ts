import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** What an expression asks for: the selectors and the labels that it groups and joins by. Positions are offsets into it. */
export interface PromqlUse {
  readonly selectors: readonly PromqlSelector[];
  readonly groupings: readonly PromqlGrouping[];
  /** Labels that functions such as label_replace make. */
  readonly madeLabels: readonly string[];
  /** Where it can't be read; undefined where all of it can. */
  readonly mistakeAt: number | undefined;
}

export interface PromqlSelector {
  /** Undefined where it has none, or a pattern. */
  readonly name: string | undefined;
  readonly matchers: readonly PromqlMatcher[];
  readonly from: number;
}

export interface PromqlMatcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  readonly from: number;
}

export interface PromqlGrouping {
  readonly kind: 'by' | 'without' | 'on' | 'ignoring' | 'group';
  readonly labels: readonly string[];
  readonly from: number;
}

/**
 * Reads an expression by Prometheus's own grammar. What Grafana replaces (`$__rate_interval`, `$job`, `[[job]]`) may stand in it: as a
 * duration, a name or within a text.
 */
export function promqlUse(expression: string): PromqlUse {
  const text = withoutVariables(expression);
  const selectors: PromqlSelector[] = [];
  const groupings: PromqlGrouping[] = [];
  const madeLabels: string[] = [];
  let mistakeAt: number | undefined;
  parser.parse(text).iterate({
    enter({ type, from, node }) {
      if (type.isError) mistakeAt ??= from;
      if (type.name === 'VectorSelector') selectors.push(selectorOf(node, expression));
      if (type.name === 'GroupingLabels')
        groupings.push({ kind: kindOf(node), labels: labelsOf(node, expression), from });
      if (type.name === 'FunctionCall') madeLabels.push(...labelsMadeBy(node, expression));
    },
  });
  return { selectors, groupings, madeLabels, mistakeAt };
}

const VARIABLE = /\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+(?::\w+)?\]\]/g;

/** The expression with variables as something that can be read, of the same length: positions stay. */
function withoutVariables(expression: string): string {
  return expression.replaceAll(VARIABLE, (found, offset: number) => {
    const before = expression.slice(0, offset).trimEnd().at(-1);
    const isDuration = before === '[' || before === ':';
    return isDuration ? '1m'.padEnd(found.length) : 'x'.repeat(found.length);
  });
}

function hasVariable(text: string): boolean {
  return text.search(VARIABLE) >= 0;
}

function selectorOf(node: SyntaxNode, text: string): PromqlSelector {
  const identifier = node.getChild('Identifier');
  const matchers: PromqlMatcher[] = [];
  let name = identifier === null ? undefined : text.slice(identifier.from, identifier.to);
  for (const part of childrenOf(node.getChild('LabelMatchers'))) {
    if (part.name === 'QuotedLabelName') name ??= unquoted(text.slice(part.from, part.to));
    const matcher = matcherOf(part, text);
    if (matcher === undefined) continue;
    if (matcher.label === '__name__' && matcher.operator === '=') name ??= matcher.value;
    else if (matcher.label !== '__name__') matchers.push(matcher);
  }
  return { name: name !== undefined && hasVariable(name) ? undefined : name, matchers, from: node.from };
}

function matcherOf(node: SyntaxNode, text: string): PromqlMatcher | undefined {
  const label = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
  const operator = node.getChild('MatchOp');
  const value = node.getChild('StringLiteral');
  if (label === null || operator === null || value === null) return undefined;
  return {
    label: unquoted(text.slice(label.from, label.to)),
    operator: text.slice(operator.from, operator.to) as PromqlMatcher['operator'],
    value: unquoted(text.slice(value.from, value.to)),
    from: node.from,
  };
}

const KINDS: Readonly<Record<string, PromqlGrouping['kind']>> = {
  By: 'by',
  Without: 'without',
  On: 'on',
  Ignoring: 'ignoring',
  GroupLeft: 'group',
  GroupRight: 'group',
};

/** By what stands in front of the labels. */
function kindOf(labels: SyntaxNode): PromqlGrouping['kind'] {
  for (let node = labels.prevSibling; node !== null; node = node.prevSibling) {
    const kind = KINDS[node.name];
    if (kind !== undefined) return kind;
  }
  return 'by';
}

function labelsOf(node: SyntaxNode, text: string): string[] {
  return childrenOf(node)
    .filter(({ name }) => name === 'LabelName' || name === 'QuotedLabelName')
    .map(({ from, to }) => unquoted(text.slice(from, to)));
}

/** label_replace and label_join name the label that they make as their second argument, count_values as its first. */
function labelsMadeBy(call: SyntaxNode, text: string): string[] {
  const called = call.getChild('FunctionIdentifier');
  const isMaker = called !== null && /^label_(replace|join)$/.test(text.slice(called.from, called.to));
  const literal = isMaker ? call.getChild('FunctionCallBody')?.getChild('StringLiteral') : undefined;
  return literal ? [unquoted(text.slice(literal.from, literal.to))] : [];
}

function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

/** A text in any of the three quotes; a name without quotes is itself. */
function unquoted(text: string): string {
  const quote = text[0];
  if (quote === '`') return text.slice(1, -1);
  if (quote !== '"' && quote !== "'") return text;
  return text
    .slice(1, -1)
    .replaceAll(/\\(["'\\nt])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : letter));
}
