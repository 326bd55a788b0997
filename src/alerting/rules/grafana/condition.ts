import type { FloatHistogram, Labels } from '#query/promql.ts';
import type { RuleQueries } from '../queries.ts';
import { printRuleExpr, type RuleExpr } from '../rule-expr.ts';
import { type ClassicNode, classicResult } from './classic.ts';
import { contains, type MathNode, mathResult } from './math.ts';
import { type ReduceNode, reduceResult } from './reduce.ts';
import { type ResampleNode, resampleResult } from './resample.ts';
import { printEvaluator, type ThresholdNode, thresholdResult } from './threshold.ts';
import type { NumberItem, Result, Results } from './values.ts';

/** What a rule of Grafana asks, and what it makes of it. */

export interface QueryNode {
  readonly kind: 'query';
  readonly refId: string;
  readonly expr: RuleExpr;
  readonly isInstant: boolean;
  /** Before the time of the evaluation. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** Of the data source, for the labels of alerts about it. */
  readonly sourceUid: string;
}

export type Node = QueryNode | ReduceNode | ThresholdNode | MathNode | ResampleNode | ClassicNode;

export interface GrafanaCondition {
  readonly language: 'grafana';
  /** Each after those that it reads. */
  readonly nodes: readonly Node[];
  /** The refId whose numbers say which instances fire. */
  readonly condition: string;
}

/** A number that a query or expression gave, for the templates of an instance. */
export interface InstanceValue {
  readonly refId: string;
  readonly labels: Labels;
  readonly value: number | null;
}

export interface Instance {
  readonly labels: Labels;
  readonly state: 'firing' | 'normal' | 'no-data';
  /** By refId. */
  readonly values: readonly InstanceValue[];
}

/** A query that failed, by name. */
export class GrafanaQueryError extends Error {
  override readonly name = 'GrafanaQueryError';
  readonly node: Node;
  constructor(node: Node, cause: unknown) {
    super(`${node.refId}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.node = node;
  }
}

export interface ConditionContext {
  readonly queries: RuleQueries;
  readonly timeMs: number;
  readonly signal: AbortSignal;
  /** Whether the instance with these labels fires since before. */
  readonly isFiring: (labels: Labels) => boolean;
}

/** All instances of a rule at one time; none where there are no data at all. Throws a GrafanaQueryError. */
export async function evaluateCondition(
  { nodes, condition }: GrafanaCondition,
  context: ConditionContext,
): Promise<readonly Instance[]> {
  const results = new Map<string, Result>();
  for (const node of nodes) {
    try {
      results.set(node.refId, await resultOfNode(node, results, context));
    } catch (error) {
      throw new GrafanaQueryError(node, error);
    }
  }
  const outcome = results.get(condition)!;
  if (outcome.kind === 'series' && outcome.items.length > 0) {
    const node = nodes.find(({ refId }) => refId === condition)!;
    throw new GrafanaQueryError(node, new Error('the condition gives series; reduce them to numbers'));
  }
  return (outcome as { readonly items: readonly NumberItem[] }).items.map(({ labels, value }) => ({
    labels,
    state: value === null ? 'no-data' : value === 0 ? 'normal' : 'firing',
    values: valuesOf(labels, results),
  }));
}

async function resultOfNode(node: Node, results: Results, context: ConditionContext): Promise<Result> {
  switch (node.kind) {
    case 'query':
      return node.isInstant ? instantOf(node, context) : rangeOf(node, context);
    case 'reduce':
      return reduceResult(node, results);
    case 'threshold':
      return thresholdResult(node, results, context.isFiring);
    case 'math':
      return mathResult(node, results);
    case 'resample':
      return resampleResult(node, results, context.timeMs);
    case 'classic':
      return classicResult(node, results);
  }
}

async function instantOf({ expr, toMs }: QueryNode, context: ConditionContext): Promise<Result> {
  const { queries, timeMs, signal } = context;
  const found = await queries.instant(expr, timeMs - toMs, signal);
  return {
    kind: 'numbers',
    items: found.map(({ labels, value, histogram }) => ({ labels, value: numberOf(value, histogram) })),
  };
}

/** A histogram is no number. */
function numberOf(value: number, histogram: FloatHistogram | undefined): number | null {
  return histogram === undefined ? value : null;
}

/** At even times, as the data source of Prometheus asks. */
async function rangeOf({ expr, fromMs, toMs, stepMs }: QueryNode, context: ConditionContext): Promise<Result> {
  const { queries, timeMs, signal } = context;
  const times = {
    startMs: Math.floor((timeMs - fromMs) / stepMs) * stepMs,
    endMs: Math.floor((timeMs - toMs) / stepMs) * stepMs,
    stepMs,
  };
  return { kind: 'series', items: await queries.range(expr, times, signal) };
}

/** What each query gave for an instance: the number whose labels are its own, or a part of them. */
function valuesOf(labels: Labels, results: Results): readonly InstanceValue[] {
  return Array.from(results, ([refId, result]) => {
    if (result.kind !== 'numbers') return undefined;
    const item =
      result.items.find((each) => each.labels.key === labels.key) ??
      result.items.find((each) => contains(labels, each.labels));
    return item === undefined ? undefined : { refId, labels: item.labels, value: item.value };
  })
    .filter((value) => value !== undefined)
    .sort((a, b) => (a.refId < b.refId ? -1 : 1));
}

/** Everything that a condition does, a line a query. */
export function printCondition({ nodes, condition }: GrafanaCondition): string {
  return nodes
    .map((node) => `${node.refId}${node.refId === condition ? ' (condition)' : ''}: ${printNode(node)}`)
    .join('\n');
}

function printNode(node: Node): string {
  switch (node.kind) {
    case 'query': {
      const until = node.toMs === 0 ? '' : ` until ${node.toMs / 1000}s ago`;
      const range = node.isInstant ? '' : ` over ${node.fromMs / 1000}s, every ${node.stepMs / 1000}s`;
      return `${printRuleExpr(node.expr)}${range}${until}`;
    }
    case 'reduce': {
      const { mode } = node;
      const others =
        mode.kind === 'strict'
          ? ''
          : mode.kind === 'drop'
            ? ' without what is no number'
            : `, ${mode.value} for what is no number`;
      return `${node.reducer} of ${node.of}${others}`;
    }
    case 'threshold':
      return `${node.of} ${printEvaluator(node.evaluator)}${node.recovery === undefined ? '' : `, until ${printEvaluator(node.recovery)}`}`;
    case 'math':
      return node.text;
    case 'resample':
      return `${node.of} every ${node.windowMs / 1000}s over ${node.fromMs / 1000}s until ${node.toMs / 1000}s ago: ${node.downsampler}, ${node.upsampler}`;
    case 'classic':
      return node.conditions
        .map(({ of, reducer, evaluator, operator }, index) => {
          const test = evaluator === 'no_value' ? 'has no value' : printEvaluator(evaluator);
          return `${index === 0 ? '' : `${operator} `}${reducer} of ${of} ${test}`;
        })
        .join(' ');
  }
}

/** As Grafana's `$value` has it: `[ var='B' labels={instance=a} value=0.5 ]`. */
export function printValues(values: readonly InstanceValue[]): string {
  return values
    .map(({ refId, labels, value }) => {
      const pairs = labels.pairs.map(([name, text]) => `${name}=${text}`).join(', ');
      return `[ var='${refId}' labels={${pairs}} value=${value === null ? 'null' : String(value)} ]`;
    })
    .join(', ');
}
