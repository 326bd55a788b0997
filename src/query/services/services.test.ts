import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryError, type StoreReader } from '../reader/index.ts';
import { type FixtureSpan, insertSpans } from '../testing/fixtures.ts';
import { exactQuantile, groupBy, isEntry, SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../testing/shop.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readNeighbours, readServiceEdges } from './service-edges.ts';
import { listOperations, listServices, readService } from './services.ts';

const spans = shopSpans();
const range = { fromMs: SHOP_FROM_MS, toMs: SHOP_TO_MS };
let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, spans);
});
afterAll(() => store.close());

const inProd = (span: FixtureSpan): boolean =>
  (span.resource as { [key: string]: unknown })['deployment.environment.name'] === 'prod';

/** Durations are rounded to 24 bits before they are ordered, which keeps their order. */
function quantile(durations: readonly number[], level: number): number {
  return Math.fround(exactQuantile(durations, level));
}

function redOf(entries: readonly FixtureSpan[]) {
  const durations = entries.map((span) => span.durationNs);
  const errorCount = entries.filter((span) => span.status === 2).length;
  return {
    requestCount: entries.length,
    requestRate: entries.length / 3600,
    errorCount,
    errorRatio: errorCount / entries.length,
    p50Ns: quantile(durations, 0.5),
    p95Ns: quantile(durations, 0.95),
    p99Ns: quantile(durations, 0.99),
  };
}

describe('listServices', () => {
  test.each([
    { name: 'all environments', environment: undefined, keep: () => true },
    { name: 'one environment', environment: 'prod', keep: inProd },
  ])('$name: counts, rates and quantiles are those of the entry spans', async ({ environment, keep }) => {
    const { services, grid } = await listServices(store.reader, { ...range, environment });
    const expected = groupBy(spans.filter(keep), (span) => span.service);
    expect(services.map((service) => service.name).sort()).toEqual([...expected.keys()].sort());
    for (const service of services) {
      const all = expected.get(service.name)!;
      const entries = all.filter(isEntry);
      expect(service).toMatchObject(redOf(entries));
      const newestMs = Math.max(...entries.map((span) => Number(span.timeNs / 1_000_000n)));
      expect(service.newestMs).toBe(newestMs);
      expect(service.language).toBe(service.name === 'payments' ? 'python' : 'nodejs');
      expect(service.version).toBe(`1.${service.name.length}.0`);
      checkSparks(service, entries, grid);
    }
  });

  test.each([
    [1, 0],
    [1234, 4567],
    [4999, 5001],
    [600_000, 7],
  ])('%d ms cut from the beginning of a range and %d from its end leave what lies between', async (cutMs, cutEndMs) => {
    const cut = { fromMs: SHOP_FROM_MS + cutMs, toMs: SHOP_TO_MS - cutEndMs };
    const within = spans.filter(
      ({ timeNs }) => timeNs >= BigInt(cut.fromMs) * 1_000_000n && timeNs < BigInt(cut.toMs) * 1_000_000n,
    );
    for (const environment of [undefined, 'prod']) {
      const { services } = await listServices(store.reader, { ...cut, environment });
      const expected = groupBy(environment === undefined ? within : within.filter(inProd), (span) => span.service);
      expect(services.map(({ name }) => name).sort()).toEqual([...expected.keys()].sort());
      for (const { name, requestCount, errorCount, p50Ns, p95Ns, newestMs } of services) {
        const entries = expected.get(name)!.filter(isEntry);
        const { requestRate: _, ...red } = redOf(entries);
        expect({ requestCount, errorCount, p50Ns, p95Ns }).toMatchObject({
          requestCount: red.requestCount,
          errorCount: red.errorCount,
          p50Ns: red.p50Ns,
          p95Ns: red.p95Ns,
        });
        expect(newestMs).toBe(Math.max(...entries.map((span) => Number(span.timeNs / 1_000_000n))));
      }
    }
  });

  test('requests of more than four seconds count in quantiles as all others', async () => {
    const timeNs = BigInt(SHOP_FROM_MS - 5 * 86_400_000) * 1_000_000n;
    const durations = [5, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 1, 2 ** 40];
    const slow = durations.map((durationNs, n): FixtureSpan => {
      const spanId = (n + 1).toString(16);
      return {
        traceId: '5105',
        spanId,
        parentSpanId: '',
        timeNs: timeNs + BigInt(n),
        durationNs,
        service: 'slow',
        name: 'x',
        kind: 2,
      };
    });
    await insertSpans(store, slow);
    const fromMs = SHOP_FROM_MS - 5 * 86_400_000 - 600_000;
    const { services } = await listServices(store.reader, { fromMs, toMs: fromMs + 1_200_000 });
    expect(services[0]).toMatchObject({
      requestCount: 6,
      p50Ns: quantile(durations, 0.5),
      p95Ns: quantile(durations, 0.95),
      p99Ns: quantile(durations, 0.99),
    });
  });

  test('where exact quantiles take too much memory, others within half a percent of them answer', async () => {
    const tight = withoutExactQuantiles(store.reader);
    const { services } = await listServices(tight.reader, range);
    expect(tight.refused()).toBe(1);
    const entries = groupBy(spans.filter(isEntry), (span) => span.service);
    expect(services).toHaveLength(entries.size);
    for (const { name, p50Ns, p95Ns, p99Ns } of services) {
      const sorted = entries
        .get(name)!
        .map(({ durationNs }) => durationNs)
        .sort((a, b) => a - b);
      for (const [level, found] of [[0.5, p50Ns!] as const, [0.95, p95Ns!] as const, [0.99, p99Ns!] as const]) {
        // Which of two neighbours a level falls on is a matter of definition.
        const at = Math.floor(level * sorted.length);
        expect(found).toBeGreaterThanOrEqual(sorted[Math.max(0, at - 1)]! * 0.995);
        expect(found).toBeLessThanOrEqual(sorted[Math.min(sorted.length - 1, at + 1)]! * 1.005);
      }
    }
  });

  test('a bucket without requests is a gap', async () => {
    const { services } = await listServices(store.reader, { fromMs: SHOP_FROM_MS - 3_600_000, toMs: SHOP_TO_MS });
    expect(services[0]!.sparkRate[0]).toBeNull();
    expect(services[0]!.sparkP95Ns[0]).toBeNull();
  });

  test('a service without requests is listed, too', async () => {
    const quiet = { traceId: '77', spanId: '2', parentSpanId: '1', durationNs: 5, name: 'work', kind: 1 };
    const timeNs = BigInt(SHOP_FROM_MS - 500_000) * 1_000_000n;
    const resource = { 'service.version': '7', 'process.runtime.name': 'cpython' };
    await insertSpans(store, [{ ...quiet, timeNs, service: 'quiet', resource }]);
    const { services } = await listServices(store.reader, { fromMs: SHOP_FROM_MS - 600_000, toMs: SHOP_TO_MS });
    const found = services.find((service) => service.name === 'quiet');
    expect(found).toMatchObject({
      requestCount: 0,
      // Nothing to measure.
      errorRatio: null,
      p95Ns: null,
      // Its resource does not name an SDK.
      language: 'cpython',
      version: '7',
      newestMs: SHOP_FROM_MS - 500_000,
    });
    expect(found!.sparkRate.every((rate) => rate === null)).toBe(true);
  });

  test('no spans, no services', async () => {
    expect((await listServices(store.reader, { fromMs: 1000, toMs: 2000 })).services).toEqual([]);
  });
});

/** A reader whose store has no memory for exact quantiles. */
function withoutExactQuantiles(reader: StoreReader): { readonly reader: StoreReader; readonly refused: () => number } {
  let refused = 0;
  const read: StoreReader['read'] = (statement, options) => {
    if (!statement.render({ tenant: '' }).text.includes('quantilesExact')) return reader.read(statement, options);
    refused++;
    return Promise.reject(new QueryError('too_large', 'the query needs more memory than it may have'));
  };
  const refusing = new Proxy(reader, {
    get: (target, name) => (name === 'read' ? read : (Reflect.get(target, name, target) as unknown)),
  });
  return { reader: refusing, refused: () => refused };
}

function checkSparks(
  service: Awaited<ReturnType<typeof listServices>>['services'][number],
  entries: readonly FixtureSpan[],
  grid: { startMs: number; stepMs: number; count: number },
) {
  const buckets = groupBy(entries, (span) =>
    Math.floor((Number(span.timeNs / 1_000_000n) - grid.startMs) / grid.stepMs),
  );
  for (let i = 0; i < grid.count; i++) {
    const bucket = buckets.get(i);
    const fromMs = Math.max(range.fromMs, grid.startMs + i * grid.stepMs);
    const seconds = (Math.min(range.toMs, grid.startMs + (i + 1) * grid.stepMs) - fromMs) / 1000;
    expect(service.sparkRate[i]).toBe(bucket === undefined ? null : bucket.length / seconds);
    expect(service.sparkP95Ns[i]).toBe(
      bucket === undefined
        ? null
        : quantile(
            bucket.map((span) => span.durationNs),
            0.95,
          ),
    );
    expect(service.sparkErrorRatio[i]).toBe(
      bucket === undefined ? null : bucket.filter((span) => span.status === 2).length / bucket.length,
    );
  }
}

describe('readService', () => {
  test('operations are the entry spans by name and kind', async () => {
    const detail = await readService(store.reader, { ...range, service: 'gateway' });
    const entries = spans.filter((span) => span.service === 'gateway' && isEntry(span));
    expect(detail.summary).toMatchObject(redOf(entries));
    const expected = groupBy(entries, (span) => span.name);
    expect(detail.operations).toHaveLength(expected.size);
    for (const operation of detail.operations) {
      expect(operation).toMatchObject({ kind: 'server', ...redOf(expected.get(operation.name)!) });
    }
    const counted = detail.series.requestRate.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
    expect(counted * (detail.grid.stepMs / 1000)).toBeCloseTo(entries.length, -1);
  });

  test('an operation narrows the summary', async () => {
    const name = 'GET /api/orders';
    const detail = await readService(store.reader, { ...range, service: 'gateway', operation: name });
    expect(detail.summary.requestCount).toBe(spans.filter((span) => span.name === name).length);
  });

  test('an unknown service is not found', async () => {
    const read = readService(store.reader, { ...range, service: "nobody' OR 1=1 --" });
    await expect(read).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('listOperations counts all spans of a service', async () => {
  const operations = await listOperations(store.reader, { ...range, service: 'orders' });
  const expected = groupBy(
    spans.filter((span) => span.service === 'orders'),
    (span) => span.name,
  );
  expect(operations).toHaveLength(2);
  for (const { name, count } of operations) expect(count).toBe(expected.get(name)!.length);
});

/** Calls between services, counted by looking each parent up. */
function naiveEdges(): Map<string, number> {
  const serviceOf = new Map(spans.map((span) => [span.traceId + span.spanId, span.service]));
  const edges = new Map<string, number>();
  for (const span of spans) {
    const parent = serviceOf.get(span.traceId + (span.parentSpanId ?? ''));
    if (parent === undefined || parent === span.service) continue;
    const key = `${parent}>${span.service}`;
    edges.set(key, (edges.get(key) ?? 0) + 1);
  }
  return edges;
}

test('readServiceEdges counts the spans whose parent belongs to another service', async () => {
  const { services } = await readServiceEdges(store.reader, range);
  expect(new Map(services.map(({ parent, child, callCount }) => [`${parent}>${child}`, callCount]))).toEqual(
    naiveEdges(),
  );
});

test('readNeighbours gives callers and callees with their errors', async () => {
  const { callers, callees } = await readNeighbours(store.reader, { ...range, service: 'orders' });
  const failed = (service: string) =>
    spans.filter((span) => span.service === service && span.kind !== 3 && span.status === 2).length;
  expect(callers).toEqual([
    { service: 'gateway', count: naiveEdges().get('gateway>orders'), errorCount: failed('gateway') },
  ]);
  expect(callees).toEqual([
    { service: 'payments', count: naiveEdges().get('orders>payments'), errorCount: failed('payments') },
    { service: 'inventory', count: naiveEdges().get('orders>inventory'), errorCount: 0 },
  ]);
});
