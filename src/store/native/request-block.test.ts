import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeTraces } from '#wire';
import { encodeReference } from '../../wire/testing/otlp-reference.ts';
import { Inserter } from '../inserter.ts';
import { REQUEST_SLOT_SECONDS } from '../schema/index.ts';
import { encodeSegment } from '../testing/encode.ts';
import { nextIngestedAtNs } from '../testing/expected.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { SegmentEncoder } from './segment-encoder.ts';

let store: TestStore;
let inserter: Inserter;
beforeAll(async () => {
  store = await startTestStore();
  inserter = new Inserter(store.endpoint, 30_000);
});
afterAll(async () => {
  inserter.close();
  await store.close();
});

const SLOT_NS = BigInt(REQUEST_SLOT_SECONDS) * 1_000_000_000n;
const START_NS = 352_760_000n * SLOT_NS;
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;

/** Around the ends of slots, and anywhere. */
function someTime(): bigint {
  const slot = BigInt(pick([0, 1, 2, 3])) * SLOT_NS;
  const within = pick([0n, 1n, SLOT_NS - 1n, SLOT_NS - 127n, BigInt(Math.floor(Math.random() * Number(SLOT_NS)))]);
  return START_NS + slot + within;
}

function someResourceSpans() {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const attributes = [
    text('service.name', pick(['a', 'b', 'c'])),
    text('service.instance.id', pick(['1', '2', '3'])),
    ...pick([
      [text('deployment.environment.name', pick(['prod', 'test']))],
      [text('deployment.environment', 'old')],
      [text('deployment.environment', 'old'), text('deployment.environment.name', 'new')],
      [{ key: 'deployment.environment.name', value: { intValue: '5' } }],
      [],
    ]),
  ];
  const spans = Array.from({ length: 1 + Math.floor(Math.random() * 30) }, () => {
    const startNs = someTime();
    const durationNs = pick([
      0n,
      1n,
      4_294_967_295n,
      4_294_967_296n,
      2n ** 40n,
      BigInt(Math.floor(Math.random() * 1e9)),
    ]);
    return {
      traceId: new Uint8Array(16).fill(1),
      spanId: crypto.getRandomValues(new Uint8Array(8)),
      ...(Math.random() < 0.5 && { parentSpanId: new Uint8Array(8).fill(9) }),
      name: 'x',
      kind: pick([0, 1, 2, 3, 4, 5]),
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + durationNs),
      status: { code: pick([0, 1, 2]) },
    };
  });
  return { resource: { attributes }, scopeSpans: [{ spans }] };
}

const IS_ROOT = "parent_span_id = toFixedString('', 8)";
const IS_REQUEST = `(kind IN (2, 5) OR ${IS_ROOT})`;

test('the slots of a service and environment say what its spans say', async () => {
  const encoder = new SegmentEncoder();
  for (let segment = 0; segment < 3; segment++) {
    const ingestedAt = nextIngestedAtNs();
    const chunks = Array.from({ length: 10 }, () => {
      const resourceSpans = Array.from({ length: 6 }, someResourceSpans);
      return decodeTraces(encodeReference('traces', { resourceSpans })).chunk;
    });
    for (const block of encodeSegment(encoder, chunks, ingestedAt))
      await inserter.insert(block, `${ingestedAt}-${block.table}`);
  }
  const order = 'GROUP BY slot, service, env ORDER BY slot, service, env';
  const tallied =
    await store.text(`SELECT second AS slot, service_name AS service, environment AS env, sum(span_count), min(first_time),
      max(last_time), sum(request_count), sum(error_count), max(last_request), sum(root_call_count), sum(served_count),
      arraySort(groupArrayArray(arrayConcat(durations, long_durations))) FROM signalbox.request_slots ${order}`);
  const expected =
    await store.text(`SELECT intDiv(toInt64(time), ${REQUEST_SLOT_SECONDS}) * ${REQUEST_SLOT_SECONDS} AS slot, service_name AS service, env, count(),
      min(time), max(time), countIf(${IS_REQUEST}), countIf(${IS_REQUEST} AND status_code = 2), maxIf(time, ${IS_REQUEST}),
      countIf(kind IN (3, 4) AND ${IS_ROOT}), countIf(kind IN (2, 5) AND NOT ${IS_ROOT}), arraySort(groupArrayIf(duration_ns, ${IS_REQUEST}))
    FROM signalbox.spans INNER JOIN (SELECT resource_id,
        any(coalesce(attributes.\`deployment.environment.name\`.:String, attributes.\`deployment.environment\`.:String, '')) AS env
      FROM signalbox.resources GROUP BY resource_id) AS known USING (resource_id) ${order}`);
  expect(tallied.split('\n').length).toBeGreaterThan(20);
  expect(tallied).toBe(expected);
  // The resource is that of the newest request, or of the newest span.
  const wrong =
    await store.text(`SELECT count() FROM signalbox.request_slots AS one WHERE request_count > 0 AND (service_name, resource_id, last_request)
    NOT IN (SELECT service_name, resource_id, time FROM signalbox.spans WHERE ${IS_REQUEST})`);
  expect(wrong).toBe('0');
});
