import { expect, test } from 'vitest';
import { barsOfSql, chartOfSql, frameOfSql, type SqlAnswer } from './sql.ts';

const MINUTE = "DateTime('UTC')";
function answer(
  columns: readonly (readonly [name: string, type: string])[],
  data: readonly (readonly unknown[])[],
): SqlAnswer {
  return { meta: columns.map(([name, type]) => ({ name, type })), data };
}

test('columns are fields of their types, and integers keep all digits', () => {
  const columns = [
    ['at', "Nullable(DateTime64(9, 'UTC'))"],
    ['n', 'UInt64'],
    ['id', 'UInt64'],
    ['share', 'Nullable(Float64)'],
    ['name', 'LowCardinality(String)'],
    ['tags', 'Map(String, String)'],
  ] as const;
  const { fields, length } = frameOfSql(
    answer(columns, [['2026-11-29 10:00:00.500000000', '12', '18446744073709551615', 'nan', 'a', { k: 'v' }]]),
  );
  expect(length).toBe(1);
  expect(fields).toEqual([
    { name: 'at', type: 'time', values: [Date.UTC(2026, 10, 29, 10, 0, 0, 500)] },
    { name: 'n', type: 'number', unit: '', values: [12] },
    { name: 'id', type: 'text', values: ['18446744073709551615'] },
    { name: 'share', type: 'number', unit: '', values: [null] },
    { name: 'name', type: 'text', values: ['a'] },
    { name: 'tags', type: 'value', values: [{ k: 'v' }] },
  ]);
});

test('rows with a time are lines: one for each combination of texts, gaps stay gaps', () => {
  const columns = [
    ['minute', MINUTE],
    ['service', 'String'],
    ['n', 'UInt64'],
  ] as const;
  const chart = chartOfSql(
    frameOfSql(
      answer(columns, [
        ['2026-11-29 10:00:00', 'a', '1'],
        ['2026-11-29 10:01:00', 'b', '5'],
        ['2026-11-29 10:03:00', 'a', '2'],
      ]),
    ),
  )!;
  expect([chart.fromMs, chart.toMs, chart.leftOut]).toEqual([
    Date.UTC(2026, 10, 29, 10),
    Date.UTC(2026, 10, 29, 10, 4),
    0,
  ]);
  expect(chart.frame.stepMs).toBe(60_000);
  expect(chart.frame.fields.slice(1)).toMatchObject([
    { name: 'b', values: [null, 5, null, null] },
    { name: 'a', values: [1, null, null, 2] },
  ]);
});

test('what has no time, no number, or no two times is no chart; of many lines the largest are shown', () => {
  const one = frameOfSql(
    answer(
      [
        ['t', MINUTE],
        ['n', 'UInt8'],
      ],
      [['2026-11-29 10:00:00', 1]],
    ),
  );
  expect(chartOfSql(one)).toBeUndefined();
  expect(
    chartOfSql(
      frameOfSql(
        answer(
          [
            ['s', 'String'],
            ['n', 'UInt8'],
          ],
          [['a', 1]],
        ),
      ),
    ),
  ).toBeUndefined();
  const single = Array.from({ length: 30 }, (_, i) => [`2026-11-29 10:00:${i + 10}`, `s${i}`, i]);
  const rows = Array.from({ length: 30 }, (_, i) => [`2026-11-29 10:0${i % 2}:00`, `s${i >> 1}`, i]);
  const many = Array.from({ length: 60 }, (_, i) => [`2026-11-29 10:0${i % 2}:00`, `s${i >> 1}`, i]);
  const columns = [
    ['t', MINUTE],
    ['s', 'String'],
    ['n', 'UInt32'],
  ] as const;
  expect(chartOfSql(frameOfSql(answer(columns, single)))).toBeUndefined();
  expect(chartOfSql(frameOfSql(answer(columns, rows)))?.leftOut).toBe(0);
  const chart = chartOfSql(frameOfSql(answer(columns, many)))!;
  expect([chart.leftOut, chart.frame.fields.length, chart.frame.fields[1]!.name]).toEqual([10, 21, 's29']);
});

test('lines split by service alone have the hues of the services', () => {
  const tonesOf = (names: readonly string[], row: readonly unknown[]) => {
    const columns = [['t', MINUTE], ...names.map((name) => [name, 'String'] as const), ['n', 'UInt32']] as const;
    const rows = [0, 1].map((i) => [`2026-11-29 10:0${i}:00`, ...row, i]);
    return chartOfSql(frameOfSql(answer(columns, rows)))!
      .frame.fields.slice(1)
      .map((field) => 'tone' in field && field.tone);
  };
  expect(tonesOf(['service'], ['orders'])).toEqual([{ service: 'orders' }]);
  expect(tonesOf(['service', 'route'], ['orders', '/'])).toEqual([{ series: 0 }]);
  expect(tonesOf(['level'], ['orders'])).toEqual([{ series: 0 }]);
});

test('names with a number are bars', () => {
  const columns = [
    ['s', 'String'],
    ['r', 'String'],
    ['n', 'UInt64'],
    ['m', 'Float64'],
  ] as const;
  expect(
    barsOfSql(
      frameOfSql(
        answer(columns, [
          ['a', 'x', '3', 1],
          ['b', 'y', null, 2],
        ]),
      ),
    ),
  ).toEqual({
    names: ['a x', 'b y'],
    values: [3, 0],
    unit: 'n',
  });
  expect(barsOfSql(frameOfSql(answer([['s', 'String']], [['a']])))).toBeUndefined();
});
