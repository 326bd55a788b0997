/** The mock's store: traces are made on demand from the time, so any range of the last days has the same data each time. */
import { KIND, type MockLog, type MockSpan, type MockTrace } from './model.ts';
import { createRandom } from './random.ts';
import { importTrace, shopTrace } from './shop.ts';

const BUCKET_MS = 4_000;
const DAYS_KEPT = 3;
/** A long range is answered from every n-th bucket. */
const BUCKETS_READ = 1_500;
/** Payments fail for some minutes of each hour, and shortly before the mock was started. */
const INCIDENT_FROM_MINUTE = 20;
const INCIDENT_TO_MINUTE = 28;
const RECENT_INCIDENT_MS = { from: 11 * 60_000, to: 6 * 60_000 } as const;
/** Each made trace stands for this many requests in the rates. */
export const REQUESTS_PER_TRACE = 40;

export const TRACE_10K = '0000000000000000000000000001000a';
export const TRACE_100K = '0000000000000000000000000010000b';
/** Began a moment before it is first asked for; the first part of its work comes late. */
export const TRACE_ARRIVING = '0000000000000000000000000000400c';

const IMPORT_SIZES: Readonly<Record<string, number>> = {
  [TRACE_10K]: 10_000,
  [TRACE_100K]: 100_000,
  [TRACE_ARRIVING]: 400,
};

export interface MockStore {
  readonly startedMs: number;
  readonly dataFromMs: number;
  /** Traces that began in [fromMs, toMs), oldest first, and how many real ones each stands for. */
  read(fromMs: number, toMs: number): { traces: readonly MockTrace[]; weight: number };
  trace(traceId: string): MockTrace | undefined;
  /** Lets the late spans of TRACE_ARRIVING come. */
  completeTraces(): void;
}

export function createStore(nowMs: () => number): MockStore {
  const startedMs = nowMs();
  const buckets = new Map<number, readonly MockTrace[]>();
  const big = new Map<string, MockTrace>();
  let complete = false;
  const dataFromMs = startedMs - DAYS_KEPT * 86_400_000;
  const bucketTraces = (bucket: number): readonly MockTrace[] => {
    let traces = buckets.get(bucket);
    if (!traces) {
      traces = makeBucket(bucket, startedMs);
      if (buckets.size > 20_000) buckets.clear();
      buckets.set(bucket, traces);
    }
    return traces;
  };
  return {
    startedMs,
    dataFromMs,
    read(fromMs, toMs) {
      const first = Math.floor(Math.max(fromMs, dataFromMs) / BUCKET_MS);
      const last = Math.floor((Math.min(toMs, nowMs()) - 1) / BUCKET_MS);
      const stride = Math.max(1, Math.ceil((last - first) / BUCKETS_READ));
      const traces: MockTrace[] = [];
      for (let bucket = first; bucket <= last; bucket += stride) {
        for (const trace of bucketTraces(bucket))
          if (trace.startMs >= fromMs && trace.startMs < toMs && trace.startMs < nowMs()) traces.push(trace);
      }
      return { traces, weight: stride };
    },
    trace(traceId) {
      const size = IMPORT_SIZES[traceId];
      if (size !== undefined) {
        const startMs = traceId === TRACE_ARRIVING ? nowMs() - 1_000 : startedMs - 1_800_000;
        const made = big.get(traceId) ?? importTrace(createRandom(size), traceId, startMs, size);
        big.set(traceId, made);
        return traceId === TRACE_ARRIVING && !complete ? withoutFirstBatch(made) : made;
      }
      for (const traces of buckets.values()) {
        const found = traces.find((trace) => trace.traceId === traceId);
        if (found) return found;
      }
      return undefined;
    },
    completeTraces() {
      complete = true;
    },
  };
}

/** Without the first child of the root and all below it. Spans come sorted by start, so parents before children. */
function withoutFirstBatch(trace: MockTrace): MockTrace {
  const root = trace.spans[0]!;
  const first = trace.spans.find(({ parentId }) => parentId === root.spanId)!;
  const late = new Set([first.spanId]);
  for (const { spanId, parentId } of trace.spans) if (late.has(parentId)) late.add(spanId);
  return { ...trace, spans: trace.spans.filter(({ spanId }) => !late.has(spanId)) };
}

function makeBucket(bucket: number, startedMs: number): readonly MockTrace[] {
  const random = createRandom(bucket * 7919 + 17);
  const fromMs = bucket * BUCKET_MS;
  const minute = Math.floor(fromMs / 60_000) % 60;
  const beforeStartMs = startedMs - fromMs;
  const incident =
    (minute >= INCIDENT_FROM_MINUTE && minute < INCIDENT_TO_MINUTE) ||
    (beforeStartMs < RECENT_INCIDENT_MS.from && beforeStartMs > RECENT_INCIDENT_MS.to);
  // Busier and calmer times, so that the charts have a shape.
  const busy = 3.2 + 0.9 * Math.sin((fromMs / 3_600_000) * 2 * Math.PI) + 0.5 * Math.sin(fromMs / 210_000);
  const count = Math.floor(busy + random.next());
  return Array.from({ length: Math.max(0, count) }, () => {
    const startMs = fromMs + random.next() * BUCKET_MS;
    return shopTrace(createRandom(Math.floor(random.next() * 2 ** 31)), Math.round(startMs * 1000) / 1000, {
      incident,
    });
  }).sort((a, b) => a.startMs - b.startMs);
}

/** Spans with which a request enters a service. */
export function isEntry(span: MockSpan): boolean {
  return span.kind === KIND.server || span.kind === KIND.consumer || span.parentId === '';
}

/** Lines that belong to no request: start-up, pools, timers. One every few seconds. */
export function backgroundLogs(fromMs: number, toMs: number): MockLog[] {
  const logs: MockLog[] = [];
  for (let tick = Math.ceil(fromMs / 5_000); tick * 5_000 < toMs; tick++) {
    const random = createRandom(tick * 31 + 5);
    const [severityNumber, service, body] = random.pick(BACKGROUND);
    logs.push({
      id: `${tick * 5_000_000}-${random.hex(6)}`,
      timeMs: tick * 5_000 + random.next() * 900,
      service,
      severityNumber,
      body,
      traceId: '',
      spanId: '',
      attributes: { 'code.function.name': 'tick', 'thread.id': Math.floor(random.between(1, 24)) },
    });
  }
  return logs;
}

const BACKGROUND: readonly (readonly [number, string, string])[] = [
  [9, 'web-gateway', 'GET /healthz 200 0.4ms'],
  [5, 'orders', 'pool: 12 of 40 connections in use'],
  [9, 'inventory', 'kafka: committed offset 8841223 on partition 3'],
  [13, 'payments', 'provider acquire-eu answers slowly: p95 1.4s over 30s'],
  [5, 'catalog', 'gc: 14.2ms pause, heap 211MiB → 96MiB'],
  [1, 'accounts', 'session sweep: 0 expired'],
  [9, 'notifications', '{"level":"info","msg":"template cache warmed","templates":14,"took_ms":212}'],
  [21, 'shipping-worker', 'consumer group rebalancing failed: coordinator not available'],
  [9, 'catalog', 'GET /healthz 200 0.3ms'],
  [9, 'payments', 'refreshed provider token, valid for 3600s'],
];
