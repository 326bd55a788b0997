import { afterAll, beforeAll, expect, test } from 'vitest';
import { HASH_KEY, PROBE_LIMIT } from '#base';
import { chained, collidingUnder, slowdown } from '../../base/testing/collisions.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { ByteSink } from './byte-sink.ts';
import { DictionaryColumn } from './dictionary.ts';
import { SeriesSet } from './series-set.ts';
import { SpanBlockEncoder } from './span-block.ts';
import { TraceSummaryEncoder } from './trace-summary-block.ts';

const KNOWN_KEY = { low: 1, high: 2 };
let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.close());

const indicesOf = (column: DictionaryColumn, strings: readonly Uint8Array[]): number[] =>
  strings.map((string) => column.indexOf(string, 0, string.length));

/**
 * Strings that collide under each seed of a hash that takes words as `(hash ^ word) * odd` and folds the upper half into the lower: a
 * difference in the topmost bit stays one, and the next word takes it back.
 */
function stringsForMultiplyingHashes(): Uint8Array[] {
  return chained(12, (block) => {
    const [form, other] = [Buffer.alloc(8, 65 + block), Buffer.alloc(8, 65 + block)];
    other[3]! ^= 0x80;
    other.writeUInt32LE((other.readUInt32LE(4) ^ 0x8001_0000) >>> 0, 4);
    return [new Uint8Array(form), new Uint8Array(other)];
  });
}

test('strings that were chosen to collide are as fast as any', () => {
  const chosen = stringsForMultiplyingHashes();
  const ordinary = chosen.map((string, i) => {
    const other = Buffer.from(string);
    other.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, 4 * (i % 3));
    return new Uint8Array(other);
  });
  expect(new Set(indicesOf(new DictionaryColumn(), chosen)).size).toBe(chosen.length);
  expect(slowdown(chosen, ordinary, (strings) => indicesOf(new DictionaryColumn(), strings))).toBeLessThan(30);
});

test('a dictionary in which strings find no place is written, and read by the store, all the same', async () => {
  const strings = collidingUnder(KNOWN_KEY, { count: 400, length: 12, places: 1 << 12 });
  const column = new DictionaryColumn(KNOWN_KEY);
  column.reset(strings.length * 2);
  const indices = indicesOf(column, [...strings, ...strings]);
  column.indices.set(indices);
  // Most stand there twice, because looking for them would take too long.
  expect(new Set(indices).size).toBeGreaterThan(strings.length);
  expect(new Set(indices).size).toBeLessThanOrEqual(strings.length * 2 - PROBE_LIMIT);
  const sink = new ByteSink(1 << 16);
  sink.varint(1);
  sink.varint(indices.length);
  for (const text of ['s', 'LowCardinality(String)']) {
    sink.varint(text.length);
    sink.copy(new TextEncoder().encode(text), 0, text.length);
  }
  column.write(sink, indices.length);
  await store.query('CREATE TABLE colliding (s LowCardinality(String)) ENGINE = Memory');
  const url = `${store.engine.address}/?database=${store.endpoint.database}&query=INSERT+INTO+colliding+FORMAT+Native`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': store.endpoint.username, 'X-ClickHouse-Key': store.endpoint.password },
    body: sink.bytes.slice(0, sink.length),
  });
  expect(await answer.text()).toBe('');
  expect(await store.text('SELECT count(), uniqExact(s), min(length(s)), sum(s = s) FROM colliding FORMAT TSV')).toBe(
    '800\t400\t12\t800',
  );
  const grouped = await store.text(
    'SELECT countIf(n = 2) FROM (SELECT s, count() AS n FROM colliding GROUP BY s) FORMAT TSV',
  );
  expect(grouped).toBe('400');
});

test('series whose ids share a half are as fast as any, and remembered', () => {
  const isDueTwice = (set: SeriesSet, pairs: readonly (readonly [number, number])[]): number => {
    let due = 0;
    for (let round = 0; round < 2; round++) for (const [low, high] of pairs) due += +set.isDue(low, high, 1000, 3600);
    return due;
  };
  const chosen = Array.from({ length: 8192 }, (_, i) => [7, Math.imul(i, 2654435761) >>> 0] as const);
  const ordinary = Array.from(
    { length: 8192 },
    (_, i) => [Math.imul(i, 40503) >>> 0, Math.imul(i, 2654435761) >>> 0] as const,
  );
  expect(isDueTwice(new SeriesSet(10_000), chosen)).toBe(8192);
  expect(slowdown(chosen, ordinary, (pairs) => isDueTwice(new SeriesSet(10_000), pairs))).toBeLessThan(30);
});

test('traces whose ids collide under the known key of a process get rows of their own each time, no more', () => {
  const ids = collidingUnder(KNOWN_KEY, { count: 300, length: 16, places: 1 << 11 });
  const rows = (hashKey: { low: number; high: number }): number => {
    const spans = new SpanBlockEncoder();
    spans.names.reset(ids.length * 2);
    spans.owners.serviceName.reset(ids.length * 2);
    for (const id of [...ids, ...ids]) {
      spans.traceIds.copy(id, 0, 16);
      for (const column of [spans.times, spans.durations, spans.spanIds, spans.parentSpanIds]) column.uint64(1000);
      spans.statusCodes.byte(0);
    }
    spans.count = ids.length * 2;
    const { parts } = new TraceSummaryEncoder(hashKey).encode(spans, 1n);
    // The count of rows follows the count of columns.
    const bytes = Buffer.concat(parts);
    return (bytes[1]! & 0x7f) | (bytes[2]! << 7);
  };
  expect(rows(HASH_KEY)).toBe(300);
  expect(rows(KNOWN_KEY)).toBe(600 - (PROBE_LIMIT + 1));
});
