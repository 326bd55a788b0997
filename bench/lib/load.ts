import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { GRPC, GrpcCallError, GrpcClient, grpcTarget, OTLP_GRPC_PATHS } from '#net';
import { findField, NUMBER_POINT, type Signal } from '#pdata';
import { decodeMetrics, decodeTraces } from '#wire';
import { logBody, METRIC_START_NS, metricBody, traceBody } from './otlp-bodies.ts';

/**
 * Sends OTLP/HTTP requests of traces, logs or metrics to one URL on loopback as fast as the answers come, and prints one JSON line. Bodies are made before the
 * clock starts; each request gets trace ids, or times of points, of its own by changing the bytes in place.
 * A request that is told to try again (429, 503) is sent again after a pause. With a rate, in items a second, each request has a time at which it is
 * due, and how long it took counts from there, whether or not it could be sent then.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    requests: { type: 'string', default: '1000' },
    spans: { type: 'string', default: '1000' },
    spansPerTrace: { type: 'string', default: '10' },
    concurrency: { type: 'string', default: '8' },
    errorShare: { type: 'string', default: '0.02' },
    signal: { type: 'string', default: 'traces' },
    firstRequest: { type: 'string', default: '0' },
    grpc: { type: 'string', default: '' },
    seconds: { type: 'string', default: '' },
    rate: { type: 'string', default: '' },
  },
});

interface Result {
  sentSpans: number;
  acceptedSpans: number;
  retries: number;
  failures: number;
  seconds: number;
  bytes: number;
  p50Ms: number;
  p99Ms: number;
}

const spanCount = Number(values.spans);
const BODY_VARIANTS = 8;
const NOWHERE = new Uint32Array(0);

/** Where the times of points are: field 3 of all kinds. */
function timesIn(body: Uint8Array): Uint32Array {
  const { layout } = decodeMetrics(body).chunk;
  return layout.rowStart.map((start, row) => findField(body, start, layout.rowEnd[row]!, NUMBER_POINT.time)!.at);
}

const bodies = Array.from({ length: BODY_VARIANTS }, (_, seed) => {
  if (values.signal === 'logs') return { body: logBody(spanCount, seed), traceIdAt: NOWHERE, timeAt: NOWHERE };
  if (values.signal === 'metrics') {
    const points = metricBody(spanCount, seed);
    return { body: points, traceIdAt: NOWHERE, timeAt: timesIn(points) };
  }
  const body = traceBody({
    spanCount,
    spansPerTrace: Number(values.spansPerTrace),
    seed,
    errorShare: Number(values.errorShare),
  });
  return { body, traceIdAt: decodeTraces(body).chunk.columns.traceIdAt, timeAt: NOWHERE };
});

const url = new URL(values.url!);
const agent = new Agent({ keepAlive: true, maxSockets: Number(values.concurrency) });

const client = values.grpc === '' ? undefined : grpcClient(values.grpc);

function grpcClient(coding: string): GrpcClient {
  return new GrpcClient({
    target: grpcTarget(url.host)!,
    tls: undefined,
    proxyOf: () => undefined,
    authority: '',
    userAgent: 'bench',
    metadata: {},
    compression: coding === 'none' ? undefined : (coding as 'gzip' | 'zstd'),
    keepalive: undefined,
    waitForReady: true,
    isRoundRobin: false,
    random: Math.random,
  });
}

/** By gRPC a full queue is a 503, and any other failure a 0, as by HTTP one of the connection. */
async function post(body: Uint8Array): Promise<number> {
  if (client === undefined) return postHttp(body);
  try {
    await client.call(OTLP_GRPC_PATHS[values.signal as Signal], [body], 60_000);
    return 200;
  } catch (error) {
    return error instanceof GrpcCallError && error.status.code === GRPC.unavailable ? 503 : 0;
  }
}

function postHttp(body: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Gives all spans of the body trace ids that were not sent before; spans of one trace keep one id. */
function renumber(body: Uint8Array, traceIdAt: Uint32Array, serial: number): void {
  for (let i = 0; i < traceIdAt.length; i++) {
    const at = traceIdAt[i]!;
    body[at] = serial & 0xff;
    body[at + 1] = (serial >>> 8) & 0xff;
    body[at + 2] = (serial >>> 16) & 0xff;
  }
}

/** Later by a second with each request. */
function retime(body: Uint8Array, timeAt: Uint32Array, serial: number): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const timeNs = METRIC_START_NS + BigInt(serial + 1) * 1_000_000_000n;
  for (const at of timeAt) view.setBigUint64(at, timeNs, true);
}

const result: Result = {
  sentSpans: 0,
  acceptedSpans: 0,
  retries: 0,
  failures: 0,
  seconds: 0,
  bytes: 0,
  p50Ms: 0,
  p99Ms: 0,
};
const intervalMs = values.rate === '' ? 0 : (spanCount / Number(values.rate)) * 1000;
const tookMs: number[] = [];
let next = 0;

/** By the clock of `performance`: no request begins later. */
let endMs = Infinity;

async function worker(): Promise<void> {
  while (next < Number(values.requests) && performance.now() < endMs) {
    const dueMs = startMs + next * intervalMs;
    const serial = Number(values.firstRequest) + next++;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const beginMs = intervalMs === 0 ? performance.now() : dueMs;
    const source = bodies[serial % BODY_VARIANTS]!;
    const body = source.body.slice();
    renumber(body, source.traceIdAt, serial);
    retime(body, source.timeAt, serial);
    result.sentSpans += spanCount;
    result.bytes += body.length;
    for (let attempt = 0; ; attempt++) {
      const status = await post(body).catch(() => 0);
      if (status === 200) {
        result.acceptedSpans += spanCount;
        break;
      }
      if (attempt >= 200 || (status !== 503 && status !== 429)) {
        result.failures++;
        break;
      }
      result.retries++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    tookMs.push(performance.now() - beginMs);
  }
}

const startMs = performance.now();
if (values.seconds !== '') endMs = startMs + Number(values.seconds) * 1000;
await Promise.all(Array.from({ length: Number(values.concurrency) }, worker));
result.seconds = (performance.now() - startMs) / 1000;
tookMs.sort((a, b) => a - b);
result.p50Ms = tookMs[tookMs.length >> 1] ?? 0;
result.p99Ms = tookMs[Math.floor(tookMs.length * 0.99)] ?? 0;
console.log(JSON.stringify(result));
agent.destroy();
client?.close();
