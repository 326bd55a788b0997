/** Many rows at once, made by the engine itself: for measurements. */
import { noteTraces } from './note-traces.ts';
import type { TestStore } from './test-store.ts';

export interface BulkOptions {
  readonly spanCount: number;
  readonly spansPerTrace: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly serviceCount?: number;
  /** Marks the trace ids, so that several calls make different traces. */
  readonly seed?: number;
}

/**
 * Traces of `spansPerTrace` spans, spread evenly over the range; every span is a child of the one at half its place, the
 * first is a server span without a parent, every second of the others too; 2 % of the spans fail.
 */
export async function insertBulkSpans(store: TestStore, options: BulkOptions): Promise<void> {
  const { spanCount, spansPerTrace, fromMs, toMs, serviceCount = 20, seed = 1 } = options;
  const traceCount = Math.ceil(spanCount / spansPerTrace);
  const stepNs = Math.floor(((toMs - fromMs) * 1e6) / traceCount);
  await store.run(`INSERT INTO ${store.database}.spans
    (time, duration_ns, trace_id, span_id, parent_span_id, service_name, resource_id, name, kind, status_code, attributes,
     scope_id, ingested_at)
    WITH intDiv(number, ${spansPerTrace}) AS trace, number % ${spansPerTrace} AS place,
      toUInt64(intDiv(place, 2) % ${serviceCount}) AS service, cityHash64(number, ${seed}) AS random
    SELECT fromUnixTimestamp64Nano(toInt64(${BigInt(fromMs) * 1_000_000n} + trace * ${stepNs} + place * 1000), 'UTC'),
      toUInt64(exp(13 + 3 * (random % 1000) / 1000)),
      toFixedString(unhex(concat(hex(toUInt64(${seed})), hex(sipHash64(trace, ${seed})))), 16),
      toFixedString(unhex(hex(sipHash64(number, ${seed} + 1))), 8),
      if(place = 0, toFixedString('', 8),
        toFixedString(unhex(hex(sipHash64(trace * ${spansPerTrace} + intDiv(place, 2), ${seed} + 1))), 8)),
      concat('service-', toString(service)), sipHash64(service), concat('operation-', toString(random % 7)),
      if(place % 2 = 0, 2, 3), if(random % 50 = 0, 2, 0),
      concat('{"http.route":"/api/', toString(random % 30), '","http.response.status_code":', toString(200 + random % 5),
        ',"http.request.method":"GET","user.id":"u', toString(random % 1000), '"}'),
      7, now()
    FROM numbers(${spanCount}) SETTINGS max_insert_block_size = 262144`);
  await store.run(`INSERT INTO ${store.database}.resources (resource_id, service_name, attributes, first_seen, last_seen)
    SELECT sipHash64(number % ${serviceCount}) AS id, concat('service-', toString(number)), concat('{"service.name":"service-', toString(number),
      '","service.version":"1.2.', toString(number), '","telemetry.sdk.language":"nodejs","deployment.environment.name":"',
      if(number % 2 = 0, 'prod', 'test'), '","host.name":"h', toString(number), '"}'), now(), now() FROM numbers(${serviceCount})`);
  await store.run(
    `INSERT INTO ${store.database}.scopes (scope_id, name, first_seen, last_seen) SELECT 7, 'bulk', now(), now()`,
  );
  await noteTraces(store, `scope_id = 7 AND startsWith(hex(trace_id), hex(toUInt64(${seed})))`);
}
