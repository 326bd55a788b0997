import {
  constantBool,
  constantDouble,
  constantText,
  double,
  doubleLike,
  editorFunction,
  fail,
  listOf,
  numberOf,
  type OttlFunction,
  optional,
  text,
} from '#ottl';
import {
  becomeHistogram,
  Double,
  type HistogramBuckets,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointChunk,
  type PointView,
  TEMPORALITY_CUMULATIVE,
} from '#pdata';
import { AGGREGATIONS, type Aggregation } from '../../shared/points/merge-points.ts';
import { scaleBounds, scaledValue, scaleTotals } from '../../shared/points/scale-points.ts';
import { aggregate, keepAttributes, renameValues } from './aggregate.ts';
import { mergedAtBound, mergedToLimit } from './buckets.ts';
import { distributionOf, explicitBuckets } from './explicit-buckets.ts';
import { attributesOf, type MetricEdits, temporalityOf } from './metric-edits.ts';
import { percentileOf } from './percentiles.ts';

const METRIC = { contexts: ['metric'] } as const;
const POINT = { contexts: ['datapoint'] } as const;
const WITH_COUNT: ReadonlySet<number> = new Set([METRIC_HISTOGRAM, METRIC_EXPONENTIAL_HISTOGRAM, METRIC_SUMMARY]);
const MERGE_METHODS: readonly string[] = ['remove_explicit_bound', 'limit_buckets'];

/** What makes metrics of other metrics. */
export function metricFunctions(edits: MetricEdits): readonly OttlFunction[] {
  return [
    editorFunction(
      'convert_sum_to_gauge',
      'Makes a gauge of a sum.',
      [],
      () => (at) => {
        const metric = at.metric();
        if (metric.type === METRIC_SUM) metric.type = METRIC_GAUGE;
      },
      METRIC,
    ),
    editorFunction(
      'convert_gauge_to_sum',
      'Makes a sum of a gauge; its temporality is delta or cumulative.',
      [constantText('aggregation_temporality'), constantBool('monotonic')],
      (name, isMonotonic) => {
        const temporality = temporalityOf(name);
        return (at) => {
          const metric = at.metric();
          if (metric.type !== METRIC_GAUGE) return;
          metric.type = METRIC_SUM;
          metric.temporality = temporality;
          metric.isMonotonic = isMonotonic;
        };
      },
      METRIC,
    ),
    editorFunction(
      'scale_metric',
      'Multiplies the values of a metric, and gives it another unit.',
      [double('multiplier'), optional(text('unit'))],
      (multiplier, unit) => (at) => {
        const metric = at.metric();
        const { type } = metric;
        if (type === METRIC_EXPONENTIAL_HISTOGRAM) fail('exponential histograms can not be scaled');
        const factor = numberOf(multiplier.get(at));
        const name = unit?.get(at);
        for (const point of edits.points(at)) scale(point, type, factor);
        if (name !== undefined) metric.unit = name;
      },
      METRIC,
    ),
    editorFunction(
      'copy_metric',
      'Adds a copy of the metric, with another name, description or unit. The copy meets the same statements: a condition stops that.',
      [optional(text('name')), optional(text('description')), optional(text('unit'))],
      (name, description, unit) => (at) => {
        const [newName, newDescription, newUnit] = [name?.get(at), description?.get(at), unit?.get(at)];
        const copy = edits.copy(at);
        if (newName !== undefined) copy.name = newName;
        if (newDescription !== undefined) copy.description = newDescription;
        if (newUnit !== undefined) copy.unit = newUnit;
      },
      METRIC,
    ),
    editorFunction(
      'extract_count_metric',
      'Adds a sum of the counts of a histogram or summary.',
      [constantBool('monotonic'), optional(constantText('suffix'))],
      (isMonotonic, suffix = '_count') =>
        (at) => {
          const { type, name, description } = checkedMetric('extract_count_metric', at.metric());
          const temporality = type === METRIC_SUMMARY ? TEMPORALITY_CUMULATIVE : at.metric().temporality;
          const made = edits.group(at).sum(name + suffix, { description, unit: '1', temporality, isMonotonic });
          for (const point of edits.points(at)) {
            made.series(attributesOf(point)).add(point.timeNs, point.count, point.startNs);
          }
        },
      METRIC,
    ),
    editorFunction(
      'extract_sum_metric',
      'Adds a sum of the sums of a histogram or summary.',
      [constantBool('monotonic'), optional(constantText('suffix'))],
      (isMonotonic, suffix = '_sum') =>
        (at) => {
          const { type, name, description, unit } = checkedMetric('extract_sum_metric', at.metric());
          const temporality = type === METRIC_SUMMARY ? TEMPORALITY_CUMULATIVE : at.metric().temporality;
          const made = edits.group(at).sum(name + suffix, { description, unit, temporality, isMonotonic });
          for (const point of edits.points(at)) {
            if (Number.isNaN(point.sum) && type !== METRIC_SUMMARY) continue;
            made.series(attributesOf(point)).add(point.timeNs, point.sum, point.startNs);
          }
        },
      METRIC,
    ),
    editorFunction(
      'extract_percentile_metric',
      'Adds a gauge of a percentile of a histogram, such as 95: what its buckets say of it.',
      [double('percentile'), optional(constantText('suffix'))],
      (reader, suffix) => {
        const percentile = numberOf(reader.literal ?? fail('percentile must be written here'));
        if (!(percentile > 0 && percentile < 100)) fail(`percentile must be between 0 and 100, got ${percentile}`);
        return (at) => {
          const { type, name, description, unit } = at.metric();
          if (type !== METRIC_HISTOGRAM && type !== METRIC_EXPONENTIAL_HISTOGRAM) return;
          const points: { readonly value: number; readonly point: PointPlace }[] = [];
          for (const point of edits.points(at)) {
            const value = percentileOf(point, type, percentile);
            if (value !== undefined) points.push({ value, point: placeOf(point) });
          }
          if (points.length === 0) return;
          const shown = `p${percentile}`;
          const made = edits.group(at).gauge(name + (suffix || `_${shown}`), {
            description: description === '' ? shown : `${description} (${shown})`,
            unit,
          });
          for (const { value, point } of points) made.series(point.attributes).add(point.timeNs, value, point.startNs);
        };
      },
      METRIC,
    ),
    editorFunction(
      'aggregate_on_attributes',
      'Makes one point of all points of a metric that have the same attributes of a list, or all the same: sum, max, min, mean, median, count.',
      [constantText('aggregation_function'), optional(listOf(constantText('attributes')))],
      (by, keys) => {
        const aggregation = aggregationOf(by);
        return (at) => {
          if (at.metric().type === METRIC_SUMMARY) fail('summaries can not be aggregated');
          if (keys !== undefined) keepAttributes(edits, at, keys);
          aggregate(edits, at, aggregation);
        };
      },
      METRIC,
    ),
    editorFunction(
      'aggregate_on_attribute_value',
      'Gives an attribute that has one of some values a new one, and makes one point of those that are the same then.',
      [
        constantText('aggregation_function'),
        constantText('attribute'),
        listOf(constantText('values')),
        constantText('new_value'),
      ],
      (by, key, values, next) => {
        const aggregation = aggregationOf(by);
        return (at) => {
          renameValues(edits, at, key, values, next);
          aggregate(edits, at, aggregation);
        };
      },
      METRIC,
    ),
    editorFunction(
      'convert_exponential_histogram_to_histogram',
      'Makes a histogram with these bounds of an exponential one; what lies between bounds is distributed: upper, midpoint, uniform or random.',
      [constantText('distribution_fn'), listOf(constantDouble('explicit_bounds'))],
      (name, bounds) => {
        const distribute = distributionOf(name || 'random');
        if (bounds.length === 0) fail('explicit_bounds must not be empty');
        return (at) => {
          if (at.metric().type !== METRIC_EXPONENTIAL_HISTOGRAM) return;
          const rows = new Map<number, HistogramBuckets>();
          for (const point of edits.points(at)) {
            rows.set(point.row, explicitBuckets(point.exponential, bounds, distribute));
          }
          becomeHistogram(at.chunk as PointChunk, at.metricNumber(), rows);
        };
      },
      METRIC,
    ),
    editorFunction(
      'convert_summary_quantile_val_to_gauge',
      'Adds a gauge of the quantiles of a summary.',
      [optional(constantText('attribute_key')), optional(constantText('suffix'))],
      (key = 'quantile', suffix = '.quantiles') =>
        (at) => {
          const { type, name, description, unit } = at.metric();
          if (type !== METRIC_SUMMARY) return;
          const made = edits.group(at).gauge(name + suffix, { description, unit });
          for (const point of edits.points(at)) {
            const { quantiles, values } = point.quantiles;
            const attributes = attributesOf(point).filter(([each]) => each !== key);
            for (const [i, quantile] of quantiles.entries()) {
              const series = made.series([...attributes, [key, new Double(quantile)]]);
              series.add(point.timeNs, values[i]!, point.startNs);
            }
          }
        },
      METRIC,
    ),
    ...(['count', 'sum'] as const).map((part) =>
      editorFunction(
        `convert_summary_${part}_val_to_sum`,
        `Adds a sum of the ${part}s of a summary; its temporality is delta or cumulative.`,
        [constantText('aggregation_temporality'), constantBool('monotonic'), optional(constantText('suffix'))],
        (temporalityName, isMonotonic, suffix = `_${part}`) => {
          const temporality = temporalityOf(temporalityName);
          return (at) => {
            const { type, name, description, unit } = at.metric();
            if (type !== METRIC_SUMMARY) return;
            const made = edits.group(at).sum(name + suffix, { description, unit, temporality, isMonotonic });
            for (const point of edits.points(at)) {
              made.series(attributesOf(point)).add(point.timeNs, point[part], point.startNs);
            }
          };
        },
        POINT,
      ),
    ),
    editorFunction(
      'merge_histogram_buckets',
      'Merges the buckets of a histogram at a bound (remove_explicit_bound), or so that there are no more than so many (limit_buckets).',
      [doubleLike('target_value'), optional(constantText('method'))],
      (target, method = 'remove_explicit_bound') => {
        if (!MERGE_METHODS.includes(method))
          fail(`unsupported method "${method}", it is ${MERGE_METHODS.join(' or ')}`);
        return (at) => {
          if (at.metric().type !== METRIC_HISTOGRAM) return;
          const value = target.get(at) ?? fail('target_value must not be nil');
          const { buckets } = at.point;
          if (buckets.bounds.length + 1 !== buckets.counts.length) return;
          const merged = method === 'limit_buckets' ? mergedToLimit(buckets, value) : mergedAtBound(buckets, value);
          if (merged !== undefined) at.point.buckets = merged;
        };
      },
      POINT,
    ),
  ];
}

interface PointPlace {
  readonly attributes: ReturnType<typeof attributesOf>;
  readonly timeNs: bigint;
  readonly startNs: bigint;
}

function placeOf(point: PointView): PointPlace {
  return { attributes: attributesOf(point), timeNs: point.timeNs, startNs: point.startNs };
}

function aggregationOf(by: string): Aggregation {
  const found = AGGREGATIONS.find((each) => each === by);
  return found ?? fail(`invalid aggregation function "${by}", there are ${AGGREGATIONS.join(', ')}`);
}

function checkedMetric<T extends { readonly type: number }>(name: string, metric: T): T {
  return WITH_COUNT.has(metric.type) ? metric : fail(`${name} requires a histogram or a summary`);
}

function scale(point: PointView, type: number, factor: number): void {
  if (type === METRIC_GAUGE || type === METRIC_SUM) {
    point.value = scaledValue(point.value, factor);
    return;
  }
  if (type === METRIC_SUMMARY) {
    const { quantiles, values } = point.quantiles;
    point.sum *= factor;
    point.quantiles = { quantiles, values: values.map((each) => each * factor) };
    return;
  }
  if (type !== METRIC_HISTOGRAM) fail('unsupported metric type');
  scaleTotals(point, factor);
  scaleBounds(point, factor);
}
