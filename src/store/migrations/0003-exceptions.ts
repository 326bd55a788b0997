/** Exceptions as the first version kept them. Frozen: see 0003-tables.ts. */
export const EXCEPTION_STATEMENTS: readonly string[] = [
  `CREATE VIEW IF NOT EXISTS {database}.exceptions{onCluster} AS
SELECT
  tenant,
  if(time = fromUnixTimestamp64Nano(0, 'UTC'), span_time, time) AS time,
  'span event' AS source,
  service_name,
  trace_id,
  span_id,
  coalesce(toString(attributes.\`exception.type\`), toString(attributes_other.\`exception.type\`), '') AS type,
  coalesce(toString(attributes.\`exception.message\`), toString(attributes_other.\`exception.message\`), '') AS message,
  coalesce(toString(attributes.\`exception.stacktrace\`), toString(attributes_other.\`exception.stacktrace\`), '') AS stacktrace
FROM {database}.span_events
WHERE name = 'exception'
UNION ALL
SELECT
  tenant,
  time,
  'log record' AS source,
  service_name,
  trace_id,
  span_id,
  coalesce(toString(attributes.\`exception.type\`), toString(attributes_other.\`exception.type\`), '') AS type,
  coalesce(toString(attributes.\`exception.message\`), toString(attributes_other.\`exception.message\`), '') AS message,
  coalesce(toString(attributes.\`exception.stacktrace\`), toString(attributes_other.\`exception.stacktrace\`), '') AS stacktrace
FROM {database}.logs
WHERE attributes.\`exception.type\` IS NOT NULL OR attributes_other.\`exception.type\` IS NOT NULL
  OR attributes.\`exception.message\` IS NOT NULL OR attributes_other.\`exception.message\` IS NOT NULL`,
];
