import {
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  POINT_VALUE_INT,
  POINT_VALUE_NONE,
  type PointChunk,
} from '#pdata';

export const METRIC_TYPE_NAME: Readonly<Record<number, string>> = {
  [METRIC_GAUGE]: 'Gauge',
  [METRIC_SUM]: 'Sum',
  [METRIC_HISTOGRAM]: 'Histogram',
  [METRIC_EXPONENTIAL_HISTOGRAM]: 'ExponentialHistogram',
  [METRIC_SUMMARY]: 'Summary',
};

/** The value of a gauge's or sum's point; '' where it has none. */
export function numberText(chunk: PointChunk, row: number): string {
  const { valueType, valueInt, valueDouble } = chunk.columns;
  if (valueType[row] === POINT_VALUE_NONE) return '';
  return valueType[row] === POINT_VALUE_INT ? String(valueInt[row]) : String(valueDouble[row]);
}
