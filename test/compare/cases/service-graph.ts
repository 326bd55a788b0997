import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { atMs, i, id, pairs, s, spansSample, TRACE_ID } from '../lib/samples.ts';

const [CLIENT, SERVER, PRODUCER, CONSUMER] = [3, 2, 4, 5];

interface Span {
  readonly service: string;
  readonly kind: number;
  readonly span: string;
  readonly parent?: string;
  readonly ms?: number;
  readonly status?: number;
  readonly attributes?: Readonly<Record<string, ReferenceObject>>;
  readonly resource?: Readonly<Record<string, ReferenceObject>>;
}

function request(...spans: readonly Span[]): ReferenceObject {
  return {
    resourceSpans: spans.map(
      ({ service, kind, span, parent, ms = 10, status = 0, attributes = {}, resource = {} }) => ({
        resource: { attributes: pairs({ 'service.name': s(service), ...resource }) },
        scopeSpans: [
          {
            spans: [
              {
                traceId: id(TRACE_ID),
                spanId: id(span.repeat(8)),
                ...(parent !== undefined && { parentSpanId: id(parent.repeat(8)) }),
                name: 'call',
                kind,
                startTimeUnixNano: atMs(0),
                endTimeUnixNano: atMs(ms),
                attributes: pairs(attributes),
                status: { code: status },
              },
            ],
          },
        ],
      }),
    ),
  };
}

const CALL = [
  { service: 'web', kind: CLIENT!, span: 'aa', ms: 300 },
  { service: 'cart', kind: SERVER!, span: 'bb', parent: 'aa', ms: 200 },
] as const;
const failed = (end: number): Span[] => CALL.map((span, at) => (at === end ? { ...span, status: 2 } : span));
const MESSAGE = [
  { service: 'web', kind: PRODUCER!, span: 'aa' },
  { service: 'mail', kind: CONSUMER!, span: 'bb', parent: 'aa', ms: 5000 },
];
const WITH_ATTRIBUTES = CALL.map((span, at) => ({
  ...span,
  attributes: { 'http.method': s(at === 0 ? 'GET' : 'POST'), code: i(200 + at) },
  resource: { zone: s(`zone ${at}`) },
}));
const DATABASE = [{ service: 'cart', kind: CLIENT!, span: 'aa', attributes: { 'db.name': s('orders') } }];
const PEER = [
  { service: 'cart', kind: CLIENT!, span: 'aa', attributes: { 'peer.service': s('bank'), 'db.system': s('x') } },
];
const FROM_OUTSIDE = [{ service: 'web', kind: SERVER!, span: 'aa' }];
const WITHOUT_CALLER = [{ service: 'web', kind: SERVER!, span: 'aa', parent: 'ff' }];

function one(name: string, spans: readonly Span[] | ReferenceObject, config: object = {}): CompareCase {
  return {
    name,
    kind: 'connector',
    type: 'servicegraph',
    config: { metrics_flush_interval: '4s', store: { ttl: '1s' }, store_expiration_loop: '1s', ...config },
    signal: 'traces',
    gives: 'metrics',
    input: [Array.isArray(spans) ? request(...(spans as readonly Span[])) : (spans as ReferenceObject)],
    waitMs: 4500,
    beforeStop: true,
    unordered: ['metrics', 'dataPoints'],
    ignored: /imeUnixNano$/,
  };
}

export const serviceGraphSuite: CompareSuite = {
  name: 'service_graph',
  cases: [
    one('a call', CALL),
    one('a call, the server first', CALL.toReversed()),
    one('a call whose client failed', failed(0)),
    one('a call whose server failed', failed(1)),
    one(
      'a call to itself',
      CALL.map((span) => ({ ...span, service: 'cart' })),
    ),
    one('a message', MESSAGE),
    one('dimensions', WITH_ATTRIBUTES, { dimensions: ['zone', 'http.method', 'code', 'nope'] }),
    one('a database', DATABASE),
    one('a database of another name', PEER, { database_name_attributes: ['db.system'] }),
    one('no databases', DATABASE, { database_name_attributes: [] }),
    one('a server that sends no spans', PEER),
    one('a server that sends no spans, with a label', PEER, { virtual_node_extra_label: true }),
    one('a server that sends no spans, by another attribute', PEER, { virtual_node_peer_attributes: ['db.system'] }),
    one('a server without a name', [{ service: 'cart', kind: CLIENT!, span: 'aa' }]),
    one('a user', FROM_OUTSIDE),
    one('a user, with a label', FROM_OUTSIDE, { virtual_node_extra_label: true }),
    one('no virtual nodes', PEER, { virtual_node_peer_attributes: [] }),
    one('a server whose caller is missing', WITHOUT_CALLER),
    one('exponential', CALL, { exponential_histogram_max_size: 10 }),
    one('own bounds', CALL, { latency_histogram_buckets: ['100ms', '250ms'] }),
    one('both kinds of buckets', CALL, { latency_histogram_buckets: ['100ms'], exponential_histogram_max_size: 10 }),
    one('no service', [{ ...CALL[0], service: '' }, CALL[1]]),
    one('the sample of spans', spansSample()),
    one('no room', CALL, { store: { ttl: '1s', max_items: 1 } }),
  ],
};
