import { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import { LogsBuilder, MetricsBuilder, type SpanInput, TracesBuilder } from '#wire';

/** Bodies for benchmarks, the same for every run: a small generator with a seed, no randomness from outside. */
export interface TraceBodyOptions {
  readonly spanCount: number;
  /** Consecutive spans that share a trace id. */
  readonly spansPerTrace: number;
  readonly seed: number;
  readonly serviceName?: string;
  /** Share of traces with an error span, 0..1. */
  readonly errorShare?: number;
}

const START_NS = 1_790_000_000_000_000_000n;

/** An ExportTraceServiceRequest of one resource and one scope whose spans have 11 attributes and take 466 bytes on average. */
export function traceBody(options: TraceBodyOptions): Uint8Array {
  const random = mulberry32(options.seed);
  const builder = new TracesBuilder();
  const group = builder.group({
    resource: {
      'service.name': options.serviceName ?? 'order-service',
      'service.version': '1.4.2',
      'service.instance.id': 'order-service-7d9f8b6c5-x2x4z',
      'deployment.environment.name': 'production',
      'telemetry.sdk.language': 'nodejs',
    },
    scope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' },
  });
  const traceId = new Uint8Array(16);
  const spanId = new Uint8Array(8);
  const parentId = new Uint8Array(8);
  let traceFails = false;
  for (let i = 0; i < options.spanCount; i++) {
    const first = i % options.spansPerTrace === 0;
    if (first) {
      fill(traceId, random);
      traceFails = random() < (options.errorShare ?? 0.02);
    }
    parentId.set(spanId);
    fill(spanId, random);
    group.add(spanOf({ random, traceId, spanId, parentId, first, index: i, fails: traceFails && first }));
  }
  return builder.body();
}

/** An ExportLogsServiceRequest of one resource and one scope; of 20 records one is an error, the others are for debugging. */
export function logBody(count: number, seed: number): Uint8Array {
  const random = mulberry32(seed);
  const builder = new LogsBuilder();
  const group = builder.group({
    resource: { 'service.name': 'order-service', 'service.version': '1.4.2' },
    scope: { name: 'orders' },
  });
  for (let i = 0; i < count; i++) {
    const isError = i % 20 === 0;
    group.add({
      timeNs: START_NS + BigInt(i) * 1_000_003n,
      severityNumber: isError ? 17 : 5,
      severityText: isError ? 'ERROR' : 'DEBUG',
      body: `order ${Math.floor(random() * 1e6)} took ${Math.floor(random() * 1000)} ms to check`,
      attributes: {
        'http.route': '/api/orders/{id}',
        'http.response.status_code': isError ? 500 : 200,
        'customer.id': `cust-${Math.floor(random() * 50_000)}`,
        'thread.name': `worker-${i % 8}`,
      },
    });
  }
  return builder.body();
}

/** When the series of `metricBody` begin. */
export const METRIC_START_NS: bigint = START_NS;

/**
 * An ExportMetricsServiceRequest of one resource and scope: points of series of their own, of which a quarter each are cumulative counters, delta
 * counters, gauges, and histograms of 15 bounds, half of these cumulative.
 */
export function metricBody(count: number, seed: number): Uint8Array {
  const random = mulberry32(seed);
  const builder = new MetricsBuilder();
  const group = builder.group({
    resource: { 'service.name': 'order-service', 'service.version': '1.4.2', 'service.instance.id': `order-${seed}` },
    scope: { name: 'orders', version: '2.1.0' },
  });
  const cumulative = { temporality: TEMPORALITY_CUMULATIVE };
  const delta = { temporality: TEMPORALITY_DELTA };
  const counters = group.sum('http.server.requests', { unit: '{request}', ...cumulative, isMonotonic: true });
  const deltas = group.sum('http.client.requests', { unit: '{request}', ...delta, isMonotonic: true });
  const gauges = group.gauge('http.server.active_requests', { unit: '{request}' });
  const histograms = [
    group.histogram('http.server.request.duration', { unit: 's', ...cumulative }),
    group.histogram('http.client.request.duration', { unit: 's', ...delta }),
  ] as const;
  for (let i = 0; i < count; i++) {
    const attributes = {
      'http.request.method': 'GET',
      'http.route': `/api/orders/{id}/${i}`,
      'http.response.status_code': 200,
      'server.address': 'orders.shop.svc',
    };
    const value = BigInt(Math.floor(random() * 1e6));
    const timeNs = START_NS + 1_000_000_000n;
    if (i % 4 === 0) counters.series(attributes).add(timeNs, value, START_NS);
    else if (i % 4 === 1) deltas.series(attributes).add(timeNs, value, START_NS);
    else if (i % 4 === 2) gauges.series(attributes).add(timeNs, random() * 100);
    else {
      const counts = Array.from({ length: BOUNDS.length + 1 }, () => Math.floor(random() * 50));
      const point = { count: counts.reduce((sum, each) => sum + each, 0), sum: random() * 1e4, bounds: BOUNDS, counts };
      histograms[(i >> 2) & 1]!.series(attributes).add(timeNs, point, START_NS);
    }
  }
  return builder.body();
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30];

interface Drawn {
  readonly random: () => number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array;
  readonly first: boolean;
  readonly index: number;
  readonly fails: boolean;
}

function spanOf({ random, index, ...drawn }: Drawn): SpanInput {
  const startNs = START_NS + BigInt(index) * 1_000_003n;
  return {
    traceId: drawn.traceId,
    spanId: drawn.spanId,
    ...(!drawn.first && { parentSpanId: drawn.parentId }),
    name: `GET /api/orders/{id}/${index % 7}`,
    kind: drawn.first ? 2 : 3,
    startNs,
    endNs: startNs + BigInt(Math.floor(random() * 40_000_000)),
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/api/orders/{id}',
      'url.path': `/api/orders/${Math.floor(random() * 1e6)}`,
      'url.scheme': 'http',
      'http.response.status_code': drawn.fails ? 500 : 200,
      'server.address': 'orders.shop.svc',
      'server.port': 8080,
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142',
      'customer.id': `cust-${Math.floor(random() * 50_000)}`,
      'order.total': Math.round(random() * 10_000) / 100 + 0.001,
      'cache.hit': random() < 0.8,
    },
    ...(drawn.fails && { statusCode: 2, statusMessage: 'payment refused' }),
    flags: 0x101,
  };
}

function fill(bytes: Uint8Array, random: () => number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
}

/** A small generator of numbers in [0, 1) with 32 bits of state. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
