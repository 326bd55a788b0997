import type { FoundAttribute, Inspected } from '#query/traceql.ts';
import { anyValueJson, type JsonObject } from '../shared/otlp-json.ts';

/** Parts that several answers have, as protobuf's JSON: 64-bit numbers are texts, and what is 0 or empty is left out. */

/** As KeyValue messages. */
export function attributesJson(attributes: readonly FoundAttribute[]): JsonObject[] {
  return attributes.map(({ key, value }) => ({ key, value: anyValueJson(value) }));
}

/** A SearchMetrics. Grafana knows these members and no others. */
export function searchMetrics({ bytes, traces, spans }: Inspected): JsonObject {
  return {
    ...(traces > 0 && { inspectedTraces: traces }),
    ...(bytes > 0 && { inspectedBytes: String(Math.round(bytes)) }),
    ...{ completedJobs: 1, totalJobs: 1 },
    ...(spans > 0 && { inspectedSpans: String(spans) }),
  };
}

/** What an answer lacks is said in a header: Grafana refuses members that it does not know. */
export function warningHeaders(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {};
  const text = warnings
    .join('; ')
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'");
  return { warning: `299 - "${text.slice(0, 1000)}"` };
}
