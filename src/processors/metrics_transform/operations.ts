import { fail } from '#ottl';
import {
  type AttributeKey,
  attributeKey,
  type ExponentialSide,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  type PointView,
} from '#pdata';
import { type Aggregation, mergePoints } from '../shared/points/merge-points.ts';
import { scaleBounds, scaledValue, scaleTotals, wholeValue } from '../shared/points/scale-points.ts';
import type { OperationConfig } from './config.ts';
import type { Match } from './match.ts';
import type { Metric } from './metric.ts';

/** How many points went where. */
export interface Counts {
  deleted: number;
  merged: number;
  copied: number;
}

/** Changes a metric. Throws an EvaluationError where it can't. */
export interface Operation {
  /** It is done to points that match alone; others are done to metrics of which all points match. */
  readonly isOfPoints: boolean;
  run(metric: Metric, match: Match, counts: Counts): void;
}

export function compileOperation(config: OperationConfig, version: string): Operation {
  const versioned = (text: string): string => text.replaceAll('{{version}}', version);
  switch (config.action) {
    case 'add_label':
      return ofMetric(addLabel(attributeKey(config.newLabel), versioned(config.newValue)));
    case 'update_label':
      return ofPoints(updateLabel(config, versioned));
    case 'delete_label_value':
      return ofMetric(deleteLabelValue(attributeKey(config.label), config.labelValue));
    case 'toggle_scalar_data_type':
      return ofPoints(toggleType);
    case 'experimental_scale_value':
      return ofPoints(scaleValue(config.scale));
    case 'aggregate_labels':
      return ofMetric(aggregateLabels(config));
    case 'aggregate_label_values':
      return ofMetric(aggregateLabelValues(config, versioned(config.newValue)));
  }
}

type OnMetric = (metric: Metric, counts: Counts) => void;
type OnRows = (metric: Metric, rows: readonly number[]) => void;

function ofMetric(run: OnMetric): Operation {
  return { isOfPoints: false, run: (metric, _match, counts) => run(metric, counts) };
}

function ofPoints(run: OnRows): Operation {
  return { isOfPoints: true, run: (metric, match) => run(metric, match.rowsOf(metric)) };
}

function addLabel(key: AttributeKey, value: string): OnMetric {
  return ({ chunk, rows }) => {
    const prepared = chunk.appendValue(value);
    for (const row of rows) {
      const attributes = chunk.rowAttributes.of(row);
      if (!attributes.has(key)) attributes.setPrepared(key, prepared);
    }
  };
}

function updateLabel({ label, newLabel, valueActions }: OperationConfig, versioned: (text: string) => string): OnRows {
  const key = attributeKey(label);
  const newKey = newLabel === '' || newLabel === label ? undefined : attributeKey(newLabel);
  const values = new Map(Array.from(valueActions, ([from, to]) => [from, versioned(to)]));
  return ({ chunk }, rows) => {
    for (const row of rows) {
      const attributes = chunk.rowAttributes.of(row);
      const value = attributes.getPrepared(key);
      if (value === undefined) continue;
      const next = values.get(attributes.getText(key) ?? '');
      if (newKey !== undefined) {
        attributes.setPrepared(newKey, value);
        attributes.delete(key);
      }
      if (next !== undefined) attributes.set(newKey ?? key, next);
    }
  };
}

function deleteLabelValue(key: AttributeKey, value: string): OnMetric {
  return (metric, counts) => {
    const { chunk, rows } = metric;
    metric.rows = rows.filter((row) => {
      const attributes = chunk.rowAttributes.of(row);
      return !attributes.has(key) || (attributes.getText(key) ?? '') !== value;
    });
    counts.deleted += rows.length - metric.rows.length;
  };
}

const hasValues = ({ type }: Metric): boolean => type === METRIC_GAUGE || type === METRIC_SUM;

function toggleType(metric: Metric, rows: readonly number[]): void {
  if (!hasValues(metric)) return;
  const view = metric.chunk.view();
  for (const row of rows) {
    view.row = row;
    const { value } = view;
    if (typeof value === 'bigint') view.value = Number(value);
    else if (value !== undefined) view.value = wholeValue(value);
  }
}

function scaleValue(factor: number): OnRows {
  return (metric, rows) => {
    const view = metric.chunk.view();
    for (const row of rows) {
      view.row = row;
      if (hasValues(metric)) view.value = scaledValue(view.value, factor);
      else if (metric.type === METRIC_HISTOGRAM) {
        scaleTotals(view, factor);
        scaleBounds(view, factor);
      } else if (metric.type === METRIC_EXPONENTIAL_HISTOGRAM) scaleExponential(view, factor);
    }
  };
}

/** Buckets move by the distance of the first one; that is exact only where the factor is a power of their base. */
function scaleExponential(view: PointView, factor: number): void {
  scaleTotals(view, factor);
  const buckets = view.exponential;
  const moved = (side: ExponentialSide): ExponentialSide =>
    side.counts.length === 0 ? side : { ...side, offset: movedOffset(side.offset, buckets.scale, factor) };
  view.exponential = {
    ...buckets,
    zeroThreshold: buckets.zeroThreshold * factor,
    positive: moved(buckets.positive),
    negative: moved(buckets.negative),
  };
}

/** The bucket that the middle of the first one falls into. */
function movedOffset(offset: number, scale: number, factor: number): number {
  const base = 2 ** (2 ** -scale);
  const middle = (base ** offset + base ** (offset + 1)) / 2;
  const index = Math.ceil(Math.log(middle * factor) * (Math.LOG2E * 2 ** scale)) - 1;
  return Number.isFinite(index) ? Math.min(Math.max(index, -(2 ** 31)), 2 ** 31 - 1) : offset;
}

function aggregateLabels({ labelSet, aggregationType }: OperationConfig): OnMetric {
  const kept = new Set(labelSet);
  return (metric, counts) => {
    checkAggregated('aggregate_labels', metric);
    const { chunk } = metric;
    for (const row of metric.rows) {
      const attributes = chunk.rowAttributes.of(row);
      const unwanted = [...attributes.entries()].flatMap(([name]) => (kept.has(name) ? [] : [attributeKey(name)]));
      for (const key of unwanted) attributes.delete(key);
    }
    mergeEqual(metric, aggregationType, counts);
  };
}

function aggregateLabelValues(
  { label, aggregatedValues, aggregationType }: OperationConfig,
  newValue: string,
): OnMetric {
  const key = attributeKey(label);
  const values = new Set(aggregatedValues);
  return (metric, counts) => {
    checkAggregated('aggregate_label_values', metric);
    const { chunk } = metric;
    const prepared = chunk.appendValue(newValue);
    for (const row of metric.rows) {
      const attributes = chunk.rowAttributes.of(row);
      if (attributes.has(key) && values.has(attributes.getText(key) ?? '')) attributes.setPrepared(key, prepared);
    }
    mergeEqual(metric, aggregationType, counts);
  };
}

function checkAggregated(action: string, { type, name }: Metric): void {
  if (type === METRIC_SUMMARY) fail(`${action} is not supported for summaries: ${name}`);
}

/** One point of those that are the same. */
export function mergeEqual(metric: Metric, by: Aggregation | undefined, counts: Counts): void {
  const { chunk, type, isDelta, rows } = metric;
  const merged = new Set(mergePoints(chunk, rows, { type, isDelta, by }));
  if (merged.size === 0) return;
  metric.rows = rows.filter((row) => !merged.has(row));
  counts.merged += merged.size;
}
