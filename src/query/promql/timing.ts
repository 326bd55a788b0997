import type { DurationExpr, DurationTerm, MatrixSelector, PromExpr, Subquery, TimeShift } from '#lang/promql';
import { PromqlExecutionError } from './matrix.ts';

/** What durations and times in an expression come to, once a query's range and step are known. */
export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
}

function secondsOf(term: DurationTerm, times: QueryTimes): number {
  if (term.kind === 'number') return term.value;
  const left = term.left === undefined ? undefined : secondsOf(term.left, times);
  const right = term.right === undefined ? 0 : secondsOf(term.right, times);
  const fail = (reason: string): never => {
    throw new PromqlExecutionError(`${term.start}:${term.end}: ${reason}`);
  };
  switch (term.operator) {
    case 'step':
      return times.stepMs / 1000;
    case 'range':
      return (times.endMs - times.startMs) / 1000;
    case 'min_of':
      return Math.min(left!, right);
    case 'max_of':
      return Math.max(left!, right);
    case '+':
      return (left ?? 0) + right;
    case '-':
      return (left ?? 0) - right;
    case '*':
      return left! * right;
    case '/':
      return right === 0 ? fail('division by zero') : left! / right;
    case '%':
      return right === 0 ? fail('modulo by zero') : left! % right;
    case '^':
      return left! ** right;
  }
}

const MAX_SECONDS = 2 ** 63 / 1e9;

function durationMs(expr: DurationExpr, times: QueryTimes, mayBeNegative: boolean): number {
  const seconds = secondsOf(expr, times);
  const place = `${expr.start}:${expr.end}`;
  if (!Number.isFinite(seconds)) throw new PromqlExecutionError(`${place}: duration is NaN or infinite`);
  if (seconds <= 0 && !mayBeNegative) throw new PromqlExecutionError(`${place}: duration must be greater than 0`);
  if (Math.abs(seconds) > MAX_SECONDS) throw new PromqlExecutionError(`${place}: duration is out of range`);
  return Math.trunc(seconds * 1000);
}

export function rangeMsOf({ rangeNs, rangeExpr }: MatrixSelector | Subquery, times: QueryTimes): number {
  return rangeExpr === undefined ? Math.trunc(rangeNs / 1e6) : durationMs(rangeExpr, times, false);
}

/** 0 where none is given. */
export function subqueryStepMs({ stepNs, stepExpr }: Subquery, times: QueryTimes): number {
  return stepExpr === undefined ? Math.trunc(stepNs / 1e6) : durationMs(stepExpr, times, false);
}

/** Which time a selector or a subquery looks at when the evaluation is at `timeMs`. */
export function referenceTime(shift: TimeShift, times: QueryTimes): (timeMs: number) => number {
  const offsetMs =
    shift.offsetExpr === undefined ? Math.trunc(shift.offsetNs / 1e6) : durationMs(shift.offsetExpr, times, true);
  const atMs = shift.atEdge === 'start' ? times.startMs : shift.atEdge === 'end' ? times.endMs : shift.atMs;
  return atMs === undefined ? (timeMs) => timeMs - offsetMs : () => atMs - offsetMs;
}

/** Without the parentheses around it. */
export function unwrapped(expr: PromExpr): PromExpr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}
