/**
 * How the points of a metric are read. Type, unit, temporality and monotonicity belong to a series: two producers may send different things
 * under one name. Series that can be added up share a reading; each reading is queried by itself, and has a unit and lines of its own.
 */

import type { MetricType, Temporality } from '../answers/index.ts';
import { METRIC_TYPES } from '../source/index.ts';
import { allOf, integer, raw, type Sql, sql, text } from '../sql/index.ts';

export const DELTA = 1;

/** Series of a metric that have all of this in common. */
export interface SeriesKind {
  readonly type: MetricType;
  readonly unit: string;
  readonly temporality: Temporality;
  readonly monotonic: boolean;
  readonly seriesCount: number;
}

/**
 *   level         gauges, or sums that may go down
 *   counter       monotonic sums, cumulative or delta
 *   change        deltas of a sum that may go down
 *   distribution  histograms with explicit bounds and exponential ones, cumulative or delta
 *   summary
 */
export type ReadingKind = 'level' | 'counter' | 'change' | 'distribution' | 'summary';

export interface Reading {
  readonly kind: ReadingKind;
  /** Of the most series. */
  readonly type: MetricType;
  /** More than one for distributions only. */
  readonly types: readonly MetricType[];
  readonly unit: string;
  readonly seriesCount: number;
  /** Whether some of its series give increases, and whether some give totals. */
  readonly hasDelta: boolean;
  readonly hasCumulative: boolean;
}

function kindOf({ type, temporality, monotonic }: SeriesKind): ReadingKind {
  if (type === 'gauge') return 'level';
  if (type === 'summary') return 'summary';
  if (type !== 'sum') return 'distribution';
  if (monotonic) return 'counter';
  return temporality === 'delta' ? 'change' : 'level';
}

/** That with the most series first. */
export function readingsOf(kinds: readonly SeriesKind[]): readonly Reading[] {
  const groups = Map.groupBy(kinds, (one) => {
    const kind = kindOf(one);
    return JSON.stringify([kind, kind === 'level' ? one.type : '', one.unit]);
  });
  const readings = [...groups.values()].map((group): Reading => {
    const sorted = [...group].sort((a, b) => b.seriesCount - a.seriesCount);
    const isDelta = (one: SeriesKind): boolean => one.temporality === 'delta' && one.type !== 'summary';
    return {
      kind: kindOf(sorted[0]!),
      type: sorted[0]!.type,
      types: [...new Set(sorted.map(({ type }) => type))],
      unit: sorted[0]!.unit,
      seriesCount: sorted.reduce((sum, one) => sum + one.seriesCount, 0),
      hasDelta: sorted.some(isDelta),
      hasCumulative: !sorted.every(isDelta),
    };
  });
  return readings.sort((a, b) => b.seriesCount - a.seriesCount);
}

/** Which series of the metric are of a reading and a type. */
export function ofReading({ kind, unit }: Reading, type: MetricType): Sql {
  const conditions = [sql`type = ${integer(METRIC_TYPES[type].number)}`, sql`unit = ${text(unit)}`];
  if (type === 'sum') conditions.push(raw(kind === 'counter' ? 'monotonic = 1' : 'monotonic = 0'));
  if (kind === 'change') conditions.push(raw(`temporality = ${DELTA}`));
  if (kind === 'level' && type === 'sum') conditions.push(raw(`temporality != ${DELTA}`));
  return allOf(conditions);
}
