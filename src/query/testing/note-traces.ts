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
}
