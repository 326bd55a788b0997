/**
 * TraceQL over stored spans. Questions throw QueryError: `bad_query` with the place of the mistake, `too_large` where a limit was met, `timeout`.
 * What is asked of single spans is asked of the store; the tree of a trace and its pipeline are followed here, of traces that may match.
 */
export type * from './answers.ts';
export { matchingSpans } from './matching-spans.ts';
export { queryTraceqlInstant, queryTraceqlRange } from './metrics.ts';
export { searchTraceql } from './search.ts';
export { listTraceqlValues } from './values.ts';
