import type { FixtureSpan } from '../../query/testing/fixtures.ts';

/** A trace whose every field is known, with a database and a queue, and one of a single span: for the clients of all tracing APIs. */

export const NOW_MS: number = Date.now();
export const START_NS: bigint = BigInt(NOW_MS - 600_000) * 1_000_000n;
export const TRACE: string = 'a1'.repeat(16);
export const OTHER: string = `${'0'.repeat(16)}${'b2'.repeat(8)}`;
export const LINKED: string = 'c3'.repeat(16);
export const ROOT: string = '11'.repeat(8);
export const TAKE: string = '44'.repeat(8);
const QUERY = '22'.repeat(8);
const SEND = '33'.repeat(8);
const resource = { 'host.name': 'h1' };

export const SPANS: readonly FixtureSpan[] = [
  {
    ...{ traceId: TRACE, spanId: ROOT, timeNs: START_NS, durationNs: 2_000_000_005, service: 'api', name: 'GET /Cart' },
    ...{
      kind: 2,
      status: 2,
      statusMessage: 'no route',
      traceState: 'v=1',
      flags: 1,
      scopeName: 'lib',
      scopeVersion: '3',
      resource,
    },
    attributes: { text: 'x', whole: 7, real: 2.5, flag: true, list: ['a', 1] },
    events: [{ timeNs: START_NS + 5_000n, name: 'retry', attributes: '{"attempt":2}' }],
    links: [{ traceId: LINKED, spanId: TAKE }],
  },
  {
    ...{ traceId: TRACE, spanId: QUERY, parentSpanId: ROOT, timeNs: START_NS + 1_000_000n, durationNs: 3_000_000 },
    ...{ service: 'api', name: 'SELECT', kind: 3, resource },
    attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'service.peer.name': 'pg-1' },
  },
  {
    ...{ traceId: TRACE, spanId: SEND, parentSpanId: ROOT, timeNs: START_NS + 2_000_000n, durationNs: 10_000 },
    ...{ service: 'api', name: 'send', kind: 4, resource },
    attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'sales' },
  },
  {
    ...{ traceId: TRACE, spanId: TAKE, parentSpanId: SEND, timeNs: START_NS + 9_000_000n, durationNs: 20_000 },
    ...{ service: 'billing', name: 'take', kind: 5, status: 2 },
    attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'sales' },
  },
  {
    traceId: OTHER,
    spanId: ROOT,
    timeNs: START_NS + 60_000_000_000n,
    durationNs: 1_000,
    service: 'api',
    name: 'ping',
    kind: 2,
  },
];
