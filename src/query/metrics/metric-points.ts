/**
 * Points of a metric, reduced by the store to one row per group of series and bucket of time.
 *
 * Cumulative counters become increases per series before anything is added up: the difference to the series' point
 * before, or the value itself where the counter began anew (it went down, or its start time lies behind the point
 * before). A series' first point counts in full if the series began within what was read, else its past is unknown.
 */

import { resolveField } from '#lang/filter';
import type { MetricType, TimeGrid } from '../answers/index.ts';
import { textOf } from '../filter/index.ts';
import { bucketOf, innerJoin, leftJoin } from '../plan/index.ts';
import {
  exemplars,
  ITEM_ATTRIBUTES,
  METRIC_TYPES,
  metricSeries,
  OWNER_ATTRIBUTES,
  type Owner,
  ownerValues,
  resources,
  scopes,
  type TimeRange,
} from '../source/index.ts';
import { Bound, joinSql, raw, type Sql, sql, text, timeMs } from '../sql/index.ts';
import { DELTA, ofReading, type Reading } from './reading.ts';

export interface PointQuery {
  /** The metric. */
  readonly name: string;
  readonly reading: Reading;
  /** One of the reading's, whose points are asked for. */
  readonly type: MetricType;
  readonly range: TimeRange;
  readonly grid: TimeGrid;
  /** How far before the range a series' point before is looked for. */
  readonly lookbackMs: number;
  readonly groupBy: readonly string[];
  readonly owner: Owner;
  /** Narrows the series. */
  readonly condition: Sql;
}

/** The series of a query, with their labels as an array of texts in the order of `groupBy`; absent ones are empty. */
function seriesOf(query: PointQuery): Sql {
  const labels = query.groupBy.map(labelOf);
  if (labels.length === 0)
    return sql`SELECT series_id, CAST([], 'Array(String)') AS labels ${seriesRows(query)} LIMIT 1 BY series_id`;
  const own = labels.map(({ own }, i) => sql`${own} AS ${raw(`own_${i}`)}`);
  const values = labels.map(
    ({ owner }, i) =>
      sql`ifNull(${raw(`own_${i}`)}, ${raw(owner === 'scope' ? 'scope_label' : `resource_labels[${i + 1}]`)})`,
  );
  const ofResource = labels.map(({ key, owner }) =>
    owner === 'resource' ? sql`ifNull(${textOf(OWNER_ATTRIBUTES, key)}, '')` : raw("''"),
  );
  const joins = [
    leftJoin(
      { rows: ownerValues(resources, sql`[${joinSql(ofResource, ', ')}]`, 'resource_labels'), as: 'of_resource' },
      ['resource_id'],
    ),
    ...(labels.some(({ owner }) => owner === 'scope')
      ? [leftJoin({ rows: ownerValues(scopes, raw('toString(name)'), 'scope_label'), as: 'of_scope' }, ['scope_id'])]
      : []),
  ];
  return sql`SELECT series_id, [${joinSql(values, ', ')}] AS labels FROM (
      SELECT series_id, resource_id, scope_id, ${joinSql(own, ', ')} ${seriesRows(query)} LIMIT 1 BY series_id) AS found
    ${joinSql(joins, ' ')}`;
}

/** Beside rows with a `series_id`: its `labels`. */
function withSeries(query: PointQuery): Sql {
  return innerJoin({ rows: seriesOf(query), as: 'series' }, ['series_id']);
}

/** A label's value as text where the series says it itself, NULL where it does not, and who else may say it. */
function labelOf(written: string): {
  readonly own: Sql;
  readonly owner: 'resource' | 'scope' | undefined;
  readonly key: string;
} {
  const field = resolveField(written, 'metrics');
  const none = raw("CAST(NULL, 'Nullable(String)')");
  if (field.kind === 'intrinsic') {
    const isService = field.name === 'service';
    return { own: isService ? raw('toString(service_name)') : none, owner: isService ? undefined : 'scope', key: '' };
  }
  const { key, scope } = field;
  return {
    own: scope === 'resource' ? none : textOf(ITEM_ATTRIBUTES.metrics, key),
    owner: scope === 'item' ? undefined : 'resource',
    key,
  };
}

function seriesRows({ name, reading, type, range, owner, condition }: PointQuery): Sql {
  return sql`${metricSeries.in(range, owner)} AND name = ${text(name)} AND ${ofReading(reading, type)} AND ${condition}`;
}

/** Whether the values of a point's series are increases already. */
function isDelta(query: PointQuery): Sql {
  const { hasDelta, hasCumulative } = query.reading;
  if (!hasDelta || !hasCumulative) return raw(hasDelta ? '1' : '0');
  return sql`series_id IN (SELECT series_id ${seriesRows(query)} AND temporality = ${raw(String(DELTA))})`;
}

/** The points of the query's series from the lookback on. `columns`: of the points' table. */
function pointsOf(query: PointQuery, columns: Sql): Sql {
  const { name, type, range, lookbackMs } = query;
  const fromMs = Math.max(0, range.fromMs - (isCumulative(query) ? lookbackMs : 0));
  // The lowest bit of the flags: the point says that there is no value.
  return sql`SELECT series_id, time, start_time, ${columns} ${METRIC_TYPES[type].points.in({ fromMs, toMs: range.toMs })}
      AND name = ${text(name)} AND bitAnd(flags, 1) = 0 AND series_id IN (SELECT series_id ${seriesRows(query)})`;
}

/** Whether values have to be compared with those before them. */
function isCumulative({ reading }: PointQuery): boolean {
  return reading.kind !== 'level' && reading.hasCumulative;
}

const WINDOW = raw('(PARTITION BY series_id ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)');

/** Whether the value counts in full: it is an increase, or the counter began anew since the series' point before; `fell` says that it went down. */
function beganAnew(query: PointQuery, fell: Sql): Sql {
  return sql`(${isDelta(query)} OR ${fell} OR start_time > previous_time)`;
}

/** Whether a series' first point that was read is the series' beginning. */
function beganHere(query: PointQuery): Sql {
  return sql`start_time >= ${timeMs(Math.max(1, query.range.fromMs - query.lookbackMs))}`;
}

const VALUE = raw('value AS v');

/** One row per group and bucket, from a statement with one row per series and bucket (`r`). */
function acrossSeries(query: PointQuery, perSeries: Sql, across: Sql): Sql {
  return sql`SELECT labels, bucket, ${across} AS result
    FROM (${perSeries}) AS reduced ${withSeries(query)}
    GROUP BY labels, bucket`;
}

/** How the series of a group become one value. */
export type Across = 'sum' | 'avg' | 'min' | 'max' | 'count' | { readonly quantile: number };

function acrossSql(across: Across): Sql {
  if (typeof across === 'string')
    return across === 'count' ? raw('toFloat64(count())') : raw(`toFloat64(${across}(r))`);
  return raw(`toFloat64(quantileExactInclusive(${across.quantile})(r))`);
}

/** Increases of a counter: `labels`, `bucket`, `result`. */
export function counterStatement(query: PointQuery, across: Across): Sql {
  return acrossSeries(
    query,
    sql`SELECT series_id, ${bucketOf(query.grid)} AS bucket, sum(increase) AS r
    FROM (${increases(query, VALUE, raw('v'))}) WHERE time >= ${timeMs(query.range.fromMs)} AND isNotNull(increase)
    GROUP BY series_id, bucket`,
    acrossSql(across),
  );
}

/** Points with their `increase` of `value`, NULL where it is unknown. */
function increases(query: PointQuery, columns: Sql, value: Sql): Sql {
  if (!isCumulative(query))
    return sql`SELECT series_id, time, toNullable(${value}) AS increase FROM (${pointsOf(query, columns)})`;
  return sql`SELECT series_id, time, multiIf(isNull(previous) AND NOT ${isDelta(query)}, if(${beganHere(query)}, ${value}, NULL),
      ${beganAnew(query, sql`${value} < previous`)}, ${value}, ${value} - previous) AS increase
    FROM (SELECT *, lagInFrame(toNullable(${value})) OVER ${WINDOW} AS previous, lagInFrame(time) OVER ${WINDOW} AS previous_time
      FROM (${pointsOf(query, columns)}))`;
}

/** How the points of one series in one bucket become one value. */
export type Within = 'last' | 'avg' | 'min' | 'max';

/** Values of a gauge, or of a sum that may go down: `labels`, `bucket`, `result`. */
export function gaugeStatement(query: PointQuery, within: Within, across: Across): Sql {
  const reduce = within === 'last' ? raw('argMax(v, time)') : raw(`${within}(v)`);
  return acrossSeries(
    { ...query, lookbackMs: 0 },
    sql`SELECT series_id, ${bucketOf(query.grid)} AS bucket, ${reduce} AS r
      FROM (${pointsOf({ ...query, lookbackMs: 0 }, VALUE)}) GROUP BY series_id, bucket`,
    acrossSql(across),
  );
}

/**
 * Increases of explicit histograms: `labels`, `bucket`, `bounds_id`, `counts` (one per bucket of the histogram), `total`
 * (observations) and `total_sum`. Groups whose series have different bounds give a row for each.
 */
export function histogramStatement(query: PointQuery): Sql {
  const columns = raw(`count, sum, bounds_id, CAST(bucket_counts, 'Array(Int64)') AS counts`);
  const anew = beganAnew(
    query,
    raw(
      'count < previous_count OR bounds_id != previous_bounds_id OR arrayExists((a, b) -> a < b, counts, previous_counts)',
    ),
  );
  const cumulative = sql`SELECT series_id, time, bounds_id,
      if(${anew}, counts, arrayMap((a, b) -> a - b, counts, previous_counts)) AS counts_increase,
      if(${anew}, toInt64(count), toInt64(count) - toInt64(previous_count)) AS count_increase,
      if(${anew}, sum, sum - previous_sum) AS sum_increase
    FROM (SELECT series_id, time, start_time, count, sum, bounds_id, counts, isNull(previous) AS is_first,
        if(is_first, time, previous_time) AS previous_time, if(is_first, 0, previous_count) AS previous_count,
        if(is_first, 0, previous_sum) AS previous_sum, if(is_first, bounds_id, previous_bounds_id) AS previous_bounds_id,
        if(is_first OR length(previous_counts) != length(counts), arrayResize(emptyArrayInt64(), length(counts)), previous_counts) AS previous_counts
      FROM (SELECT *, lagInFrame(toNullable(count)) OVER ${WINDOW} AS previous, lagInFrame(time) OVER ${WINDOW} AS previous_time,
          lagInFrame(count) OVER ${WINDOW} AS previous_count, lagInFrame(sum) OVER ${WINDOW} AS previous_sum,
          lagInFrame(bounds_id) OVER ${WINDOW} AS previous_bounds_id, lagInFrame(counts) OVER ${WINDOW} AS previous_counts
        FROM (${pointsOf(query, columns)}))
      WHERE NOT is_first OR ${isDelta(query)} OR ${beganHere(query)})`;
  const delta = sql`SELECT series_id, time, bounds_id, counts AS counts_increase, toInt64(count) AS count_increase, sum AS sum_increase
    FROM (${pointsOf(query, columns)})`;
  return sql`SELECT labels, ${bucketOf(query.grid)} AS bucket, bounds_id, sumForEach(counts_increase) AS counts,
      sum(count_increase) AS total, sum(if(isFinite(sum_increase), sum_increase, 0)) AS total_sum
    FROM (${isCumulative(query) ? cumulative : delta}) AS points ${withSeries(query)}
    WHERE time >= ${timeMs(query.range.fromMs)} GROUP BY labels, bucket, bounds_id`;
}

/** The smallest scale in the range: all points are brought to it, because a bucket can be widened but not split. */
export function smallestScaleStatement(query: PointQuery): Sql {
  return sql`SELECT min(scale) AS scale, max(zero_threshold) AS zero_threshold FROM (${pointsOf(query, raw('scale, zero_threshold'))})`;
}

/**
 * Increases of exponential histograms at one scale: `labels`, `bucket`, `positive` and `negative` (maps from index to
 * count), `zero`, `total` and `total_sum`.
 */
export function exponentialStatement(query: PointQuery, scale: number): Sql {
  const map = (side: 'positive' | 'negative'): string =>
    `mapFromArrays(tupleElement(merged_${side}, 1), CAST(tupleElement(merged_${side}, 2), 'Array(Int64)')) AS ${side}`;
  // Index i of a finer scale falls into floor(i / 2^(difference of scales)); indices that fall together are added up.
  const factor = `pow(2, scale - (${Math.trunc(scale)}))`;
  const merged = (side: 'positive' | 'negative'): string => {
    const index = `toInt32(floor((${side}_offset + i) / ${factor}))`;
    const indices = `arrayMap(i -> ${index}, range(length(${side}_counts)))`;
    return `arrayReduce('sumMap', [${indices}], [${side}_counts]) AS merged_${side}`;
  };
  const columns = raw(
    `count, sum, toInt64(zero_count) AS zeros, ${merged('positive')}, ${merged('negative')}, ${map('positive')}, ${map('negative')}`,
  );
  const anew = beganAnew(query, raw('count < previous_count OR zeros < previous_zeros'));
  const less = (side: string): Sql =>
    sql`if(${anew} OR is_first, ${raw(side)}, mapSubtract(${raw(side)}, previous_${raw(side)}))`;
  const cumulative = sql`SELECT series_id, time, ${less('positive')} AS positive_increase, ${less('negative')} AS negative_increase,
      if(${anew} OR is_first, zeros, zeros - previous_zeros) AS zero_increase,
      if(${anew} OR is_first, toInt64(count), toInt64(count) - toInt64(previous_count)) AS count_increase,
      if(${anew} OR is_first, sum, sum - previous_sum) AS sum_increase
    FROM (SELECT *, isNull(lagInFrame(toNullable(count)) OVER ${WINDOW}) AS is_first, lagInFrame(time) OVER ${WINDOW} AS previous_time,
        lagInFrame(count) OVER ${WINDOW} AS previous_count, lagInFrame(sum) OVER ${WINDOW} AS previous_sum,
        lagInFrame(zeros) OVER ${WINDOW} AS previous_zeros, lagInFrame(positive) OVER ${WINDOW} AS previous_positive,
        lagInFrame(negative) OVER ${WINDOW} AS previous_negative
      FROM (${pointsOf(query, columns)}))
    WHERE NOT is_first OR ${isDelta(query)} OR ${beganHere(query)}`;
  const delta = sql`SELECT series_id, time, positive AS positive_increase, negative AS negative_increase, zeros AS zero_increase,
      toInt64(count) AS count_increase, sum AS sum_increase FROM (${pointsOf(query, columns)})`;
  return sql`SELECT labels, ${bucketOf(query.grid)} AS bucket, sumMap(positive_increase) AS positive, sumMap(negative_increase) AS negative,
      sum(zero_increase) AS zero, sum(count_increase) AS total, sum(if(isFinite(sum_increase), sum_increase, 0)) AS total_sum
    FROM (${isCumulative(query) ? cumulative : delta}) AS points ${withSeries(query)}
    WHERE time >= ${timeMs(query.range.fromMs)} GROUP BY labels, bucket`;
}

/** Increases of a summary's count or sum. */
export function summaryCounterStatement(query: PointQuery, column: 'count' | 'sum'): Sql {
  return acrossSeries(
    query,
    sql`SELECT series_id, ${bucketOf(query.grid)} AS bucket, sum(increase) AS r
    FROM (${increases(query, raw(`toFloat64(${column}) AS v`), raw('v'))})
    WHERE time >= ${timeMs(query.range.fromMs)} AND isNotNull(increase) GROUP BY series_id, bucket`,
    acrossSql('sum'),
  );
}

/** The value that a summary gives for the quantile nearest to `q`, averaged over the series of a group. */
export function summaryQuantileStatement(query: PointQuery, q: number): Sql {
  const nearest = sql`values[indexOf(arrayMap(x -> abs(x - ${new Bound('Float64', String(q))}) AS distance, quantiles) AS distances, arrayMin(distances))]`;
  return acrossSeries(
    query,
    sql`SELECT series_id, ${bucketOf(query.grid)} AS bucket, argMax(v, time) AS r
      FROM (${pointsOf({ ...query, lookbackMs: 0 }, sql`${nearest} AS v, notEmpty(quantiles) AS has_value`)})
      WHERE has_value AND isFinite(v) GROUP BY series_id, bucket`,
    acrossSql('avg'),
  );
}

/** Exemplars of the query's series: in each bucket those with the highest values. */
export function exemplarStatement(query: PointQuery, limit: number): Sql {
  const { name, range, grid } = query;
  return sql`SELECT toUnixTimestamp64Nano(time) AS at, value AS v, trace_id, span_id
    ${exemplars.in(range)} AND name = ${text(name)}
      AND series_id IN (SELECT series_id ${seriesRows(query)})
    ORDER BY v DESC LIMIT 3 BY ${bucketOf(grid)} LIMIT ${new Bound('UInt32', limit)}`;
}

/** How far the points of a series lie apart: the median in ms, of a few series; 0 where none has two points. */
export function intervalStatement(query: PointQuery): Sql {
  return sql`SELECT ifNotFinite(medianExact(distance), 0) AS interval_ms FROM (
    SELECT arrayJoin(arrayPopFront(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(time)))))) AS distance
    FROM (${pointsOf({ ...query, lookbackMs: 0 }, raw('flags'))}) GROUP BY series_id LIMIT 1000)`;
}
