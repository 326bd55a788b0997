export { promType } from './check.ts';
export { parsePromDuration, printPromDuration } from './duration.ts';
export { PROM_FUNCTIONS, type PromFunction } from './functions.ts';
export { matcherTest, wholePattern } from './matcher.ts';
export { ALL_OF_PROMQL, type PromqlOptions, parseMetricSelector, parsePromql } from './parse.ts';
export { formatPromql } from './pretty.ts';
export { printFixed, printGoFloat, printPromql } from './print.ts';
export { goQuoted, isUtf8 } from './quote.ts';
export * from './tree.ts';
