import { expect, test } from 'vitest';
import { ArenaWriter } from './arena-writer.ts';
import { HistogramReader } from './histogram-reader.ts';
import { HISTOGRAM_POINT } from './point-fields.ts';
import type { PointRows } from './point-rows.ts';

const { bucketCounts, explicitBounds } = HISTOGRAM_POINT;

/** Points whose messages hold these fields. */
function rowsOf(...points: ((out: ArenaWriter) => void)[]): PointRows {
  const out = new ArenaWriter(64);
  const rowStart: number[] = [];
  const rowEnd: number[] = [];
  for (const write of points) {
    rowStart.push(out.length);
    write(out);
    rowEnd.push(out.length);
  }
  return { arena: out.view().slice(), layout: { rowStart, rowEnd } } as unknown as PointRows;
}

const single =
  (counts: readonly bigint[], bounds: readonly number[]) =>
  (out: ArenaWriter): void => {
    for (const count of counts) {
      out.tag(bucketCounts, 1);
      out.fixed64(count);
    }
    for (const bound of bounds) out.doubleField(explicitBounds, bound);
  };
const packed =
  (counts: readonly bigint[], bounds: readonly number[]) =>
  (out: ArenaWriter): void => {
    out.fixedListField(bucketCounts, BigUint64Array.from(counts));
    out.fixedListField(explicitBounds, Float64Array.from(bounds));
  };

test.each([
  { name: 'packed', write: packed },
  { name: 'one by one', write: single },
  {
    name: 'in two packed runs',
    write: (counts: bigint[], bounds: number[]) => (out: ArenaWriter) => {
      packed(counts.slice(0, 1), bounds.slice(0, 1))(out);
      packed(counts.slice(1), bounds.slice(1))(out);
    },
  },
])('buckets that stand $name are read, one point after the other', ({ write }) => {
  const many = Array.from({ length: 100 }, (_, i) => BigInt(i) << 33n);
  const rows = rowsOf(write(many, many.slice(1).map(Number)), write([1n, 2n], [0.5]), write([], []));
  const reader = new HistogramReader();
  reader.read(rows, 0);
  expect([...reader.ownCounts()]).toEqual(many);
  expect([...reader.ownBounds(undefined)]).toEqual(many.slice(1).map(Number));
  reader.read(rows, 1);
  expect([...reader.ownCounts()]).toEqual([1n, 2n]);
  const known = Float64Array.of(0.5);
  expect(reader.ownBounds(known)).toBe(known);
  expect(reader.hasBounds(Float64Array.of(0.25))).toBe(false);
  reader.read(rows, 2);
  expect([reader.countCount, reader.boundCount]).toEqual([0, 0]);
});
