import { expect, test } from 'vitest';
import { Batch } from '#pdata';
import { readLokiJson } from '#wire';
import { RecentEntries } from './recent-entries.ts';

const NOW = { keepsTimestamps: true, nowNs: 1_760_000_000_000_000_000n, labels: 'streams' } as const;
const at = (seconds: number): string => String(1_760_000_000_000_000_000n + BigInt(seconds) * 1_000_000_000n);

/** Entries of streams, by the `app` of each. */
function batchOf(entries: readonly (readonly [app: string, ...value: unknown[]])[]): Batch {
  return batchOfStreams(entries.map(([app, ...value]) => ({ stream: { app }, values: [value] })));
}

function batchOfStreams(streams: readonly object[]): Batch {
  return new Batch('logs', [readLokiJson(Buffer.from(JSON.stringify({ streams })), NOW).chunk()]);
}

const FIRST = ['a', at(1), 'one'] as const;

test.each([
  { name: 'the same again', entry: FIRST, count: 0 },
  { name: 'another line', entry: ['a', at(1), 'two'] as const, count: 1 },
  { name: 'another time', entry: ['a', at(2), 'one'] as const, count: 1 },
  { name: 'another stream', entry: ['b', at(1), 'one'] as const, count: 1 },
  { name: 'other structured metadata', entry: ['a', at(1), 'one', { id: '7' }] as const, count: 1 },
])('of entries that come after a stored one: $name', ({ entry, count }) => {
  const recent = new RecentEntries();
  recent.fresh(batchOf([FIRST])).remember();
  expect(recent.fresh(batchOf([entry])).batch.itemCount).toBe(count);
});

test('of one push an entry that stands twice is taken once', () => {
  const { batch } = new RecentEntries().fresh(batchOf([FIRST, FIRST, ['a', at(2), 'one']]));
  expect(batch.itemCount).toBe(2);
});

test('what could not be stored may come again', () => {
  const recent = new RecentEntries();
  recent.fresh(batchOf([FIRST]));
  expect(recent.fresh(batchOf([FIRST])).batch.itemCount).toBe(1);
});

test('of very many entries the last are known', () => {
  const recent = new RecentEntries();
  const many = (round: number): Batch =>
    batchOfStreams([
      { stream: { app: 'a' }, values: Array.from({ length: 50_000 }, (_, i) => [at(i), `${round} ${i}`]) },
    ]);
  for (let round = 0; round < 9; round++) recent.fresh(many(round)).remember();
  expect(recent.fresh(many(8)).batch.itemCount).toBe(0);
  expect(recent.fresh(many(5)).batch.itemCount).toBe(0);
  expect(recent.fresh(many(0)).batch.itemCount).toBe(50_000);
});
