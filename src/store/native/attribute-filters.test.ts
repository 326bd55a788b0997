import { expect, test } from 'vitest';
import { FILTER_BITS, FILTER_PROBES, hashKey, hashNumber, hashText, probe } from '../schema/index.ts';
import { AttributeFilters } from './attribute-filters.ts';
import { AttributeHashes } from './attribute-hashes.ts';
import { ByteSink } from './byte-sink.ts';

const KEY = hashKey(Buffer.from('customer.id'), 0, 11);
const ofText = (value: string): number => {
  const bytes = Buffer.from(value);
  return hashText(KEY, bytes, 0, bytes.length);
};

/** The filters of groups of hashes, each repeated as often as it stands there. */
function filtersOf(groups: readonly (readonly number[])[], spanCount: number): readonly Uint8Array[] {
  const hashes = new AttributeHashes();
  const all = groups.flatMap((group, index) => group.map((hash) => ({ index, hash })));
  // Hashes of several groups come mixed.
  all.sort((a, b) => a.hash - b.hash);
  hashes.hashes = Uint32Array.from(all, ({ hash }) => hash);
  hashes.rows = Uint32Array.from(all, ({ index }) => index);
  hashes.count = all.length;
  const sink = new ByteSink();
  const groupOf = Int32Array.from(groups.keys());
  new AttributeFilters().write(sink, hashes, groupOf, new Uint32Array(groups.length).fill(spanCount), groups.length);
  const filters: Uint8Array[] = [];
  for (let at = 0; at < sink.length; ) {
    let length = 0;
    let shift = 0;
    for (; sink.bytes[at]! >= 0x80; shift += 7) length |= (sink.bytes[at++]! & 0x7f) << shift;
    length |= sink.bytes[at++]! << shift;
    filters.push(sink.bytes.slice(at, at + length));
    at += length;
  }
  return filters;
}

function mayHave(filter: Uint8Array, hash: number): boolean {
  return Array.from({ length: FILTER_PROBES }, (_, i) => probe(hash, i)).every(
    (place) => (filter[(place >>> 3) % filter.length]! & (1 << (place & 7))) !== 0,
  );
}

test('what is there is found, and of what is not one in a hundred seems to be', () => {
  const values = Array.from({ length: 5000 }, (_, i) => ofText(`cust-${i}`));
  const [first, second] = filtersOf([values.slice(0, 2000), values.slice(2000)], 5000);
  expect(values.slice(0, 2000).every((hash) => mayHave(first!, hash))).toBe(true);
  expect(values.slice(2000).every((hash) => mayHave(second!, hash))).toBe(true);
  expect(values.slice(2000).filter((hash) => mayHave(first!, hash)).length).toBeLessThan(30);
});

test('a filter is as long as it has different attributes', () => {
  const values = Array.from({ length: 100 }, (_, i) => ofText(String(i)));
  const [once, often, none] = filtersOf([values, [...values, ...values, ...values], []], 1000);
  expect(once).toHaveLength((100 * FILTER_BITS) / 8);
  expect(often).toEqual(once);
  expect(none).toEqual(Uint8Array.of(0));
});

test('a filter takes eight bytes a span at most, and is empty where that says nothing', () => {
  const values = Array.from({ length: 1000 }, (_, i) => ofText(String(i)));
  expect(filtersOf([values], 100)[0]).toHaveLength(800);
  expect(filtersOf([values], 50)[0]).toHaveLength(0);
});

test('values whose hashes end alike take no longer', () => {
  const alike = Array.from({ length: 60_000 }, (_, i) => (i << 16) >>> 0);
  const [filter] = filtersOf([alike], 60_000);
  expect(alike.every((hash) => mayHave(filter!, hash))).toBe(true);
});

test('texts are told from numbers, and numbers by what they are worth', () => {
  expect(ofText('5')).not.toBe(hashNumber(KEY, 5));
  expect(hashNumber(KEY, -0)).toBe(hashNumber(KEY, 0));
  expect(hashNumber(KEY, 2 ** 53 + 1)).toBe(hashNumber(KEY, 2 ** 53));
  const texts = Array.from({ length: 300 }, (_, length) => 'a'.repeat(length));
  expect(new Set(texts.map(ofText)).size).toBe(texts.length);
});
