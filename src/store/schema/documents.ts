import type { Table } from './common.ts';

/**
 * What people and servers made that is no telemetry: silences, what receivers were told, saved views. A document has a kind and a key; each change of it
 * is a row with a higher version, of which merging leaves the last. It has no retention: what is deleted is a row that says so.
 */
const DOCUMENTS: Table = {
  name: 'documents',
  signal: 'shared',
  replacing: 'version',
  columns: `kind LowCardinality(String),
  key String,
  version UInt64 CODEC(ZSTD(1)),
  is_deleted Bool CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1)),
  written_at DateTime64(3, 'UTC') CODEC(ZSTD(1))`,
  orderBy: 'kind, key',
  granularity: 256,
  partitioned: false,
};

/** Tables that hold no telemetry, and so are kept whatever the retention. */
export const OWN_TABLES: readonly Table[] = [DOCUMENTS];
