export { createStoreClient, type StoreClientOptions } from './client.ts';
export { assertDatabaseName, DEFAULT_ENDPOINT, type StoreEndpoint, storeEndpoint } from './endpoint.ts';
export { reserveOf } from './free-space.ts';
export { DEFAULT_RETENTION, type PrepareOptions, prepareStore, type Retention, retentionComment } from './migrate.ts';
export { parseValueJson } from './native/value-json.ts';
export * from './schema/index.ts';
export { Segment } from './spool/segment.ts';
export { SegmentLog, type SegmentLogOptions, SpoolError } from './spool/segment-log.ts';
export { StoreWriter, type StoreWriterObserver, type StoreWriterOptions } from './writer.ts';
