import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainAttributes } from '../reader/index.ts';
import { spans as spanRows } from '../source/index.ts';
import { joinRanges, ofPlace } from '../source/traces.ts';
import { sql } from '../sql/index.ts';
import { type FixtureSpan, insertLogs, insertSpans } from '../testing/fixtures.ts';
import { groupBy, SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../testing/shop.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { readSpanColumns } from './span-columns.ts';
import { groupSpans, readSpanHeatmap } from './span-groups.ts';
import { readSpan, readWholeTrace } from './stored-span.ts';
import { ODD_NS, ODD_SPANS, THROWN_SPANS } from './testdata/odd-spans.ts';
import { readLinkingSpans, readTrace } from './trace.ts';
import { findPlaces } from './trace-place.ts';
import { countTraces, sampleTraces, searchTraces, type TraceQuery } from './trace-search.ts';
import { countOrphans, countServices, summarizeTraces } from './trace-summary.ts';

const spans = shopSpans();
const byTrace = groupBy(spans, (span) => span.traceId);
let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, spans);
  await insertSpans(store, ODD_SPANS);
  await insertSpans(store, THROWN_SPANS);
  await insertLogs(store, [
    { timeNs: ODD_NS + 50n, service: 'x', body: 'inside', traceId: 'f0', spanId: 'a4' },
    { timeNs: ODD_NS + 60n, service: 'x', body: 'other', traceId: 'f1' },
    { timeNs: ODD_NS + 70n, service: 'x', body: 'plain', traceId: 'f3', spanId: 'b1' },
    ...[
      { 'exception.type': 'Twice', 'exception.message': 'm' },
      { 'exception.type': 'Once', 'exception.stacktrace': 'at f', order: 7 },
    ].map((attributes, i) => {
      return { timeNs: ODD_NS + 50n + BigInt(i), service: 'x', body: '', traceId: 'f3', spanId: 'b1', attributes };
    }),
    { timeNs: ODD_NS + 20n, service: 'x', body: '', traceId: 'f3', spanId: 'b2', eventName: 'cache.miss' },
  ]);
});
afterAll(() => store.close());

const base: TraceQuery = { fromMs: SHOP_FROM_MS, toMs: SHOP_TO_MS, sort: 'newest', limit: 2000 };
const search = (query: Partial<TraceQuery>) => searchTraces(store.reader, { ...base, ...query });

/** Ids of the traces with a span for which `matches` holds. */
function matching(matches: (span: FixtureSpan) => boolean): Set<string> {
  return new Set(spans.filter(matches).map((span) => span.traceId));
}
const attribute = (span: FixtureSpan, key: string): unknown =>
  (span.attributes as { [key: string]: unknown } | undefined)?.[key];
const resource = (span: FixtureSpan, key: string): unknown => (span.resource as { [key: string]: unknown })[key];
const isFailed = (traceId: string): boolean => byTrace.get(traceId)!.some((span) => span.status === 2);

test('the spans of a trace are found by all of the sort key: by bucket, service and second', async () => {
  const [place] = await findPlaces(store.reader, [spans[0]!.traceId]);
  const table = await store.reader.read(sql`EXPLAIN indexes = 1 SELECT span_id ${ofPlace(spanRows, place!)}`);
  const [, keys] = /PrimaryKey\s+Keys:\s+(.*?)\s+Condition/s.exec(table.strings('explain').join('\n'))!;
  expect(keys!.split(/\n\s*/)).toEqual(['tenant', 'intDiv(toInt64(time), 300)', 'service_name', 'toInt64(time)']);
});

describe('searchTraces', () => {
  test.each<{ name: string; query: Partial<TraceQuery>; matches: (span: FixtureSpan) => boolean }>([
    { name: 'everything', query: {}, matches: () => true },
    { name: 'a service', query: { service: 'inventory' }, matches: (span) => span.service === 'inventory' },
    {
      name: 'an operation',
      query: { service: 'orders', operation: 'validate' },
      matches: (span) => span.name === 'validate',
    },
    {
      name: 'durations',
      query: { minDurationNs: 1e8, maxDurationNs: 5e8 },
      matches: (span) => span.durationNs >= 1e8 && span.durationNs <= 5e8,
    },
    { name: 'a least duration of more than 64 bits', query: { minDurationNs: 2 ** 64 }, matches: () => false },
    { name: 'a greatest duration of more than 64 bits', query: { maxDurationNs: 2 ** 65 }, matches: () => true },
    {
      name: 'failed spans of a service',
      query: { service: 'payments', status: 'error' },
      matches: (span) => span.service === 'payments' && span.status === 2,
    },
    {
      name: 'an environment',
      query: { environment: 'test' },
      matches: (span) => resource(span, 'deployment.environment.name') === 'test',
    },
    {
      name: 'text',
      query: { q: 'http.route="/api/orders/{id}"' },
      matches: (span) => attribute(span, 'http.route') === '/api/orders/{id}',
    },
    { name: 'an integer', query: { q: 'user.id=3' }, matches: (span) => attribute(span, 'user.id') === 3 },
    {
      name: 'integers in order',
      query: { q: 'http.response.status_code>=500' },
      matches: (span) => Number(attribute(span, 'http.response.status_code')) >= 500,
    },
    { name: 'a double', query: { q: 'price=10.25' }, matches: (span) => attribute(span, 'price') === 10.25 },
    {
      name: 'a range of doubles and integers',
      query: { q: 'price>20 price<=30.5' },
      matches: (span) => Number(attribute(span, 'price')) > 20 && Number(attribute(span, 'price')) <= 30.5,
    },
    { name: 'a truth value', query: { q: 'retry=true' }, matches: (span) => attribute(span, 'retry') === true },
    {
      name: 'a regular expression',
      query: { q: 'http.route~"orders$"' },
      matches: (span) => /orders$/.test(String(attribute(span, 'http.route') ?? '')),
    },
    {
      name: 'a resource attribute',
      query: { q: 'telemetry.sdk.language=python' },
      matches: (span) => span.service === 'payments',
    },
    {
      name: 'a key that exists',
      query: { q: 'messaging.destination.name=*' },
      matches: (span) => span.service === 'inventory',
    },
    {
      name: 'negation includes what lacks the key',
      query: { q: 'service=gateway server.address!=orders' },
      matches: (span) => span.service === 'gateway' && attribute(span, 'server.address') === undefined,
    },
    {
      name: 'both spans conditions on one span',
      query: { q: 'kind=server status=error service=orders' },
      matches: (span) => span.kind === 2 && span.status === 2 && span.service === 'orders',
    },
    {
      name: 'or',
      query: { q: 'name=charge OR name=reserve status=ok' },
      matches: (span) => (span.name === 'charge' || span.name === 'reserve') && span.status === 1,
    },
    { name: 'free text', query: { q: 'RESERVE' }, matches: (span) => span.name === 'reserve' },
    { name: 'a hostile key', query: { q: '"a`) OR 1=1 --"=1' }, matches: () => false },
  ])('finds $name', async ({ query, matches }) => {
    const result = await search(query);
    const expected = matching(matches);
    expect(new Set(result.traces.map((trace) => trace.traceId))).toEqual(expected);
    const { total, errorCounts } = await countTraces(store.reader, { ...base, ...query });
    expect(total).toBe(expected.size);
    const failed = [...expected].filter(isFailed).length;
    expect(errorCounts.reduce((sum, n) => sum + n, 0)).toBe(failed);
    for (const trace of result.traces) {
      const span = byTrace.get(trace.traceId)!.find((one) => one.spanId === trace.matchedSpanId)!;
      expect(matches(span)).toBe(true);
    }
  });

  test('status ok leaves out traces with any failed span', async () => {
    const result = await search({ status: 'ok' });
    expect(new Set(result.traces.map((trace) => trace.traceId))).toEqual(
      new Set([...byTrace.keys()].filter((traceId) => !isFailed(traceId))),
    );
    const { errorCounts } = await countTraces(store.reader, { ...base, status: 'ok' });
    expect(errorCounts.every((count) => count === 0)).toBe(true);
  });

  test('summaries say what the trace holds', async () => {
    const { traces } = await search({ service: 'inventory' });
    const counts = await countServices(
      store.reader,
      traces.map(({ traceId }) => traceId),
    );
    for (const trace of traces) {
      const own = byTrace.get(trace.traceId)!;
      const root = own.find((span) => !span.parentSpanId)!;
      const ends = own.map((span) => span.timeNs + BigInt(span.durationNs));
      expect(trace).toMatchObject({
        rootService: 'gateway',
        rootOperation: root.name,
        rootMissing: false,
        startNs: root.timeNs,
        endNs: ends.sort((a, b) => (a < b ? 1 : -1))[0],
        spanCount: own.length,
        errorCount: own.filter((span) => span.status === 2).length,
      });
      const perService = groupBy(own, (span) => span.service);
      expect(trace.services).toEqual([...perService.keys()].sort());
      expect(
        counts
          .get(trace.traceId)!
          .map((one) => [one.name, one.spanCount])
          .sort(),
      ).toEqual([...perService].map(([name, list]) => [name, list.length]).sort());
    }
  });

  test.each<{ sort: TraceQuery['sort']; weight: (own: readonly FixtureSpan[]) => number }>([
    { sort: 'newest', weight: (own) => Math.max(...own.map((span) => Number(span.timeNs / 1000n))) },
    {
      sort: 'slowest',
      weight: (own) => Math.max(...own.map((span) => span.durationNs + Number(span.timeNs - own[0]!.timeNs))),
    },
    { sort: 'spans', weight: (own) => own.length },
    { sort: 'errors', weight: (own) => own.filter((span) => span.status === 2).length },
  ])('sorts by $sort and cuts at the limit', async ({ sort, weight }) => {
    const result = await search({ sort, limit: 25 });
    expect(result.traces).toHaveLength(25);
    expect(result.truncated).toBe(true);
    const expected = [...byTrace.values()].map(weight).sort((a, b) => b - a);
    expect(result.traces.map((trace) => weight(byTrace.get(trace.traceId)!))).toEqual(expected.slice(0, 25));
  });

  test('the newest are those whose first match is newest, whatever else of them matches', async () => {
    const firstMatches = [...byTrace].flatMap(([traceId, own]) => {
      const times = own.filter((span) => span.service === 'inventory').map((span) => span.timeNs);
      return times.length === 0 ? [] : [{ traceId, firstNs: times.reduce((a, b) => (a < b ? a : b)) }];
    });
    const newest = firstMatches.sort((a, b) => (a.firstNs > b.firstNs ? -1 : 1)).map(({ traceId }) => traceId);
    for (const limit of [1, 3, 20, 60]) {
      const { traces, truncated } = await search({ service: 'inventory', limit });
      expect(new Set(traces.map(({ traceId }) => traceId))).toEqual(new Set(newest.slice(0, limit)));
      expect(truncated).toBe(newest.length > limit);
    }
  });

  test('a trace whose newest spans are the newest of all, but which began long before, is as new as its first match', async () => {
    const atNs = BigInt(SHOP_FROM_MS - 3 * 86_400_000) * 1_000_000n;
    const old = { traceId: 'b0', service: 'long', name: 'tick', durationNs: 5 };
    const ticks = Array.from({ length: 700 }, (_, n): FixtureSpan => {
      return { ...old, spanId: (n + 1).toString(16), parentSpanId: '', timeNs: atNs + BigInt(n) * 1_000_000_000n };
    });
    const young = Array.from({ length: 4 }, (_, n): FixtureSpan => {
      const timeNs = atNs + 400_000_000_000n + BigInt(n) * 1_000_000n;
      return { ...old, traceId: `b${n + 1}`, spanId: `c${n}`, parentSpanId: '', timeNs };
    });
    await insertSpans(store, [...ticks, ...young]);
    const range = { fromMs: Number(atNs / 1_000_000n) - 1000, toMs: Number(atNs / 1_000_000n) + 800_000 };
    const ids = async (limit: number) =>
      (await search({ ...range, service: 'long', limit })).traces.map(({ traceId }) => traceId.replace(/^0+/, ''));
    expect(await ids(2)).toEqual(['b4', 'b3']);
    expect(await ids(5)).toEqual(['b4', 'b3', 'b2', 'b1', 'b0']);
  });

  test('the histogram counts traces by the time of their first match', async () => {
    const { grid, okCounts, errorCounts } = await countTraces(store.reader, base);
    for (let i = 0; i < grid.count; i++) {
      const inBucket = [...byTrace.values()].filter((own) => {
        const ms = Number(own[0]!.timeNs / 1_000_000n);
        return Math.floor((ms - grid.startMs) / grid.stepMs) === i;
      });
      expect(okCounts[i]! + errorCounts[i]!).toBe(inBucket.length);
    }
  });

  test('a sample has the slowest, failed ones and others of each bucket, and only traces that match', async () => {
    // So wide that all of the shop's traces lie in a few of the hundred buckets.
    const lengthMs = SHOP_TO_MS - SHOP_FROM_MS;
    const query = { fromMs: SHOP_FROM_MS - 60 * lengthMs, toMs: SHOP_TO_MS, service: 'payments' };
    const sample = await sampleTraces(store.reader, query);
    const ids = sample.map((trace) => trace.traceId);
    const own = spans.filter((span) => span.service === 'payments');
    const expected = new Set(own.map((span) => span.traceId));
    // The other buckets are empty, so these few may use the whole sample.
    expect(ids).toHaveLength(expected.size);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((traceId) => !expected.has(traceId))).toEqual([]);
    const slowest = own.reduce((best, span) => (span.durationNs > best.durationNs ? span : best));
    expect(ids).toContain(slowest.traceId);
    expect(ids.some(isFailed)).toBe(true);
    expect(ids.some((traceId) => !isFailed(traceId))).toBe(true);
    for (const trace of sample) expect(trace.spanCount).toBe(byTrace.get(trace.traceId)!.length);
    expect((await sampleTraces(store.reader, query)).map((one) => one.traceId).sort()).toEqual(ids.sort());
    expect(await sampleTraces(store.reader, { ...query, service: 'nobody' })).toEqual([]);
  });

  test('an empty answer says where the nearest match is', async () => {
    const newest = Math.max(
      ...spans.filter((span) => span.service === 'inventory').map((span) => Number(span.timeNs) / 1e6),
    );
    const result = await search({ service: 'inventory', fromMs: SHOP_TO_MS + 1000, toMs: SHOP_TO_MS + 2000 });
    expect(result.traces).toEqual([]);
    expect(result.nearestMs).toBeCloseTo(newest, 0);
    expect((await search({ service: 'nobody' })).nearestMs).toBeUndefined();
  });

  test.each([
    { q: 'duration>5', message: 'with a unit', start: 9, end: 10 },
    { q: 'a=1 b~"("', message: 'not a valid regular expression', start: 6, end: 9 },
    { q: 'a=1 (', message: 'never closed', start: 4, end: 5 },
  ])('a filter that cannot be read names its place: $q', async ({ q, message, start, end }) => {
    await expect(search({ q })).rejects.toMatchObject({
      code: 'bad_query',
      query: q,
      start,
      end,
      message: expect.stringContaining(message),
    });
  });
});

describe('readTrace', () => {
  test('columns hold every span, parents before children', async () => {
    for (const [traceId, own] of [...byTrace].slice(0, 20)) {
      const trace = await readTrace(store.reader, traceId);
      expect(trace).toMatchObject({ traceId, totalSpanCount: own.length, truncated: false, logCount: 0 });
      const columns = trace.spans;
      const ids = columns.ids.match(/.{16}/g)!;
      expect(ids).toHaveLength(own.length);
      ids.forEach((spanId, row) => {
        const span = own.find((one) => one.spanId === spanId)!;
        const parent = columns.parent[row]!;
        expect(parent).toBeLessThan(row);
        expect(parent === -1 ? '' : ids[parent]).toBe(span.parentSpanId);
        expect(trace.services[columns.service[row]!]).toBe(span.service);
        expect(trace.names[columns.name[row]!]).toBe(span.name);
        expect(columns.startNs[row]).toBe(Number(span.timeNs - trace.startNs));
        expect(columns.durationNs[row]).toBe(span.durationNs);
        expect([columns.kind[row], columns.status[row]]).toEqual([span.kind, span.status ?? 0]);
      });
    }
  });

  test('missing parents, cycles, shared ids, events, hints and logs', async () => {
    const trace = await readTrace(store.reader, 'F0');
    expect(trace.startNs).toBe(ODD_NS + 10n);
    expect(trace.durationNs).toBe(30 + 900);
    expect(trace.logCount).toBe(1);
    const row = (name: string): number =>
      Array.from(trace.spans.name).findIndex((index) => trace.names[index] === name);
    expect(trace.spans.parent[row('first')]).toBe(-2);
    expect(trace.spans.parent[row('loop a')]).toBe(-2);
    expect(trace.spans.parent[row('loop b')]).toBe(row('loop a'));
    expect(trace.spans.parent[row('full')]).toBe(row('first'));
    expect(trace.hints[trace.spans.hint[row('full')]!]).toBe('SELECT 1 LIMIT 2');
    expect(trace.events).toEqual({
      row: [row('full'), row('full')],
      timeNs: [114, 115],
      name: [0, 1],
      names: ['retry', 'exception'],
    });
  });

  test('a limit cuts, and the answer says so', async () => {
    const trace = await readTrace(store.reader, 'f0', { maxSpans: 2 });
    expect(trace).toMatchObject({ truncated: true, totalSpanCount: 5 });
    expect(trace.spans.startNs).toHaveLength(2);
  });

  test('an unknown trace is not found', async () => {
    await expect(readTrace(store.reader, 'abcdef')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('events are found wherever they live: with their span, or as log records of it', async () => {
  const trace = await readTrace(store.reader, 'f3');
  const row = (name: string): number => Array.from(trace.spans.name).findIndex((index) => trace.names[index] === name);
  const drawn = trace.events.row.map((of, i) => [
    of,
    trace.events.timeNs[i],
    trace.events.names[trace.events.name[i]!],
  ]);
  expect(trace.logCount).toBe(4);
  expect(drawn).toContainEqual([row('b1'), 51, 'exception']);
  expect(drawn).toContainEqual([row('b2'), 20, 'cache.miss']);
  const { span } = await readSpan(store.reader, 'f3', 'b1');
  expect(span.events.map(({ timeNs, name }) => [Number(timeNs - ODD_NS), name])).toEqual([
    [40, 'exception'],
    [51, 'exception'],
    [60, 'retry'],
  ]);
  expect(plainAttributes(span.events[1]!.attributes)).toEqual({
    'exception.stacktrace': 'at f',
    'exception.type': 'Once',
    order: 7,
  });
  const whole = await readWholeTrace(store.reader, 'f3');
  expect(whole.spans.map(({ events }) => events.length).sort()).toEqual([1, 3]);
  const range = { fromMs: Number(ODD_NS / 1_000_000n) - 1, toMs: Number(ODD_NS / 1_000_000n) + 1 };
  const tagged = { ...base, ...range, tags: { 'exception.type': 'Once' } };
  expect((await searchTraces(store.reader, tagged)).traces.map(({ traceId }) => traceId.slice(-2))).toEqual(['f3']);
});

describe('spans in full', () => {
  test('every field comes back with its type', async () => {
    const { span } = await readSpan(store.reader, 'f0', 'a4');
    expect(span).toMatchObject({
      spanId: '00000000000000a4',
      parentSpanId: '00000000000000a1',
      service: 'x',
      name: 'full',
      kind: 4,
      statusCode: 2,
      statusMessage: 'broken "pipe"',
      startNs: ODD_NS + 123n,
      durationNs: 7n,
      traceState: 'k=v',
      flags: 257,
      scopeName: 'lib',
      scopeVersion: '2',
      droppedAttributesCount: 1,
      droppedEventsCount: 2,
      droppedLinksCount: 3,
    });
    expect(plainAttributes(span.attributes)).toEqual({
      b: false,
      d: 2.5,
      'db.statement': 'SELECT 1\n  LIMIT 2',
      i: 5,
      list: ['p', 'q'],
      s: 'text',
    });
    expect(span.attributes.find(({ key }) => key === 'd')!.value.type).toBe('double');
    expect(plainAttributes(span.resource)).toEqual({ 'host.name': 'h1', 'service.name': 'x' });
    expect(span.scopeAttributes).toEqual([{ key: 'short', value: { type: 'bool', value: true } }]);
    expect(span.events[0]).toMatchObject({ timeNs: ODD_NS + 125n, name: 'exception' });
    expect(plainAttributes(span.events[0]!.attributes)).toEqual({ 'exception.type': 'E', n: '9007199254740993', x: 1 });
    expect(span.links[0]).toMatchObject({ traceId: spans[0]!.traceId, spanId: spans[0]!.spanId, traceState: 'l=1' });
  });

  test('spans of one resource share it', async () => {
    const { spans: whole } = await readWholeTrace(store.reader, [...byTrace.keys()][0]!);
    const gateway = whole.filter((span) => span.service === 'gateway');
    expect(gateway[0]!.resource).toBe(gateway[1]!.resource);
  });

  test('who links to a span', async () => {
    const target = { traceId: spans[0]!.traceId, spanId: spans[0]!.spanId, timeNs: ODD_NS };
    expect(await readLinkingSpans(store.reader, target)).toEqual([
      { traceId: 'f0'.padStart(32, '0'), spanId: 'a4'.padStart(16, '0'), service: 'x', name: 'full' },
    ]);
  });
});

test('a summary of a trace without a root takes the earliest span', async () => {
  const id = 'f0'.padStart(32, '0');
  const summaries = await summarizeTraces(store.reader, [id, 'abc']);
  expect(summaries.get(id)).toMatchObject({
    rootMissing: true,
    rootService: 'x',
    rootOperation: 'first',
    spanCount: 5,
  });
  expect(summaries.size).toBe(1);
  expect((await countOrphans(store.reader, [id])).get(id)).toBe(2);
});

describe('joinRanges', () => {
  const places = (...ranges: readonly (readonly [bigint, bigint])[]) =>
    ranges.map(([firstNs, lastNs]) => ({ traceId: '', firstNs, lastNs }));
  test.each([
    { name: 'overlapping ranges become one', input: places([5n, 9n], [1n, 6n]), limit: 4, want: [[1n, 9n]] },
    {
      name: 'the smallest gap is closed first',
      input: places([1n, 2n], [4n, 5n], [100n, 101n]),
      limit: 2,
      want: [
        [1n, 5n],
        [100n, 101n],
      ],
    },
    { name: 'one range for all', input: places([1n, 2n], [50n, 51n]), limit: 1, want: [[1n, 51n]] },
    {
      name: 'a range inside another',
      input: places([1n, 90n], [5n, 6n], [91n, 92n]),
      limit: 9,
      want: [
        [1n, 90n],
        [91n, 92n],
      ],
    },
  ])('$name', ({ input, limit, want }) => {
    expect(joinRanges(input, limit)).toEqual(want);
  });
});

describe('all spans of a range', () => {
  const range = { fromMs: SHOP_FROM_MS, toMs: SHOP_TO_MS };
  const attribute = (span: FixtureSpan, key: string): unknown =>
    (span.attributes as Record<string, unknown> | undefined)?.[key];

  test.each([
    { by: 'service', of: (span: FixtureSpan) => span.service },
    { by: 'http.request.method', of: (span: FixtureSpan) => String(attribute(span, 'http.request.method') ?? '') },
    {
      by: 'deployment.environment',
      of: (span: FixtureSpan) => String((span.resource as Record<string, unknown>)['deployment.environment.name']),
    },
    { by: 'status', of: (span: FixtureSpan) => ['unset', 'ok', 'error'][span.status ?? 0]! },
    { by: 'scope', of: () => 'shop' },
  ])('are grouped by $by', async ({ by, of }) => {
    const { groups, groupCount, spanCount } = await groupSpans(store.reader, { ...range, by });
    const expected = [...groupBy(spans, of)].map(([value, list]) => ({
      value,
      count: list.length,
      errorCount: list.filter(({ status }) => status === 2).length,
    }));
    const byValue = (a: { readonly value: string }, b: { readonly value: string }) => (a.value < b.value ? -1 : 1);
    expect(groups.map(({ value, count, errorCount }) => ({ value, count, errorCount })).sort(byValue)).toEqual(
      expected.sort(byValue),
    );
    expect([groupCount, spanCount]).toEqual([expected.length, spans.length]);
    for (const { p50Ns, p95Ns, p99Ns } of groups) expect(p50Ns <= p95Ns && p95Ns <= p99Ns).toBe(true);
  });

  test('are counted by time and duration, each once', async () => {
    const { lines, grid, spanCount } = await readSpanHeatmap(store.reader, range);
    expect(spanCount).toBe(spans.length);
    for (const { lowerNs, upperNs, counts, errorCounts } of lines) {
      expect(counts).toHaveLength(grid.count);
      const within = spans.filter(({ durationNs }) => durationNs >= lowerNs && durationNs < upperNs);
      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(within.length);
      expect(errorCounts.reduce((sum, n) => sum + n, 0)).toBe(within.filter(({ status }) => status === 2).length);
    }
    const slow = await readSpanHeatmap(store.reader, { ...range, minDurationNs: 1e9, status: 'error' });
    expect(slow.spanCount).toBe(spans.filter(({ durationNs, status }) => durationNs >= 1e9 && status === 2).length);
  });
});

test('columns of a list have the values of single spans, of their resources and scopes', async () => {
  const place = { traceId: 'f0'.padStart(32, '0'), startNs: ODD_NS, endNs: ODD_NS + 1000n };
  const named = [{ ...place, spanId: 'a4'.padStart(16, '0') }];
  const keys = [
    'name',
    'kind',
    'status',
    'service',
    'db.query.text',
    'i',
    'list',
    'host.name',
    'resource.s',
    'scope',
    'no.such',
  ];
  expect([...(await readSpanColumns(store.reader, named, keys)).values()]).toEqual([
    ['full', 'producer', 'error', 'x', 'SELECT 1\n  LIMIT 2', '5', "['p','q']", 'h1', '', 'lib', ''],
  ]);
  const tooMany = Array.from({ length: 13 }, (_, i) => `k${i}`);
  await expect(readSpanColumns(store.reader, named, tooMany)).rejects.toMatchObject({ code: 'bad_query' });
});
