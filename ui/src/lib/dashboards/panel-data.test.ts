import { expect, test } from 'vitest';
import { type Panel, planPanel, readDashboard, resolveVariables } from '#dashboards';
import { fieldIfAny, fieldOf, numberFields } from '../frame.ts';
import type { PromSeries } from '../prometheus.ts';
import type { ThemeTokens } from '../theme.tsx';
import type { LogLine, QuerySeries } from './ask.ts';
import { chartLook } from './chart-look.ts';
import { heatOf } from './heat-frame.ts';
import { logRecords } from './log-rows.ts';
import { nodeFrames } from './node-frames.ts';
import { chartFrame, figuresOf, gridOf, panelData, undrawnOf } from './panel-data.ts';
import { columnsFrame, histogramFrame, slicesOf } from './shares.ts';
import { statesOf } from './states-frame.ts';
import { tableFrame } from './table-frame.ts';

const TIME = { fromMs: 1_700_000_000_000, toMs: 1_700_000_180_000 };
const GRID = gridOf(TIME.fromMs, TIME.toMs, 60_000);
const NOBODY = {
  labelNames: () => Promise.resolve([]),
  labelValues: () => Promise.resolve([]),
  series: () => Promise.resolve([]),
  query: () => Promise.resolve([]),
};

async function answered(
  panel: object,
  ...series: readonly (readonly PromSeries[])[]
): Promise<{ panel: Panel; answers: QuerySeries[] }> {
  const { dashboard } = readDashboard({ name: 'x.json', text: JSON.stringify({ panels: [panel] }) });
  const { scope } = await resolveVariables({ dashboard, chosen: new Map(), time: TIME, ask: NOBODY, sources: [] });
  const read = dashboard.rows[0]!.panels[0]!;
  const { queries } = planPanel(read, { scope, time: TIME, widthPx: 600 });
  return { panel: read, answers: queries.map((query, i) => ({ query, series: series[i] ?? [] })) };
}

const at = (step: number): number => (GRID.startMs + step * GRID.stepMs) / 1000;
const line = (metric: PromSeries['metric'], ...values: readonly (string | undefined)[]): PromSeries => ({
  metric,
  values: values.flatMap((value, i) => (value === undefined ? [] : [[at(i), value] as const])),
});

test('a chart has a value for each step, gaps where there is none, and the units of the panel', async () => {
  const { panel, answers } = await answered(
    {
      type: 'timeseries',
      title: 'T',
      fieldConfig: { defaults: { unit: 's' } },
      targets: [{ expr: 'x', legendFormat: '{{job}}' }],
    },
    [line({ job: 'a' }, '1', undefined, '90'), line({ job: 'a' }, 'NaN', '+Inf')],
  );
  const frame = chartFrame('T', panelData(panel, answers, GRID), 'dark');
  const [first, second] = numberFields(frame);
  expect([first!.name, second!.name]).toEqual(['a', 'a (2)']);
  expect(first!.values.slice(0, 3)).toEqual([1, null, 90]);
  expect(second!.values.slice(0, 2)).toEqual([null, null]);
  expect(first!.writing!.format(90)).toBe('1.50 mins');
});

test('a chart draws 60 lines and says how many it leaves out; its axis reaches as far as the panel says', async () => {
  const many = Array.from({ length: 65 }, (_, i) => line({ a: String(i) }, '1', '2', '3', '4'));
  const custom = { axisSoftMin: -1, axisSoftMax: 10 };
  const { panel, answers } = await answered(
    { type: 'timeseries', targets: [{ expr: 'm' }], fieldConfig: { defaults: { custom } } },
    many,
  );
  const data = panelData(panel, answers, GRID);
  expect(numberFields(chartFrame('', data, 'dark'))).toHaveLength(60);
  expect(undrawnOf(data)).toBe(5);
  expect(chartLook(panel, [], 'dark')).toMatchObject({ softMin: -1, softMax: 10, max: undefined });
});

test('a panel keeps why there is nothing to draw', async () => {
  const { panel, answers } = await answered({ type: 'timeseries', targets: [{ expr: 'gone' }] }, []);
  const reasons = ['no metric is called "gone"'];
  expect(panelData(panel, [{ ...answers[0]!, reasons }], GRID)).toMatchObject({ series: [], reasons });
});

test('figures are the calculation of a series, and their share of the scale', async () => {
  const { panel, answers } = await answered(
    {
      ...{
        type: 'bargauge',
        options: { reduceOptions: { calcs: ['max'] } },
        targets: [{ expr: 'x', legendFormat: '{{job}}' }],
      },
      fieldConfig: {
        defaults: {
          max: 20,
          thresholds: { mode: 'absolute', steps: [{ color: '#0f0' }, { value: 9, color: '#f00' }] },
        },
      },
    },
    [line({ job: 'a' }, '1', '10', '5'), line({ job: 'b' }, '2')],
  );
  const figures = figuresOf(panel, panelData(panel, answers, GRID), 'dark');
  expect(figures.map(({ name, text, colour, share }) => ({ name, text, colour, share }))).toEqual([
    { name: 'a', text: '10', colour: '#f00', share: 0.5 },
    { name: 'b', text: '2', colour: '#0f0', share: 0.1 },
  ]);
});

test('buckets stand in the order of their bounds, without what is in the smaller ones', async () => {
  const { panel, answers } = await answered(
    { type: 'bargauge', targets: [{ expr: 'x', format: 'heatmap', legendFormat: '{{le}}' }] },
    [line({ le: '+Inf' }, '10'), line({ le: '0.5' }, '4'), line({ le: '1' }, '7')],
  );
  const figures = figuresOf(panel, panelData(panel, answers, GRID), 'dark');
  expect(figures.map(({ name, text }) => [name, text])).toEqual([
    ['0.5', '4'],
    ['1', '3'],
    ['+Inf', '3'],
  ]);
});

test('a table has a row per set of labels, with the values of all queries, as transformations want it', async () => {
  const point = (metric: PromSeries['metric'], value: string): PromSeries => ({ metric, value: [at(0), value] });
  const { panel, answers } = await answered(
    {
      type: 'table',
      targets: [
        { refId: 'A', expr: 'x', format: 'table', instant: true },
        { refId: 'B', expr: 'y', format: 'table', instant: true },
      ],
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true, ns: true },
            renameByName: { 'Value #A': 'Requests' },
            indexByName: { 'Value #A': 0, pod: 1 },
          },
        },
        { id: 'sortBy', options: { sort: [{ field: 'Requests', desc: true }] } },
      ],
      fieldConfig: {
        defaults: {},
        overrides: [{ matcher: { id: 'byName', options: 'Requests' }, properties: [{ id: 'unit', value: 'reqps' }] }],
      },
    },
    [point({ pod: 'a', ns: 'n' }, '1'), point({ pod: 'b', ns: 'n' }, '2')],
    [point({ pod: 'a', ns: 'n' }, '7')],
  );
  const frame = tableFrame(panel, panelData(panel, answers, GRID));
  expect(frame.fields.map(({ name }) => name)).toEqual(['Requests', 'pod', 'Value #B']);
  expect(fieldIfAny(frame, 'pod', 'text')?.values).toEqual(['b', 'a']);
  const requests = fieldIfAny(frame, 'Requests', 'number')!;
  expect(requests.values.map((value) => requests.writing!.format(value!))).toEqual(['2 req/s', '1 req/s']);
  expect(fieldIfAny(frame, 'Value #B', 'number')?.values).toEqual([null, 7]);
});

test('lines of a panel have different colours: those of services, or where two would be alike the next ones of the row', async () => {
  const colours = async (...queries: PromSeries[][]): Promise<string[]> => {
    const targets = queries.map((_, i) => ({ refId: 'AB'[i], expr: 'x' }));
    const { panel, answers } = await answered({ type: 'timeseries', targets }, ...queries);
    const { fields } = chartFrame('', panelData(panel, answers, GRID), 'dark');
    return fields.flatMap((field) => (field.type === 'number' ? JSON.stringify(field.tone) : []));
  };
  const services = ['cart', 'orders'].map((name) => line({ service_name: name }, '1'));
  expect(await colours(services)).toEqual(['{"service":"cart"}', '{"service":"orders"}']);
  expect(await colours(services, services)).toEqual([0, 1, 2, 3].map((series) => JSON.stringify({ series })));
  expect(await colours(services, [line({ job: 'a' }, '1')])).toHaveLength(3);
  expect(new Set(await colours(services, [line({ job: 'a' }, '1')])).size).toBe(3);
});

/** Of the theme only its name is looked at. */
const TOKENS = { name: 'dark' } as ThemeTokens;

test('a pie has a part for each series that is above zero, a bar chart a bar for each row, a histogram counts values', async () => {
  const instant = (metric: PromSeries['metric'], value: string): PromSeries => ({ metric, value: [at(0), value] });
  const pie = await answered({ type: 'piechart', targets: [{ expr: 'x', instant: true, legendFormat: '{{job}}' }] }, [
    instant({ job: 'a' }, '3'),
    instant({ job: 'b' }, '-1'),
    instant({ job: 'c' }, 'NaN'),
    instant({ job: 'd' }, '1'),
  ]);
  const slices = slicesOf(pie.panel, panelData(pie.panel, pie.answers, GRID), TOKENS);
  expect(slices.map(({ name, value }) => [name, value])).toEqual([
    ['a', 3],
    ['d', 1],
  ]);
  const bars = await answered(
    { type: 'barchart', options: { xField: 'job' }, targets: [{ expr: 'x', instant: true, format: 'table' }] },
    [instant({ job: 'a', zone: 'z' }, '3'), instant({ job: 'b', zone: 'z' }, '5')],
  );
  const columns = columnsFrame(bars.panel, panelData(bars.panel, bars.answers, GRID), TOKENS);
  expect(fieldOf(columns, 'name', 'text').values).toEqual(['a', 'b']);
  expect(numberFields(columns)[0]!.values).toEqual([3, 5]);
  const spread = await answered(
    { type: 'histogram', options: { bucketSize: 2, combine: true }, targets: [{ expr: 'x' }] },
    [line({ job: 'a' }, '1', '2.5', '-1'), line({ job: 'b' }, '3', 'NaN')],
  );
  const histogram = histogramFrame(spread.panel, panelData(spread.panel, spread.answers, GRID), TOKENS);
  expect(fieldOf(histogram, 'name', 'text').values).toEqual(['-2', '0', '2']);
  expect(numberFields(histogram).map(({ values }) => values)).toEqual([[1, 1, 2]]);
});

test('states are the texts of values; a heatmap has its buckets by bound, or counts values where it says so', async () => {
  const mappings = [
    { type: 'value', options: { 1: { text: 'UP', color: 'green' }, 0: { text: 'DOWN', color: 'red' } } },
  ];
  const up = await answered(
    { type: 'state-timeline', fieldConfig: { defaults: { mappings } }, targets: [{ expr: 'up' }] },
    [line({ job: 'a' }, '1', undefined, '0')],
  );
  const states = statesOf(up.panel, panelData(up.panel, up.answers, GRID), TOKENS);
  const [row] = states.frame.fields.filter((field) => field.type === 'enum');
  expect(row!.indices.map((index) => row!.texts[index])).toEqual(['UP', '', 'DOWN']);
  expect(states.colours[0]).toHaveLength(3);
  const heat = await answered({ type: 'heatmap', targets: [{ expr: 'x', format: 'heatmap' }] }, [
    line({ le: '+Inf' }, '9', '4'),
    line({ le: '0.5' }, '2', '4'),
  ]);
  const { frame, bounds } = heatOf(heat.panel, panelData(heat.panel, heat.answers, GRID));
  expect(bounds).toEqual([0.5, Number.POSITIVE_INFINITY]);
  expect(numberFields(frame).map(({ name, values }) => [name, values.slice(0, 2)])).toEqual([
    ['0.500', [2, 4]],
    ['∞', [7, 0]],
  ]);
  const counted = await answered(
    {
      type: 'heatmap',
      options: { calculate: true, calculation: { yBuckets: { mode: 'size', value: '5' } } },
      targets: [{ expr: 'x' }],
    },
    [line({ job: 'a' }, '1', '12'), line({ job: 'b' }, '2', '7')],
  );
  const own = heatOf(counted.panel, panelData(counted.panel, counted.answers, GRID));
  expect(own.bounds).toEqual([5, 10, 15]);
  expect(numberFields(own.frame).map(({ values }) => values.slice(0, 2))).toEqual([
    [2, 0],
    [0, 1],
    [0, 1],
  ]);
});

test('series with two ends are edges, those with an id nodes; lines of logs have their level, service and trace', async () => {
  const { panel, answers } = await answered(
    {
      type: 'nodeGraph',
      targets: [
        { expr: 'a', instant: true },
        { expr: 'b', instant: true },
      ],
    },
    [{ metric: { source: 'web', target: 'orders' }, value: [at(0), '4'] }],
    [{ metric: { id: 'orders', title: 'Orders', subtitle: 'v2' }, value: [at(0), '0.5'] }],
  );
  const { nodes, edges } = nodeFrames(panel, panelData(panel, answers, GRID));
  expect(fieldOf(nodes, 'title', 'text').values).toEqual(['web', 'Orders']);
  expect(fieldOf(nodes, 'note', 'text').values).toEqual(['', 'v2 · 0.500']);
  expect(fieldOf(edges, 'rate', 'number').values).toEqual([4]);
  const lines: readonly LogLine[] = [
    { timeNs: '1700000000000000001', text: 'older', labels: { job: 'x', level: 'warning' } },
    {
      timeNs: '1700000000000000002',
      text: 'newer',
      labels: { service_name: 'orders', detected_level: 'unknown', trace_id: 'ab', zone: 'z' },
    },
  ];
  const logs = await answered({ type: 'logs', options: { showLabels: true }, targets: [] });
  expect(
    logRecords(logs.panel, lines).map(({ body, service, severityNumber, traceId, attributes }) => {
      return { body, service, severityNumber, traceId, attributes };
    }),
  ).toEqual([
    { body: 'newer', service: 'orders', severityNumber: 0, traceId: 'ab', attributes: { zone: 'z' } },
    { body: 'older', service: 'x', severityNumber: 13, traceId: '', attributes: { job: 'x', level: 'warning' } },
  ]);
});
