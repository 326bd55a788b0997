import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTraceql } from '#lang/traceql';
import { spans } from '../source/index.ts';
import { type Sql, sql } from '../sql/index.ts';
import { type FixtureSpan, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { neededSpans } from './candidates.ts';
import { normalizedStages } from './normalize.ts';
import { searchTraceql } from './search.ts';
import { placedCondition } from './span-places.ts';

const FROM_MS = 1_760_000_000_000;
const RANGE = { fromMs: FROM_MS, toMs: FROM_MS + 600_000 };
const QUESTION = { startNs: BigInt(RANGE.fromMs) * 1_000_000n, endNs: BigInt(RANGE.toMs) * 1_000_000n };

const traceIdOf = (number: number): string => (number + 1).toString(16).padStart(32, '0');

/** A trace of one span per second and service, each with values of its own. */
const fixtures: readonly FixtureSpan[] = ['a', 'b', 'c'].flatMap((service, index) =>
  Array.from({ length: 200 }, (_, second) => {
    const number = index * 1000 + second;
    return {
      traceId: traceIdOf(number),
      spanId: '1',
      timeNs: BigInt(FROM_MS + second * 1000) * 1_000_000n,
      durationNs: 1,
      service,
      name: 'n',
      attributes: {
        order: `o-${number}`,
        count: number,
        items: [`i-${number}`, 'same'],
        same: 'x',
        ratio: number + 0.5,
      },
      resource: { zone: `z-${number}`, 'service.name': service },
    };
  }),
);

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, fixtures);
});
afterAll(() => store.close());

async function traceIdsOf(condition: Sql): Promise<readonly string[]> {
  const table = await store.reader.read(sql`SELECT trace_id ${spans.in(RANGE)} AND ${condition} ORDER BY trace_id`);
  return table.strings('trace_id');
}

test.each([
  { query: '{ span.order = "o-105" }', isPlaced: true, found: [105] },
  { query: '{ .order = "o-105" }', isPlaced: true, found: [105] },
  { query: '{ "o-105" = span.order }', isPlaced: true, found: [105] },
  { query: '{ span.count = 1105 }', isPlaced: true, found: [1105] },
  { query: '{ span.count = 1105.0 }', isPlaced: true, found: [1105] },
  { query: '{ span.items = "i-7" }', isPlaced: true, found: [7] },
  { query: '{ span.order = "o-105" && span.same = "x" }', isPlaced: true, found: [105] },
  { query: '{ span.order = "o-105" && name = "n" } | count() > 0', isPlaced: true, found: [105] },
  { query: '{ span.order = "o-105" && span.count = 106 }', isPlaced: true, found: [] },
  { query: '{ span.order = "nowhere" }', isPlaced: true, found: [] },
  // What filters do not know, or what is met by too many spans to be worth it.
  { query: '{ span.same = "x" && name = "none" }', isPlaced: false, found: [] },
  { query: '{ span.ratio = 7.5 }', isPlaced: false, found: [7] },
  { query: '{ .zone = "z-7" }', isPlaced: false, found: [7] },
  { query: '{ resource.zone = "z-7" }', isPlaced: false, found: [7] },
  { query: '{ span.order =~ "o-105" }', isPlaced: false, found: [105] },
  { query: '{ span.order = "o-105" || span.order = "o-7" }', isPlaced: false, found: [7, 105] },
  { query: '{ .service.name = "a" && span.count = 5.5 }', isPlaced: false, found: [] },
])('$query asks filters where to look: $isPlaced', async ({ query, isPlaced, found }) => {
  const { root } = parseTraceql(query);
  if (root.kind !== 'search') throw new Error('no search');
  const [needed] = neededSpans(normalizedStages(root.stages), RANGE);
  const placed = await placedCondition(store.reader, needed!, RANGE);
  expect(placed !== needed!.condition).toBe(isPlaced);
  const expected = found.map(traceIdOf);
  expect(await traceIdsOf(needed!.condition)).toEqual(expected);
  expect(await traceIdsOf(placed)).toEqual(expected);
  const { traces } = await searchTraceql(store.reader, { query, ...QUESTION, limit: 20, spansPerSpanSet: 3 });
  expect(traces.map(({ traceId }) => traceId).sort()).toEqual(expected);
});
