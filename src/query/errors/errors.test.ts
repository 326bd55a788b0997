import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertLogs, insertSpans } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { type ErrorFilter, readErrorGroups } from './error-groups.ts';
import { topFrame } from './top-frame.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = 1_760_000_000_000;
const RANGE: ErrorFilter = { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS };
const at = (minutes: number): bigint => BigInt(FROM_MS + minutes * 60_000) * 1_000_000n;

const STACKS = {
  node: (id: string) =>
    `TypeError: no address for customer c-${id}\n    at Object.get (node:internal/x:1:2)\n    at read (/srv/app/node_modules/pg/lib/client.js:17:9)\n    at label (file:///srv/app/src/label.ts:${id.length}:${id}1)\n    at pack (/srv/app/src/pack.ts:3:4)`,
  python:
    'Traceback (most recent call last):\n  File "/srv/app/main.py", line 4, in serve\n    f()\n  File "/srv/app/shop/cart.py", line 19, in add\n    raise ValueError\n  File "/usr/lib/python3.12/decimal.py", line 3, in parse\nValueError: bad sum\n',
};

interface Thrown {
  readonly minutes: number;
  readonly id: string;
  readonly service?: string;
  readonly type?: string;
  readonly message: string;
  readonly stack?: string;
}

const spanOf = ({ minutes, id, service = 'fulfilment', type, message, stack }: Thrown) => ({
  traceId: id.repeat(4),
  spanId: id,
  timeNs: at(minutes),
  durationNs: 5_000,
  service,
  name: 'pack',
  status: 2,
  resource: { 'deployment.environment.name': service === 'cart' ? 'test' : 'prod' },
  events: [
    {
      timeNs: at(minutes) + 1_000n,
      name: 'exception',
      attributes: JSON.stringify({
        ...(type !== undefined && { 'exception.type': type }),
        'exception.message': message,
        ...(stack !== undefined && { 'exception.stacktrace': stack }),
      }),
    },
    { timeNs: at(minutes), name: 'exception.handled', attributes: '{"exception.type":"NotThis"}' },
  ],
});
const bug = (minutes: number, id: string): Thrown => ({
  ...{ minutes, id, type: 'TypeError', message: `no address for customer c-${id}`, stack: STACKS.node(id) },
});

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, [
    // Before the range.
    spanOf(bug(-600, '11')),
    spanOf(bug(10, '12')),
    spanOf(bug(11, '13')),
    spanOf(bug(50, '14')),
    // The same trace once more.
    { ...spanOf(bug(46, '15')), traceId: '14'.repeat(4) },
    spanOf({ minutes: 40, id: '21', service: 'cart', type: 'ValueError', message: 'bad sum', stack: STACKS.python }),
    spanOf({ minutes: 41, id: '22', service: 'cart', type: 'ValueError', message: 'bad sum' }),
  ]);
  const log = { service: 'fulfilment', body: 'gave up', severityNumber: 17 };
  const told = {
    'exception.type': 'TypeError',
    'exception.message': 'no address for customer c-14',
    'exception.stacktrace': STACKS.node('14'),
  };
  await insertLogs(store, [
    // The same exception as that of the span, told once more.
    { ...log, timeNs: at(50) + 9_000n, traceId: '14'.repeat(4), spanId: '14', attributes: told },
    // Two of no span, alike in all.
    ...[52, 52].map((minutes) => ({
      ...{ ...log, timeNs: at(minutes), eventName: 'exception' },
      attributes: { ...told, 'exception.message': 'no address for customer c-9' },
    })),
    { ...log, timeNs: at(53), attributes: { 'exception.message': 'without a type' } },
    { ...log, timeNs: at(54), body: 'no exception' },
  ]);
});
afterAll(() => store.close());

describe('readErrorGroups', () => {
  test('groups by service, type, message without what changes, and the frame of own code', async () => {
    const { groups, total, groupCount, isWhole, fromMs } = await readErrorGroups(store.reader, RANGE);
    expect({ total, groupCount, isWhole, fromMs }).toEqual({ total: 9, groupCount: 4, isWhole: true, fromMs: FROM_MS });
    expect(groups.map(({ service, type, message, frame, count }) => [service, type, message, frame, count])).toEqual([
      ['fulfilment', 'TypeError', 'no address for customer <_>', 'label (src/label.ts)', 6],
      ['fulfilment', '', 'without a type', '', 1],
      ['cart', 'ValueError', 'bad sum', '', 1],
      ['cart', 'ValueError', 'bad sum', 'add (shop/cart.py)', 1],
    ]);
  });

  test('an exception of a span that a record of it tells as well is one, and both are found from it', async () => {
    const { groups } = await readErrorGroups(store.reader, RANGE);
    const [first] = groups;
    expect(first!.examples.map(({ spanId }) => spanId.slice(-2))).toEqual(['14', '13', '12']);
    expect(first!.logId).toMatch(new RegExp(`^${at(52)}-`));
    expect(first!.sampleMessage).toBe('no address for customer c-9');
    expect(first!.sampleStacktrace).toContain('at pack (/srv/app/src/pack.ts:3:4)');
    expect(groups.at(-1)).not.toHaveProperty('logId');
  });

  test('counts over time, and says what is new since when', async () => {
    const { groups, grid, knownFromMs } = await readErrorGroups(store.reader, RANGE);
    const [first] = groups;
    expect(first!.counts).toHaveLength(grid.count);
    expect(first!.counts.reduce((a, b) => a + b)).toBe(6);
    expect(first!.counts[Math.floor((FROM_MS + 50 * 60_000 - grid.startMs) / grid.stepMs)]).toBe(1);
    expect(first).toMatchObject({ isNew: false, firstMs: FROM_MS - 600 * 60_000, lastMs: FROM_MS + 52 * 60_000 });
    expect(groups.slice(1).map(({ isNew }) => isNew)).toEqual([true, true, true]);
    expect(Math.abs(knownFromMs - (FROM_MS - 600 * 60_000))).toBeLessThan(60_000);
  });

  test('nothing is new in a store that knows no time before', async () => {
    const range = { fromMs: FROM_MS - 601 * 60_000, toMs: FROM_MS + HOUR_MS };
    const { groups } = await readErrorGroups(store.reader, { ...range, service: 'fulfilment' });
    expect(groups.map(({ count, isNew }) => [count, isNew])).toEqual([
      [7, false],
      [1, true],
    ]);
  });

  test.each<[Partial<ErrorFilter>, number]>([
    [{ service: 'cart' }, 2],
    [{ service: 'nobody' }, 0],
    [{ environment: 'test' }, 2],
    [{ fromMs: FROM_MS + 45 * 60_000 }, 5],
    [{ fromMs: 1000, toMs: 2000 }, 0],
  ])('%j: %d', async (filter, count) => {
    const { total, groups } = await readErrorGroups(store.reader, { ...RANGE, ...filter });
    expect([total, groups.reduce((sum, group) => sum + group.count, 0)]).toEqual([count, count]);
  });
});

test.each([
  [[], ''],
  [['at node:internal/x', 'at f (/a/node_modules/b.js)'], 'node:internal/x'],
  [['at com.shop.Cart.add(Cart.java)'], 'com.shop.Cart.add(Cart.java)'],
  [['at java.util.List.get(List.java)', 'at com.shop.Cart.add(Cart.java)'], 'com.shop.Cart.add(Cart.java)'],
  [
    ['runtime/debug.Stack()\n\t/go/src/runtime/debug/stack.go', 'main.pack({...})\n\t/srv/shop/pack.go'],
    'main.pack({...}) shop/pack.go',
  ],
  [["from /srv/app/pack.rb:in 'call'", "/srv/app/gems/x.rb:in 'y'"], "app/pack.rb:in 'call'"],
])('the top frame of %j', (frames, expected) => {
  expect(topFrame(frames)).toBe(expected);
});
