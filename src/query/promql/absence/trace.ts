import type { PromExpr } from '#lang/promql';
import type { Labels } from '../labels.ts';
import { FLOAT, type StepSeries } from '../matrix.ts';

/** What an expression in a query came to. */
export interface Seen {
  /** Series that have a value anywhere. */
  count: number;
  /** Of some of them. */
  readonly labels: Labels[];
  /** Of numbers; infinite the wrong way round where there are none. */
  least: number;
  most: number;
}

const MAX_LABELS = 200;

/** Remembers of each expression of a query what it came to, in a bounded size, for the case that nothing is left in the end. */
export class EvaluationTrace {
  readonly #seen = new Map<PromExpr, Seen>();

  see(expr: PromExpr, series: readonly StepSeries[]): void {
    let seen = this.#seen.get(expr);
    if (seen === undefined) {
      seen = { count: 0, labels: [], least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY };
      this.#seen.set(expr, seen);
    }
    for (const { labels, kinds, floats } of series) {
      if (!kinds.some((kind) => kind !== 0)) continue;
      seen.count++;
      if (seen.labels.length >= MAX_LABELS) continue;
      seen.labels.push(labels);
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] !== FLOAT) continue;
        seen.least = Math.min(seen.least, floats[step]!);
        seen.most = Math.max(seen.most, floats[step]!);
      }
    }
  }

  /** undefined for what was not evaluated by itself. */
  of(expr: PromExpr): Seen | undefined {
    return this.#seen.get(expr);
  }
}
