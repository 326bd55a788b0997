/** Frames and transformations that are asked of @grafana/data and of ours. */
import type { DataFrame } from '#dashboards';

type Fields = DataFrame['fields'];

/** A series of two labels as Prometheus' data source gives it: a name of the legend, a time and a value. */
function series(
  refId: string,
  labels: Record<string, string>,
  values: readonly (number | null)[],
  { startS = 0, legend }: { startS?: number; legend?: string } = {},
): DataFrame {
  const times = values.map((_, i) => (1_700_000_000 + startS + i * 60) * 1000);
  const config = legend === undefined ? {} : { displayNameFromDS: legend };
  return {
    refId,
    fields: [
      { name: 'Time', type: 'time', values: times, config: {} },
      { name: 'Value', type: 'number', values, labels, config },
    ],
    length: values.length,
  };
}

function table(
  refId: string,
  columns: Record<string, readonly (string | number | boolean | null)[]>,
  name?: string,
): DataFrame {
  const fields = Object.entries(columns).map(([column, values]): Fields[number] => {
    const first = values.find((value) => value !== null);
    const type =
      column === 'Time'
        ? 'time'
        : typeof first === 'number'
          ? 'number'
          : typeof first === 'boolean'
            ? 'boolean'
            : 'string';
    return { name: column, type, values, config: {} };
  });
  return {
    refId,
    ...(name !== undefined && { name }),
    fields,
    length: Math.max(...fields.map(({ values }) => values.length)),
  };
}

export const DATA: Readonly<Record<string, readonly DataFrame[]>> = {
  none: [],
  one: [series('A', { job: 'a' }, [1, 2, null, 4])],
  two: [series('A', { job: 'a' }, [3, 1, null, 2]), series('A', { job: 'b' }, [10, 20, 30, 40])],
  named: [
    series('A', { job: 'a' }, [3, 1, 5], { legend: 'first' }),
    series('B', { job: 'b' }, [10, 20, 30], { legend: 'second' }),
  ],
  late: [series('A', { job: 'a' }, [3, 1, null, 2]), series('B', { job: 'a', le: '1' }, [10, 20], { startS: 60 })],
  tables: [
    table('A', { Time: [1000, 1000, 1000], pod: ['x', 'y', 'z'], 'Value #A': [1, 2, 3] }),
    table('B', { Time: [1000, 1000], pod: ['z', 'x'], 'Value #B': [30, 10] }),
  ],
  joined: [
    table('A', { id: ['1', '2', '2', null], left: [1, 2, 3, 4] }),
    table('B', { id: ['2', '1', '9'], right: [20, 10, 90] }),
    table('C', { other: ['2'], third: [5] }),
  ],
  rows: [
    table('A', {
      Time: [1_700_000_003_000, 1_700_000_001_000, 1_700_000_002_000, 1_700_000_004_000, 1_700_000_005_000],
      host: ['b', 'a', 'B', 'c', 'a'],
      status: ['up', 'down', 'up', 'up', 'down'],
      cpu: [3, 1.5, null, -2, 10],
      up: [true, false, true, true, false],
    }),
  ],
  texts: [
    table('A', {
      n: ['1,000', '2.5', 'x', '', null],
      t: ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.500Z', null, 'never', ''],
      s: ['hello World', 'A b C', ' x ', null, 'z'],
      j: ['{"a":1}', '[1]', '{', null, '"q"'],
    }),
  ],
  twins: [table('A', { x: [1, 2], y: [3, 4] }, 'left'), table('B', { x: [5, 6, 7], Value: [8, 9, 10] }, 'right')],
  alike: [
    {
      refId: 'A',
      fields: [
        { name: 'v', type: 'number', values: [1], config: {} },
        { name: 'v', type: 'number', values: [2], config: {} },
      ],
      length: 1,
    },
  ],
  numbers: [table('A', { v: [0.1, 0.2, 0.25, 0.9, 1.4, 1.4, null, 3], w: [5, 6, 7, 8, 9, 10, 11, 12] })],
};

export interface Case {
  readonly data: string;
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly filter?: { readonly id: string; readonly options: string };
}

const on = (data: string, id: string, options: Case['options'] = {}, filter?: Case['filter']): Case => ({
  ...{ data, id, options },
  ...(filter !== undefined && { filter }),
});
const sum = { reducer: 'sum' };
const byName = (options: string) => ({ matcher: { id: 'byName', options } });
const filterOf = (fieldName: string, id: string, options: object) => ({ fieldName, config: { id, options } });
const greater = [filterOf('cpu', 'greater', { value: 1 })];

export const CASES: readonly Case[] = [
  on('two', 'unknown-to-all'),
  on('two', 'noop'),
  // Choosing fields.
  on('named', 'filterFieldsByName', { include: { names: ['Time', 'first'] } }),
  on('named', 'filterFieldsByName', { include: { pattern: '/^s/' } }),
  on('named', 'filterFieldsByName', { include: { pattern: '/^s/', names: ['Time'] } }),
  on('rows', 'filterFieldsByName', { exclude: { names: ['cpu', 'host'] } }),
  on('rows', 'filterFieldsByName', { byVariable: true, include: { variable: '{cpu,host}' } }),
  on('rows', 'filterFields', { include: { id: 'numeric', options: {} } }),
  on('rows', 'filterFields', { exclude: { id: 'byType', options: 'string' } }),
  on('rows', 'filterFields', { include: { id: 'byValue', options: { reducer: 'max', op: 'gte', value: 10 } } }),
  on('rows', 'filterFields', { include: { id: 'byValue', options: { reducer: 'allIsZero' } } }),
  on('rows', 'filterFields', { include: { id: 'first', options: {} } }),
  on('rows', 'filterFields', { include: { id: 'firstTimeField', options: {} } }),
  on('rows', 'filterFields', { include: { id: 'byNames', options: { mode: 'exclude', names: ['cpu', 'Time'] } } }),
  on('late', 'filterFields', { include: { id: 'byFrameRefID', options: 'B' } }),
  on('late', 'filterByRefId', { include: 'A' }),
  on('late', 'filterByRefId', { include: '/a|b/i' }),
  on('late', 'filterByRefId', { exclude: 'A|C' }),
  on('twins', 'filterFrames', { include: { id: 'byName', options: '/^l/' } }),
  on('alike', 'organize', { renameByName: { 'v 2': 'second' } }),
  on('rows', 'organize', {
    excludeByName: { up: true, status: false },
    indexByName: { cpu: 0, host: 1 },
    renameByName: { cpu: 'CPU', host: '' },
  }),
  on('rows', 'organize', { includeByName: { cpu: true, Time: true } }),
  on('named', 'organize', { renameByName: { first: 'one' } }),
  on('rows', 'order', { orderByMode: 'auto', orderBy: [{ type: 'name', desc: true }] }),
  on('rows', 'rename', { renameByName: { cpu: 'x' } }),
  on('named', 'renameByRegex', { regex: '/(f|s)(.*)/', renamePattern: '$2-$1' }),
  on('two', 'renameByRegex', { regex: '(.*)', renamePattern: 'of $1' }),
  on('rows', 'renameByRegex', { regex: '/u/g', renamePattern: 'U' }),
  // Rows.
  ...['host', 'cpu', 'up', 'Time', 'nothing'].flatMap((field) =>
    [false, true].map((desc) => on('rows', 'sortBy', { sort: [{ field, desc }] })),
  ),
  on('rows', 'limit', {}),
  on('rows', 'limit', { limitField: 2 }),
  on('rows', 'limit', { limitField: '3' }),
  on('rows', 'limit', { limitField: -2 }),
  on('rows', 'filterByValue', { filters: greater, type: 'include', match: 'any' }),
  on('rows', 'filterByValue', { filters: greater, type: 'exclude', match: 'any' }),
  on('rows', 'filterByValue', { filters: [...greater, filterOf('status', 'equal', { value: 'up' })], match: 'all' }),
  on('rows', 'filterByValue', { filters: [...greater, filterOf('status', 'equal', { value: 'up' })], match: 'any' }),
  ...(
    [
      ['greaterOrEqual', { value: 3 }],
      ['lower', { value: 3 }],
      ['lowerOrEqual', { value: 3 }],
      ['equal', { value: '3' }],
      ['notEqual', { value: 3 }],
      ['isNull', {}],
      ['isNotNull', {}],
      ['between', { from: '1', to: 4 }],
    ] as const
  ).map(([id, options]) => on('rows', 'filterByValue', { filters: [filterOf('cpu', id, options)], match: 'all' })),
  ...(
    [
      ['substring', { value: 'B' }],
      ['notSubstring', { value: 'b' }],
      ['regex', { value: '^[ab]$' }],
    ] as const
  ).map(([id, options]) => on('rows', 'filterByValue', { filters: [filterOf('host', id, options)], match: 'all' })),
  on('two', 'seriesToRows'),
  on('named', 'seriesToRows'),
  on('rows', 'seriesToRows'),
  on('late', 'seriesToRows'),
  // Joins.
  on('tables', 'merge'),
  on('joined', 'merge'),
  on('two', 'merge'),
  on('late', 'merge'),
  on('one', 'merge'),
  ...['two', 'named', 'late', 'tables', 'one'].flatMap((data) => [
    on(data, 'joinByField'),
    on(data, 'seriesToColumns', { byField: 'Time' }),
  ]),
  ...['outer', 'inner', 'outerTabular'].flatMap((mode) => [
    on('tables', 'joinByField', { byField: 'pod', mode }),
    on('joined', 'joinByField', { byField: 'id', mode }),
  ]),
  on('named', 'ensureColumns'),
  on('late', 'ensureColumns'),
  on('twins', 'concatenate'),
  on('twins', 'concatenate', { frameNameMode: 'drop' }),
  on('twins', 'concatenate', { frameNameMode: 'label', frameNameLabel: 'of' }),
  // Shapes.
  on('two', 'labelsToFields'),
  on('late', 'labelsToFields', { mode: 'columns', keepLabels: ['le'] }),
  on('late', 'labelsToFields', { mode: 'columns', valueLabel: 'job' }),
  on('late', 'labelsToFields', { mode: 'rows' }),
  on('late', 'labelsToFields', { mode: 'rows', keepLabels: ['job'] }),
  on('two', 'reduce', { reducers: ['max', 'min', 'mean', 'lastNotNull'] }),
  on('late', 'reduce', { reducers: ['sum', 'count'], labelsToFields: true }),
  on('two', 'reduce', { mode: 'reduceFields', reducers: ['mean'] }),
  on('two', 'reduce', { mode: 'reduceFields', reducers: ['mean', 'last'], includeTimeField: true }),
  on('rows', 'reduce', {
    reducers: ['allIsNull', 'first', 'distinctCount'],
    fields: { id: 'byName', options: 'host' },
  }),
  on('two', 'reduce', { reducers: [] }),
  on('rows', 'groupBy', {
    fields: {
      status: { operation: 'groupby' },
      cpu: { operation: 'aggregate', aggregations: ['sum', 'max', 'count', 'allIsNull'] },
    },
  }),
  on('rows', 'groupBy', {
    fields: { status: { operation: 'groupby' }, host: { operation: 'groupby', aggregations: ['count'] } },
  }),
  on('rows', 'groupBy', { fields: { cpu: { operation: 'aggregate', aggregations: ['sum'] } } }),
  on('named', 'groupBy', {
    fields: { Time: { operation: 'groupby' }, first: { operation: 'aggregate', aggregations: ['mean'] } },
  }),
  on('rows', 'groupToNestedTable', {
    fields: { status: { operation: 'groupby' }, cpu: { operation: 'aggregate', aggregations: ['mean', 'first'] } },
  }),
  on('rows', 'groupToNestedTable', {
    rules: [{ matcher: { id: 'byName', options: 'host' }, operation: 'groupby' }],
    expandAllRows: true,
    showSubframeHeaders: false,
  }),
  on('rows', 'groupingToMatrix', { columnField: 'status', rowField: 'host', valueField: 'cpu' }),
  on('rows', 'groupingToMatrix', { columnField: 'status', rowField: 'host', valueField: 'cpu', emptyValue: 'null' }),
  on('rows', 'groupingToMatrix', { columnField: 'Time', rowField: 'host', valueField: 'cpu', emptyValue: 'zero' }),
  on('rows', 'groupingToMatrix', { columnField: 'nothing' }),
  on('tables', 'groupingToMatrix', { columnField: 'pod' }),
  on('tables', 'transpose', {}),
  on('rows', 'transpose', { firstFieldName: 'what', emptyValue: 'null' }),
  on('numbers', 'transpose', { restFieldsName: 'row' }),
  // Histograms.
  on('numbers', 'histogram', {}),
  on('numbers', 'histogram', { combine: true }),
  on('numbers', 'histogram', { bucketSize: '0.5', bucketOffset: 0.1 }),
  on('two', 'histogram', {}),
  // Values.
  on('texts', 'convertFieldType', { conversions: [{ targetField: 'n', destinationType: 'number' }] }),
  on('texts', 'convertFieldType', { conversions: [{ targetField: 't', destinationType: 'time' }] }),
  on('texts', 'convertFieldType', {
    conversions: [
      { targetField: 'j', destinationType: 'other' },
      { targetField: 's', destinationType: 'boolean' },
    ],
  }),
  on('rows', 'convertFieldType', {
    conversions: [
      { targetField: 'cpu', destinationType: 'string' },
      { targetField: 'Time', destinationType: 'string', dateFormat: 'YYYY-MM-DD HH:mm:ss', timezone: 'utc' },
    ],
  }),
  on('tables', 'convertFieldType', {
    conversions: [{ targetField: 'Value #A', destinationType: 'time', dateFormat: 'X' }],
  }),
  on('rows', 'convertFieldType', {
    conversions: [{ targetField: 'status', destinationType: 'enum', enumConfig: { text: ['up', 'down'] } }],
  }),
  on('rows', 'convertFieldType', { conversions: [{ targetField: 'status', destinationType: 'string' }] }),
  on('two', 'convertFrameType', { targetType: 'exemplar' }),
  on('rows', 'formatTime', { timeField: 'Time', outputFormat: 'YYYY/M/D HH:mm:ss.SSS [at] dddd', timezone: 'utc' }),
  ...[
    'Upper Case',
    'Lower Case',
    'Sentence Case',
    'Title Case',
    'Pascal Case',
    'Camel Case',
    'Snake Case',
    'Kebab Case',
    'Trim',
    'Substring',
  ].map((outputFormat) =>
    on('texts', 'formatString', { stringField: 's', outputFormat, substringStart: 1, substringEnd: 3 }),
  ),
  // Calculations.
  on('rows', 'calculateField', {}),
  on('two', 'calculateField', { mode: 'reduceRow', reduce: sum }),
  on('late', 'calculateField', { mode: 'reduceRow', reduce: { reducer: 'mean' }, alias: 'all', replaceFields: true }),
  on('tables', 'calculateField', {
    mode: 'reduceRow',
    reduce: { reducer: 'max', include: ['Value #A'] },
    timeSeries: false,
  }),
  on('numbers', 'calculateField', { mode: 'reduceRow', reduce: { reducer: 'median', include: ['v', 'w'] } }),
  on('numbers', 'calculateField', { mode: 'reduceRow', reduce: { reducer: 'diff' } }),
  ...['+', '-', '*', '/'].map((operator) =>
    on('rows', 'calculateField', { mode: 'binary', binary: { left: 'cpu', operator, right: '2' } }),
  ),
  on('numbers', 'calculateField', { mode: 'binary', binary: { left: 'v', right: 'w', operator: '/' }, alias: 'share' }),
  on('numbers', 'calculateField', { mode: 'binary', binary: { left: byName('v'), right: byName('w'), operator: '*' } }),
  on('numbers', 'calculateField', {
    mode: 'binary',
    binary: { left: byName('v'), right: { fixed: '100' }, operator: '*' },
    replaceFields: true,
  }),
  on('numbers', 'calculateField', {
    mode: 'binary',
    binary: { left: { matcher: { id: 'byType', options: 'number' } }, right: { fixed: '10' }, operator: '-' },
  }),
  on('rows', 'calculateField', { mode: 'binary', binary: { left: byName('up'), right: byName('cpu'), operator: '+' } }),
  on('numbers', 'calculateField', { mode: 'binary', binary: { left: 'gone', right: '1' } }),
  ...['abs', 'exp', 'ln', 'round', 'floor', 'ceil', 'percent'].map((operator) =>
    on('numbers', 'calculateField', { mode: 'unary', unary: { operator, fieldName: 'v' } }),
  ),
  on('rows', 'calculateField', { mode: 'index' }),
  on('rows', 'calculateField', { mode: 'index', index: { asPercentile: true }, alias: 'i', replaceFields: true }),
  on('numbers', 'calculateField', { mode: 'cumulativeFunctions', cumulative: { field: 'v', reducer: 'sum' } }),
  on('numbers', 'calculateField', { mode: 'cumulativeFunctions', cumulative: { reducer: 'mean' } }),
  ...['mean', 'stdDev', 'variance'].flatMap((reducer) =>
    ['trailing', 'centered'].map((windowAlignment) =>
      on('numbers', 'calculateField', {
        mode: 'windowFunctions',
        window: { field: 'v', reducer, windowAlignment, windowSizeMode: 'fixed', windowSize: 3 },
      }),
    ),
  ),
  on('numbers', 'calculateField', {
    mode: 'windowFunctions',
    window: { reducer: 'mean', windowSize: 0.5, windowSizeMode: 'percentage', windowAlignment: 'trailing' },
  }),
  // For some frames alone.
  on('late', 'renameByRegex', { regex: '(.*)', renamePattern: 'x' }, { id: 'byRefId', options: 'B' }),
  on('late', 'reduce', { reducers: ['max'] }, { id: 'byRefId', options: 'A' }),
  ...[
    'merge',
    'joinByField',
    'reduce',
    'sortBy',
    'organize',
    'seriesToRows',
    'concatenate',
    'histogram',
    'transpose',
  ].map((id) => on('none', id)),
];

export const REDUCERS: readonly string[] = [
  ...[
    'lastNotNull',
    'last',
    'firstNotNull',
    'first',
    'min',
    'max',
    'mean',
    'median',
    'variance',
    'stdDev',
    'sum',
    'count',
  ],
  ...['countAll', 'range', 'delta', 'step', 'diff', 'logmin', 'allIsZero', 'allIsNull', 'changeCount', 'distinctCount'],
  ...['diffperc', 'allValues', 'uniqueValues', 'p1', 'p50', 'p95', 'p99', 'current', 'avg', 'total'],
];

/** Values that are reduced, with their type. */
export const REDUCED: readonly {
  readonly type: 'number' | 'string' | 'time' | 'boolean';
  readonly values: readonly (number | string | boolean | null)[];
}[] = [
  { type: 'number', values: [] },
  { type: 'number', values: [null, 3, 2, 4, null] },
  { type: 'number', values: [1, 5, 2, 7, 7, 0, 12.5] },
  { type: 'number', values: [0, 0, null] },
  { type: 'number', values: [null, null] },
  { type: 'number', values: [-3, -1.5, -8] },
  { type: 'number', values: [4] },
  { type: 'time', values: [1000, 3000, 4000] },
  { type: 'string', values: ['b', 'a', 'b', null] },
  { type: 'boolean', values: [true, false] },
];
