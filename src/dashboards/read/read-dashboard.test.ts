import { describe, expect, test } from 'vitest';
import { printDashboard } from '../export.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Dashboard, Panel } from '../model.ts';
import { DashboardError, describeProblem } from '../problem.ts';
import { type ReadDashboard, readDashboard } from './read-dashboard.ts';

function read(json: JsonObject, name = 'folder/web.json'): ReadDashboard {
  return readDashboard({ name, text: JSON.stringify(json) });
}

/** A dashboard that was read without a problem. */
function clean(json: JsonObject): Dashboard {
  const { dashboard, problems } = read(json);
  expect(problems.map(describeProblem)).toEqual([]);
  return dashboard;
}

function panelOf(panel: JsonObject, schemaVersion = 42): Panel {
  return clean({ schemaVersion, panels: [panel] }).rows[0]!.panels[0]!;
}

describe('a dashboard without places and uid', () => {
  const { dashboard } = read({
    panels: [
      { title: 'A', type: 'timeseries' },
      { title: 'B', type: 'timeseries' },
      { title: 'C', type: 'stat' },
      { title: 'D', type: 'row' },
      { title: 'E', type: 'table' },
      { title: 'F', type: 'gauge' },
      { title: 'G', type: 'gauge' },
    ],
  });

  test('has panels in filled lines, of sizes that fit their types', () => {
    expect(dashboard.rows.map(({ title }) => title)).toEqual([undefined, 'D']);
    const places = dashboard.rows.flatMap(({ panels }) => panels.map(({ grid: { x, y, w, h } }) => [x, y, w, h]));
    expect(places).toEqual([
      [0, 0, 12, 8],
      [12, 0, 12, 8],
      [0, 8, 24, 5],
      [0, 14, 24, 10],
      [0, 24, 12, 5],
      [12, 24, 12, 5],
    ]);
  });

  test('is named after its file, and its panels have ids', () => {
    expect([dashboard.title, dashboard.uid]).toEqual(['web', 'web']);
    expect(dashboard.rows.flatMap(({ panels }) => panels.map(({ id }) => id))).toEqual([1, 2, 3, 5, 6, 7]);
    expect(read({ title: 'Request Rate (5 m)', panels: [] }).dashboard.uid).toBe('request-rate-5-m');
  });
});

describe('of older schemas', () => {
  test('rows of spans become places in the grid', () => {
    const { rows } = clean({
      schemaVersion: 14,
      rows: [
        {
          title: 'One',
          showTitle: true,
          height: '250px',
          panels: [
            { id: 7, span: 8 },
            { id: 8, span: 4 },
            { id: 9, span: 6 },
          ].map(asGraph),
        },
        { title: 'Two', collapse: true, repeat: 'x', height: 380, panels: [asGraph({ id: 10, span: 12 })] },
      ],
    });
    expect(rows.map(({ title, isCollapsed, repeat }) => [title, isCollapsed, repeat?.variable])).toEqual([
      ['One', false, undefined],
      ['Two', true, 'x'],
    ]);
    expect(rows.flatMap(({ panels }) => panels.map(({ id, grid: { x, y, w, h } }) => [id, x, y, w, h]))).toEqual([
      [7, 0, 1, 16, 7],
      [8, 16, 1, 8, 7],
      [9, 0, 8, 12, 7],
      [10, 0, 16, 24, 10],
    ]);
  });

  test('rows whose titles were not shown are none', () => {
    const { rows } = clean({ schemaVersion: 14, rows: [{ title: 'x', panels: [asGraph({ id: 1, span: 12 })] }] });
    expect(rows.map(({ title, panels }) => [title, panels.length])).toEqual([[undefined, 1]]);
  });

  test('a graph becomes time series with the same drawing', () => {
    const panel = panelOf(
      {
        ...asGraph({ id: 1 }),
        ...{ fill: 3, linewidth: 2, stack: true, percentage: true, nullPointMode: 'connected', decimals: 2 },
        yaxes: [
          { format: 's', min: '0', max: null, logBase: 10, label: 'Latency', show: true },
          { format: 'short', show: true },
        ],
        legend: { show: true, alignAsTable: true, rightSide: true, values: true, avg: true, current: true },
        tooltip: { shared: true, sort: 2 },
        aliasColors: { ok: 'green' },
        seriesOverrides: [{ alias: '/err/', yaxis: 2, bars: true, color: '#f00' }],
        thresholds: [{ value: 5, op: 'gt', colorMode: 'critical', fill: true, line: true }],
        mine: 'kept',
      },
      22,
    );
    expect([panel.type, panel.writtenType]).toEqual(['timeseries', 'graph']);
    expect(panel.defaults).toMatchObject({ unit: 's', min: 0, max: undefined, decimals: 2 });
    expect(panel.defaults.custom).toMatchObject({
      ...{ drawStyle: 'line', fillOpacity: 30, lineWidth: 2, spanNulls: true, axisLabel: 'Latency' },
      stacking: { mode: 'percent', group: 'A' },
      scaleDistribution: { type: 'log', log: 10 },
      thresholdsStyle: { mode: 'line+area' },
    });
    expect(panel.defaults.thresholds?.steps).toEqual([
      { from: Number.NEGATIVE_INFINITY, color: 'transparent' },
      { from: 5, color: 'red' },
    ]);
    expect(panel.options).toMatchObject({
      legend: { displayMode: 'table', placement: 'right', calcs: ['mean', 'last'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    });
    expect(panel.overrides.map(({ matcher }) => [matcher.id, matcher.options])).toEqual([
      ['byName', 'ok'],
      ['byRegexp', '/err/'],
    ]);
    expect(panel.overrides[1]!.properties).toEqual(
      expect.arrayContaining([
        { id: 'unit', value: 'short' },
        { id: 'custom.axisPlacement', value: 'right' },
        { id: 'custom.drawStyle', value: 'bars' },
        { id: 'color', value: { mode: 'fixed', fixedColor: '#f00' } },
      ]),
    );
  });

  test('a singlestat becomes a stat, or a gauge', () => {
    const single: JsonObject = {
      ...{ id: 1, type: 'singlestat', format: 'percent', valueName: 'current', colorBackground: true, decimals: 1 },
      ...{ thresholds: '50,80', colors: ['green', 'orange', 'red'], sparkline: { show: true }, nullText: 'none' },
      valueMaps: [{ value: '0', op: '=', text: 'DOWN' }],
    };
    const stat = panelOf(single, 16);
    expect(stat.type).toBe('stat');
    expect(stat.options).toMatchObject({
      reduceOptions: { calcs: ['lastNotNull'] },
      colorMode: 'background',
      graphMode: 'area',
    });
    expect(stat.defaults).toMatchObject({ unit: 'percent', decimals: 1, noValue: 'none' });
    expect(stat.defaults.thresholds?.steps.map(({ from, color }) => [from, color])).toEqual([
      [Number.NEGATIVE_INFINITY, 'green'],
      [50, 'orange'],
      [80, 'red'],
    ]);
    expect(stat.defaults.mappings).toEqual([
      { kind: 'value', texts: new Map([['0', { text: 'DOWN', color: undefined }]]) },
    ]);
    const gauge = panelOf({ ...single, gauge: { show: true, minValue: 0, maxValue: 10 } }, 16);
    expect([gauge.type, gauge.defaults.max]).toEqual(['gauge', 10]);
  });

  test('styles of an old table become overrides', () => {
    const table = panelOf({
      ...{ id: 1, type: 'table', transform: 'timeseries_aggregations' },
      styles: [
        { pattern: 'Time', type: 'hidden' },
        { pattern: '/val/', type: 'number', unit: 'bytes', decimals: 1, alias: 'Size' },
      ],
    });
    expect(table.overrides).toEqual([
      { matcher: { id: 'byName', options: 'Time' }, properties: [{ id: 'custom.hidden', value: true }] },
      {
        matcher: { id: 'byRegexp', options: '/val/' },
        properties: [
          { id: 'displayName', value: 'Size' },
          { id: 'unit', value: 'bytes' },
          { id: 'decimals', value: 1 },
        ],
      },
    ]);
    expect(table.transformations.map(({ id }) => id)).toEqual(['reduce']);
  });

  test.each([
    {
      name: 'value mappings of numbers',
      defaults: {
        mappings: [
          { type: 1, value: '1', text: 'up' },
          { type: 2, from: '2', to: '3', text: 'odd' },
          { type: 1, value: 'null', text: '-' },
        ],
      },
      want: {
        mappings: [
          { kind: 'value', texts: new Map([['1', { text: 'up', color: undefined }]]) },
          { kind: 'range', from: 2, to: 3, result: { text: 'odd', color: undefined } },
          { kind: 'special', match: 'null', result: { text: '-', color: undefined } },
        ],
      },
    },
    {
      name: 'a cell of a table',
      defaults: { custom: { displayMode: 'color-background' } },
      want: { custom: { cellOptions: { type: 'color-background' } } },
    },
    {
      name: 'names in links',
      defaults: { links: [{ title: 'x', url: '/d?s=${__series_name}' }] },
      want: { links: [{ url: '/d?s=${__series.name}' }] },
    },
  ] as { name: string; defaults: JsonObject; want: object }[])('$name', ({ defaults, want }) => {
    expect(panelOf({ id: 1, type: 'table', fieldConfig: { defaults } }, 28).defaults).toMatchObject(want);
  });

  test('texts, hidden legends, options of Grafana 6 and copies of repeated panels', () => {
    const { rows } = clean({
      schemaVersion: 18,
      refresh: false,
      sharedCrosshair: true,
      panels: [
        { id: 1, type: 'text', mode: 'html', content: '<b>x</b>' },
        { id: 2, type: 'timeseries', options: { legend: { displayMode: 'hidden' } } },
        {
          id: 3,
          type: 'gauge',
          options: {
            fieldOptions: {
              calcs: ['max'],
              defaults: { unit: 's', title: 'T' },
              thresholds: [
                { value: -1e9, color: 'a' },
                { value: 5, color: 'b' },
              ],
            },
          },
        },
        { id: 4, type: 'timeseries', repeat: 'x', minSpan: 8 },
        { id: 5, type: 'timeseries', repeatPanelId: 4 },
      ],
    });
    const panels = rows[0]!.panels;
    expect(panels.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(panels[0]!.options).toEqual({ mode: 'html', content: '<b>x</b>' });
    expect(panels[1]!.options).toEqual({ legend: { displayMode: 'list', showLegend: false } });
    expect(panels[2]).toMatchObject({
      options: { reduceOptions: { calcs: ['max'] } },
      defaults: { unit: 's', displayName: 'T' },
    });
    expect(panels[2]!.defaults.thresholds?.steps[1]).toEqual({ from: 5, color: 'b' });
    expect(panels[3]!.repeat).toEqual({ variable: 'x', direction: 'right', maxPerRow: 3 });
  });
});

function asGraph(panel: JsonObject): JsonObject {
  return { type: 'graph', lines: true, ...panel };
}

describe('in whatever it is wrapped', () => {
  const panels: JsonValue = [{ id: 1, type: 'stat', title: 'x' }];
  test.each([
    { name: 'an answer of the API', json: { meta: {}, dashboard: { title: 'T', panels } } },
    {
      name: 'a resource',
      json: { apiVersion: 'dashboard.grafana.app/v1beta1', kind: 'Dashboard', spec: { title: 'T', panels } },
    },
    {
      name: 'an export',
      json: { __inputs: [{ name: 'DS', type: 'datasource', pluginId: 'prometheus' }], title: 'T', panels },
    },
  ] as { name: string; json: JsonObject }[])('$name', ({ json }) => {
    const dashboard = clean(json);
    expect([dashboard.title, dashboard.rows[0]!.panels[0]!.title]).toEqual(['T', 'x']);
  });
});

test('nothing unknown is lost on export, at any depth', () => {
  const json: JsonObject = {
    ...{ title: 'T', uid: 'u', schemaVersion: 39, newThing: { a: [1, { b: null }] } },
    panels: [
      {
        ...{ id: 1, type: 'timeseries', gridPos: { x: 0, y: 0, w: 12, h: 8, static: true }, unknown: 'x' },
        fieldConfig: {
          defaults: { custom: { other: 1 }, strange: true },
          overrides: [{ matcher: { id: 'byName', options: 'x', scope: 's' }, properties: [] }],
        },
        targets: [{ refId: 'A', expr: 'up', vendor: { x: 1 } }],
      },
    ],
    templating: { list: [{ name: 'v', type: 'custom', query: 'a', extra: 1 }], more: true },
  };
  const exported = JSON.parse(printDashboard(clean(json))) as JsonObject;
  expect(exported).toEqual({ ...json, schemaVersion: 42 });
  expect(clean(exported)).toMatchObject({ rows: clean(json).rows });
});

describe('what is wrong costs what it is in', () => {
  test('and is named with file, line, panel and field', () => {
    const text = `{
  "title": 5,
  "panels": [
    {
      "id": 3,
      "title": "Errors",
      "type": "stat",
      "targets": [
        { "refId": "A", "expr": 7 },
        "nothing"
      ],
      "fieldConfig": { "defaults": { "decimals": "many", "mappings": [{ "type": "odd" }] } }
    },
    "no panel"
  ],
  "templating": { "list": [{ "type": "custom" }, { "name": "x", "type": "weird" }] }
}`;
    const { dashboard, problems } = readDashboard({ name: 'a.json', text });
    expect(problems.map(describeProblem)).toEqual([
      'a.json:16: templating.list[0]: name is missing; the variable is left out',
      'a.json:16: templating.list[1]: type "weird" is not known; the variable keeps the value that it has',
      'a.json:14: panels[1]: must be an object, got "no panel"; left out',
      'a.json:10: panel 3 "Errors": targets[1]: must be an object, got "nothing"; left out',
      'a.json:9: panel 3 "Errors": targets[0].expr: must be a text, got 7; left out',
      'a.json:12: panel 3 "Errors": fieldConfig.defaults.decimals: must be a number, got "many"; left out',
      'a.json:12: panel 3 "Errors": fieldConfig.defaults.mappings[0]: type "odd" is not known; the mapping is left out',
    ]);
    expect(dashboard.rows[0]!.panels[0]).toMatchObject({ title: 'Errors', targets: [{ refId: 'A', expr: '' }] });
  });

  test.each([
    { name: 'no JSON', text: '{\n "title": "x",\n}', want: /^a\.json:3: no JSON: / },
    { name: 'a list', text: '[1]', want: /^a\.json:1: must be a dashboard's JSON object, got \[1\]$/ },
    { name: 'something else', text: '{"groups": []}', want: /^a\.json:1: panels: is missing/ },
    {
      name: 'schema v2',
      text: '{\n"apiVersion": "dashboard.grafana.app/v2beta1",\n"spec": {}}',
      want: /^a\.json:2: apiVersion: is a dashboard of schema v2, which is not read yet; export it from Grafana as "Classic"/,
    },
    { name: 'schema v2 without its wrapping', text: '{"elements": {}, "layout": {}}', want: /schema v2/ },
  ])('$name is refused', ({ text, want }) => {
    expect(() => readDashboard({ name: 'a.json', text })).toThrow(want);
    expect(() => readDashboard({ name: 'a.json', text })).toThrow(DashboardError);
  });
});
