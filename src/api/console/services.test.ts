/** What the pages of services show, asked over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FixtureSpan, insertSpans } from '../../query/testing/fixtures.ts';
import { noteTraces } from '../../query/testing/note-traces.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import type {
  ServiceNamesResponse,
  ServiceResponse,
  ServicesResponse,
  TraceSampleResponse,
  TracesResponse,
} from './types.ts';

const FROM_MS = 1_760_000_000_000;
const HOUR_MS = 3_600_000;
const range = `from=${FROM_MS}&to=${FROM_MS + HOUR_MS}`;
const [SERVER, CLIENT, INTERNAL] = [2, 3, 1];

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`${server.url}/api/console${path}`);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

let spanCounter = 0;
/** A span of trace `trace`, `atMs` into the range. Gives its id. */
function span(
  list: FixtureSpan[],
  trace: number,
  atMs: number,
  more: Partial<FixtureSpan> & Pick<FixtureSpan, 'service'>,
): string {
  const spanId = (++spanCounter).toString(16).padStart(16, '0');
  const timeNs = BigInt(FROM_MS + atMs) * 1_000_000n;
  list.push({
    traceId: (0xabc000 + trace).toString(16),
    spanId,
    timeNs,
    durationNs: 1e6,
    name: 'work',
    kind: INTERNAL,
    ...more,
  });
  return spanId;
}

describe('requests', () => {
  test('a call of a service to itself that begins a trace counts once, other calls that begin one as they are', async () => {
    const spans: FixtureSpan[] = [];
    for (let i = 0; i < 5; i++) {
      const root = span(spans, i, i * 1000, { service: 'self', name: 'GET', kind: CLIENT });
      span(spans, i, i * 1000 + 1, { service: 'self', name: '/own', kind: SERVER, parentSpanId: root });
    }
    // This one calls another service, whose span does not make the client's a request twice.
    const root = span(spans, 9, 9000, { service: 'self', name: 'GET away', kind: CLIENT });
    span(spans, 9, 9001, { service: 'away', name: '/away', kind: SERVER, parentSpanId: root });
    await insertSpans(store, spans);
    const { summary, operations } = await get<ServiceResponse>(`/services/self?${range}`);
    expect(summary.requestCount).toBe(6);
    expect(operations.map(({ name, requestCount }) => [name, requestCount])).toEqual([
      ['/own', 5],
      ['GET away', 1],
    ]);
    const { services } = await get<ServicesResponse>(`/services?${range}`);
    expect(services.find(({ name }) => name === 'self')!.requestCount).toBe(6);
    expect(services.find(({ name }) => name === 'away')!.requestCount).toBe(1);
  });

  test('"called by" counts the requests that came from others, and nothing that the headline does not', async () => {
    const spans: FixtureSpan[] = [];
    for (let i = 0; i < 8; i++) {
      const root = span(spans, 100 + i, 60_000 + i, { service: 'front', name: 'page', kind: SERVER });
      const own = span(spans, 100 + i, 60_010 + i, { service: 'back', name: '/do', kind: SERVER, parentSpanId: root });
      span(spans, 100 + i, 60_020 + i, { service: 'back', name: 'inner', parentSpanId: own });
      // A span of another kind below a span of another service is no request.
      span(spans, 100 + i, 60_030 + i, { service: 'back', name: 'listener', parentSpanId: root });
    }
    await insertSpans(store, spans);
    const { summary, callers } = await get<ServiceResponse>(`/services/back?${range}`);
    expect(callers).toEqual([{ service: 'front', count: summary.requestCount, errorCount: 0 }]);
    const other = await get<ServiceResponse>(`/services/back?${range}&operation=nothing`);
    expect([other.summary.requestCount, other.callers]).toEqual([0, []]);
  });

  test('where there is nothing to measure there is no number', async () => {
    const spans: FixtureSpan[] = [];
    const root = span(spans, 200, 70_000, { service: 'asker', kind: SERVER });
    span(spans, 200, 70_001, { service: 'silent', parentSpanId: root });
    await insertSpans(store, spans);
    const { summary } = await get<ServiceResponse>(`/services/silent?${range}`);
    const nothing = { requestCount: 0, errorRatio: null, p50Ns: null, p95Ns: null, p99Ns: null };
    expect(summary).toMatchObject(nothing);
    const { services } = await get<ServicesResponse>(`/services?${range}`);
    expect(services.find(({ name }) => name === 'silent')).toMatchObject(nothing);
  });

  test('rates count over the time that has data', async () => {
    const DAY_MS = 86_400_000;
    const early = FROM_MS - 10 * DAY_MS;
    const spans: FixtureSpan[] = [];
    // Ten minutes of one request a second, in a range of a day.
    for (let i = 0; i < 600; i++)
      span(spans, 1000 + i, early - FROM_MS + i * 1000, { service: 'steady', name: 'tick', kind: SERVER });
    await insertSpans(store, spans);
    for (const lengthMs of [600_000, HOUR_MS, DAY_MS]) {
      const around = `from=${early - lengthMs / 2}&to=${early + lengthMs / 2 + 600_000}`;
      const { summary, operations } = await get<ServiceResponse>(`/services/steady?${around}`);
      expect(summary.requestRate).toBeCloseTo(1, 1);
      expect(operations[0]!.requestRate).toBeCloseTo(1, 1);
      const { services } = await get<ServicesResponse>(`/services?${around}`);
      expect(services[0]!.requestRate).toBeCloseTo(1, 1);
    }
  });
});

describe('lists are in the order of what they show', () => {
  test('slowest, newest and failed traces', async () => {
    const DAY_MS = 86_400_000;
    const at = -20 * DAY_MS;
    const spans: FixtureSpan[] = [];
    // The longer the service's own request, the shorter the whole trace; the later it runs, the earlier its trace began.
    for (let i = 0; i < 6; i++) {
      const root = span(spans, 3000 + i, at - i * 1000, { service: 'outer', kind: SERVER, durationNs: 60e9 - i * 5e9 });
      span(spans, 3000 + i, at + i * 100, {
        service: 'inner',
        kind: SERVER,
        durationNs: 1e9 + i * 1e8,
        parentSpanId: root,
        status: 2,
      });
    }
    await insertSpans(store, spans);
    const around = `from=${FROM_MS + at - HOUR_MS}&to=${FROM_MS + at + HOUR_MS}`;
    const descending = (values: readonly number[]) => values.toSorted((a, b) => b - a);
    const page = await get<ServiceResponse>(`/services/inner?${around}`);
    const durations = page.slowest.map(({ durationNs }) => durationNs);
    expect(durations).toHaveLength(6);
    expect(durations).toEqual(descending(durations));
    const starts = page.failed.map(({ startMs }) => startMs);
    expect(starts).toEqual(descending(starts));
    const shown = { newest: 'startMs', slowest: 'durationNs', spans: 'spanCount', errors: 'errorCount' } as const;
    for (const [sort, field] of Object.entries(shown)) {
      const { traces } = await get<TracesResponse>(`/traces?${around}&service=inner&sort=${sort}`);
      const values = traces.map((trace) => trace[field]);
      expect(values, sort).toHaveLength(6);
      expect(values, sort).toEqual(descending(values));
    }
  });

  test('a sample uses its whole size, wherever in the range its traces lie', async () => {
    const DAY_MS = 86_400_000;
    await store.run(`INSERT INTO ${store.database}.spans (time, duration_ns, trace_id, span_id, service_name, name, kind, ingested_at)
      SELECT fromUnixTimestamp64Milli(toInt64(${FROM_MS - 40 * DAY_MS}) + number), 1000 + number, toFixedString(hex(sipHash64(number)), 16),
        toFixedString(leftPad(toString(number), 8, '0'), 8), 'crowd', 'x', 2, now() FROM numbers(5000)`);
    await noteTraces(store, "service_name = 'crowd'");
    const week = `from=${FROM_MS - 44 * DAY_MS}&to=${FROM_MS - 37 * DAY_MS}`;
    const { traces } = await get<TraceSampleResponse>(`/traces/sample?${week}&service=crowd`);
    expect(traces).toHaveLength(1200);
    expect(Math.max(...traces.map(({ durationNs }) => durationNs))).toBe(5999);
  });
});

test('a hundred thousand services: lists are cut and say so, and no list of names travels in a URL', async () => {
  const at = FROM_MS - 60 * 86_400_000;
  await store.run(`INSERT INTO ${store.database}.spans (time, duration_ns, trace_id, span_id, service_name, name, kind, ingested_at)
    SELECT fromUnixTimestamp64Milli(toInt64(${at}) + number), 1000, toFixedString(toString(number), 16), toFixedString(toString(number), 8),
      concat('service-with-quite-a-long-name-', toString(number)), 'x', if(number % 2, 2, 1), now() FROM numbers(100000)`);
  await noteTraces(store, "startsWith(service_name, 'service-with')");
  const around = `from=${at - 1000}&to=${at + 200_000}`;
  const list = await get<ServicesResponse>(`/services?${around}`);
  expect(list).toMatchObject({ total: 100_000, truncated: true, limit: 1000 });
  expect(list.services).toHaveLength(1000);
  expect(list.services.every(({ requestCount }) => requestCount === 1)).toBe(true);
  const names = await get<ServiceNamesResponse>(`/service-names?${around}`);
  expect(names).toMatchObject({ total: 100_000, truncated: true, limit: 1000 });
  expect(names.names).toHaveLength(1000);
});
