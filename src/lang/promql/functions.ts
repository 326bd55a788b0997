import type { PromType } from './tree.ts';

/** What a function takes and returns. The list is that of promql/parser/functions.go of Prometheus 3.16. */
export interface PromFunction {
  readonly name: string;
  readonly arguments: readonly PromType[];
  /** How many of the last argument may follow: 0 none beyond the list, -1 any number. The last of the list is optional where it isn't 0. */
  readonly variadic: number;
  readonly returns: PromType;
  /** Behind Prometheus' `promql-experimental-functions`. */
  readonly isExperimental: boolean;
}

const VECTOR: readonly PromType[] = ['vector'];
const MATRIX: readonly PromType[] = ['matrix'];

const OF_VECTOR = `
  abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count
  histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh
  timestamp`;
const OF_MATRIX = `
  absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate
  last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time
  sum_over_time`;
const EXPERIMENTAL_OF_MATRIX =
  'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time';
const OF_TIME = 'day_of_month day_of_week day_of_year days_in_month hour minute month year';

interface Extras {
  readonly variadic?: number;
  readonly returns?: PromType;
  readonly isExperimental?: boolean;
}

function define(name: string, args: readonly PromType[], extras: Extras = {}): PromFunction {
  return { name, arguments: args, variadic: 0, returns: 'vector', isExperimental: false, ...extras };
}

const EXPERIMENTAL: Extras = { isExperimental: true };
const EXPERIMENTAL_SCALAR: Extras = { isExperimental: true, returns: 'scalar' };

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}

const DEFINITIONS: readonly PromFunction[] = [
  ...words(OF_VECTOR).map((name) => define(name, VECTOR)),
  ...words(OF_MATRIX).map((name) => define(name, MATRIX)),
  ...words(EXPERIMENTAL_OF_MATRIX).map((name) => define(name, MATRIX, EXPERIMENTAL)),
  ...words(OF_TIME).map((name) => define(name, VECTOR, { variadic: 1 })),
  define('clamp', ['vector', 'scalar', 'scalar']),
  define('clamp_max', ['vector', 'scalar']),
  define('clamp_min', ['vector', 'scalar']),
  define('double_exponential_smoothing', ['matrix', 'scalar', 'scalar'], EXPERIMENTAL),
  define('end', [], EXPERIMENTAL_SCALAR),
  define('histogram_fraction', ['scalar', 'scalar', 'vector']),
  define('histogram_quantile', ['scalar', 'vector']),
  define('histogram_quantiles', ['vector', 'string', 'scalar', 'scalar'], { variadic: 9, isExperimental: true }),
  define('info', ['vector', 'vector'], { variadic: 1, isExperimental: true }),
  define('integral', ['matrix', 'scalar'], { variadic: 1, isExperimental: true }),
  define('label_join', ['vector', 'string', 'string', 'string'], { variadic: -1 }),
  define('label_replace', ['vector', 'string', 'string', 'string', 'string']),
  define('max_of', ['scalar', 'scalar'], EXPERIMENTAL_SCALAR),
  define('min_of', ['scalar', 'scalar'], EXPERIMENTAL_SCALAR),
  define('pi', [], { returns: 'scalar' }),
  define('predict_linear', ['matrix', 'scalar']),
  define('quantile_over_time', ['scalar', 'matrix']),
  define('range', [], EXPERIMENTAL_SCALAR),
  define('round', ['vector', 'scalar'], { variadic: 1 }),
  define('scalar', VECTOR, { returns: 'scalar' }),
  define('sort_by_label', ['vector', 'string'], { variadic: -1, isExperimental: true }),
  define('sort_by_label_desc', ['vector', 'string'], { variadic: -1, isExperimental: true }),
  define('start', [], EXPERIMENTAL_SCALAR),
  define('start_timestamp', VECTOR, EXPERIMENTAL),
  define('step', [], EXPERIMENTAL_SCALAR),
  define('time', [], { returns: 'scalar' }),
  define('vector', ['scalar']),
];

export const PROM_FUNCTIONS: ReadonlyMap<string, PromFunction> = new Map(
  DEFINITIONS.map((definition) => [definition.name, definition]),
);
