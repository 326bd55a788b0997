import type { FixtureSpan } from '../../testing/fixtures.ts';
import { SHOP_FROM_MS, shopSpans } from '../../testing/shop.ts';

const DAY_NS = 86_400_000_000_000n;
/** When these traces began. */
export const ODD_NS: bigint = BigInt(SHOP_FROM_MS) * 1_000_000n - DAY_NS;

const linked = shopSpans()[0]!;

/** A trace with everything: links, events, a missing root, a cycle, spans that share an id. */
export const ODD_SPANS: readonly FixtureSpan[] = [
  {
    traceId: 'f0',
    spanId: 'a1',
    parentSpanId: '99',
    timeNs: ODD_NS + 10n,
    durationNs: 100,
    service: 'x',
    name: 'first',
  },
  {
    traceId: 'f0',
    spanId: 'a2',
    parentSpanId: 'a3',
    timeNs: ODD_NS + 20n,
    durationNs: 50,
    service: 'x',
    name: 'loop a',
  },
  {
    traceId: 'f0',
    spanId: 'a3',
    parentSpanId: 'a2',
    timeNs: ODD_NS + 30n,
    durationNs: 50,
    service: 'x',
    name: 'loop b',
  },
  {
    traceId: 'f0',
    spanId: 'a1',
    parentSpanId: '99',
    timeNs: ODD_NS + 40n,
    durationNs: 900,
    service: 'y',
    name: 'same id',
  },
  {
    traceId: 'f0',
    spanId: 'a4',
    parentSpanId: 'a1',
    timeNs: ODD_NS + 123n,
    durationNs: 7,
    service: 'x',
    name: 'full',
    kind: 4,
    status: 2,
    statusMessage: 'broken "pipe"',
    traceState: 'k=v',
    flags: 257,
    attributes: { 'db.statement': 'SELECT 1\n  LIMIT 2', i: 5, d: 2.5, b: false, s: 'text', list: ['p', 'q'] },
    resource: { 'host.name': 'h1' },
    scopeName: 'lib',
    scopeVersion: '2',
    scopeAttributes: '{"short":true}',
    events: [
      { timeNs: ODD_NS + 125n, name: 'exception', attributes: '{"exception.type":"E","n":9007199254740993,"x":1.0}' },
      { timeNs: ODD_NS + 124n, name: 'retry' },
    ],
    links: [{ traceId: linked.traceId, spanId: linked.spanId, traceState: 'l=1', attributes: '{"why":"batch"}' }],
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
  },
];

/** Exceptions of which one is told by its span, one by a log record, and one by both. */
export const THROWN_SPANS: readonly FixtureSpan[] = ['b1', 'b2'].map((spanId) => ({
  ...{ traceId: 'f3', spanId, timeNs: ODD_NS, durationNs: 100, service: 'x', name: spanId },
  ...(spanId === 'b1' && {
    events: [
      {
        timeNs: ODD_NS + 40n,
        name: 'exception',
        attributes: '{"exception.type":"Twice","exception.message":"m"}',
      },
      { timeNs: ODD_NS + 60n, name: 'retry' },
    ],
  }),
}));
