/** What `PrometheusTextReader.next` has found. */
export const ENTRY_END = 0;
export const ENTRY_SERIES = 1;
export const ENTRY_TYPE = 2;
export const ENTRY_HELP = 3;
export const ENTRY_UNIT = 4;

/** A label's value, or an exemplar's: pairs of name and value. */
export type LabelPairs = readonly (readonly [string, string])[];

/** In the text format. */
export const TEXT_TYPES: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
export const OPENMETRICS_TYPES: ReadonlySet<string> = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
]);
/** How lines of OpenMetrics begin that say something of a family. */
export const STRICT_KINDS: ReadonlyMap<string, number> = new Map([
  ['# TYPE ', ENTRY_TYPE],
  ['# HELP ', ENTRY_HELP],
  ['# UNIT ', ENTRY_UNIT],
]);
