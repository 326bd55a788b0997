import type { View } from './common.ts';

const text = (key: string): string =>
  `coalesce(toString(attributes.\`exception.${key}\`), toString(attributes_other.\`exception.${key}\`), '')`;
const has = (key: string): string =>
  `attributes.\`exception.${key}\` IS NOT NULL OR attributes_other.\`exception.${key}\` IS NOT NULL`;

/**
 * Exceptions, wherever an SDK recorded them: as events of spans, as it long was, or as log records, as the conventions now say. An event without
 * a time of its own happened when its span began.
 */
const EXCEPTIONS: View = {
  name: 'exceptions',
  signal: 'traces',
  select: (database) => `SELECT
  tenant,
  if(time = fromUnixTimestamp64Nano(0, 'UTC'), span_time, time) AS time,
  'span event' AS source,
  service_name,
  trace_id,
  span_id,
  ${text('type')} AS type,
  ${text('message')} AS message,
  ${text('stacktrace')} AS stacktrace
FROM ${database}.span_events
WHERE name = 'exception'
UNION ALL
SELECT
  tenant,
  time,
  'log record' AS source,
  service_name,
  trace_id,
  span_id,
  ${text('type')} AS type,
  ${text('message')} AS message,
  ${text('stacktrace')} AS stacktrace
FROM ${database}.logs
WHERE ${has('type')}
  OR ${has('message')}`,
};

export const EXCEPTION_VIEWS: readonly View[] = [EXCEPTIONS];
