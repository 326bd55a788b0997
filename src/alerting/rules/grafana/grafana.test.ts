import { describe, expect, test } from 'vitest';
import { Labels } from '#query/promql.ts';
import { readRules } from '../read-rules.ts';
import { printFault } from '../rule.ts';
import { RuleWorld } from '../testing/rule-world.ts';
import { type ClassicReducer, classicResult, reduceClassic } from './classic.ts';
import { mathResult, parseMath } from './math.ts';
import { type ReduceMode, type Reducer, reduceResult } from './reduce.ts';
import { resampleResult, type Upsampler } from './resample.ts';
import { type Evaluator, holds, thresholdResult } from './threshold.ts';
import type { Result } from './values.ts';

const labels = (of: Readonly<Record<string, string>>): Labels => Labels.of(Object.entries(of));

/** A rule as Grafana exports it: the mean of five minutes is over a limit. */
function rule(more = '', condition = 'C'): string {
  return `apiVersion: 1
groups:
  - orgId: 1
    name: latency
    folder: Shop
    interval: 10s
    rules:
      - uid: abc
        title: Slow
        condition: ${condition}
        data:
          - refId: A
            relativeTimeRange: {from: 60, to: 0}
            datasourceUid: prom
            model: {datasource: {type: prometheus, uid: prom}, expr: latency, instant: false, range: true, interval: 10s, refId: A}
          - refId: B
            datasourceUid: __expr__
            model: {type: reduce, expression: A, reducer: last, refId: B}
          - refId: C
            datasourceUid: __expr__
            model: {type: threshold, expression: B, conditions: [{evaluator: {type: gt, params: [5]}}], refId: C}
        for: 20s
        labels: {severity: page}
        annotations: {summary: '{{ $$labels.service }} takes {{ $values.B }} ({{ $values.B.Value | humanize }}): {{ $value }}'}
${more}`;
}

const stateOf = (world: RuleWorld): string => world.manager.groups[0]!.alertingRules[0]!.state;
const activeOf = (world: RuleWorld): string[] =>
  world.manager.groups[0]!.alertingRules[0]!.activeAlerts.map((alert) => `${alert.labels} ${alert.state}`);

describe('a rule of Grafana', () => {
  test('pends, fires with the values of its queries, and resolves', async () => {
    const world = new RuleWorld();
    await world.load(rule());
    expect(world.logged).toEqual([]);
    world.manager.start();
    const slow = (): void => {
      world.set('latency', 7, { service: 'a' });
      world.set('latency', 3, { service: 'b' });
    };
    await world.run(15, slow);
    expect(stateOf(world)).toBe('pending');
    await world.run(25, slow);
    expect(world.sent.map((alert) => alert.labels.toString())).toEqual([
      '{alertname="Slow", grafana_folder="Shop", service="a", severity="page"}',
    ]);
    expect(world.sent[0]!.annotations.get('summary')).toBe(
      "a takes 7 (7): [ var='B' labels={__name__=latency, service=a} value=7 ], [ var='C' labels={__name__=latency, service=a} value=1 ]",
    );
    expect(world.sent[0]!.generatorUrl).toBe('http://here/alerts');
    await world.run(15, () => world.set('latency', 4, { service: 'a' }));
    expect(stateOf(world)).toBe('inactive');
  });

  test('keeps an instance whose series is gone for one evaluation, while others are there', async () => {
    const world = new RuleWorld();
    await world.load(
      rule('')
        .replace('range: true, interval: 10s', 'interval: 10s')
        .replace('instant: false', 'instant: true')
        .replace('latency,', 'latency offset 0s,'),
    );
    world.manager.start();
    const both = (): void => {
      world.set('latency', 7, { service: 'a' });
      world.set('latency', 3, { service: 'b' });
    };
    await world.run(50, both);
    expect(stateOf(world)).toBe('firing');
    world.samples.add(
      Labels.of([
        ['__name__', 'latency'],
        ['service', 'a'],
      ]),
      world.clock.nowMs(),
      { kind: 'stale' },
    );
    await world.run(10, () => world.set('latency', 3, { service: 'b' }));
    expect(stateOf(world)).toBe('firing');
    await world.run(10, () => world.set('latency', 3, { service: 'b' }));
    expect(stateOf(world)).toBe('inactive');
  });

  test.each([
    {
      state: '',
      want: [
        '{alertname="DatasourceNoData", datasource_uid="prom", grafana_folder="Shop", ref_id="A", rulename="Slow", severity="page"} firing',
      ],
    },
    {
      state: 'Alerting',
      want: ['{alertname="Slow", datasource_uid="prom", grafana_folder="Shop", ref_id="A", severity="page"} firing'],
    },
    { state: 'OK', want: [] },
    { state: 'KeepLast', want: [] },
  ])('without data, noDataState $state', async ({ state, want }) => {
    const world = new RuleWorld();
    await world.load(rule(state === '' ? '' : `        noDataState: ${state}\n`));
    world.manager.start();
    await world.run(45);
    expect(activeOf(world)).toEqual(want);
  });

  test.each([
    { state: '', alert: 'Slow' },
    { state: 'Error', alert: 'DatasourceError' },
    { state: 'OK', alert: undefined },
    { state: 'KeepLast', alert: undefined },
  ])('where a query fails, execErrState $state', async ({ state, alert }) => {
    const world = new RuleWorld();
    const text = rule(state === '' ? '' : `        execErrState: ${state}\n`);
    await world.load(text.replace('type: reduce, expression: A, reducer: last', 'type: math, expression: $A'));
    world.manager.start();
    await world.run(45, () => world.set('latency', 7, { service: 'a' }));
    const [only] = world.manager.groups[0]!.alertingRules;
    expect(only!.health).toMatchObject({
      state: 'err',
      lastError: 'C: the condition gives series; reduce them to numbers',
    });
    expect(only!.activeAlerts.map((each) => each.labels.get('alertname'))).toEqual(alert === undefined ? [] : [alert]);
    if (alert !== undefined) expect(world.sent[0]!.annotations.get('Error')).toContain('reduce them');
    expect(world.logged).toHaveLength(1);
  });

  test.each([
    { state: 'NoData', want: 'DatasourceNoData' },
    { state: 'Alerting', want: 'Slow' },
    { state: 'KeepLast', want: 'Slow' },
    { state: 'OK', want: undefined },
  ])('an instance without a value, noDataState $state', async ({ state, want }) => {
    const world = new RuleWorld();
    const text = rule(`        noDataState: ${state}\n`).replace(
      'reducer: last',
      'reducer: last, settings: {mode: dropNN}',
    );
    await world.load(text);
    world.manager.start();
    await world.run(50, () => world.set('latency', 7, { service: 'a' }));
    expect(activeOf(world)).toHaveLength(1);
    await world.run(130, () => world.set('latency', Number.NaN, { service: 'a' }));
    const [only] = world.manager.groups[0]!.alertingRules;
    expect(only!.activeAlerts.map((each) => each.labels.get('alertname'))).toEqual(want === undefined ? [] : [want]);
  });

  test('that is paused has no alerts', async () => {
    const world = new RuleWorld();
    await world.load(rule('        isPaused: true\n'));
    world.manager.start();
    await world.run(45, () => world.set('latency', 7, { service: 'a' }));
    expect(activeOf(world)).toEqual([]);
  });

  test('leads to the dashboard that it was made from', async () => {
    const world = new RuleWorld();
    await world.load(
      rule().replace('{summary:', '{__dashboardUid__: shop, __panelId__: "3", summary:').replace('20s', '0s'),
    );
    world.manager.start();
    await world.run(15, () => world.set('latency', 7, { service: 'a' }));
    expect(world.sent[0]!.generatorUrl).toBe('http://here/dashboards/shop');
    expect([...world.sent[0]!.annotations.keys()]).toEqual(['summary']);
  });

  test('asks in LogQL where its source does', () => {
    const text = rule()
      .replace('type: prometheus', 'type: loki')
      .replace('expr: latency', `expr: 'sum(count_over_time({a="b"}[$__interval]))'`);
    const [group] = readRules(text, 'f.yml').groups;
    expect(group!.rules[0]!.query.split('\n')).toEqual([
      'A: sum(count_over_time({a="b"}[10s])) over 60s, every 10s',
      'B: last of A',
      'C (condition): B > 5',
    ]);
  });
});

test.each([
  {
    name: 'a type that is not known',
    from: 'type: reduce',
    to: 'type: sql',
    want: 'f.yml: 18:27: group "latency", rule 1, "Slow": expression B: type "sql" is not known here; known are reduce, threshold, math, resample, classic_conditions',
  },
  {
    name: 'a query that is wrong',
    from: 'expr: latency',
    to: 'expr: "sum("',
    want: /^f\.yml: 15:70: group "latency", rule 1, "Slow": query A: .*parse error/,
  },
  {
    name: 'another data source',
    from: 'type: prometheus',
    to: 'type: influxdb',
    want: /asks a data source of type influxdb, which the store is not$/,
  },
  { name: 'no such query', from: 'expression: A', to: 'expression: X', want: /there is no query "X" in data$/ },
  { name: 'a ring', from: 'expression: A', to: 'expression: C', want: /B needs itself$/ },
  { name: 'no condition', from: 'condition: C', to: 'condition: Z', want: /condition "Z" is no refId of data$/ },
  {
    name: 'a state',
    from: 'for: 20s',
    to: 'noDataState: Ok',
    want: /noDataState "Ok" is not known; it is one of NoData, Alerting, OK, KeepLast$/,
  },
  { name: 'a template', from: '{{ $values.B }}', to: '{{ $value', want: /group "latency", rule 1, "Slow": / },
  {
    name: 'a setting of notifications',
    from: 'for: 20s',
    to: 'notification_settings: {receiver: x, group_by: [a]}',
    want: /group_by is not known here; say it in a policy$/,
  },
])('names the place of a mistake: $name', ({ from, to, want }) => {
  const { groups, faults } = readRules(rule().replace(from, to), 'f.yml');
  expect(groups).toEqual([]);
  expect(faults).toHaveLength(1);
  if (typeof want === 'string') expect(printFault(faults[0]!)).toBe(want);
  else expect(printFault(faults[0]!)).toMatch(want);
});

const numbers = (...items: [Readonly<Record<string, string>>, number | null][]): Result => ({
  kind: 'numbers',
  items: items.map(([of, value]) => ({ labels: labels(of), value })),
});
const series = (of: Readonly<Record<string, string>>, ...values: (number | null)[]): Result => ({
  kind: 'series',
  items: [{ labels: labels(of), timesMs: values.map((_, index) => index * 1000), values }],
});
const shown = (result: Result): string =>
  result.items.map((item) => `${item.labels} ${'value' in item ? item.value : item.values}`).join('; ');

test.each([
  { text: '1 + 2 * 3 ** 2', want: '{} 19' },
  { text: '-(2 - 5) % 2', want: '{} 1' },
  { text: '$A > 5 && $B < 3', want: '{h="x"} 1; {h="y"} 0' },
  { text: '${A} / $T', want: '{h="x"} 3.5; {h="y"} 1.5' },
  { text: '!$A || is_null($N)', want: '{h="x"} 1; {h="y"} 1' },
  { text: '$A + $N', want: '{h="x"} null; {h="y"} null' },
  { text: '$A + $P', want: '{h="x", p="1"} 17' },
  { text: '$A * nan()', want: '{h="x"} NaN; {h="y"} NaN' },
  { text: 'is_nan($A * nan()) + is_inf(-inf()) + is_number($A)', want: '{h="x"} 3; {h="y"} 3' },
  { text: 'round($A / 2) + floor(1.5) + ceil(1.2) + abs(-1)', want: '{h="x"} 8; {h="y"} 6' },
  { text: '$S * $T', want: '{h="x"} 2,4,' },
  { text: '$S + $S', want: '{h="x"} 2,4,' },
  { text: '$Q - $R', want: '{} 1' },
  { text: '$E + 1', want: '' },
])('math: $text', ({ text, want }) => {
  const results = new Map<string, Result>([
    ['A', numbers([{ h: 'x' }, 7], [{ h: 'y' }, 3])],
    ['B', numbers([{ h: 'x' }, 2], [{ h: 'y' }, 1])],
    ['T', numbers([{}, 2])],
    ['N', numbers([{}, null])],
    ['P', numbers([{ h: 'x', p: '1' }, 10], [{ h: 'z', p: '1' }, 10])],
    ['Q', numbers([{ q: '1' }, 3])],
    ['R', numbers([{ r: '1' }, 2])],
    ['S', series({ h: 'x' }, 1, 2, null)],
    ['E', numbers()],
  ]);
  expect(shown(mathResult({ kind: 'math', refId: 'M', text, tree: parseMath(text) }, results))).toBe(want);
});

test.each(['1 +', '$A $B', 'foo(1)', '(1', '1 @ 2', '', `${'('.repeat(200)}1${')'.repeat(200)}`])(
  'math refuses %j',
  (text) => {
    expect(() => parseMath(text)).toThrow(/^math: /);
  },
);

const STRICT: ReduceMode = { kind: 'strict' };
test.each<{ reducer: Reducer; mode: ReduceMode; values: (number | null)[]; want: number | null }>([
  { reducer: 'last', mode: STRICT, values: [1, 4], want: 4 },
  { reducer: 'last', mode: STRICT, values: [1, null], want: null },
  { reducer: 'mean', mode: STRICT, values: [1, 4], want: 2.5 },
  { reducer: 'mean', mode: STRICT, values: [1, Number.NaN], want: Number.NaN },
  { reducer: 'median', mode: STRICT, values: [9, 1, 4], want: 4 },
  { reducer: 'sum', mode: STRICT, values: [], want: 0 },
  { reducer: 'max', mode: STRICT, values: [], want: Number.NaN },
  { reducer: 'count', mode: STRICT, values: [1, null], want: 2 },
  { reducer: 'min', mode: { kind: 'drop' }, values: [Number.NaN, 3, Number.POSITIVE_INFINITY, 2], want: 2 },
  { reducer: 'mean', mode: { kind: 'drop' }, values: [Number.NaN], want: null },
  { reducer: 'sum', mode: { kind: 'replace', value: 10 }, values: [Number.NaN, 1], want: 11 },
])('reduce: $reducer of $values, $mode.kind', ({ reducer, mode, values, want }) => {
  const results = new Map([['A', series({}, ...values)]]);
  const { items } = reduceResult({ kind: 'reduce', refId: 'B', of: 'A', reducer, mode }, results);
  expect(items).toEqual([{ labels: Labels.NONE, value: want }]);
});

test('a number is reduced to itself, and no series to nothing', () => {
  const results = new Map([
    ['A', numbers([{}, 3])],
    ['E', { kind: 'series', items: [] } as Result],
  ]);
  expect(
    reduceResult({ kind: 'reduce', refId: 'B', of: 'A', reducer: 'sum', mode: STRICT }, results).items,
  ).toHaveLength(1);
  expect(reduceResult({ kind: 'reduce', refId: 'B', of: 'E', reducer: 'sum', mode: STRICT }, results).items).toEqual(
    [],
  );
});

test.each<{ evaluator: Evaluator; yes: number[]; no: number[] }>([
  { evaluator: { type: 'gt', params: [5] }, yes: [6], no: [5, 4, Number.NaN] },
  { evaluator: { type: 'lte', params: [5] }, yes: [5, 4], no: [6] },
  { evaluator: { type: 'ne', params: [5] }, yes: [6], no: [5] },
  { evaluator: { type: 'within_range', params: [1, 3] }, yes: [2], no: [1, 3, 4] },
  { evaluator: { type: 'within_range_included', params: [3, 1] }, yes: [1, 3], no: [4] },
  { evaluator: { type: 'outside_range', params: [1, 3] }, yes: [0, 4], no: [1, 2, 3] },
  { evaluator: { type: 'outside_range_included', params: [1, 3] }, yes: [0, 1, 3], no: [2] },
])('threshold: $evaluator.type', ({ evaluator, yes, no }) => {
  expect(yes.filter((value) => !holds(evaluator, value))).toEqual([]);
  expect(no.filter((value) => holds(evaluator, value))).toEqual([]);
});

test('an instance that fires recovers by the other limit', () => {
  const node = {
    kind: 'threshold',
    refId: 'C',
    of: 'A',
    evaluator: { type: 'gt', params: [10] },
    recovery: { type: 'lt', params: [5] },
  } as const;
  const results = new Map([['A', numbers([{ h: 'x' }, 7], [{ h: 'y' }, 7], [{ h: 'z' }, 4])]]);
  const fires = (each: Labels): boolean => each.get('h') !== 'y';
  expect(shown(thresholdResult(node, results, fires))).toBe('{h="x"} 1; {h="y"} 0; {h="z"} 0');
});

test.each<{ upsampler: Upsampler; want: string }>([
  { upsampler: 'pad', want: '{} 1,3.5,4,4,6' },
  { upsampler: 'backfilling', want: '{} 1,3.5,6,6,6' },
  { upsampler: 'fillna', want: '{} 1,3.5,,,6' },
])('resample: mean of what lies before each point, $upsampler', ({ upsampler, want }) => {
  const input: Result = {
    kind: 'series',
    items: [{ labels: Labels.NONE, timesMs: [0, 5, 9, 40], values: [1, 3, 4, 6] }],
  };
  const node = {
    kind: 'resample',
    refId: 'R',
    of: 'A',
    windowMs: 10,
    downsampler: 'mean',
    upsampler,
    fromMs: 40,
    toMs: 0,
  } as const;
  expect(shown(resampleResult(node, new Map([['A', input]]), 40))).toBe(want);
});

test.each<{ reducer: ClassicReducer; values: (number | null)[]; want: number | null }>([
  { reducer: 'avg', values: [1, null, 3], want: 2 },
  { reducer: 'count', values: [1, null, 3], want: 3 },
  { reducer: 'count_non_null', values: [1, null, 3], want: 2 },
  { reducer: 'diff', values: [5, 1], want: -4 },
  { reducer: 'diff_abs', values: [5, 1], want: 4 },
  { reducer: 'percent_diff', values: [4, 5], want: 25 },
  { reducer: 'percent_diff_abs', values: [4, 3], want: 25 },
  { reducer: 'last', values: [null], want: null },
])('classic: $reducer of $values', ({ reducer, values, want }) => {
  expect(reduceClassic(values, reducer)).toBe(want);
});

test.each([
  { name: 'or', operator: 'or', second: 9, want: 1 },
  { name: 'and', operator: 'and', second: 1, want: 0 },
  { name: 'no data', operator: 'and', second: undefined, want: null },
] as const)('classic conditions are of all series together: $name', ({ operator, second, want }) => {
  const results = new Map([
    ['A', second === undefined ? series({}) : series({ h: 'x' }, 1, 2)],
    ['B', second === undefined ? series({}) : series({ h: 'y' }, second)],
  ]);
  const evaluator: Evaluator = { type: 'gt', params: [1.8] };
  const conditions = ['A', 'B'].map((of) => ({ of, reducer: 'last', evaluator, operator }) as const);
  const { items } = classicResult({ kind: 'classic', refId: 'C', conditions }, results);
  expect(items).toEqual([{ labels: Labels.NONE, value: want }]);
});
