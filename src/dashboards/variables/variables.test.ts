import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePromql } from '#lang/promql';
import { readDashboard } from '../read/index.ts';
import { printFilter, readFilters, selectorOf, withAdHocFilters, withAdHocLogFilters } from './ad-hoc.ts';
import { formatValue } from './formats.ts';
import { interpolate } from './interpolate.ts';
import { MacroScope } from './macros.ts';
import { optionsOf } from './options.ts';
import { orderOf } from './order.ts';
import { parseVariableQuery } from './query.ts';
import { referencesIn } from './references.ts';
import { type PromAsk, resolveVariables } from './resolve.ts';
import { chosenValue, ScopeOf, type ScopeValue, verbatim } from './scope.ts';

const TIME = { fromMs: 1_700_000_000_000, toMs: 1_700_003_600_000 };
const DASHBOARD = { title: 'Shop & co', uid: 'shop' };

function scopeOf(values: Readonly<Record<string, ScopeValue>>): ScopeOf {
  const map = new Map(Object.entries(values));
  return new ScopeOf(map, new MacroScope({ dashboard: DASHBOARD, time: TIME, variables: map }));
}

const one = (value: string): ScopeValue => chosenValue([{ value, text: value }], false, false);
const many = (...values: string[]): ScopeValue =>
  chosenValue(
    values.map((value) => ({ value, text: value.toUpperCase() })),
    true,
    true,
  );

interface Recorded {
  readonly format: string;
  readonly value: string | readonly string[];
  readonly want: string;
}
const RECORDED = JSON.parse(
  readFileSync(new URL('../testdata/variable-formats.json', import.meta.url), 'utf8'),
) as Recorded[];

test('each format writes what the library of Grafana writes', () => {
  const got = RECORDED.map(({ format, value }) => {
    const text = Array.isArray(value) ? value.join(' + ') : String(value);
    return formatValue(format, 'srv', { value, text, isVerbatim: false, isPattern: false });
  });
  const differing = RECORDED.flatMap((entry, i) => (got[i] === entry.want ? [] : [{ ...entry, got: got[i] }]));
  expect(differing).toEqual([]);
  expect(RECORDED.length).toBeGreaterThan(400);
});

test.each([
  { text: 'rate(a[$__range])', names: ['__range'] },
  { text: '${a}${b:csv}[[c]][[d:pipe]]$e', names: ['a', 'b', 'c', 'd', 'e'] },
  { text: '${__field.labels["a b"]:text}', names: ['__field'] },
  { text: 'a{b="$"} [5m] $ ${} [[]] ${a', names: [] },
])('the references in $text', ({ text, names }) => {
  expect(referencesIn(text).map(({ name }) => name)).toEqual(names);
});

describe('a PromQL text', () => {
  test.each([
    {
      name: 'one value keeps its meaning in a string',
      text: 'a{b="$x"}',
      x: one('a.b\\c"d'),
      want: 'a{b="a.b\\\\c\\x22d"}',
    },
    { name: 'one of several is a pattern', text: 'a{b=~"$x"}', x: many('a.b'), want: 'a{b=~"a\\\\.b"}' },
    { name: 'several are alternatives', text: 'a{b=~"$x"}', x: many('a.b', 'c|d'), want: 'a{b=~"(a\\\\.b|c\\\\|d)"}' },
    { name: 'a backslash is escaped twice', text: 'a{b=~"$x"}', x: many('a\\b'), want: 'a{b=~"a\\\\\\\\b"}' },
    { name: 'a format is what was asked for', text: 'a{b=~"${x:pipe}"}', x: many('a.b', 'c'), want: 'a{b=~"a.b|c"}' },
    { name: 'none at all', text: 'a{b=~"$x"}', x: many(), want: 'a{b=~"()"}' },
    {
      name: 'what stands for all stands as it is',
      text: 'a{b=~"$x"}',
      x: { ...verbatim('.*'), isAll: true as const },
      want: 'a{b=~".*"}',
    },
    { name: 'the old brackets', text: 'a{b=~"[[x]]"}', x: many('a'), want: 'a{b=~"a"}' },
    { name: 'what is not known stays', text: 'a{b="$y"}[[z]]', x: one('a'), want: 'a{b="$y"}[[z]]' },
  ])('$name', ({ text, x, want }) => {
    expect(interpolate(text, scopeOf({ x }), 'promql')).toBe(want);
  });

  test('values in matchers can be read again as what they were', () => {
    for (const value of ['a.b', 'it\'s "x"', 'a\\b', '$^*{}[]+?()|', 'ü/-']) {
      const exact = parsePromql(interpolate('a{b="$x"}', scopeOf({ x: one(value) }), 'promql'));
      const pattern = parsePromql(interpolate('a{b=~"$x"}', scopeOf({ x: many(value) }), 'promql'));
      if (exact.kind !== 'selector' || pattern.kind !== 'selector') throw new Error('no selector');
      expect(exact.matchers[0]!.value).toBe(value);
      expect(new RegExp(`^(?:${pattern.matchers[0]!.value})$`).test(value), value).toBe(true);
    }
  });
});

test.each([
  { text: '$__range $__range_s $__range_ms', want: '3600s 3600 3600000' },
  { text: '$__from ${__to:date:iso}', want: '1700000000000 2023-11-14T23:13:20.000Z' },
  { text: '$__dashboard ${__dashboard.uid} ${__user.login}|', want: 'Shop & co shop |' },
  {
    text: '/d/x?${__url_time_range}&${__all_variables}',
    want: '/d/x?from=1700000000000&to=1700003600000&var-a=1&var-b=x&var-b=y',
  },
  { text: '${a:queryparam} ${b:text} $b', want: 'var-a=1 X + Y {x,y}' },
])('macros: $text', ({ text, want }) => {
  expect(interpolate(text, scopeOf({ a: one('1'), b: many('x', 'y') }), 'glob')).toBe(want);
});

test.each([
  { text: 'label_values(job)', want: { kind: 'label-values', label: 'job', match: '' } },
  {
    text: ' label_values(up{a="x,y", b=~"c"}, instance) ',
    want: { kind: 'label-values', label: 'instance', match: 'up{a="x,y", b=~"c"}' },
  },
  {
    text: 'label_values({__name__=~"a|b"},job)',
    want: { kind: 'label-values', label: 'job', match: '{__name__=~"a|b"}' },
  },
  { text: 'label_names()', want: { kind: 'label-names', match: '' } },
  { text: 'metrics(node_.*)', want: { kind: 'metrics', pattern: 'node_.*' } },
  {
    text: 'query_result(topk(3, sum by (a, b) (x)))',
    want: { kind: 'query-result', expr: 'topk(3, sum by (a, b) (x))' },
  },
  { text: 'up{job="x"}', want: { kind: 'series', match: 'up{job="x"}' } },
])('the query $text', ({ text, want }) => {
  expect(parseVariableQuery(text)).toEqual(want);
});

const same = (...values: string[]): { text: string; value: string }[] =>
  values.map((value) => ({ value, text: value }));

test.each([
  {
    name: 'the first group',
    found: same('a{pod="x"} 1', 'a{pod="y"} 2', 'b'),
    regex: '/pod="([^"]+)"/',
    sort: 0,
    want: same('x', 'y'),
  },
  {
    name: 'named groups',
    found: same('x|1'),
    regex: '/(?<text>\\w)\\|(?<value>\\d)/',
    sort: 0,
    want: [{ text: 'x', value: '1' }],
  },
  { name: 'every match with the flag g', found: same('a=1,a=2'), regex: '/a=(\\d)/g', sort: 0, want: same('1', '2') },
  { name: 'a filter', found: same('ab', 'b', 'ac'), regex: '/^a/', sort: 0, want: same('ab', 'ac') },
  { name: 'without slashes the whole', found: same('ab', 'a'), regex: 'a', sort: 0, want: same('a') },
  { name: 'each value once', found: same('b', 'a', 'b'), regex: '', sort: 0, want: same('b', 'a') },
  { name: 'by number', found: same('n10', 'n9', 'n'), regex: '', sort: 3, want: same('n', 'n9', 'n10') },
  { name: 'by text, down', found: same('a', 'c', 'B'), regex: '', sort: 2, want: same('c', 'a', 'B') },
  { name: 'natural', found: same('v10', 'v9', 'V1'), regex: '', sort: 7, want: same('V1', 'v9', 'v10') },
] as const)('options: $name', ({ found, regex, sort, want }) => {
  expect(optionsOf(found, regex, sort)).toEqual(want);
});

function dashboardWith(...list: readonly object[]): ReturnType<typeof readDashboard>['dashboard'] {
  const text = JSON.stringify({ title: 'x', panels: [], templating: { list } });
  return readDashboard({ name: 'x.json', text }).dashboard;
}

test('variables wait for those that they name, and a circle ends', () => {
  const { variables } = dashboardWith(
    { name: 'c', type: 'query', query: 'label_values(up{a="$a", b="${b}"}, c)' },
    { name: 'a', type: 'custom', query: '1,2' },
    { name: 'b', type: 'query', query: 'label_values(up{a="[[a]]"}, b)' },
    { name: 'x', type: 'query', query: 'label_values($y, x)' },
    { name: 'y', type: 'query', query: 'label_values($x, y)' },
  );
  expect(orderOf(variables).map((step) => step.map(({ name }) => name))).toEqual([['a'], ['b'], ['c'], ['x'], ['y']]);
});

class Asked implements PromAsk {
  readonly asked: string[] = [];
  labelNames(match: string): Promise<string[]> {
    this.asked.push(`names ${match}`);
    return Promise.resolve(['job', 'pod']);
  }
  labelValues(label: string, match: string): Promise<string[]> {
    this.asked.push(`${label} of ${match}`);
    if (match.startsWith('broken')) return Promise.reject(new Error('no such metric'));
    return Promise.resolve(label === 'ns' ? ['kube', 'shop'] : label === 'none' ? [] : ['a-1', 'a-2']);
  }
  series(): Promise<Record<string, string>[]> {
    return Promise.resolve([{ __name__: 'up', job: 'x' }]);
  }
  query(expr: string): Promise<{ labels: Record<string, string>; value: string; timeMs: number }[]> {
    this.asked.push(expr);
    return Promise.resolve([{ labels: { __name__: 'up', job: 'x' }, value: '1', timeMs: 5 }]);
  }
}

async function resolved(list: readonly object[], chosen: Readonly<Record<string, string[]>> = {}) {
  const ask = new Asked();
  const resolution = await resolveVariables({
    dashboard: dashboardWith(...list),
    chosen: new Map(Object.entries(chosen)),
    time: TIME,
    ask,
    sources: [{ type: 'prometheus', name: 'Signalbox', uid: 'signalbox' }],
  });
  const write = (text: string): string => interpolate(text, resolution.scope, 'promql');
  return { ask, write, variables: resolution.variables };
}

describe('variables get their values', () => {
  const NS = { name: 'ns', type: 'query', query: 'label_values(up, ns)', includeAll: true, multi: true };

  test('chained, all of them, and as the address says', async () => {
    const pod = { name: 'pod', type: 'query', query: { query: 'label_values(up{ns=~"$ns"}, pod)', refId: 'A' } };
    const first = await resolved([pod, NS]);
    expect(first.ask.asked).toEqual(['ns of up', 'pod of up{ns=~"(kube|shop)"}']);
    expect(first.write('$pod ${ns:text} ${ns:csv}')).toBe('a-1 All kube,shop');
    const second = await resolved([pod, NS], { ns: ['shop'], pod: ['a-2'] });
    expect(second.ask.asked[1]).toBe('pod of up{ns=~"shop"}');
    expect(second.write('$pod')).toBe('a-2');
    expect((await resolved([NS], { ns: ['gone'] })).write('$ns')).toBe('(kube|shop)');
  });

  test('what stands for all, with a variable in it', async () => {
    const { write } = await resolved([
      { ...NS, allValue: '$p.*' },
      { name: 'p', type: 'constant', query: 'k' },
    ]);
    expect(write('{ns=~"$ns"} ${ns:regex} ${ns:queryparam}')).toBe('{ns=~"k.*"} k.* var-ns=%24__all');
  });

  test('a query that fails keeps what the file has, and says why', async () => {
    const { variables, write } = await resolved([
      { name: 'x', type: 'query', query: 'label_values(broken, a)', current: { value: 'v', text: 'v' } },
      { ...NS, name: 'y', query: 'label_values(broken, a)', current: { value: ['$__all'], text: ['All'] } },
    ]);
    expect(variables.map(({ problem }) => problem)).toEqual(['no such metric', 'no such metric']);
    expect(write('$x $y')).toBe('v .*');
  });

  test('of logs and traces asks their labels', async () => {
    const variable = (name: string, type: string, query: object | string) => ({
      ...{ name, type: 'query', datasource: { type, uid: 'u' }, query },
    });
    const { dashboard } = readDashboard({
      name: 'x.json',
      text: JSON.stringify({
        panels: [],
        templating: {
          list: [
            variable('a', 'loki', { label: 'app', stream: '{ns="x"}', type: 1 }),
            variable('b', 'loki', 'label_names()'),
            variable('c', 'tempo', { label: 'service.name', type: 1 }),
            variable('d', 'loki', 'query_result(up)'),
          ],
        },
      }),
    });
    const labels = (of: string) => ({
      labelNames: () => Promise.resolve([`${of} names`]),
      labelValues: (label: string, match: string) => Promise.resolve([`${of} ${label} ${match}`]),
    });
    const { variables } = await resolveVariables({
      ...{ dashboard, chosen: new Map(), time: TIME, sources: [] },
      ...{ ask: new Asked(), askLogs: labels('logs'), askTraces: labels('traces') },
    });
    expect(variables.map(({ chosen: [first], problem }) => problem ?? first)).toEqual([
      'logs app {ns="x"}',
      'logs names',
      'traces service.name ',
      'variables of logs and traces ask for label_names() or label_values()',
    ]);
  });

  test('of every other kind', async () => {
    const { write, ask } = await resolved(
      [
        { name: 'ds', type: 'datasource', query: 'prometheus', current: { value: 'abc', text: 'Old' } },
        { name: 'c', type: 'custom', query: 'a, Bee : b, c\\,d', current: { value: 'b', text: 'Bee' } },
        { name: 'i', type: 'interval', query: '1m,5m', auto: true, auto_count: 10, auto_min: '10s' },
        { name: 't', type: 'textbox', query: 'typed' },
        { name: 'r', type: 'query', query: 'query_result(sum(rate(x[$__range])))', regex: '/job="(.*)"/' },
        { name: 's', type: 'query', query: 'up', regex: '/job="(.*)"/' },
        { name: 'l', type: 'query', query: 'label_names()', sort: 2 },
        { name: 'n', type: 'custom', query: 'None :  , By pod : \\,pod' },
      ],
      { t: ['asked'] },
    );
    expect(write('$ds ${c:text} $c $i $t $r $s $l [$n]')).toBe('signalbox Bee b 5m asked x x pod []');
    expect(ask.asked).toContain('sum(rate(x[3600s]))');
  });
});

test('filters of ad hoc variables are in every selector', () => {
  const filters = [
    { key: 'job', operator: '=', values: ['a"b'] },
    { key: 'ns', operator: '=|', values: ['x.y', 'z'] },
    { key: '', operator: '=', values: ['left out'] },
  ];
  expect(withAdHocFilters('sum(rate(a{b="c"}[5m])) / b', filters)).toBe(
    'sum(rate(a{b="c",job="a\\"b",ns=~"x\\\\.y|z"}[5m])) / b{job="a\\"b",ns=~"x\\\\.y|z"}',
  );
});

test('filters of ad hoc variables are in the selectors of streams, or behind what takes labels out of lines', () => {
  const filters = [
    { key: 'app', operator: '=', values: ['a'] },
    { key: 'ns', operator: '!=|', values: ['x', 'y'] },
  ];
  const filtered = (expr: string): string => withAdHocLogFilters(expr, filters);
  expect(filtered('{job="j"} |= "x"')).toBe('{job="j", app="a", ns!~"x|y"} |= "x"');
  expect(filtered('sum(rate({job="j"} | json | a="b" [5m])) / sum(rate({job="k"}[5m]))')).toBe(
    '(sum(rate({job="j"} | json | a="b" | app="a" | ns!~"x|y"[5m])) / sum(rate({job="k", app="a", ns!~"x|y"}[5m])))',
  );
  expect(() => filtered('{job=')).toThrow();
  expect(selectorOf(filters)).toBe('{app="a",ns!~"x|y"}');
  expect(selectorOf([])).toBe('');
});

test("filters stand in the address as in Grafana's", () => {
  const filter = { key: 'a|b', operator: '=|', values: ['x,y', '#z|'] };
  expect(printFilter(filter)).toBe('a__gfp__b|=__gfp__|x__gfc__y|__gfh__z__gfp__');
  expect(readFilters([printFilter(filter), '', 'job|=', 'k,Key|!=|v,Value'])).toEqual([
    filter,
    { key: 'job', operator: '=', values: [''] },
    { key: 'k', operator: '!=', values: ['v'] },
  ]);
});
