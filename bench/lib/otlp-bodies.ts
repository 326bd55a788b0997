import { ArenaWriter } from '#pdata';

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
  const writer = new ArenaWriter(options.spanCount * 512);
  const request = writer.begin(1);
  const resource = writer.begin(1);
  writer.attribute(1, 'service.name', options.serviceName ?? 'order-service');
  writer.attribute(1, 'service.version', '1.4.2');
  writer.attribute(1, 'service.instance.id', 'order-service-7d9f8b6c5-x2x4z');
  writer.attribute(1, 'deployment.environment.name', 'production');
  writer.attribute(1, 'telemetry.sdk.language', 'nodejs');
  writer.end(resource);
  const scope = writer.begin(2);
  const scopeInfo = writer.begin(1);
  writer.textField(1, '@opentelemetry/instrumentation-http');
  writer.textField(2, '0.223.0');
  writer.end(scopeInfo);
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
    writeSpan(writer, { random, traceId, spanId, parentId, first, index: i, fails: traceFails && first });
  }
  writer.end(scope);
  writer.end(request);
  return writer.finish();
}

interface SpanInput {
  readonly random: () => number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array;
  readonly first: boolean;
  readonly index: number;
  readonly fails: boolean;
}

function writeSpan(writer: ArenaWriter, input: SpanInput): void {
  const { random, index } = input;
  const startNs = START_NS + BigInt(index) * 1_000_003n;
  const span = writer.begin(2);
  writer.bytesField(1, input.traceId);
  writer.bytesField(2, input.spanId);
  if (!input.first) writer.bytesField(4, input.parentId);
  writer.textField(5, `GET /api/orders/{id}/${index % 7}`);
  writer.uintField(6, input.first ? 2 : 3);
  writer.fixed64Field(7, startNs);
  writer.fixed64Field(8, startNs + BigInt(Math.floor(random() * 40_000_000)));
  writer.attribute(9, 'http.request.method', 'GET');
  writer.attribute(9, 'http.route', '/api/orders/{id}');
  writer.attribute(9, 'url.path', `/api/orders/${Math.floor(random() * 1e6)}`);
  writer.attribute(9, 'url.scheme', 'http');
  writer.attribute(9, 'http.response.status_code', input.fails ? 500 : 200);
  writer.attribute(9, 'server.address', 'orders.shop.svc');
  writer.attribute(9, 'server.port', 8080);
  writer.attribute(9, 'user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142');
  writer.attribute(9, 'customer.id', `cust-${Math.floor(random() * 50_000)}`);
  writer.attribute(9, 'order.total', Math.round(random() * 10_000) / 100 + 0.001);
  writer.attribute(9, 'cache.hit', random() < 0.8);
  if (input.fails) {
    const status = writer.begin(15);
    writer.textField(2, 'payment refused');
    writer.uintField(3, 2);
    writer.end(status);
  }
  writer.tag(16, 5);
  writer.fixed32(0x101);
  writer.end(span);
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
