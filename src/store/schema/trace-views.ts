import type { View } from './common.ts';
import { attributeMap, idText } from './views.ts';

/** A column of a map per event or link, in the order in which they stand in the span. */
function listOf(expression: string, type: string): string {
  const sorted = `arraySort(pair -> pair.1, groupArray((position,\n    ${expression})))`;
  return `CAST(arrayMap(pair -> pair.2, ${sorted}), 'Array(${type})')`;
}

const MAP = 'Map(LowCardinality(String), String)';

const SPAN_KEY = 'tenant, trace_id, span_id, span_time';

/** Spans as the table of that name of otelcol's exporter for ClickHouse has them: what was in one row there is joined here. */
const OTEL_TRACES: View = {
  name: 'otel_traces',
  signal: 'traces',
  select: (database) => `SELECT
  span.time AS Timestamp,
  ${idText('span.trace_id', 16)} AS TraceId,
  ${idText('span.span_id', 8)} AS SpanId,
  ${idText('span.parent_span_id', 8)} AS ParentSpanId,
  span.trace_state AS TraceState,
  span.name AS SpanName,
  CAST(transform(span.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified'),
    'LowCardinality(String)') AS SpanKind,
  span.service_name AS ServiceName,
  resource.texts AS ResourceAttributes,
  scope.name AS ScopeName,
  scope.version AS ScopeVersion,
  ${attributeMap('span.attributes', 'span.attributes_other')} AS SpanAttributes,
  span.duration_ns AS Duration,
  CAST(transform(span.status_code, [1, 2], ['Ok', 'Error'], 'Unset'), 'LowCardinality(String)') AS StatusCode,
  span.status_message AS StatusMessage,
  event.times AS \`Events.Timestamp\`,
  event.names AS \`Events.Name\`,
  event.texts AS \`Events.Attributes\`,
  link.trace_ids AS \`Links.TraceId\`,
  link.span_ids AS \`Links.SpanId\`,
  link.states AS \`Links.TraceState\`,
  link.texts AS \`Links.Attributes\`
FROM ${database}.spans AS span
LEFT ANY JOIN (SELECT tenant, resource_id, ${attributeMap('attributes')} AS texts FROM ${database}.resources) AS resource
  ON resource.tenant = span.tenant AND resource.resource_id = span.resource_id
LEFT ANY JOIN (SELECT tenant, scope_id, toString(name) AS name, toString(version) AS version FROM ${database}.scopes) AS scope
  ON scope.tenant = span.tenant AND scope.scope_id = span.scope_id
LEFT ANY JOIN (
  SELECT ${SPAN_KEY},
    ${listOf('time', "DateTime64(9, \\'UTC\\')")} AS times,
    ${listOf('name', 'LowCardinality(String)')} AS names,
    ${listOf(attributeMap('attributes', 'attributes_other'), MAP)} AS texts
  FROM ${database}.span_events GROUP BY ${SPAN_KEY}
) AS event ON event.tenant = span.tenant AND event.trace_id = span.trace_id AND event.span_id = span.span_id
  AND event.span_time = span.time
LEFT ANY JOIN (
  SELECT ${SPAN_KEY},
    ${listOf('lower(hex(linked_trace_id))', 'String')} AS trace_ids,
    ${listOf('lower(hex(linked_span_id))', 'String')} AS span_ids,
    ${listOf('linked_trace_state', 'String')} AS states,
    ${listOf(attributeMap('attributes', 'attributes_other'), MAP)} AS texts
  FROM ${database}.span_links GROUP BY ${SPAN_KEY}
) AS link ON link.tenant = span.tenant AND link.trace_id = span.trace_id AND link.span_id = span.span_id
  AND link.span_time = span.time`,
};

/** From when to when a trace lasts. */
const OTEL_TRACE_TIMES: View = {
  name: 'otel_traces_trace_id_ts',
  signal: 'traces',
  select: (database) => `SELECT
  lower(hex(trace_id)) AS TraceId,
  min(start) AS Start,
  max(start + toIntervalMillisecond(range_ms)) AS End
FROM ${database}.traces
GROUP BY tenant, trace_id`,
};

export const TRACE_VIEWS: readonly View[] = [OTEL_TRACES, OTEL_TRACE_TIMES];
