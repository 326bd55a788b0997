/** What a search and a rate read of a long range: its end first, and of counted slots hardly any span. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreReader } from '../reader/index.ts';
import type { Sql } from '../sql/index.ts';
import { type FixtureSpan, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { queryTraceqlRange } from './metrics.ts';
import { searchTraceql } from './search.ts';

const FROM_S = 1_760_000_000;
const SECONDS = 3_000;
const NS = 1_000_000_000n;
const RANGE = { startNs: BigInt(FROM_S) * NS, endNs: BigInt(FROM_S + SECONDS) * NS };

const idOf = (number: number): string => (number + 1).toString(16).padStart(32, '0');
/** Its spans lie far apart. */
const LONG = 5_000;

function span(trace: number, id: string, second: number, more: Partial<FixtureSpan>): FixtureSpan {
  return {
    traceId: idOf(trace),
    spanId: id,
    timeNs: BigInt(FROM_S + second) * NS + 5n,
    durationNs: 1000,
    service: 'gateway',
    name: 'n',
    ...more,
  };
}

/** A trace a second: of every third a span of another service failed, of every sixth one below the gateway's. */
const fixtures: readonly FixtureSpan[] = Array.from({ length: SECONDS }, (_, second) => [
  span(second, '1', second, {}),
  span(second, '2', second, {
    service: 'store',
    ...(second % 6 === 0 && { parentSpanId: '1' }),
    ...(second % 3 === 0 && { status: 2 }),
  }),
]).flat();
const longOnes: readonly FixtureSpan[] = [
  span(LONG, '1', 2, { service: 'edge' }),
  span(LONG, '2', 2_990, { service: 'late', parentSpanId: '1', status: 2 }),
];

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, [...fixtures, ...longOnes]);
}, 120_000);
afterAll(() => store.close());

/** Asks `question` and gives all statements with it. */
async function watched<T>(
  question: (reader: StoreReader) => Promise<T>,
): Promise<{ answer: T; statements: readonly Sql[] }> {
  const statements: Sql[] = [];
  const reader = new Proxy(store.reader, {
    get: (target, name) =>
      name === 'read'
        ? (statement: Sql, options: object) => {
            statements.push(statement);
            return target.read(statement, options);
          }
        : Reflect.get(target, name),
  });
  return { answer: await question(reader), statements };
}

const search = (query: string, limit: number) =>
  watched((reader) => searchTraceql(reader, { query, ...RANGE, limit, spansPerSpanSet: 3 }));

function secondsOf(traces: readonly { readonly startNs: bigint }[]): readonly number[] {
  return traces.map(({ startNs }) => Number(startNs / NS) - FROM_S);
}

test('a search ends with the newest traces that match, and looks at hardly any others', async () => {
  const { answer, statements } = await search('{ resource.service.name = "gateway" } >> { status = error }', 5);
  expect(secondsOf(answer.traces)).toEqual([2994, 2988, 2982, 2976, 2970]);
  expect(answer.inspected.traces).toBeLessThan(100);
  // The range's start stands in no statement.
  const bounds = statements.flatMap((statement) => Object.values(statement.render({ tenant: '' }).params));
  expect(bounds).not.toContain(String(RANGE.startNs));
});

test('whatever the limit, all traces that match are found', async () => {
  const { answer } = await search('{ resource.service.name = "gateway" } >> { status = error }', 1_000);
  expect(answer.traces).toHaveLength(SECONDS / 6);
  expect(new Set(answer.traces.map(({ traceId }) => traceId)).size).toBe(SECONDS / 6);
});

test('a trace is found whose needed spans lie far apart', async () => {
  const { answer } = await search('{ resource.service.name = "edge" } >> { status = error }', 5);
  expect(answer.traces.map(({ traceId }) => traceId)).toEqual([idOf(LONG)]);
});

test('where a needed span is nowhere, nothing is', async () => {
  const { answer } = await search('{ resource.service.name = "nowhere" } >> { status = error }', 5);
  expect(answer.traces).toEqual([]);
  expect(answer.inspected.traces).toBe(0);
});

test.each(['{ } | rate() by (resource.service.name)', '{ } | count_over_time()'])(
  'exemplars of counted slots are spans of their series and step: %s',
  async (query) => {
    const question = { query, ...RANGE, stepNs: 60n * NS, exemplars: 100 };
    const { answer, statements } = await watched((reader) => queryTraceqlRange(reader, question));
    // Slots, and the spans that are looked up; none is counted.
    expect(statements).toHaveLength(2);
    const counted = await queryTraceqlRange(store.reader, { ...question, exemplars: 0 }, { plan: 'spans' });
    expect(answer.series.map(({ samples }) => samples)).toEqual(counted.series.map(({ samples }) => samples));
    for (const { exemplars, labels, samples } of answer.series.filter((one) => one.samples.length > 0)) {
      expect(exemplars.length).toBeGreaterThan(0);
      for (const { labels: own, timestampMs, value } of exemplars) {
        const [traceId, ...others] = own;
        expect(others).toEqual(labels);
        const second = Number.parseInt(String(traceId!.value.value), 16) - 1;
        expect([second, LONG]).toContain(second === LONG ? LONG : timestampMs / 1000 - FROM_S);
        expect(samples.some((sample) => sample.value === value)).toBe(true);
      }
    }
  },
);
