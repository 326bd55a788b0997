import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, METRIC_SUMMARY } from '#pdata';

/** The series that Prometheus has of a stored one: a histogram is several there. */
export type Part = 'value' | 'bucket' | 'count' | 'sum' | 'native';

const PARTS: Readonly<Record<number, readonly Part[]>> = {
  [METRIC_GAUGE]: ['value'],
  [METRIC_SUM]: ['value'],
  [METRIC_HISTOGRAM]: ['bucket', 'count', 'sum', 'native'],
  [METRIC_EXPONENTIAL_HISTOGRAM]: ['native'],
  [METRIC_SUMMARY]: ['value', 'count', 'sum'],
};

const SUFFIXES: Readonly<Record<Part, string>> = {
  value: '',
  native: '',
  bucket: '_bucket',
  count: '_count',
  sum: '_sum',
};

export function partsOf(type: number): readonly Part[] {
  return PARTS[type] ?? [];
}

export function nameOf(metric: string, part: Part): string {
  return metric + SUFFIXES[part];
}

/** The metric of a series of a part. */
export function metricOf(name: string, part: Part): string {
  return name.slice(0, name.length - SUFFIXES[part].length);
}

/** The names under which a metric may be stored whose series are called so. */
export function storedNames(name: string): string[] {
  const base = /^(.+)_(?:bucket|count|sum)$/.exec(name)?.[1];
  return base === undefined ? [name] : [name, base];
}
