export {
  type AttributeColumn,
  EVENT_ATTRIBUTES,
  ITEM_ATTRIBUTES,
  LINK_ATTRIBUTES,
  OWNER_ATTRIBUTES,
  SPAN_ATTRIBUTES,
  type ValueType,
} from './attributes.ts';
export { CALL_SLOT_MS, callSlotOf, countedCalls, countedSlots, slotsTouchedSince, spansPerSlot } from './calls.ts';
export { logStreams, logs, logsAt, ofService } from './logs.ts';
export {
  ALL_POINTS,
  boundsOf,
  exemplars,
  METRIC_TYPES,
  metricSeries,
  numberPoints,
  OWNERS,
  type Owner,
  SEEN_LAG_SECONDS,
} from './metrics.ts';
export { type OwnerRows, ownerMeets, ownersById, ownerValues, resources, scopes } from './owners.ts';
export { inRange, padded, type TimeRange } from './range.ts';
export { REQUEST_SLOT_MS, requestsIn, slotsWithAttributes } from './requests.ts';
export type { TimedRows } from './rows.ts';
export { ITEMS, SIGNALS } from './signals.ts';
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
  failedTraceIds,
  linksTo,
  ofPlace,
  ofPlaces,
  spanEvents,
  spanLinks,
  spans,
  spansByIds,
  type TracePlace,
  traceNotes,
  tracePlaces,
} from './traces.ts';
