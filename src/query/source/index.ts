export { logs, logsAt, logsOfTrace, ofService } from './logs.ts';
export {
  ALL_POINTS,
  boundsOf,
  exemplars,
  METRIC_TYPES,
  type MetricType,
  metricSeries,
  numberPoints,
  OWNERS,
  type Owner,
  SEEN_LAG_SECONDS,
} from './metrics.ts';
export { inRange, padded, type TimeRange } from './range.ts';
export type { TimedRows } from './rows.ts';
export { ITEMS, SIGNALS, type SignalName } from './signals.ts';
export {
  DETACHED_PARTS,
  DISKS,
  ITEM_TABLES,
  SERVER_COUNTERS,
  SERVER_LEVELS,
  STORE_PARTS,
  STORE_TABLES,
} from './system.ts';
export {
  spans,
  spansAt,
  spansOfTrace,
  spansOfTraces,
  type TracePlace,
  tracePlaces,
} from './traces.ts';
