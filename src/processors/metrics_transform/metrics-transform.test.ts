import { describe, expect, test } from 'vitest';
import { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#pdata';
import type { MetricGroup } from '#wire';
import { type Json, ProcessorUnderTest } from '../testing/metrics.ts';
import { metricsTransformFactory } from './index.ts';

const T = 1_700_000_000_000_000_000n;

function under(...transforms: object[]): ProcessorUnderTest<unknown> {
  return new ProcessorUnderTest(metricsTransformFactory as never, { transforms });
}

type Point = readonly [attributes: { readonly [key: string]: string | number }, value: number | bigint];

const gauge =
  (name: string, ...points: readonly Point[]) =>
  (group: MetricGroup): void => {
    const metric = group.gauge(name, { unit: 's', description: 'd' });
    for (const [attributes, value] of points) metric.series(attributes).add(T, value);
  };
const all =
  (...metrics: readonly ((group: MetricGroup) => void)[]) =>
  (group: MetricGroup): void => {
    for (const metric of metrics) metric(group);
  };

const attributesOf = (point: Json): string =>
  ((point.attributes ?? []) as unknown as Json[])
    .map(({ key, value }) => `${key}=${Object.values(value!)[0]}`)
    .join(' ');
const printValue = ({ asInt, asDouble }: Json): string => (asInt === undefined ? `${asDouble} double` : String(asInt));

/** `name: attributes → value, …`, of metrics with values. */
function lines(one: ProcessorUnderTest<unknown>): string[] {
  return one.taken().map((metric) => {
    const { dataPoints } = (metric.gauge ?? metric.sum)!;
    const points = (dataPoints as unknown as Json[]).map((point) => `${attributesOf(point)} → ${printValue(point)}`);
    return `${metric.name}: ${points.join(', ')}`;
  });
}

async function transformed(transform: object, build: (group: MetricGroup) => void): Promise<string[]> {
  const one = under(transform);
  await one.consume(build);
  return lines(one);
}

const CPU = gauge(
  'cpu',
  [{ state: 'user', core: 1 }, 1n],
  [{ state: 'idle', core: 1 }, 2n],
  [{ state: 'user', core: 2 }, 4n],
);

describe('which metrics', () => {
  test.each([
    [{ include: 'a.b' }, ['new', 'aXb', 'c']],
    [{ include: 'a.b', match_type: 'regexp' }, ['new', 'new', 'c']],
    [{ include: '^a(.)b$', match_type: 'regexp', new_name: 'x$1y.$$.$1' }, ['x.$..', 'x.$.X', 'c']],
    [{ include: '^(?P<rest>.*)$', match_type: 'regexp', new_name: 'p_$rest' }, ['p_a.b', 'p_aXb', 'p_c']],
  ])('%j', async (match, names) => {
    const one = under({ action: 'update', new_name: 'new', ...match });
    await one.consume(all(...['a.b', 'aXb', 'c'].map((name) => gauge(name, [{}, 1n]))));
    expect(one.taken().map(({ name }) => name)).toEqual(names);
  });

  test('a metric of which not all points match keeps its name; what is done to points is done to these', async () => {
    const update = { include: 'cpu', action: 'update', new_name: 'new', experimental_match_labels: { state: 'user' } };
    const scale = { action: 'experimental_scale_value', experimental_scale: 10 };
    const add = { action: 'add_label', new_label: 'x', new_value: 'y' };
    expect(await transformed({ ...update, operations: [scale, add] }, CPU)).toEqual([
      'cpu: state=user core=1 → 10, state=idle core=1 → 2, state=user core=2 → 40',
    ]);
  });

  test('an attribute that is not there is an empty text', async () => {
    const operations = [{ action: 'toggle_scalar_data_type' }];
    const update = { include: 'g', action: 'update', match_type: 'regexp', operations };
    const build = gauge('g', [{ pod: 'a' }, 1n], [{}, 2n]);
    expect(await transformed({ ...update, experimental_match_labels: { pod: '^$' } }, build)).toEqual([
      'g: pod=a → 1,  → 2 double',
    ]);
    expect(await transformed({ ...update, experimental_match_labels: { pod: '.' } }, build)).toEqual([
      'g: pod=a → 1 double,  → 2',
    ]);
  });
});

describe('operations', () => {
  const operations = (...list: object[]): object => ({ include: 'cpu', action: 'update', operations: list });
  test.each([
    [
      'add_label',
      operations(
        { action: 'add_label', new_label: 'core', new_value: '9' },
        { action: 'add_label', new_label: 'v', new_value: 'is {{version}}' },
      ),
      'cpu: state=user core=1 v=is 0.0.0-test → 1, state=idle core=1 v=is 0.0.0-test → 2, state=user core=2 v=is 0.0.0-test → 4',
    ],
    [
      'update_label',
      operations({
        action: 'update_label',
        label: 'state',
        new_label: 'mode',
        value_actions: [{ value: 'idle', new_value: '-' }],
      }),
      'cpu: core=1 mode=user → 1, core=1 mode=- → 2, core=2 mode=user → 4',
    ],
    [
      'update_label of values alone',
      operations({ action: 'update_label', label: 'state', value_actions: [{ value: 'user', new_value: 'u' }] }),
      'cpu: state=u core=1 → 1, state=idle core=1 → 2, state=u core=2 → 4',
    ],
    [
      'delete_label_value',
      operations({ action: 'delete_label_value', label: 'state', label_value: 'user' }),
      'cpu: state=idle core=1 → 2',
    ],
    [
      'experimental_scale_value',
      operations({ action: 'experimental_scale_value', experimental_scale: 0.6 }),
      'cpu: state=user core=1 → 0, state=idle core=1 → 1, state=user core=2 → 2',
    ],
    [
      'aggregate_labels',
      operations({ action: 'aggregate_labels', label_set: ['state'], aggregation_type: 'sum' }),
      'cpu: state=user → 5, state=idle → 2',
    ],
    [
      'aggregate_labels to nothing',
      operations({ action: 'aggregate_labels', label_set: [], aggregation_type: 'mean' }),
      'cpu:  → 2',
    ],
    [
      'aggregate_label_values',
      operations({
        action: 'aggregate_label_values',
        label: 'state',
        aggregated_values: ['user', 'idle'],
        new_value: 'all',
        aggregation_type: 'max',
      }),
      'cpu: state=all core=1 → 2, state=all core=2 → 4',
    ],
  ])('%s', async (_name, transform, expected) => {
    expect(await transformed(transform, CPU)).toEqual([expected]);
  });

  test.each([
    ['sum', '10', '10.5 double'],
    ['mean', '2', '2.625 double'],
    ['min', '1', '1.5 double'],
    ['max', '4', '4 double'],
    ['median', '2', '2.5 double'],
    ['count', '4', '4 double'],
  ])('aggregation by %s', async (aggregation_type, ofInts, ofDoubles) => {
    const operation = { action: 'aggregate_labels', aggregation_type };
    const update = { include: '.', match_type: 'regexp', action: 'update', operations: [operation] };
    const build = all(
      gauge('i', [{ a: 1 }, 3n], [{ a: 2 }, 1n], [{ a: 3 }, 4n], [{ a: 4 }, 2n]),
      gauge('d', [{ a: 1 }, 3], [{ a: 2 }, 1.5], [{ a: 3 }, 4], [{ a: 4 }, 2]),
    );
    expect(await transformed(update, build)).toEqual([`i:  → ${ofInts}`, `d:  → ${ofDoubles}`]);
  });

  test('doubles become integers and integers doubles', async () => {
    const update = { include: 'g', action: 'update', operations: [{ action: 'toggle_scalar_data_type' }] };
    const build = gauge('g', [{ a: 1 }, 2.9], [{ a: 2 }, -2.9], [{ a: 3 }, 7n], [{ a: 4 }, 1e300]);
    expect(await transformed(update, build)).toEqual([
      'g: a=1 → 2, a=2 → -2, a=3 → 7 double, a=4 → -9223372036854775808',
    ]);
  });

  test('a metric that has no points left is gone, and counted', async () => {
    const one = under(operations({ action: 'delete_label_value', label: 'state', label_value: 'user' }));
    await one.consume(gauge('cpu', [{ state: 'user' }, 1n]));
    expect(one.taken()).toEqual([]);
    expect(one.settings.account.sum('filtered', 'unwanted')).toBe(1);
  });

  test('summaries are not aggregated: they stay as they are, and later operations are left out', async () => {
    const one = under(
      operations(
        { action: 'aggregate_labels', aggregation_type: 'sum' },
        { action: 'add_label', new_label: 'a', new_value: 'b' },
      ),
    );
    await one.consume((group) =>
      group.summary('cpu').series({ x: 1 }).add(T, { count: 1, sum: 1, quantiles: [], values: [] }),
    );
    expect(one.takenPoints().map(attributesOf)).toEqual(['x=1']);
    expect(one.settings.logged).toEqual(['warn metrics were left as they are']);
  });
});

describe('histograms', () => {
  const update = (...operations: object[]): object => ({ include: 'h', action: 'update', operations });
  const point = { count: 4n, sum: 8, min: 1, max: 3, bounds: [1, 2], counts: [1n, 1n, 2n] };
  const histogram = (group: MetricGroup): void => {
    const metric = group.histogram('h', { temporality: TEMPORALITY_DELTA });
    const exemplars = [{ timeNs: T, value: 1.5 }];
    metric.series({ a: 1 }).add(T, point, T - 5n, { exemplars });
    metric.series({ a: 2 }).add(T, { ...point, min: 0, sum: 4 }, T - 5n, { exemplars });
    metric.series({ a: 3 }).add(T, { ...point, count: 0n, counts: [0n, 0n, 0n] }, T - 5n);
  };

  test('are scaled with their bounds and exemplars', async () => {
    const one = under(update({ action: 'experimental_scale_value', experimental_scale: 2 }));
    await one.consume(histogram);
    expect(one.takenPoints()[0]).toMatchObject({
      sum: 16,
      min: 2,
      max: 6,
      explicitBounds: [2, 4],
      exemplars: [{ asDouble: 3 }],
    });
  });

  test('are added up', async () => {
    const one = under(update({ action: 'aggregate_labels', aggregation_type: 'max' }));
    await one.consume(histogram);
    const points = one.takenPoints();
    expect(points).toHaveLength(1);
    expect(points[0]).toMatchObject({ count: '8', sum: 12, min: 0, max: 3, bucketCounts: ['2', '2', '4'] });
    expect(points[0]!.exemplars).toHaveLength(2);
    expect(one.settings.account.sum('filtered', 'aggregated')).toBe(2);
  });

  test('exponential ones are moved', async () => {
    const one = under({ ...update({ action: 'experimental_scale_value', experimental_scale: 4 }), include: 'e' });
    const none = { offset: 0, counts: new BigUint64Array(0) };
    await one.consume((group) =>
      group
        .exponentialHistogram('e', { temporality: TEMPORALITY_DELTA })
        .series()
        .add(T, {
          count: 3,
          sum: 9,
          scale: 1,
          zeroCount: 0n,
          zeroThreshold: 0.5,
          positive: { offset: 2, counts: BigUint64Array.of(1n, 2n) },
          negative: none,
        }),
    );
    expect(one.takenPoints()[0]).toMatchObject({
      sum: 36,
      zeroThreshold: 2,
      positive: { offset: 6, bucketCounts: ['1', '2'] },
    });
  });
});

describe('actions', () => {
  test('insert adds a changed copy of the points that match', async () => {
    const insert = { include: 'cpu', action: 'insert', new_name: 'user', experimental_match_labels: { state: 'user' } };
    const one = under({ ...insert, operations: [{ action: 'aggregate_labels', aggregation_type: 'sum' }] });
    await one.consume(CPU);
    expect(lines(one)).toEqual([
      'cpu: state=user core=1 → 1, state=idle core=1 → 2, state=user core=2 → 4',
      'user:  → 5',
    ]);
    expect(one.settings.account.sum('added', 'copied')).toBe(2);
    expect(one.settings.account.sum('filtered', 'aggregated')).toBe(1);
  });

  test('later transforms see what earlier ones made', async () => {
    const one = under(
      { include: 'a', action: 'insert', new_name: 'b' },
      { include: 'b', action: 'update', new_name: 'c' },
      { include: '^[ac]$', match_type: 'regexp', action: 'combine', new_name: 'd', aggregation_type: 'sum' },
    );
    await one.consume(gauge('a', [{ x: 1 }, 3n]));
    expect(lines(one)).toEqual(['d: x=1 → 6']);
  });

  const REQUESTS = all(
    gauge('Total Get Requests', [{ site: 'a' }, 1n], [{ site: 'b' }, 2n]),
    gauge('other', [{}, 9n]),
    gauge('Total Post Requests', [{ site: 'a' }, 4n]),
  );
  const COMBINE = {
    include: '^Total (?P<method>.*) (Requests)$',
    match_type: 'regexp',
    action: 'combine',
    new_name: 'requests',
    aggregation_type: 'sum',
  };

  test('combine makes one metric of several, with what groups of the pattern matched', async () => {
    expect(await transformed({ ...COMBINE, submatch_case: 'lower' }, REQUESTS)).toEqual([
      'other:  → 9',
      'requests: site=a method=get $2=requests → 1, site=b method=get $2=requests → 2, site=a method=post $2=requests → 4',
    ]);
  });

  test.each([
    [
      'type',
      (group: MetricGroup) =>
        group.sum('b', { temporality: TEMPORALITY_CUMULATIVE, isMonotonic: true }).series().add(T, 1n),
    ],
    ['unit', (group: MetricGroup) => group.gauge('b', { unit: 'x' }).series().add(T, 1n)],
    ['attributes', gauge('b', [{ more: 1 }, 1n])],
  ])('metrics of different %s are not combined', async (_what, other) => {
    const one = under({ ...COMBINE, include: '^[ab]$' });
    await one.consume(all(gauge('a', [{}, 1n]), other));
    expect(one.taken().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(one.settings.logged).toEqual(['warn metrics were left as they are']);
  });

  test('group puts metrics under a resource of their own', async () => {
    const one = under({
      include: '^k8s\\.pod',
      match_type: 'regexp',
      action: 'group',
      group_resource_labels: { type: 'pod', host: 'new' },
    });
    await one.consume(all(gauge('k8s.pod.cpu', [{}, 1n]), gauge('container.cpu', [{}, 2n])), {
      resource: { host: 'h', zone: 'z' },
      scope: { name: 'lib' },
    });
    const [batch] = one.next.batches;
    const chunk = batch!.chunks[0]!;
    expect(Array.from({ length: 2 }, (_, n) => ({ ...chunk.resourceAttributes.of(n).toObject() }))).toEqual([
      { host: 'h', zone: 'z' },
      { zone: 'z', type: 'pod', host: 'new' },
    ]);
    expect([chunk.scopeName(0), chunk.scopeName(1)]).toEqual(['lib', 'lib']);
    expect(lines(one)).toEqual(['container.cpu:  → 2', 'k8s.pod.cpu:  → 1']);
  });

  test('of a metric that is grouped or combined in part the rest stays', async () => {
    const labels = { experimental_match_labels: { state: 'user' } };
    expect(
      await transformed({ include: 'cpu', action: 'group', group_resource_labels: { a: 'b' }, ...labels }, CPU),
    ).toEqual(['cpu: state=idle core=1 → 2', 'cpu: state=user core=1 → 1, state=user core=2 → 4']);
  });
});

describe('what is refused', () => {
  const operation = (...operations: object[]): object => ({ include: 'a', action: 'update', operations });
  test.each([
    [{ action: 'update' }, 'missing required field "include"'],
    [{ include: 'a', action: 'insert' }, 'missing required field "new_name" while "action" is insert'],
    [
      { include: 'a', action: 'combine', new_name: 'b' },
      'missing required field "aggregation_type" while "action" is combine',
    ],
    [{ include: 'a', action: 'group' }, 'missing required field "group_resource_labels" while "action" is group'],
    [{ include: '(', match_type: 'regexp', action: 'update' }, 'not a regular expression'],
    [
      operation({ action: 'add_label', new_label: 'a' }),
      'missing required field "new_value" while "action" is add_label',
    ],
    [operation({ action: 'update_label' }), 'missing required field "label" while "action" is update_label'],
    [operation({ action: 'experimental_scale_value' }), 'missing required field "experimental_scale"'],
  ])('%j', (transform, message) => {
    const config = metricsTransformFactory.schema.parse({ transforms: [transform] });
    expect(metricsTransformFactory.validate!(config)[0]?.message).toContain(message);
  });

  test.each([
    [{ include: 'a', action: 'delete' }, /must be one of "insert", "update"/],
    [{ include: 'a', action: 'update', match_type: 'exact' }, /must be one of/],
    [operation({ action: 'rename' }), /must be one of "add_label"/],
    [operation({ action: 'aggregate_labels', aggregation_type: 'avg' }), /must be one of .*"mean"/],
  ])('%j', (transform, message) => {
    const { error } = metricsTransformFactory.schema.safeParse({ transforms: [transform] });
    expect(error?.issues.map((issue) => issue.message).join('\n')).toMatch(message);
  });
});
