import type { TestStore } from './test-store.ts';

/** What the writer notes of traces whose spans were put straight into the table. `condition`: on the spans. */
export async function noteTraces(store: TestStore, condition = '1'): Promise<void> {
  const isRoot = "parent_span_id = toFixedString('', 8)";
  const ns = (time: string): string => `toUnixTimestamp64Nano(${time})`;
  await store.run(`INSERT INTO ${store.database}.traces
      (trace_id, start, range_ms, duration_ns, span_count, error_count, root_offset_ns, root_service, root_name, services, ingested_at)
    SELECT trace_id, min(time) AS first, ceil((${ns('max(time)')} - ${ns('first')}) / 1e6),
      max(${ns('time')} + duration_ns) - ${ns('first')}, count(), countIf(status_code = 2),
      if(countIf(${isRoot}) > 0, ${ns(`minIf(time, ${isRoot})`)} - ${ns('first')}, -1),
      argMinIf(service_name, time, ${isRoot}), argMinIf(name, time, ${isRoot}), groupUniqArray(128)(service_name), now64(9)
    FROM ${store.database}.spans WHERE ${condition} GROUP BY trace_id`);
  const isRequest = `(kind IN (2, 5) OR ${isRoot})`;
  await store.run(`INSERT INTO ${store.database}.request_slots
      (second, service_name, environment, resource_id, span_count, first_time, last_time, request_count, error_count, last_request,
       root_call_count, served_count, long_durations, ingested_at)
    SELECT intDiv(toInt64(time), 5) * 5 AS slot, service_name, env, argMax(resource_id, (${isRequest}, time)), count(), min(time), max(time),
      countIf(${isRequest}), countIf(${isRequest} AND status_code = 2), maxIf(time, ${isRequest}),
      countIf(kind IN (3, 4) AND ${isRoot}), countIf(kind IN (2, 5) AND NOT ${isRoot}), groupArrayIf(duration_ns, ${isRequest}), now64(9)
    FROM ${store.database}.spans
    LEFT JOIN (SELECT resource_id, any(ifNull(attributes.\`deployment.environment.name\`.:String, '')) AS env
      FROM ${store.database}.resources GROUP BY resource_id) AS known USING (resource_id)
    WHERE ${condition} GROUP BY slot, service_name, env`);
}
