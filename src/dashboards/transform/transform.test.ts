import { expect, test } from 'vitest';
import type { Cell, DataFrame } from '../frames/data-frame.ts';
import { applyTransformations } from './apply.ts';

type Columns = Readonly<Record<string, readonly Cell[]>>;

function frame(refId: string, columns: Columns, labels?: Record<string, string>): DataFrame {
  const fields = Object.entries(columns).map(([name, values]) => {
    const type = name === 'Time' ? 'time' : typeof values[0] === 'number' ? 'number' : 'string';
    return { name, type, values, config: {}, ...(labels && type === 'number' && { labels }) } as const;
  });
  return { refId, fields, length: fields[0]!.values.length };
}

/** Each frame as its columns; of labels what the first field that has some has. */
function columnsOf(frames: readonly DataFrame[]): unknown[] {
  return frames.map(({ fields, name }) => {
    const labels = fields.find((field) => field.labels !== undefined)?.labels;
    const columns = fields.map((field) => [field.name, field.type === 'frame' ? field.values.length : field.values]);
    return { ...(name !== undefined && { name }), ...Object.fromEntries(columns), ...(labels && { labels }) };
  });
}

const TIMES = { Time: [1000, 2000] };
const SERIES = [
  frame('A', { ...TIMES, Value: [1, 2] }, { job: 'a', what: 'in' }),
  frame('A', { ...TIMES, Value: [3, 4] }, { job: 'a', what: 'out' }),
  frame('B', { ...TIMES, Value: [5, 6] }, { job: 'b', what: 'in' }),
];
const TABLE = [frame('A', { Time: [1000, 1000, 2000], pod: ['x', 'y', 'x'], Value: [1, 2, 3] })];
const TEXTS = [frame('A', { Time: [1000, 2000], line: ['a=1 b="two 2", c: 3', '{"a":{"b":[7]},"d":true}'] })];

test.each([
  {
    name: 'a row per series, a table per query',
    ...{ id: 'timeSeriesTable', data: SERIES, options: {} },
    want: [
      { job: ['a', 'a'], what: ['in', 'out'], 'Trend #A': 2 },
      { job: ['b'], what: ['in'], 'Trend #B': 1 },
    ],
  },
  {
    name: 'a column per value of a label',
    ...{ id: 'joinByLabels', data: SERIES, options: { value: 'what' } },
    want: [{ job: ['a', 'a', 'b', 'b'], in: [1, 2, 5, 6], out: [3, 4, undefined, undefined] }],
  },
  {
    name: 'a frame per value, which is a label then',
    ...{ id: 'partitionByValues', data: TABLE, options: { fields: ['pod'] } },
    want: [
      { Time: [1000, 2000], Value: [1, 3], labels: { pod: 'x' } },
      { Time: [1000], Value: [2], labels: { pod: 'y' } },
    ],
  },
  {
    name: 'a frame per value, which is its name',
    ...{
      id: 'partitionByValues',
      data: TABLE,
      options: { fields: ['pod'], keepFields: true, naming: { asLabels: false, withNames: true } },
    },
    want: [
      { name: 'pod x', Time: [1000, 2000], pod: ['x', 'x'], Value: [1, 3] },
      { name: 'pod y', Time: [1000], pod: ['y'], Value: [2] },
    ],
  },
  {
    name: 'texts of rows become labels of series',
    ...{ id: 'prepareTimeSeries', data: TABLE, options: { format: 'multi' } },
    want: [
      { Time: [1000, 2000], Value: [1, 3], labels: { pod: 'x' } },
      { Time: [1000], Value: [2], labels: { pod: 'y' } },
    ],
  },
  {
    name: 'series side by side',
    ...{ id: 'prepareTimeSeries', data: SERIES.slice(0, 1), options: { format: 'wide' } },
    want: [{ Time: [1000, 2000], Value: [1, 2], labels: { job: 'a', what: 'in' } }],
  },
  {
    name: 'a row per point',
    ...{ id: 'prepareTimeSeries', data: SERIES.slice(2), options: { format: 'long' } },
    want: [{ Time: [1000, 2000], Value: [5, 6], job: ['b', 'b'], what: ['in', 'in'] }],
  },
  {
    name: 'pairs of a text',
    ...{ id: 'extractFields', data: TEXTS, options: { source: 'line', format: 'kvp', replace: true } },
    want: [{ a: ['1', undefined], b: ['two 2', undefined], c: ['3', undefined] }],
  },
  {
    name: 'places in JSON',
    ...{
      id: 'extractFields',
      data: TEXTS,
      options: { source: 'line', jsonPaths: [{ path: 'a.b[0]', alias: 'n' }], replace: true, keepTime: true },
    },
    want: [{ Time: [1000, 2000], n: [undefined, 7] }],
  },
  {
    name: 'groups of a pattern',
    ...{
      id: 'extractFields',
      data: TEXTS,
      options: { source: 'line', format: 'regexp', regExp: '/a=(?<a>\\d)/', replace: true },
    },
    want: [{ a: ['1', undefined] }],
  },
  {
    name: 'a field per row',
    ...{ id: 'rowsToFields', data: [frame('A', { name: ['x', 'y'], Value: [1, 2], max: [10, 20] })], options: {} },
    want: [{ x: [1], y: [2] }],
  },
  {
    name: 'settings from another query',
    ...{
      id: 'configFromData',
      data: [SERIES[0]!, frame('C', { limit: [9] })],
      options: { configRefId: 'C', mappings: [{ fieldName: 'limit', handlerKey: 'max' }] },
    },
    want: [{ Time: [1000, 2000], Value: [1, 2], labels: { job: 'a', what: 'in' } }],
  },
  {
    name: 'cells of time and value',
    ...{
      id: 'heatmap',
      data: SERIES.slice(0, 2),
      options: { xBuckets: { mode: 'size', value: '1s' }, yBuckets: { mode: 'size', value: '2' } },
    },
    want: [{ xMin: [1000, 1000, 2000, 2000], yMin: [0, 2, 2, 4], yMax: [2, 4, 4, 6], count: [1, 1, 1, 1] }],
  },
])('$id: $name', ({ id, data, options, want }) => {
  const { frames, problems } = applyTransformations(
    [{ id, isDisabled: false, options: options as never, filter: undefined }],
    data,
    String,
  );
  expect(problems).toEqual([]);
  expect(columnsOf(frames)).toEqual(want);
});

test('a regression goes through points on a line', () => {
  const points = frame('A', { Time: [0, 1000, 2000], Value: [1, 3, 5] });
  const { frames } = applyTransformations(
    [{ id: 'regression', isDisabled: false, options: { predictionCount: 3 }, filter: undefined }],
    [points],
    String,
  );
  const fit = frames[1]!.fields[1]!.values as readonly number[];
  expect(fit.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 3, 5]);
});

test('settings of a field come from the rows and frames that hold them', () => {
  const rows = [frame('A', { name: ['x'], Value: [1], max: [10], unit: ['ms'] })];
  const { frames } = applyTransformations(
    [{ id: 'rowsToFields', isDisabled: false, options: {}, filter: undefined }],
    rows,
    String,
  );
  expect(frames[0]!.fields[0]!.config).toEqual({ max: 10, unit: 'ms' });
});

test('what can not be done is said, and the rest is done; variables stand for their values', () => {
  const limit = { id: 'limit', isDisabled: false, options: { limitField: '$n' }, filter: undefined };
  const bad = {
    id: 'calculateField',
    isDisabled: false,
    options: { mode: 'windowFunctions', window: { windowSize: -1 } },
    filter: undefined,
  };
  const map = { id: 'spatial', isDisabled: false, options: {}, filter: undefined };
  const { frames, problems } = applyTransformations([bad, map, limit], TABLE, (text) => text.replace('$n', '1'));
  expect(frames[0]!.length).toBe(1);
  expect(problems).toEqual([
    'calculateField a window of -1 rows holds nothing; it must be larger than 0',
    'spatial would make places on a map, and maps are not drawn here',
  ]);
});

test('rows that multiply are refused before they fill the memory', () => {
  const many = Array.from({ length: 1000 }, () => 'same');
  const sides = ['A', 'B'].map((refId) => frame(refId, { id: many }));
  const join = { id: 'joinByField', isDisabled: false, options: { byField: 'id', mode: 'inner' }, filter: undefined };
  const { problems } = applyTransformations([join], sides, String);
  expect(problems).toEqual(['joinByField makes more than 100000 rows; join by a field whose values are unique']);
});

test('smoothing keeps what deviates, and takes away what repeats', () => {
  const times = Array.from({ length: 800 }, (_, i) => 1_700_000_000_000 + i * 60_000);
  // A wave of ten points, and a long fall in the middle.
  const values = times.map((_, i) => Math.sin((2 * Math.PI * i) / 10) + (i >= 400 && i < 480 ? -6 : 0));
  const noisy = frame('A', { Time: times, Value: values }, { job: 'a' });
  const settings = { isDisabled: false, filter: undefined };
  const smoothed = (options: Record<string, number>) =>
    applyTransformations([{ ...settings, id: 'smoothing', options }], [noisy], (text) => text);
  const { frames, problems } = smoothed({ resolution: 400 });
  expect(problems).toEqual([]);
  const [time, value] = frames[0]!.fields;
  const outside = (value!.values as number[]).filter((_, i) => {
    const minute = ((time!.values[i] as number) - times[0]!) / 60_000;
    return minute < 330 || minute > 550;
  });
  expect(Math.max(...outside.map(Math.abs))).toBeLessThan(0.05);
  expect(Math.min(...(value!.values as number[]))).toBeLessThan(-5.5);
  expect(value!.labels).toEqual({ job: 'a' });
  expect(frames[0]!.length).toBe(time!.values.length);
  expect(smoothed({}).frames[0]!.length).toBeLessThanOrEqual(100);
  expect(smoothed({ resolution: 2000 }).frames[0]!.length).toBeLessThanOrEqual(800);
});

test('what works with maps says what it would do', () => {
  const settings = { isDisabled: false, filter: undefined };
  const lookup = { lookupField: 'code', gazetteer: 'public/gazetteer/countries.json' };
  const { frames, problems } = applyTransformations(
    [
      { ...settings, id: 'fieldLookup', options: lookup },
      { ...settings, id: 'spatial', options: { action: 'calculate' } },
    ],
    TABLE,
    (text) => text,
  );
  expect(frames).toEqual(TABLE);
  expect(problems).toEqual([
    'fieldLookup would add where the places in "code" are, from the list of places "public/gazetteer/countries.json", which is not here',
    'spatial would work out the heading, distance or area of places on a map, and maps are not drawn here',
  ]);
});
