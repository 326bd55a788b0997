/** Answers LogQL. */
import type { LogExpr, MetricExpr } from '#lang/logql';
import type { Labels } from '../promql/labels.ts';
import { DEFAULT_OPTIONS, type PromqlAnswer, queryInstant, queryRange } from '../promql/query.ts';
import type { QueryTimes } from '../promql/timing.ts';
import { asPromql } from './as-promql.ts';
import { storedLineFilters, wantedLabels } from './line-filters.ts';
import { LineSamples } from './line-samples.ts';
import type { Direction, LineSelection, LineSource } from './line-source.ts';
import { Entry } from './pipeline/entry.ts';
import { compilePipeline } from './pipeline/pipeline.ts';
import { Turn } from './turn.ts';

interface LogqlQuery<Expr> {
  readonly expr: Expr;
  /** As it was written. */
  readonly text: string;
  readonly source: LineSource;
  readonly signal?: AbortSignal | undefined;
}

export interface LineQuery extends LogqlQuery<LogExpr> {
  /** Nanoseconds since the epoch: the start is in, the end is not. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly direction: Direction;
  /** A line is passed over that comes less than this after the one taken before it. */
  readonly intervalNs?: bigint | undefined;
  readonly arrivedNs?: LineSelection['arrivedNs'];
  readonly beyond?: LineSelection['beyond'];
}

/** A line of an answer. */
export interface FoundLine {
  readonly timeNs: bigint;
  readonly line: string;
  /** All of them. */
  readonly labels: Labels;
  /** The same, apart. */
  readonly categories: ReturnType<Entry['categories']>;
  readonly arrivedNs: bigint;
  readonly record: number;
}

/** The first lines in the query's direction, in that order. */
export async function queryLines(query: LineQuery): Promise<readonly FoundLine[]> {
  const { expr, source, limit, direction, intervalNs } = query;
  const pipeline = compilePipeline(expr.stages, query.text);
  const turn = new Turn(expr.stages, query.signal);
  const entry = new Entry();
  const found: FoundLine[] = [];
  const selection = {
    matchers: expr.matchers,
    lineFilters: storedLineFilters(expr.stages),
    wanted: wantedLabels(expr.stages),
    firstNs: query.startNs,
    lastNs: query.endNs - 1n,
    arrivedNs: query.arrivedNs,
    beyond: query.beyond,
    direction,
    limit,
  };
  for await (const part of source.read(selection)) {
    query.signal?.throwIfAborted();
    for (const line of part) {
      if (turn.isOver()) await turn.rest();
      entry.reset(line);
      if (!pipeline(entry)) continue;
      if (intervalNs !== undefined && isNear(line.timeNs, found.at(-1)?.timeNs, intervalNs)) continue;
      found.push({
        timeNs: line.timeNs,
        line: entry.line,
        labels: entry.shownLabels(),
        categories: entry.categories(),
        arrivedNs: line.arrivedNs,
        record: line.record,
      });
      if (found.length === limit) return found;
    }
  }
  return found;
}

function isNear(timeNs: bigint, beforeNs: bigint | undefined, withinNs: bigint): boolean {
  return beforeNs !== undefined && timeNs - beforeNs < withinNs && beforeNs - timeNs < withinNs;
}

/** Evaluates at one time, milliseconds since the epoch. Throws PromqlExecutionError. */
export function queryMetricInstant(query: LogqlQuery<MetricExpr>, timeMs: number): Promise<PromqlAnswer> {
  return queryInstant(evaluated(query, undefined), timeMs);
}

/** Evaluates at each step of a range. Throws PromqlExecutionError. */
export function queryMetricRange(query: LogqlQuery<MetricExpr>, times: QueryTimes): Promise<PromqlAnswer> {
  return queryRange(evaluated(query, times.stepMs), times);
}

/** As Loki has it, what is divided by 0 is no number. */
const OPTIONS = {
  ...DEFAULT_OPTIONS,
  arithmetic: { ...DEFAULT_OPTIONS.arithmetic, '/': (a: number, b: number) => (b === 0 ? Number.NaN : a / b) },
};

function evaluated(
  { expr, text, source, signal }: LogqlQuery<MetricExpr>,
  stepMs: number | undefined,
): Parameters<typeof queryInstant>[0] {
  const tree = asPromql(expr);
  const samples = new LineSamples(tree.leaves, source, text, signal, stepMs);
  return { expr: tree.expr, source: samples, options: OPTIONS, ...(signal !== undefined && { signal }) };
}
