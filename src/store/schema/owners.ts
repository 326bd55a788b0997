import { jsonType, RESOURCE_PATHS, SCOPE_PATHS, type Table } from './common.ts';

const SEEN = `first_seen SimpleAggregateFunction(min, DateTime('UTC')),
  last_seen SimpleAggregateFunction(max, DateTime('UTC'))`;

/**
 * What rows of all signals name by `resource_id`: a hash of the attributes and the schema URL (native/owner-columns.ts). One row per id once merged. A
 * live resource is written again at least once an hour, so `last_seen` lags by up to an hour. `service_name` is what the rows have too.
 */
const RESOURCES: Table = {
  name: 'resources',
  signal: 'shared',
  aggregating: true,
  dependentColumns: true,
  columns: `resource_id UInt64,
  service_name LowCardinality(String),
  attributes ${jsonType(RESOURCE_PATHS)} CODEC(ZSTD(1)),
  schema_url LowCardinality(String),
  ${SEEN}`,
  orderBy: 'resource_id',
  granularity: 1024,
  partitioned: false,
};

/** What rows name by `scope_id`, likewise: a hash of name, version, attributes and schema URL. */
const SCOPES: Table = {
  name: 'scopes',
  signal: 'shared',
  aggregating: true,
  dependentColumns: true,
  columns: `scope_id UInt64,
  name LowCardinality(String),
  version LowCardinality(String),
  attributes ${jsonType(SCOPE_PATHS)} CODEC(ZSTD(1)),
  schema_url LowCardinality(String),
  ${SEEN}`,
  orderBy: 'scope_id',
  granularity: 1024,
  partitioned: false,
};

export const OWNER_TABLES: readonly Table[] = [RESOURCES, SCOPES];
