/** Points of metrics, for people who ask in SQL. */
import { METRIC_SUM } from '#pdata';
import {
  type ColumnRow,
  MAP_TYPE,
  OF_RESOURCE,
  type SqlView,
  sqlColumns,
  TIME_TYPE,
  WORD,
  withResource,
} from './sql-view.ts';
import { attributeMap } from './views.ts';

const OF_SERIES: readonly ColumnRow[] = [
  ['time', TIME_TYPE, 'when it was measured', 'point.time'],
  ['name', WORD, 'of the metric, as it was sent: http.server.request.duration', 'point.name'],
  ['service', WORD, 'service.name of its resource', 'series.service_name'],
  ['unit', WORD, "the metric's unit", 'series.unit'],
  ['description', 'String', 'what it measures', 'toString(series.description)'],
  [
    'temporality',
    WORD,
    'delta: since the point before; cumulative: since start_time; empty for a gauge',
    "CAST(transform(series.temporality, [1, 2], ['delta', 'cumulative'], ''), 'LowCardinality(String)')",
  ],
  ['start_time', TIME_TYPE, 'since when it counts', 'point.start_time'],
  ['series_id', 'UInt64', 'the same for all points of a series', 'point.series_id'],
  ['attributes', MAP_TYPE, 'attributes of the points of the series, as texts', attributeMap('series.attributes')],
];

const withSeries = (
  database: string,
): string => `INNER JOIN (SELECT * FROM ${database}.metric_series LIMIT 1 BY tenant, series_id) AS series
  ON series.tenant = point.tenant AND series.series_id = point.series_id
${withResource(database, 'series')}`;

const METRICS: SqlView = {
  name: 'metrics',
  text: 'a row for each point of a gauge or a sum',
  columns: sqlColumns([
    ...OF_SERIES,
    ['value', 'Float64', 'what was measured', 'point.value'],
    ['type', WORD, 'gauge or sum', `CAST(if(series.type = ${METRIC_SUM}, 'sum', 'gauge'), 'LowCardinality(String)')`],
    ['is_monotonic', 'Bool', 'a sum that only grows', 'toBool(series.monotonic)'],
    ...OF_RESOURCE,
  ]),
  from: (database) => `FROM ${database}.metric_points AS point
${withSeries(database)}`,
};

const HISTOGRAMS: SqlView = {
  name: 'histograms',
  text: 'a row for each point of a histogram with explicit bounds',
  columns: sqlColumns([
    ...OF_SERIES,
    ['count', 'UInt64', 'how many values', 'point.count'],
    ['sum', 'Float64', 'of the values', 'point.sum'],
    ['min', 'Float64', 'the least of them; NaN where it was not sent', 'point.min'],
    ['max', 'Float64', 'the largest of them; NaN where it was not sent', 'point.max'],
    ['bounds', 'Array(Float64)', 'upper ends of the buckets, but for the last', 'bound.bounds'],
    ['buckets', 'Array(UInt64)', 'how many values each holds: one more than bounds', 'point.bucket_counts'],
    ...OF_RESOURCE,
  ]),
  from: (database) => `FROM ${database}.metric_histograms AS point
${withSeries(database)}
LEFT ANY JOIN (SELECT tenant, bounds_id, any(bounds) AS bounds FROM ${database}.metric_bounds GROUP BY tenant, bounds_id) AS bound
  ON bound.tenant = point.tenant AND bound.bounds_id = point.bounds_id`,
};

export const METRIC_SQL_VIEWS: readonly SqlView[] = [METRICS, HISTOGRAMS];
