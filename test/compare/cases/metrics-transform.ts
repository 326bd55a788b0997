import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import type { CompareCase, CompareSuite } from '../lib/cases.ts';
import { EXEMPLAR, metricStreams, oneMetric } from '../lib/metric-streams.ts';
import { atMs, d, i, metricsSample, pairs, s } from '../lib/samples.ts';

const SEEDS = 8;

function one(name: string, transforms: readonly object[], input: readonly ReferenceObject[]): CompareCase {
  return {
    name,
    kind: 'processor',
    type: 'metrics_transform',
    config: { transforms },
    signal: 'metrics',
    input,
    reads: 'whole',
    ignoresEmpty: true,
    // Points that were aggregated come in the order of a map of Go's.
    unordered: ['dataPoints'],
  };
}

const OPERATIONS: Readonly<Record<string, object>> = {
  add_label: { new_label: 'added', new_value: 'v' },
  update_label: { label: 'host', new_label: 'node', value_actions: [{ value: 'a', new_value: 'A' }] },
  delete_label_value: { label: 'host', label_value: 'a' },
  toggle_scalar_data_type: {},
  experimental_scale_value: { experimental_scale: 4 },
  aggregate_labels: { label_set: ['host'], aggregation_type: 'sum' },
  aggregate_label_values: { label: 'host', aggregated_values: ['a', 'b'], new_value: 'all', aggregation_type: 'sum' },
};
const operations = Object.entries(OPERATIONS).map(([action, block]) => ({ action, ...block }));
/** Of exponential histograms only what does not add up their buckets: otelcol does that wrongly. */
const SAFE = ['int', 'double', 'updown', 'gauge', 'histogram', 'summary'] as const;

const generated = (seed: number, all = false): ReferenceObject[] =>
  metricStreams(seed + 1, {
    temporality: seed % 2 === 0 ? 'delta' : 'cumulative',
    startMs: 0,
    requests: 2,
    hasHazards: false,
    ...(!all && { kinds: SAFE }),
  });

const GENERATED: readonly CompareCase[] = Array.from({ length: SEEDS }, (_, seed) =>
  operations.flatMap((operation) => {
    const isAggregated = operation.action.startsWith('aggregate');
    const input = generated(seed, !isAggregated);
    return (['update', 'insert'] as const).flatMap((action) => [
      one(
        `${action} ${operation.action} ${seed}`,
        [{ include: '.*', match_type: 'regexp', action, new_name: 'new.$0', operations: [operation] }],
        input,
      ),
      one(
        `${action} ${operation.action} of some points ${seed}`,
        [
          {
            include: '.*',
            match_type: 'regexp',
            action,
            new_name: 'new.$0',
            experimental_match_labels: { host: 'b' },
            operations: [operation],
          },
        ],
        input,
      ),
    ]);
  }),
).flat();

const T = { timeUnixNano: atMs(60_000), startTimeUnixNano: atMs(0) };
const point = (attributes: Readonly<Record<string, ReferenceObject>>, value: object, more: object = {}): object => ({
  ...T,
  attributes: pairs(attributes),
  ...value,
  ...more,
});
const int = (value: number | string): object => ({ asInt: String(value) });
const double = (asDouble: number): object => ({ asDouble });
const gauge = (name: string, ...points: object[]): ReferenceObject => ({
  name,
  unit: 's',
  gauge: { dataPoints: points },
});
const sum = (name: string, points: readonly object[], more: object = {}): ReferenceObject => ({
  name,
  unit: 's',
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: points, ...more },
});
const metrics = (...list: ReferenceObject[]): ReferenceObject => ({
  resourceMetrics: [
    {
      resource: { attributes: pairs({ host: s('h'), zone: s('z') }) },
      scopeMetrics: [{ scope: { name: 'lib', version: '1' }, metrics: list }],
    },
  ],
});

const CPU = gauge(
  'cpu',
  point({ state: s('user'), core: i(1) }, int(1)),
  point({ state: s('idle'), core: i(1) }, int(2)),
  point({ state: s('user'), core: i(2) }, int(4)),
);
const update = (...list: object[]): object => ({ include: 'cpu', action: 'update', operations: list });

const AGGREGATIONS: readonly CompareCase[] = ['sum', 'mean', 'min', 'max', 'median', 'count', ''].flatMap(
  (aggregation_type) => {
    const operation = { action: 'aggregate_labels', label_set: ['k'], aggregation_type };
    const transform = [{ include: '.', match_type: 'regexp', action: 'update', operations: [operation] }];
    const of = (values: readonly object[]): object[] => values.map((value, n) => point({ n: i(n) }, value));
    return [
      one(`${aggregation_type} of integers`, transform, [
        metrics(gauge('a', ...of([3, 1, 4, 2, -7].map(int))), gauge('b', ...of([3, 4].map(int)))),
      ]),
      one(`${aggregation_type} of doubles`, transform, [
        metrics(gauge('a', ...of([3, 1.5, 4, 2].map(double))), gauge('b', ...of([1].map(double)))),
      ]),
      one(`${aggregation_type} of integers and doubles`, transform, [
        metrics(gauge('a', ...of([double(2.5), int(3), {}]))),
      ]),
      one(`${aggregation_type} of doubles and no numbers`, transform, [
        metrics(gauge('a', ...of([1, 3].map(double)), point({}, {}))),
      ]),
      one(`${aggregation_type} at several times`, transform, [
        metrics(
          sum('a', [
            point({ n: i(1) }, int(1)),
            point({ n: i(2) }, int(2), { timeUnixNano: atMs(1) }),
            point({ n: i(3) }, int(4), { startTimeUnixNano: atMs(-5) }),
          ]),
        ),
      ]),
      one(`${aggregation_type} of deltas from several times`, transform, [
        metrics(
          sum('a', [point({ n: i(1) }, int(1)), point({ n: i(3) }, int(4), { startTimeUnixNano: atMs(-5) })], {
            aggregationTemporality: 1,
          }),
        ),
      ]),
    ];
  },
);

const COMBINE = {
  include: '^Total (?P<method>\\w+) (Requests)$',
  match_type: 'regexp',
  action: 'combine',
  new_name: 'requests',
  aggregation_type: 'sum',
};
const REQUESTS = metrics(
  gauge('Total Get Requests', point({ site: s('a') }, int(1)), point({ site: s('b') }, int(2))),
  gauge('other', point({}, int(9))),
  gauge('Total Post Requests', point({ site: s('a') }, int(4))),
);
const buckets = (n: number, more: object = {}): object =>
  point(
    { n: i(n) },
    {
      count: '4',
      sum: 8,
      min: 1,
      max: 3,
      bucketCounts: ['1', '1', '2'],
      explicitBounds: [1, 2],
      exemplars: [EXEMPLAR],
      ...more,
    },
  );
const histogram = (...points: object[]): ReferenceObject => ({
  name: 'cpu',
  histogram: { aggregationTemporality: 2, dataPoints: points },
});
const exponentialPoint = (n: number, more: object = {}): object =>
  point(
    { n: i(n) },
    {
      count: '7',
      sum: 8,
      min: -1,
      max: 3,
      scale: 1,
      zeroCount: '1',
      zeroThreshold: 0.25,
      positive: { offset: 2, bucketCounts: ['1', '2'] },
      negative: { offset: -1, bucketCounts: ['3'] },
      exemplars: [EXEMPLAR],
      ...more,
    },
  );
const exponential = (...points: object[]): ReferenceObject => ({
  name: 'cpu',
  exponentialHistogram: { aggregationTemporality: 2, dataPoints: points },
});
const AGGREGATE = update({ action: 'aggregate_labels', aggregation_type: 'sum' });
const scale = (experimental_scale: number): object =>
  update({ action: 'experimental_scale_value', experimental_scale });

const WRITTEN: readonly CompareCase[] = [
  ...[
    { include: 'cpu' },
    { include: 'cp', match_type: 'strict' },
    { include: 'c.*', match_type: 'regexp' },
    { include: 'cpu', match_type: 'regexp', experimental_match_labels: { state: '^(user|idle)$' } },
    { include: 'cpu', experimental_match_labels: { core: '1' } },
    { include: 'cpu', experimental_match_labels: { absent: '' } },
    { include: 'cpu', experimental_match_labels: { state: 'user', absent: 'x' } },
  ].map((match) =>
    one(`update ${JSON.stringify(match)}`, [{ ...match, action: 'update', new_name: 'new' }], [metrics(CPU)]),
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: templates of Go's
  ...['$0.x', '${1}y', '$1y', '${name}-$$-$2', '$9', 'plain', '${', '$'].map((new_name) =>
    one(
      `the name ${new_name}`,
      [{ include: '^(?P<name>c)(p)?(q)?u?', match_type: 'regexp', action: 'update', new_name }],
      [metrics(CPU)],
    ),
  ),
  one('a name with $ and strict', [{ include: 'cpu', action: 'update', new_name: '$0' }], [metrics(CPU)]),
  one('several operations', [update(...operations)], [metrics(CPU)]),
  one('a label that is there', [update({ action: 'add_label', new_label: 'state', new_value: 'x' })], [metrics(CPU)]),
  one(
    'a label that is a number',
    [
      update({
        action: 'update_label',
        label: 'core',
        new_label: 'k',
        value_actions: [{ value: '', new_value: 'none' }],
      }),
    ],
    [metrics(CPU)],
  ),
  one(
    'a label that gets the name of another',
    [update({ action: 'update_label', label: 'state', new_label: 'core' })],
    [metrics(CPU)],
  ),
  one(
    'a label that keeps its name',
    [update({ action: 'update_label', label: 'state', new_label: 'state' })],
    [metrics(CPU)],
  ),
  one(
    'all points deleted',
    [
      update(
        { action: 'delete_label_value', label: 'state', label_value: 'user' },
        { action: 'delete_label_value', label: 'state', label_value: 'idle' },
      ),
    ],
    [metrics(CPU, gauge('b', point({}, int(1))))],
  ),
  one(
    'a value that is no text deleted',
    [update({ action: 'delete_label_value', label: 'core', label_value: '' })],
    [metrics(CPU)],
  ),
  one(
    'numbers toggled',
    [update({ action: 'toggle_scalar_data_type' })],
    [
      metrics(
        gauge(
          'cpu',
          ...[double(2.9), double(-2.9), int(7), {}, double(1e300), double(Number.NaN), double(-1e19)].map((value, n) =>
            point({ n: i(n) }, value),
          ),
        ),
      ),
    ],
  ),
  ...[0.1, -3, 1e-9, 1e18].map((factor) =>
    one(
      `integers scaled by ${factor}`,
      [scale(factor)],
      [
        metrics(
          gauge('cpu', point({}, int(7)), point({ a: i(1) }, int('9007199254740993')), point({ b: i(1) }, double(0.5))),
        ),
      ],
    ),
  ),
  one(
    'numbers with exemplars scaled',
    [scale(2)],
    [metrics(gauge('cpu', point({}, int(7), { exemplars: [EXEMPLAR] })))],
  ),
  one(
    'histograms scaled',
    [scale(2.5)],
    [
      metrics(
        histogram(
          buckets(1),
          buckets(2, { min: undefined, sum: undefined }),
          buckets(3, { exemplars: [{ asInt: '7' }, {}] }),
        ),
      ),
    ],
  ),
  ...[4, 3, 0.3, 1000].map((factor) =>
    one(
      `exponential histograms scaled by ${factor}`,
      [scale(factor)],
      [
        metrics(
          exponential(
            exponentialPoint(1),
            exponentialPoint(2, { negative: undefined, scale: 3 }),
            exponentialPoint(3, { scale: -1 }),
          ),
        ),
      ],
    ),
  ),
  one(
    'histograms aggregated',
    [AGGREGATE],
    [
      metrics(
        histogram(
          buckets(1),
          buckets(2, { min: 0, exemplars: [] }),
          buckets(3, { count: '0', exemplars: [EXEMPLAR, EXEMPLAR] }),
        ),
      ),
    ],
  ),
  one(
    'histograms of several shapes aggregated',
    [AGGREGATE],
    [
      metrics(
        histogram(
          buckets(1),
          buckets(2, { explicitBounds: [1, 3] }),
          buckets(3, { min: undefined }),
          buckets(4, { flags: 1 }),
          buckets(5, { sum: undefined }),
          buckets(6, { timeUnixNano: atMs(5) }),
        ),
      ),
    ],
  ),
  one(
    'histograms without a count first',
    [AGGREGATE],
    [metrics(histogram(buckets(1, { count: '0', bucketCounts: ['0', '0', '0'] }), buckets(2)))],
  ),
  one(
    'exponential histograms aggregated',
    [AGGREGATE],
    [metrics(exponential(exponentialPoint(1), exponentialPoint(2)))],
  ),
  one(
    'exponential histograms of several scales aggregated',
    [AGGREGATE],
    [metrics(exponential(exponentialPoint(1), exponentialPoint(2, { scale: 2 })))],
  ),
  one(
    'exponential histograms with higher buckets aggregated',
    [AGGREGATE],
    [metrics(exponential(exponentialPoint(1), exponentialPoint(2, { positive: { offset: 5, bucketCounts: ['1'] } })))],
  ),
  one(
    'exponential histograms with lower buckets aggregated',
    [AGGREGATE],
    [
      metrics(
        exponential(exponentialPoint(1), exponentialPoint(2, { positive: { offset: 1, bucketCounts: ['1', '4'] } })),
      ),
    ],
  ),
  one(
    'summaries aggregated',
    [
      { ...AGGREGATE, include: 'rpc.size' },
      {
        include: 'rpc.size',
        action: 'update',
        operations: [{ action: 'aggregate_label_values', label: 'rpc' }, operations[0]!],
      },
    ],
    [metricsSample()],
  ),
  one('the version', [update({ action: 'add_label', new_label: 'a', new_value: 'no {version}' })], [metrics(CPU)]),
  one('combined', [COMBINE], [REQUESTS]),
  one('combined in lower case', [{ ...COMBINE, submatch_case: 'lower' }], [REQUESTS]),
  one('combined in upper case', [{ ...COMBINE, submatch_case: 'upper' }], [REQUESTS]),
  one(
    'combined and changed',
    [{ ...COMBINE, operations: [{ action: 'aggregate_labels', label_set: ['method'], aggregation_type: 'mean' }] }],
    [REQUESTS],
  ),
  one('combined without groups', [{ ...COMBINE, include: '^Total' }], [REQUESTS]),
  one('combined strictly', [{ ...COMBINE, include: 'other', match_type: 'strict' }], [REQUESTS]),
  one('nothing combined', [{ ...COMBINE, include: 'absent' }], [REQUESTS]),
  one('combined in part', [{ ...COMBINE, experimental_match_labels: { site: 'a' } }], [REQUESTS]),
  one(
    'combined of several types',
    [{ ...COMBINE, include: '^[ab]$' }],
    [metrics(gauge('a', point({}, int(1))), sum('b', [point({}, int(1))]))],
  ),
  one(
    'combined of several units',
    [{ ...COMBINE, include: '^[ab]$' }],
    [metrics(gauge('a', point({}, int(1))), { ...gauge('b', point({}, int(1))), unit: 'ms' })],
  ),
  one(
    'combined of several attributes',
    [{ ...COMBINE, include: '^[ab]$' }],
    [metrics(gauge('a', point({}, int(1))), gauge('b', point({ x: d(1) }, int(1))))],
  ),
  one(
    'combined of several temporalities',
    [{ ...COMBINE, include: '^[ab]$' }],
    [metrics(sum('a', [point({}, int(1))]), sum('b', [point({}, int(1))], { aggregationTemporality: 1 }))],
  ),
  one(
    'combined of counters and not',
    [{ ...COMBINE, include: '^[ab]$' }],
    [metrics(sum('a', [point({}, int(1))]), sum('b', [point({}, int(1))], { isMonotonic: false }))],
  ),
  one('combined summaries', [{ ...COMBINE, include: 'rpc' }], [metricsSample()]),
  one('combined histograms', [{ ...COMBINE, include: 'cpu' }], [metrics(histogram(buckets(1), buckets(1)))]),
  one(
    'grouped',
    [
      {
        include: '^k8s\\.',
        match_type: 'regexp',
        action: 'group',
        group_resource_labels: { type: 'pod', host: 'new' },
      },
    ],
    [metrics(gauge('k8s.a', point({}, int(1))), gauge('b', point({}, int(2))), gauge('k8s.c', point({}, int(3))))],
  ),
  one(
    'grouped twice',
    [
      { include: 'a', action: 'group', group_resource_labels: { type: 'a' } },
      { include: 'b', action: 'group', group_resource_labels: { type: 'b' } },
    ],
    [metrics(gauge('a', point({}, int(1))), gauge('b', point({}, int(2))))],
  ),
  one(
    'grouped in part',
    [{ include: 'cpu', action: 'group', group_resource_labels: {}, experimental_match_labels: { state: 'user' } }],
    [metrics(CPU)],
  ),
  one(
    'one after the other',
    [
      { include: 'cpu', action: 'insert', new_name: 'copy' },
      { include: 'copy', action: 'insert', new_name: 'copy of copy' },
      { include: 'c.*y$', match_type: 'regexp', action: 'combine', new_name: 'both', aggregation_type: 'sum' },
      { include: 'both', action: 'update', operations: [operations[4]!] },
    ],
    [metrics(CPU)],
  ),
  one(
    'metadata',
    [{ include: 'm', action: 'insert', new_name: 'n', experimental_match_labels: { a: 'b' } }],
    [
      oneMetric({
        name: 'm',
        metadata: pairs({ 'prometheus.type': s('gauge') }),
        gauge: { dataPoints: [point({ a: s('b') }, int(1)), point({}, int(2))] },
      }),
    ],
  ),
  one('the sample', [{ include: '.*', match_type: 'regexp', action: 'update', new_name: 'x.$0' }], [metricsSample()]),
];

const BLOCKS: readonly object[] = [
  { action: 'update' },
  { include: 'a' },
  { include: 'a', action: 'delete' },
  { include: 'a', action: 'insert' },
  { include: 'a', action: 'combine', new_name: 'b' },
  { include: 'a', action: 'combine', aggregation_type: 'sum' },
  { include: 'a', action: 'combine', new_name: 'b', aggregation_type: 'avg' },
  { include: 'a', action: 'group' },
  { include: '(', match_type: 'regexp', action: 'update' },
  { include: '(', match_type: 'strict', action: 'update' },
  { include: 'a', match_type: 'exact', action: 'update' },
  { include: 'a', match_type: 'regexp', action: 'update', experimental_match_labels: { a: '(' } },
  { include: 'a', action: 'update', submatch_case: 'title' },
  { include: 'a', action: 'update', nonsense: true },
  ...[
    { action: 'rename' },
    { action: 'add_label', new_label: 'a' },
    { action: 'add_label', new_value: 'a' },
    { action: 'update_label' },
    { action: 'experimental_scale_value' },
    { action: 'delete_label_value' },
    { action: 'aggregate_labels' },
    { action: 'aggregate_labels', aggregation_type: 'avg' },
    { action: 'aggregate_label_values', aggregation_type: 'sum' },
  ].map((operation) => ({ include: 'a', action: 'update', operations: [operation] })),
];

/** Every action and operation on metrics of all types. */
export const metricsTransformSuite: CompareSuite = {
  name: 'metrics_transform',
  cases: [
    ...GENERATED,
    ...AGGREGATIONS,
    ...WRITTEN,
    ...BLOCKS.map((block) =>
      one(`the block ${JSON.stringify(block)}`, [block], [metrics(gauge('a', point({ a: s('b') }, int(1))))]),
    ),
  ],
};
