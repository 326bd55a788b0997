import type { Context } from './contexts.ts';

const numbered = (prefix: string, names: readonly string[], from = 0): [string, number][] =>
  names.map((name, i) => [`${prefix}${name}`, i + from]);

const SPAN: readonly [string, number][] = [
  ...numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  ...numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
];
const METRIC: readonly [string, number][] = [
  ...numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
  ...numbered('METRIC_DATA_TYPE_', ['NONE', 'GAUGE', 'SUM', 'HISTOGRAM', 'EXPONENTIAL_HISTOGRAM', 'SUMMARY']),
];
const POINT: readonly [string, number][] = [...METRIC, ...numbered('FLAG_', ['NONE', 'NO_RECORDED_VALUE'])];
const LOG: readonly [string, number][] = [
  ['SEVERITY_NUMBER_UNSPECIFIED', 0],
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level, i) =>
    ['', '2', '3', '4'].map((step, k): [string, number] => [`SEVERITY_NUMBER_${level}${step}`, i * 4 + k + 1]),
  ),
];

/** The enums of a context, by name. */
export const ENUMS: Readonly<Record<Context, ReadonlyMap<string, number>>> = {
  resource: new Map(),
  scope: new Map(),
  span: new Map(SPAN),
  spanevent: new Map(SPAN),
  metric: new Map(METRIC),
  datapoint: new Map(POINT),
  exemplar: new Map(POINT),
  log: new Map(LOG),
};

/** The enums of a context, in order of their names. */
export function enumNames(context: Context): string[] {
  return Array.from(ENUMS[context].keys()).sort();
}
