import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatUnit } from './format-unit.ts';

interface Recorded {
  readonly values: readonly number[];
  readonly units: readonly {
    readonly unit: string;
    readonly decimals: number | null;
    readonly texts: readonly string[];
  }[];
}
const { values, units } = JSON.parse(
  readFileSync(new URL('../testdata/value-formats.json', import.meta.url), 'utf8'),
) as Recorded;

/** Times that run backwards have no sign there, and wrong figures. */
const ODD_BELOW_ZERO = new Set(['clocks', 'clockms', 'dtdurations', 'dtdurationms']);

test('every unit writes values as the library of Grafana does', () => {
  const differing = units.flatMap(({ unit, decimals, texts }) =>
    values.flatMap((value, i) => {
      if (value < 0 && ODD_BELOW_ZERO.has(unit)) return [];
      // More hours than its times can hold.
      if (unit === 'clocks' && value === 1e15) return [];
      const got = formatUnit(unit, value, decimals ?? undefined);
      return got === texts[i] ? [] : [{ unit, decimals, value, want: texts[i], got }];
    }),
  );
  expect(differing).toEqual([]);
  expect(units.length).toBeGreaterThan(500);
});

test.each([
  { unit: 's', value: Number.POSITIVE_INFINITY, want: '∞ years' },
  { unit: 'none', value: Number.NaN, want: 'NaN' },
  { unit: undefined, value: -1, want: '-1' },
  { unit: 'constructor', value: 1, want: '1 constructor' },
])('$value in $unit is $want', ({ unit, value, want }) => {
  expect(formatUnit(unit, value)).toBe(want);
});
