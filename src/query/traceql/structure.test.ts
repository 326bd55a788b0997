import fc from 'fast-check';
import { expect, test } from 'vitest';
import { union, unionOf } from './structure.ts';

const places = fc.uniqueArray(fc.nat(30)).map((all) => all.sort((a, b) => a - b));

function sorted(all: readonly number[]): readonly number[] {
  return [...new Set(all)].sort((a, b) => a - b);
}

test('a union has each span of both once, in the order of the tree', () => {
  fc.assert(
    fc.property(places, places, (a, b) => {
      expect(union(a, b)).toEqual(sorted([...a, ...b]));
    }),
  );
});

test('a union of any number of sets has each span once', () => {
  fc.assert(
    fc.property(fc.array(places, { maxLength: 6 }), (sets) => {
      expect(unionOf(sets)).toEqual(sorted(sets.flat()));
    }),
  );
});
