import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averageFloats, firstFloats, sumFloats } from './aggregate-floats.ts';
import { KahanSum } from './kahan.ts';
import { Labels } from './labels.ts';
import { FLOAT, newSeries, type StepSeries } from './matrix.ts';
import { Mean } from './over-time.ts';

/** Series by series comes to the same as step by step, to the last bit. */

const value = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308, 1e16, 1, -0),
);
const STEPS = 4;
const members = fc.array(fc.array(fc.option(value), { minLength: STEPS, maxLength: STEPS }), { maxLength: 8 });

function seriesOf(list: readonly (readonly (number | null)[])[]): StepSeries[] {
  return list.map((values) => {
    const series = newSeries(Labels.NONE, false, STEPS);
    values.forEach((each, step) => {
      if (each === null) return;
      series.kinds[step] = FLOAT;
      series.floats[step] = each;
    });
    return series;
  });
}

const at = (list: readonly (readonly (number | null)[])[], step: number): readonly number[] =>
  list.flatMap((values) => values[step] ?? []);

test('sums and means', () => {
  fc.assert(
    fc.property(members, (list) => {
      const sums = newSeries(Labels.NONE, false, STEPS);
      sumFloats(seriesOf(list), sums);
      const means = newSeries(Labels.NONE, false, STEPS);
      const meanAt = (step: number): number => {
        const mean = new Mean();
        for (const each of at(list, step)) mean.add(each);
        return mean.value;
      };
      averageFloats(seriesOf(list), means, meanAt);
      for (let step = 0; step < STEPS; step++) {
        const [first, ...others] = at(list, step);
        expect(sums.kinds[step]).toBe(first === undefined ? 0 : FLOAT);
        if (first === undefined) continue;
        const sum = new KahanSum();
        sum.sum = first;
        for (const each of others) sum.add(each);
        expect(sums.floats[step]).toBe(sum.sum + sum.compensation);
        expect(means.floats[step]).toBe(meanAt(step));
      }
    }),
  );
});

test('the first few', () => {
  const ks = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: STEPS, maxLength: STEPS });
  fc.assert(
    fc.property(members, ks, fc.boolean(), (list, wanted, isLargest) => {
      const places = firstFloats(seriesOf(list), wanted, 4, isLargest);
      for (let step = 0; step < STEPS; step++) {
        const present = list.flatMap((values, member) => {
          const own = values[step];
          return own == null ? [] : [{ member, own }];
        });
        const sorted = present.sort(({ own: x }, { own: y }) => {
          if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
          return x === y ? 0 : (isLargest ? -1 : 1) * (x < y ? -1 : 1);
        });
        const first = sorted.slice(0, Math.max(0, wanted[step]!)).map(({ member }) => member);
        expect([...places.subarray(step * 4, step * 4 + 4)].filter((place) => place >= 0)).toEqual(first);
      }
    }),
  );
});
