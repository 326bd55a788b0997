export type * from './answers/index.ts';
export {
  explainEmptyLogs,
  explainEmptyTraces,
  listAttributeKeys,
  listAttributeValues,
} from './hints/index.ts';
export { type LogFilter, logHistogram, readLog, readTraceLogs, SEVERITY_GROUPS, searchLogs } from './logs/index.ts';
export { AGGREGATIONS, listMetricLabels, listMetrics, queryMetric } from './metrics/index.ts';
export { checkRange } from './plan/index.ts';
export {
  base64,
  CpuMeter,
  plainAttributes,
  plainValue,
  QueryError,
  type QueryErrorCode,
  type ReadLimits,
  type ReadOptions,
  type SpentOnRequest,
  type StoredAttribute,
  type StoredValue,
  StoreReader,
  storeHangs,
} from './reader/index.ts';
export {
  listNamesInRange,
  listOperations,
  listServiceNames,
  listServices,
  MAX_SERVICES,
  readDependencies,
  readNeighbours,
  readService,
  readServiceEdges,
  readSpanMetrics,
  type SpanMetricsGroup,
} from './services/index.ts';
export { OWNERS, type Owner, type TimeRange } from './source/index.ts';
export {
  emptySystem,
  listEnvironments,
  readSignals,
  readSystem,
  type StoredSignals,
} from './system/index.ts';
export {
  countOrphans,
  countServices,
  countTraces,
  type FoundTrace,
  findServiceTraces,
  findTraces,
  MAX_LISTED,
  MAX_WHOLE_SPANS,
  type ReadSpans,
  readLinkingSpans,
  readSpan,
  readSpans,
  readTrace,
  readWholeTrace,
  type StoredEvent,
  type StoredLink,
  type StoredSpan,
  sampleTraces,
  searchTraces,
  spanKind,
  spanStatus,
  type TraceFilter,
  type TraceSearchResult,
} from './traces/index.ts';
