/** Series, and the points of each type of metric. */

import { OWN_SCOPE } from '#base';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';
import { POINT_BUCKET_SECONDS } from '#store/schema.ts';
import type { MetricType } from '../answers/index.ts';
import { Bound, raw, type Sql, sql, text, texts } from '../sql/index.ts';
import { ownerMeets, scopes } from './owners.ts';
import type { TimeRange } from './range.ts';
import { rowsOf, TimedRows } from './rows.ts';

/** Whose telemetry: the user's, or what Signalbox says of itself. Ours is metrics only: no spans or logs of ours are stored. */
export const OWNERS = ['user', 'own'] as const;
export type Owner = (typeof OWNERS)[number];

/**
 * Series have no time of their own: a live one is written again at least once an hour; twice that is safe. Nor is the first time exact: of
 * segments that are sent side by side, or late, the one that names the series need not have its earliest points.
 */
export const SEEN_LAG_SECONDS = 7_200;

export const metricSeries = {
  table: 'metric_series',
  /** Series that may have points in the range, whoever's without an owner. */
  in(range: TimeRange, owner: Owner | undefined): Sql {
    const seconds = (ms: number): Bound => new Bound('Int64', String(Math.floor(ms / 1000)));
    const lag = raw(String(SEEN_LAG_SECONDS));
    return rowsOf(metricSeries.table, [
      ...(owner === undefined ? [] : [ownedBy(owner)]),
      sql`toInt64(last_seen) >= ${seconds(range.fromMs)} - ${lag} AND toInt64(first_seen) <= ${seconds(range.toMs)} + ${lag}`,
    ]);
  },
  /** All that were ever seen. */
  ever(owner: Owner): Sql {
    return rowsOf(metricSeries.table, [ownedBy(owner)]);
  },
} as const;

function ownedBy(owner: Owner): Sql {
  const isOwn = ownerMeets(scopes, sql`name = ${text(OWN_SCOPE)}`);
  return owner === 'own' ? isOwn : sql`NOT (${isOwn})`;
}

/** `bounds_id` and `bounds` of histograms, by ids. */
export function boundsOf(ids: readonly string[]): Sql {
  return sql`bounds_id, any(stored.bounds) AS bounds
    ${rowsOf('metric_bounds', [sql`bounds_id IN (SELECT toUInt64(arrayJoin(${texts(ids)})))`])} GROUP BY bounds_id`;
}

/** Points of gauges and sums. */
export const numberPoints: TimedRows = new TimedRows('metric_points', POINT_BUCKET_SECONDS);
const HISTOGRAM_POINTS = new TimedRows('metric_histograms', POINT_BUCKET_SECONDS);
const EXPONENTIAL_POINTS = new TimedRows('metric_exponential_histograms', POINT_BUCKET_SECONDS);
const SUMMARY_POINTS = new TimedRows('metric_summaries', POINT_BUCKET_SECONDS);
export const ALL_POINTS: readonly TimedRows[] = [numberPoints, HISTOGRAM_POINTS, EXPONENTIAL_POINTS, SUMMARY_POINTS];
export const exemplars: TimedRows = new TimedRows('metric_exemplars', POINT_BUCKET_SECONDS);

/** The store's numbers of the types, and their points. */
export const METRIC_TYPES: { readonly [type in MetricType]: { readonly number: number; readonly points: TimedRows } } =
  {
    gauge: { number: METRIC_GAUGE, points: numberPoints },
    sum: { number: METRIC_SUM, points: numberPoints },
    histogram: { number: METRIC_HISTOGRAM, points: HISTOGRAM_POINTS },
    exponential_histogram: { number: METRIC_EXPONENTIAL_HISTOGRAM, points: EXPONENTIAL_POINTS },
    summary: { number: METRIC_SUMMARY, points: SUMMARY_POINTS },
  };
