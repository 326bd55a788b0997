import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatementCost } from '../answers/index.ts';
import { compileFilter, readFilter } from '../filter/index.ts';
import { spans } from '../source/index.ts';
import { sql } from '../sql/index.ts';
import { type FixtureSpan, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { isInPlaces, readAttributePlaces, requiredComparisons, type ServicePlaces } from './attribute-places.ts';
import { prunedSpanCondition } from './spans.ts';
import { searchTraces } from './trace-search.ts';

const FROM_MS = 1_760_000_000_000;
const RANGE = { fromMs: FROM_MS, toMs: FROM_MS + 600_000 };

/** A trace of one span per second and service, each with values of its own. */
const fixtures: readonly FixtureSpan[] = ['a', 'b', 'c'].flatMap((service, index) =>
  Array.from({ length: 200 }, (_, second) => {
    const number = index * 1000 + second;
    return {
      traceId: (number + 1).toString(16),
      spanId: '1',
      timeNs: BigInt(FROM_MS + second * 1000 + number) * 1_000_000n,
      durationNs: 1,
      service,
      name: 'n',
      attributes: {
        text: `value ${number}`,
        whole: number * 7,
        double: number + 0.5,
        'whole.double': number,
        flag: number === 77,
        same: 1,
        list: [`one ${number}`, `two ${number}`],
        numbers: [number, -number],
        map: { inner: `value ${number}` },
        'net.peer.name': `host-${number}`,
        'url.path': `/path/${number}`,
        ...(number % 2 === 0 && { both: `item ${number}` }),
        ['longer than any other value '.repeat(2)]: 'x'.repeat(300 + number),
      },
      resource: { both: number === 1005 ? 'resource' : 'other', zone: `z${index}` },
    };
  }),
);

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, [...fixtures, ...besides, ...sparse]);
});
afterAll(() => store.close());

const SPARSE_FROM_MS = FROM_MS + 3_600_000;
const SPARSE_RANGE = { fromMs: SPARSE_FROM_MS, toMs: SPARSE_FROM_MS + 1_000_000 };

/**
 * A span a second, of which each thirtieth has a value; and traces in which a first and a last span have it, long before one another, and what lies
 * between has not.
 */
const sparse: readonly FixtureSpan[] = Array.from({ length: 900 }, (_, second): readonly FixtureSpan[] => {
  const at = (plusMs: number): bigint => BigInt(SPARSE_FROM_MS + second * 1000 + plusMs) * 1_000_000n;
  const of = (traceId: number, plusMs: number, isFound: boolean): FixtureSpan => ({
    ...{
      traceId: (0xb0000 + traceId).toString(16),
      spanId: (second * 8 + plusMs + 1).toString(16),
      timeNs: at(plusMs),
    },
    ...{ durationNs: 1, service: 'sparse', name: 'n', attributes: isFound ? { seldom: 'yes' } : { often: second } },
  });
  const isFound = second % 30 === 7;
  // Each long trace: the last match of one of the newest, the first of one that is older by a third of the range.
  const isLong = isFound && second % 4 === 1;
  return [
    of(second, 0, isFound),
    ...(isLong ? [of(10_000 + (second % 300), 1, true)] : []),
    of(10_000 + (second % 300), 2, false),
  ];
}).flat();

/** Traces with a value that spans have, and something beside them too. */
const besides: readonly FixtureSpan[] = (
  [
    ['a01', { attributes: { order: 'shared' } }],
    ['a02', { events: [{ timeNs: BigInt(FROM_MS) * 1_000_000n, name: 'e', attributes: '{"order":"of an event"}' }] }],
    ['a03', { links: [{ traceId: '9', spanId: '9', attributes: '{"order":"of a link"}' }] }],
    ['a04', { scopeAttributes: '{"order":"of a scope"}' }],
    ['a05', { resource: { order: 'shared' } }],
    ['a06', { attributes: { order: 'its own' } }],
  ] as const
).map(([traceId, parts]) => ({
  traceId,
  spanId: '1',
  timeNs: BigInt(FROM_MS + 300_000) * 1_000_000n,
  durationNs: 1,
  service: 'd',
  name: 'n',
  ...parts,
}));

async function placesOf(q: string): Promise<readonly ServicePlaces[] | undefined> {
  const filter = await readFilter(q, 'traces');
  return (await readAttributePlaces(store.reader, requiredComparisons(filter!), RANGE))?.services;
}

/** Matching spans as `service second`, by the condition alone. */
async function matches(q: string): Promise<readonly string[]> {
  const condition = compileFilter((await readFilter(q, 'traces'))!, 'traces');
  const table = await store.reader.read(
    sql`SELECT service_name, toString(toInt64(time)) AS second ${spans.in(RANGE)} AND ${condition} ORDER BY time`,
  );
  return table.strings('service_name').map((service, row) => `${service} ${table.strings('second')[row]}`);
}

test('rows at places are found by all of the sort key, and are those that the places name', async () => {
  const services = await placesOf('text="value 42"');
  const rows = sql`${spans.in(RANGE)} AND ${isInPlaces({ services: services! })}`;
  const explained = await store.reader.read(sql`EXPLAIN indexes = 1 SELECT span_id ${rows}`);
  const [, keys] = /PrimaryKey\s+Keys:\s+(.*?)\s+Condition/s.exec(explained.strings('explain').join('\n'))!;
  expect(keys!.split(/\n\s*/)).toEqual(['tenant', 'intDiv(toInt64(time), 300)', 'service_name', 'toInt64(time)']);
  const table = await store.reader.read(
    sql`SELECT DISTINCT service_name, toString(toInt64(time)) AS second ${rows} ORDER BY ALL`,
  );
  const found = table.strings('service_name').map((service, row) => `${service} ${table.strings('second')[row]}`);
  expect(found.length).toBeGreaterThan(0);
  const named = services!.flatMap(({ service, seconds }) => seconds.map((second) => `${service} ${second}`));
  expect(found.filter((one) => !named.includes(one))).toEqual([]);
});

describe('a filter by what few spans have', () => {
  test.each([
    { q: 'text="value 42"', want: 1 },
    { q: 'span.text="value 42"', want: 1 },
    { q: 'text="value 42" service=a', want: 1 },
    { q: 'text="value 42" whole=294', want: 1 },
    { q: 'text="value 42" whole=295', want: 0 },
    { q: 'whole=294', want: 1 },
    { q: 'whole=294.0', want: 1 },
    { q: 'whole="294"', want: 0 },
    { q: '"whole.double"=1003', want: 1 },
    { q: 'list="two 1003"', want: 1 },
    { q: 'numbers=-1003', want: 1 },
    { q: 'both="item 1004"', want: 1 },
    { q: `"${'longer than any other value '.repeat(2)}"=${'x'.repeat(310)}`, want: 1 },
  ])('$q', async ({ q, want }) => {
    const found = await matches(q);
    expect(found).toHaveLength(want);
    const { traces } = await searchTraces(store.reader, { ...RANGE, q, sort: 'newest', limit: 10 });
    expect(traces).toHaveLength(found.length);
  });

  test.each(['text="value 42"', 'whole=294', 'list="two 1003"', 'numbers=-1003', 'both="item 1004"'])(
    'is looked for where it can be: %s',
    async (q) => {
      const places = await placesOf(q);
      const known = places!.flatMap(({ service, seconds }) => seconds.map((second) => `${service} ${second}`));
      expect(known).toEqual(expect.arrayContaining([...(await matches(q))]));
      // Of 600: with so many different values in each span, one slot in twenty seems to match.
      expect(known.length).toBeLessThan(150);
    },
  );

  test('a resource may have the value as well', async () => {
    expect(await matches('both=resource')).toHaveLength(1);
    const { traces } = await searchTraces(store.reader, { ...RANGE, q: 'both=resource', sort: 'newest', limit: 10 });
    expect(traces).toHaveLength(1);
    expect(await matches('both=other text="value 1007"')).toHaveLength(1);
  });

  test('values of other kinds are looked for where there are any', async () => {
    const required = requiredComparisons((await readFilter('text="value 42" list="two 1003" whole=294', 'traces'))!);
    const kindsOf = async (index: number) => [
      ...((await readAttributePlaces(store.reader, [required[index]!], RANGE))!.absent.get(required[index]!.of) ?? []),
    ];
    expect(await kindsOf(0)).toEqual(['list']);
    expect(await kindsOf(1)).toEqual([]);
    expect(await kindsOf(2)).not.toContain('int');
  });

  test('nothing is read for what nothing has', async () => {
    expect(await placesOf('text="nowhere" whole=295 list=none')).toEqual([]);
    expect(
      (await searchTraces(store.reader, { ...RANGE, q: 'text="nowhere"', sort: 'slowest', limit: 10 })).traces,
    ).toEqual([]);
  });
});

describe("a tag, by its text wherever it may stand, as in Jaeger's search", () => {
  test.each([
    { tags: { text: 'value 42' }, want: 1, isPruned: true },
    { tags: { whole: '294' }, want: 1, isPruned: true },
    { tags: { list: 'two 1003' }, want: 1, isPruned: true },
    { tags: { text: 'value 42', whole: '294' }, want: 1, isPruned: true },
    { tags: { text: 'value 42', whole: '295' }, want: 0, isPruned: true },
    { tags: { order: 'its own' }, want: 1, isPruned: true },
    { tags: { order: 'nowhere' }, want: 0, isPruned: true },
    { tags: { order: 'of an event' }, want: 1, isPruned: false },
    { tags: { order: 'of a link' }, want: 1, isPruned: false },
    { tags: { order: 'of a scope' }, want: 1, isPruned: false },
    { tags: { order: 'shared' }, want: 2, isPruned: false },
    { tags: { order: 'of an event', text: 'value 42' }, want: 0, isPruned: true },
    { tags: { flag: 'true' }, want: 1, isPruned: false },
    { tags: { 'url.path': '/path/42' }, want: 1, isPruned: false },
  ])('$tags', async ({ tags, want, isPruned }) => {
    const { traces } = await searchTraces(store.reader, { ...RANGE, tags, sort: 'newest', limit: 10 });
    expect(traces).toHaveLength(want);
    const { condition } = await prunedSpanCondition(store.reader, { tags }, RANGE);
    // Seconds of services, or nowhere at all.
    expect(/arrayZip|^\(\(0\)/.test(condition.render().text)).toBe(isPruned);
  });
});

describe('the newest traces with a value that few slots have', () => {
  /** By their first span that has it, the newest first. */
  const expected = [
    ...sparse
      .filter(({ attributes }) => attributes !== undefined && 'seldom' in attributes)
      .toReversed()
      .reduce((firsts, span) => firsts.set(span.traceId, span.timeNs), new Map<string, bigint>()),
  ]
    .sort(([, a], [, b]) => (a > b ? -1 : 1))
    .map(([traceId]) => traceId.padStart(32, '0'));

  test.each([1, 2, 3, 5, 8, 13, 20, 29, 30, 31, 50])('%d of them', async (limit) => {
    const spent = { ms: 0, statements: [] as StatementCost[] };
    const query = { ...SPARSE_RANGE, q: 'seldom=yes', sort: 'newest', limit } as const;
    const { traces, truncated } = await searchTraces(store.reader, query, { spent });
    const found = traces.map(({ traceId }) => traceId);
    expect(found.toSorted()).toEqual(expected.slice(0, limit).toSorted());
    expect(truncated).toBe(expected.length > limit);
    // Where few are wanted the oldest part of the range is not looked at first.
    const first = spent.statements.find(({ sql: text }) => text.includes('ORDER BY time DESC'))!;
    const isWhole = Object.values(first.parameters).includes(`${BigInt(SPARSE_RANGE.fromMs) * 1_000_000n}`);
    expect(isWhole).toBe(limit > 11);
  });
});

describe('all spans are looked at', () => {
  test.each([
    { why: 'all have it', q: 'same=1', want: 600 },
    { why: 'one of several conditions is enough', q: 'text="value 42" OR name=n', want: 606 },
    { why: 'it is denied', q: 'text!="value 42"', want: 605 },
    { why: 'the key has a type of its own', q: 'url.path=/path/42', want: 1 },
    { why: 'a name of the key has one', q: 'net.peer.name=host-2100', want: 1 },
    { why: 'the number is not whole', q: 'double=42.5', want: 1 },
    { why: 'it is a truth value', q: 'flag=true', want: 1 },
    { why: 'it is a part of a text', q: 'text~"value 42$"', want: 1 },
    { why: 'it is of the resource', q: 'resource.zone=z1', want: 200 },
  ])('because $why', async ({ q, want }) => {
    expect(await placesOf(q)).toBeUndefined();
    expect(await matches(q)).toHaveLength(want);
    const { traces } = await searchTraces(store.reader, { ...RANGE, q, sort: 'newest', limit: 1000 });
    expect(traces).toHaveLength(want);
  });
});

test('rows from before there were filters may match', async () => {
  await store.run(
    `ALTER TABLE ${store.database}.request_slots UPDATE attribute_filter = '' WHERE service_name = 'a' SETTINGS mutations_sync = 1`,
  );
  const places = await placesOf('text="value 2042"');
  expect(places === undefined || places.some(({ service }) => service === 'a')).toBe(true);
});
