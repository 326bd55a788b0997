/** Transformations and reducers give what @grafana/data 13.2.3 answered, whose answers are kept beside this file. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { applyTransformations, reduceField } from '#dashboards';
import { CASES, DATA, REDUCED, REDUCERS } from './cases.ts';
import { written, writtenValue } from './written.ts';

const answers = JSON.parse(readFileSync(new URL('answers.json', import.meta.url), 'utf8')) as {
  readonly transformed: readonly unknown[];
  readonly reduced: readonly Readonly<Record<string, unknown>>[];
};

test('every transformation gives the same frames', () => {
  const differing = CASES.flatMap(({ data, id, options, filter }, i) => {
    const transformation = { id, isDisabled: false, options: options as never, filter };
    const { frames } = applyTransformations([transformation], DATA[data]!, (text) => text);
    const got = JSON.parse(JSON.stringify(written(frames))) as unknown;
    const want = answers.transformed[i];
    try {
      expect(got).toEqual(want);
      return [];
    } catch {
      return [{ data, id, options: JSON.stringify(options), want: JSON.stringify(want), got: JSON.stringify(got) }];
    }
  });
  expect(answers.transformed).toHaveLength(CASES.length);
  expect(differing).toEqual([]);
});

test('every reducer gives the same figure', () => {
  const differing = REDUCED.flatMap((field, i) =>
    REDUCERS.flatMap((reducer) => {
      const got = JSON.stringify(writtenValue(reduceField(field, reducer)));
      const want = JSON.stringify(answers.reduced[i]![reducer]);
      return got === want ? [] : [{ ...field, reducer, want, got }];
    }),
  );
  expect(answers.reduced).toHaveLength(REDUCED.length);
  expect(differing).toEqual([]);
});
