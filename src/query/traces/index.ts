export { readSpanColumns } from './span-columns.ts';
export { groupSpans, readSpanHeatmap } from './span-groups.ts';
export {
  allAttributes,
  attributesCut,
  EVENT_TIME,
  MAX_LISTED,
  type StoredEvent,
  type StoredLink,
} from './span-parts.ts';
export {
  ENTRY_SPAN,
  ENVIRONMENT,
  inEnvironment,
  type MatchingSpans,
  prunedSpanCondition,
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanFilter,
  spanCondition,
  spanKind,
  spanStatus,
} from './spans.ts';
export {
  MAX_WHOLE_SPANS,
  type ReadSpans,
  readSpan,
  readSpans,
  readWholeTrace,
  type StoredSpan,
} from './stored-span.ts';
export { placeOf, readLinkingSpans, readTrace } from './trace.ts';
export { findPlaces } from './trace-place.ts';
export {
  countTraces,
  type FoundTrace,
  findServiceTraces,
  sampleTraces,
  searchTraces,
  type TraceFilter,
  type TraceSearchResult,
} from './trace-search.ts';
export { countOrphans, countServices, summarizeTraces } from './trace-summary.ts';
