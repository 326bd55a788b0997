/** The traces that the tables of cases ask. A span's name is a letter of its own, so an answer is told by its letters. */
import type { FixtureLog, FixtureSpan } from '../../testing/fixtures.ts';

export const CASES_FROM_NS = 1_760_000_000_000_000_000n;
export const CASES_TO_NS = 1_760_000_600_000_000_000n;

const MS = 1_000_000;
const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5];
const [OK, ERROR] = [1, 2];

export const TRACE_IDS: { readonly [name in 'shop' | 'batch' | 'orphan']: string } = {
  shop: `1${'0'.repeat(30)}1`,
  batch: '2',
  orphan: '3',
};

function at(seconds: number, ms = 0): bigint {
  return CASES_FROM_NS + BigInt(seconds) * 1_000_000_000n + BigInt(ms) * 1_000_000n;
}

/**
 *   shop    a ── b ── c ┬─ d          batch   g ┬─ h          orphan   (not stored) ── k ── l
 *                       └─ e ── f               └─ i ── j
 */
export const CASE_SPANS: readonly FixtureSpan[] = [
  {
    ...span('shop', 'a', '', at(60), 1000, 'gateway', SERVER),
    attributes: { method: 'GET', code: 200, ratio: 0.5, cached: true, 'http.request.method': 'GET', zone: 'own' },
    resource: { zone: 'eu', cluster: 'prod', replicas: 3 },
    scopeName: 'http',
    scopeVersion: '1.0.0',
    scopeAttributes: '{"language":"js"}',
  },
  {
    ...span('shop', 'b', 'a', at(60, 50), 900, 'gateway', CLIENT),
    attributes: { method: 'POST', code: 201, ratio: 1.5, 'http.method': 'POST' },
    resource: { zone: 'eu', cluster: 'prod', replicas: 3 },
    scopeName: 'http',
    scopeVersion: '1.0.0',
  },
  {
    ...span('shop', 'c', 'b', at(60, 100), 800, 'orders', SERVER),
    status: ERROR,
    statusMessage: 'card declined',
    attributes: { method: 'POST', code: 500, cached: false, 'http.method': 'POST', 'http.request.method': 'POST' },
    resource: { zone: 'us', cluster: 'prod' },
    events: [
      {
        timeNs: at(60, 150),
        name: 'exception',
        attributes: '{"exception.type":"CardError","exception.message":"card declined","attempt":2}',
      },
      { timeNs: at(60, 700), name: 'retry', attributes: '{"attempt":3}' },
    ],
  },
  {
    ...span('shop', 'd', 'c', at(60, 110), 100, 'orders', INTERNAL),
    attributes: { tags: ['x', 'y'], nums: [1, 2, 3], 'a b': 'blank', 'say "x"': 1 },
    resource: { zone: 'us', cluster: 'prod' },
  },
  {
    ...span('shop', 'e', 'c', at(60, 200), 500, 'payments', SERVER),
    status: ERROR,
    statusMessage: 'timeout',
    attributes: { code: 502, ratio: -1, method: 'PUT' },
    scopeName: 'grpc',
    scopeVersion: '2.1',
  },
  {
    ...span('shop', 'f', 'e', at(60, 250), 300, 'payments', CLIENT),
    attributes: { db: 'postgres', rows: 10, tags: ['y', 'z'] },
    links: [{ traceId: '2', spanId: '7', attributes: '{"reason":"batch"}' }],
    scopeName: 'grpc',
    scopeVersion: '2.1',
  },
  {
    ...span('batch', 'g', '', at(120), 2500, 'worker', PRODUCER),
    status: OK,
    attributes: { code: '200', method: 'RUN' },
    resource: { cluster: 'dev', beta: true },
  },
  {
    ...span('batch', 'h', 'g', at(120, 100), 2000, 'worker', CONSUMER),
    attributes: { rows: 100 },
    resource: { cluster: 'dev', beta: true },
  },
  {
    ...span('batch', 'i', 'g', at(120, 200), 100, 'worker', CONSUMER),
    status: ERROR,
    attributes: { rows: 1, cached: 'true' },
    resource: { cluster: 'dev', beta: true },
    events: [{ timeNs: at(120, 201), name: 'skip', attributes: '{"tags":["p","q"]}' }],
  },
  {
    ...span('batch', 'j', 'i', at(120, 210), 50, 'worker', INTERNAL),
    status: OK,
    attributes: { rows: 2.5 },
    resource: { cluster: 'dev', beta: true },
  },
  {
    ...span('orphan', 'k', '', at(180), 10, 'legacy', 0),
    parentSpanId: 'ff',
    attributes: { big: 9_007_199_254_740_993n, neg: -5, cached: false },
  },
  {
    ...span('orphan', 'l', 'k', at(180, 1), 5, 'legacy', INTERNAL),
    attributes: { pi: 3.14, empty: '', unicode: 'größer 😀', lines: 'one\ntwo' },
  },
];

function span(
  trace: keyof typeof TRACE_IDS,
  name: string,
  parent: string,
  timeNs: bigint,
  durationMs: number,
  service: string,
  kind: number,
): FixtureSpan {
  const idOf = (letter: string): string => (letter.charCodeAt(0) - 96).toString(16);
  return {
    traceId: TRACE_IDS[trace],
    spanId: idOf(name),
    ...(parent !== '' && { parentSpanId: idOf(parent) }),
    timeNs,
    durationNs: durationMs * MS,
    service,
    name,
    kind,
  };
}

/** Exceptions as log records: of e without a name, of h with one; the last two are no events of a span. */
export const CASE_LOGS: readonly FixtureLog[] = [
  {
    timeNs: at(60, 650),
    service: 'payments',
    body: 'gateway timed out',
    traceId: TRACE_IDS.shop,
    spanId: '5',
    attributes: { 'exception.type': 'Timeout', 'exception.message': 'no answer within 400 ms', attempt: 1 },
  },
  {
    timeNs: at(121),
    service: 'worker',
    body: '',
    traceId: TRACE_IDS.batch,
    spanId: '8',
    eventName: 'queue.slow',
    attributes: { depth: 500 },
  },
  { timeNs: at(60, 300), service: 'payments', body: 'plain line', traceId: TRACE_IDS.shop, spanId: '6' },
  { timeNs: at(60, 300), service: 'payments', body: '', eventName: 'lonely', attributes: { 'exception.type': 'X' } },
];
