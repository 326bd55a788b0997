import { expect, test } from 'vitest';
import type { JsonObject } from './json.ts';
import { type PanelPlan, planPanel } from './panel-queries.ts';
import { readDashboard } from './read/index.ts';
import { answeredBy } from './sources.ts';
import { filtersOf, resolveVariables } from './variables/index.ts';

const TIME = { fromMs: 1_700_000_000_000, toMs: 1_700_003_600_000 };

const NOBODY = {
  labelNames: () => Promise.resolve([]),
  labelValues: () => Promise.resolve(['a', 'b.c']),
  series: () => Promise.resolve([]),
  query: () => Promise.resolve([]),
};

async function read(json: JsonObject) {
  const { dashboard } = readDashboard({ name: 'x.json', text: JSON.stringify(json) });
  const { scope } = await resolveVariables({ dashboard, chosen: new Map(), time: TIME, ask: NOBODY, sources: [] });
  return { dashboard, scope };
}

async function planOf(panel: JsonObject, list: JsonObject[] = []): Promise<PanelPlan> {
  const { dashboard, scope } = await read({ panels: [panel], templating: { list } });
  const filters = filtersOf(dashboard, new Map(), scope);
  return planPanel(dashboard.rows[0]!.panels[0]!, {
    scope,
    time: TIME,
    widthPx: 600,
    scrapeIntervalMs: 15_000,
    filters,
  });
}

const NS: JsonObject = { name: 'ns', type: 'query', query: 'label_values(up, ns)', includeAll: true, multi: true };

test('a target becomes a query with its step, macros and variables', async () => {
  const { queries, unanswered } = await planOf(
    {
      type: 'timeseries',
      targets: [
        {
          refId: 'A',
          expr: 'rate(x{ns=~"$ns"}[$__rate_interval]) > $__interval_ms',
          legendFormat: '{{ns}} of ${ns:text}',
          intervalFactor: 2,
        },
        { refId: 'B', expr: 'hidden', hide: true },
        { refId: 'C', expr: 'increase(x[$__range])', instant: true, format: 'table', interval: '1m' },
      ],
    },
    [NS],
  );
  expect(unanswered).toEqual([]);
  expect(
    queries.map(({ refId, expr, legend, stepMs, isInstant, format }) => ({
      refId,
      expr,
      legend,
      stepMs,
      isInstant,
      format,
    })),
  ).toEqual([
    {
      ...{ refId: 'A', expr: 'rate(x{ns=~"(a|b\\\\.c)"}[1m]) > 15000', legend: '{{ns}} of All' },
      ...{ stepMs: 30_000, isInstant: false, format: 'time_series' },
    },
    { refId: 'C', expr: 'increase(x[3600s])', legend: '', stepMs: 60_000, isInstant: true, format: 'table' },
  ]);
});

test('a panel has a time of its own', async () => {
  const { queries } = await planOf({ type: 'stat', timeFrom: '2h', timeShift: '1d', targets: [{ expr: 'up' }] });
  const toMs = TIME.toMs - 86_400_000;
  expect(queries[0]).toMatchObject({ time: { fromMs: toMs - 7_200_000, toMs }, shiftMs: 86_400_000 });
});

test.each(['now/d', '0d/d', 'now-0d/d'])('a panel shows since %s', async (timeFrom) => {
  const { queries } = await planOf({ type: 'stat', timeFrom, targets: [{ expr: 'up' }] });
  expect(queries[0]!.time).toEqual({ fromMs: new Date(TIME.toMs).setHours(0, 0, 0, 0), toMs: TIME.toMs });
});

test('ad hoc filters are in every selector; what is no PromQL is sent as it is', async () => {
  const adhoc: JsonObject = { name: 'f', type: 'adhoc', filters: [{ key: 'job', operator: '!=', value: 'x' }] };
  const { queries } = await planOf({ type: 'stat', targets: [{ expr: 'a / b' }, { expr: 'sum(' }] }, [adhoc]);
  expect(queries.map(({ expr }) => expr)).toEqual(['a{job!="x"} / b{job!="x"}', 'sum(']);
  const loki = { type: 'loki', uid: 'l' };
  const both = { type: 'stat', targets: [{ expr: 'a' }, { expr: '{b="c"}', datasource: loki }] };
  const exprs = async (variable: JsonObject) => (await planOf(both, [variable])).queries.map(({ expr }) => expr);
  expect(await exprs(adhoc)).toEqual(['a{job!="x"}', '{b="c", job!="x"}']);
  expect(await exprs({ ...adhoc, datasource: loki })).toEqual(['a', '{b="c", job!="x"}']);
});

test('what nobody here answers says why', async () => {
  const { queries, unanswered } = await planOf({
    type: 'timeseries',
    datasource: { type: 'datasource', uid: '-- Mixed --' },
    targets: [
      { refId: 'A', expr: 'up', datasource: { type: 'prometheus', uid: 'p' } },
      { refId: 'B', expr: '{job="x"}', datasource: { type: 'loki', uid: 'l' } },
      { refId: 'C', query: 'x', datasource: { type: 'grafana-opensearch-datasource', uid: 'o' } },
    ],
  });
  expect(queries.map(({ refId, source }) => [refId, source])).toEqual([
    ['A', 'prometheus'],
    ['B', 'loki'],
  ]);
  expect(unanswered).toEqual([
    { refId: 'C', reason: 'asks a data source of type grafana-opensearch-datasource, which the store is not' },
  ]);
});

test.each([
  { source: undefined, want: 'prometheus' },
  { source: { type: '', uid: 'Our Prometheus' }, want: 'prometheus' },
  { source: { type: '', uid: 'default' }, want: 'prometheus' },
  { source: { type: '', uid: 'Loki prod' }, want: 'loki' },
  { source: { type: 'prometheus', uid: '${DS_ANY}' }, want: 'prometheus' },
  { source: { type: '', uid: '${DS_LOGS}' }, want: 'loki' },
  { source: { type: '', uid: '$ds' }, want: 'prometheus' },
  { source: { type: 'victoriametrics-metrics-datasource', uid: 'v' }, want: 'prometheus' },
  { source: { type: 'jaeger', uid: 'j' }, want: 'tempo' },
  { source: { type: 'grafana', uid: '-- Grafana --' }, want: 'none' },
  { source: { type: 'postgres', uid: 'p' }, want: 'none' },
])('the data source $source is answered by $want', async ({ source, want }) => {
  const { scope } = await read({
    panels: [],
    __inputs: [{ name: 'DS_LOGS', type: 'datasource', pluginId: 'loki' }],
    templating: { list: [{ name: 'ds', type: 'datasource', query: 'prometheus' }] },
  });
  expect(answeredBy(source, scope).kind).toBe(want);
});

test.each([
  { target: { query: '{ status = error }', limit: 5 }, want: { text: '{ status = error }', limit: 5 } },
  { target: { query: ' 0123456789abcdef0123456789abcdef ' }, want: { traceId: '0123456789abcdef0123456789abcdef' } },
  {
    target: {
      queryType: 'traceqlSearch',
      filters: [
        { tag: 'service.name', scope: 'resource', operator: '=', value: ['a', 'b'], valueType: 'string' },
        { tag: 'duration', scope: 'intrinsic', operator: '>', value: '2s', valueType: 'duration' },
        { tag: 'http.status_code', scope: 'span', operator: '=', value: '500', valueType: 'int' },
        { tag: 'x', operator: '=', value: '' },
      ],
    },
    want: { text: '{ resource.service.name =~ "a|b" && duration > 2s && span.http.status_code = 500 }' },
  },
  {
    target: { queryType: 'search', service: '$svc', operation: 'GET "/x"', tags: 'error=true', minDuration: '5ms' },
    want: {
      text: '{ resource.service.name = "shop" && name = "GET \\"/x\\"" && .error = true && duration >= 5ms }',
    },
  },
  { target: { queryType: 'serviceMap' }, want: undefined },
  { target: { query: '' }, want: undefined },
])('traces are asked for by $target', async ({ target, want }) => {
  const { queries } = await planOf(
    { type: 'traces', datasource: { type: 'tempo', uid: 't' }, targets: [{ refId: 'A', ...target } as JsonObject] },
    [{ name: 'svc', type: 'constant', query: 'shop' }],
  );
  if (want === undefined) expect(queries).toEqual([]);
  else expect(queries[0]?.traces).toMatchObject(want);
});
