export { type CallsToWrite, CallWriter } from './call-writer.ts';
export { createStoreClient, type StoreClientOptions } from './client.ts';
export {
  DOCUMENT_LIMIT_BYTES,
  type DocumentChange,
  DocumentStore,
  type DocumentsOptions,
  type NewDocument,
  type StoreDocument,
} from './documents.ts';
export { assertDatabaseName, DEFAULT_ENDPOINT, type StoreEndpoint, storeEndpoint } from './endpoint.ts';
export { FencedError, MEMBERS_KIND } from './fence.ts';
export { reserveOf } from './free-space.ts';
export { type MetricSink, type SinkCounts, StoreSink, type StoreSinkOptions } from './metric-sink.ts';
export { DEFAULT_RETENTION, type PrepareOptions, prepareStore, type Retention, retentionComment } from './migrate.ts';
export { parseValueJson } from './native/value-json.ts';
export { PinnedTraces } from './pinned-traces.ts';
export * from './schema/index.ts';
export { Segment } from './spool/segment.ts';
export { SegmentLog, type SegmentLogOptions, SpoolError } from './spool/segment-log.ts';
export { StoreWriter } from './writer.ts';
export type { StoreWriterObserver, StoreWriterOptions } from './writer-options.ts';
