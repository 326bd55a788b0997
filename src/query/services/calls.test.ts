import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock } from '#base';
import { CallWriter, storeEndpoint } from '#store';
import { sql } from '../sql/index.ts';
import { type FixtureSpan, insertSpans, randomId, randomNumbers } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { CallCounter, type CallSink } from './call-counter.ts';
import { type CallFilter, type Calls, readCalls } from './calls.ts';
import { callsFromSpans } from './found-calls.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FIRST_MS = 1_760_000_040_000;
const MINUTES = 12;
const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5];

let store: TestStore;
let writer: CallWriter;
let nowMs = 0;
/** Stands still: the test says when it is. */
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0, after: () => () => undefined };

beforeAll(async () => {
  store = await startTestStore();
  const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
  const endpoint = storeEndpoint({
    url: store.url,
    database: store.database,
    username: username!,
    password: password!,
  });
  writer = new CallWriter(endpoint, () => nowMs, Math.random);
});
afterAll(async () => {
  await writer.close();
  await store.close();
});

function counter(sink: CallSink = writer): CallCounter {
  return new CallCounter({
    ...{ reader: store.reader, sink, clock },
    failed: (message) => {
      throw new Error(message);
    },
  });
}

/** Requests through five services, with what they use: databases, a cache, a queue, hosts that send nothing. Of each trace some spans in any order. */
function madeSpans(random: () => number, fromMs: number): readonly FixtureSpan[] {
  const spans: FixtureSpan[] = [];
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  /** By two clocks a child may begin before its parent. */
  const near = (parent: FixtureSpan): number =>
    Number(parent.timeNs / 1_000_000n) + random() * 25_000 - (random() < 0.1 ? 4_000 : 0);
  const service = (): string => pick(['web', 'orders', 'stock', 'billing', 'audit']);
  const add = (
    traceId: string,
    parent: FixtureSpan | undefined,
    kind: number,
    atMs: number,
    more: object,
  ): FixtureSpan => {
    const span: FixtureSpan = {
      ...{ traceId, spanId: randomId(random, 8), kind, name: 'x', status: random() < 0.2 ? 2 : 0 },
      ...(parent !== undefined && { parentSpanId: parent.spanId }),
      timeNs: BigInt(Math.round(atMs)) * 1_000_000n,
      durationNs: pick([1, 3, 20, 700, 9000]) * 1_000_000,
      service: service(),
      ...more,
    };
    const resource = { 'deployment.environment.name': span.service === 'audit' ? 'test' : 'prod' };
    spans.push({ ...span, resource });
    return span;
  };
  for (let i = 0; i < 40; i++) {
    const traceId = randomId(random, 16);
    const startMs = fromMs + random() * MINUTES * MINUTE_MS;
    const root = add(traceId, undefined, SERVER, startMs, {});
    add(traceId, root, INTERNAL, near(root), {});
    const db = add(traceId, root, CLIENT, near(root), {
      service: root.service,
      attributes: {
        'db.system': pick(['postgresql', 'redis']),
        'db.name': pick(['shop', '0']),
        'server.address': 'db1',
      },
    });
    add(traceId, db, INTERNAL, near(db), { service: db.service });
    const call = add(traceId, root, CLIENT, near(root), {
      service: root.service,
      attributes: { 'server.address': pick(['orders', 'api.example.com']) },
    });
    // Some servers never answer, or send no spans.
    if (random() < 0.7) add(traceId, call, SERVER, near(call), {});
    const sent = add(traceId, root, PRODUCER, near(root), { attributes: QUEUE });
    add(traceId, sent, CONSUMER, near(sent), { attributes: QUEUE });
    add(traceId, sent, CLIENT, near(sent), {
      attributes: { ...QUEUE, 'messaging.operation.type': pick(['receive', 'settle']) },
    });
    // A batch that runs for minutes, and calls at its end.
    if (i % 10 === 0) {
      const batch = add(traceId, undefined, SERVER, startMs, { durationNs: 4 * MINUTE_MS * 1e6 });
      add(traceId, batch, SERVER, startMs + 3.5 * MINUTE_MS, {});
    }
    add(traceId, { ...root, spanId: randomId(random, 8) }, SERVER, near(root), {});
  }
  return spans;
}
const QUEUE = { 'messaging.system': 'kafka', 'messaging.destination.name': 'paid' };

/** The same counted by looking each parent up. A row per ends: its counts, and the durations in their buckets. */
function expectedCalls(spans: readonly FixtureSpan[], { fromMs, toMs, environment }: CallFilter): readonly string[] {
  const byId = new Map(spans.map((span) => [span.traceId + span.spanId, span]));
  const parentOf = (span: FixtureSpan) => byId.get(span.traceId + (span.parentSpanId ?? ''));
  const answered = new Set(
    spans.flatMap((span) => (span.kind === SERVER || span.kind === CONSUMER ? (parentOf(span) ?? []) : [])),
  );
  const rows = new Map<string, { n: number; e: number; durations: Map<number, number> }>();
  const count = (ends: readonly unknown[], { status, durationNs }: FixtureSpan): void => {
    const key = ends.join(' ');
    const row = rows.get(key) ?? { n: 0, e: 0, durations: new Map<number, number>() };
    rows.set(key, row);
    row.n++;
    if (status === 2) row.e++;
    const bucket = Math.floor(Math.log2(durationNs!) * 16);
    row.durations.set(bucket, (row.durations.get(bucket) ?? 0) + 1);
  };
  for (const span of spans) {
    const ms = Number(span.timeNs / 1_000_000n);
    const resource = span.resource as Record<string, string>;
    if (ms < fromMs || ms >= toMs) continue;
    if (environment !== undefined && resource['deployment.environment.name'] !== environment) continue;
    const parent = parentOf(span);
    const attributes = (span.attributes ?? {}) as Record<string, string>;
    const isQueue = attributes['messaging.system'] !== undefined;
    if (parent !== undefined && parent.service !== span.service && span.kind !== CLIENT && span.kind !== PRODUCER)
      count(
        [
          parent.service,
          'service',
          '',
          span.service,
          '',
          span.kind === CONSUMER && isQueue ? 'taken' : 'sent',
          span.kind,
        ],
        span,
      );
    const operation = attributes['messaging.operation.type'];
    const host = attributes['server.address'] ?? '';
    if (span.kind === CLIENT && attributes['db.system'] !== undefined) {
      const kind = attributes['db.system'] === 'redis' ? 'cache' : 'database';
      count([span.service, kind, attributes['db.system'], host, attributes['db.name'], 'sent', span.kind], span);
    } else if (isQueue && operation !== 'settle') {
      const direction = span.kind === CONSUMER ? 'taken' : operation === 'receive' ? 'fetched' : 'sent';
      count([span.service, 'queue', 'kafka', '', 'paid', direction, span.kind], span);
    } else if (span.kind === CLIENT && host !== '' && !answered.has(byId.get(span.traceId + span.spanId)!))
      count([span.service, 'host', '', host, '', 'sent', span.kind], span);
  }
  return [...rows].map(([key, { n, e, durations }]) => rowText(key, n, e, durations)).sort();
}

function rowText(ends: string, n: number, e: number, durations: ReadonlyMap<number, number>): string {
  return `${ends}: ${n} (${e}) ${[...durations].sort((a, b) => a[0] - b[0]).join(' ')}`;
}

function shown(calls: readonly Calls[]): readonly string[] {
  return calls
    .map((one) => {
      const ends = [one.source, one.kind, one.system, one.name, one.namespace, one.direction, one.spanKind].join(' ');
      return rowText(ends, one.callCount, one.errorCount, one.durations);
    })
    .sort();
}

test('a round that failed is done once more, also of slots to which nothing comes any more', async () => {
  await insertSpans(store, madeSpans(randomNumbers(3), FIRST_MS - DAY_MS));
  nowMs = Date.now() + 2 * 3_600_000;
  let isAway = true;
  const one = counter({
    tenants: () => writer.tenants(),
    write: (calls) => (isAway ? Promise.reject(new Error('the store is away')) : writer.write(calls)),
  });
  await expect(one.round()).rejects.toThrow('the store is away');
  isAway = false;
  expect(await one.round()).toBeGreaterThan(0);
});

test.each([1, 2])(
  'calls that were counted by minutes are those that their spans tell, whenever these come (seed %d)',
  async (seed) => {
    const random = randomNumbers(seed);
    const fromMs = FIRST_MS + seed * DAY_MS;
    const spans = [...madeSpans(random, fromMs)];
    const ranges: readonly CallFilter[] = [
      { fromMs: fromMs - MINUTE_MS, toMs: fromMs + 2 * MINUTES * MINUTE_MS },
      { fromMs: fromMs + 2 * MINUTE_MS + 17_000, toMs: fromMs + 9 * MINUTE_MS + 3_000 },
      { fromMs: fromMs - MINUTE_MS, toMs: fromMs + 2 * MINUTES * MINUTE_MS, environment: 'test' },
    ];
    const stored: FixtureSpan[] = [];
    const check = async (): Promise<void> => {
      for (const range of ranges)
        expect(shown((await readCalls(store.reader, range)).calls)).toEqual(expectedCalls(stored, range));
    };
    nowMs = fromMs + 2 * MINUTES * MINUTE_MS;
    // Any span may come first: children before their parents, parents in other batches, some when all others are counted.
    for (const share of [0.7, 1]) {
      const batch = spans.filter((span) => !stored.includes(span)).filter(() => share === 1 || random() < share);
      await insertSpans(store, batch);
      stored.push(...batch);
      await check();
      nowMs += 2 * 3_600_000;
      // One that was started just now looks at all there is.
      expect(await counter().round()).toBeGreaterThan(0);
      await check();
      // What was counted is not joined: nothing is left to be done.
      expect(await counter().round()).toBe(0);
      nowMs += MINUTE_MS;
    }
  },
);

test('which spans are calls is asked of what was counted, and not of each span', async () => {
  await insertSpans(store, madeSpans(randomNumbers(3), FIRST_MS));
  const ranges = [{ fromMs: FIRST_MS, toMs: FIRST_MS + MINUTE_MS }];
  const statement = callsFromSpans({ ranges, isPerSlot: true });
  const table = await store.reader.read(sql`EXPLAIN ${statement}`);
  const ofRows = table.strings('explain').filter((line) => line.includes('Prewhere filter column'));
  expect(ofRows.length).toBeGreaterThan(0);
  expect(ofRows.filter((line) => line.includes("'settled'"))).toEqual([]);
});
