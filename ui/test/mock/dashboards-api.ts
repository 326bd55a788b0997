/** The dashboards of the mock: one as short as can be, and one with every kind of panel. */

const REQUESTS = 'http_server_request_duration_seconds';

const SHORT = {
  panels: [
    {
      title: 'Request Rate by Service',
      type: 'timeseries',
      targets: [{ expr: `sum(rate(${REQUESTS}_count[5m])) by (service_name)`, legendFormat: '{{service_name}}' }],
    },
    {
      title: 'P99 Latency by Service',
      type: 'timeseries',
      targets: [
        {
          expr: `histogram_quantile(0.99, sum(rate(${REQUESTS}_bucket[5m])) by (service_name, le))`,
          legendFormat: '{{service_name}} p99',
        },
      ],
    },
    {
      title: 'Share by Service',
      type: 'stat',
      targets: [
        {
          expr: `sum(rate(${REQUESTS}_count[5m])) by (service_name) / scalar(sum(rate(${REQUESTS}_count[5m])))`,
          legendFormat: '{{service_name}}',
        },
      ],
    },
  ],
};

const thresholds = {
  mode: 'absolute',
  steps: [
    { value: null, color: 'green' },
    { value: 20, color: 'orange' },
    { value: 40, color: 'red' },
  ],
};
const rate = `sum by (service_name) (rate(${REQUESTS}_count{service_name=~"$service"}[$__rate_interval]))`;

const KINDS = {
  title: 'Every kind of panel',
  uid: 'kinds',
  tags: ['mock'],
  schemaVersion: 39,
  templating: {
    list: [
      {
        name: 'service',
        type: 'query',
        query: `label_values(${REQUESTS}_count, service_name)`,
        includeAll: true,
        multi: true,
        current: { value: ['$__all'], text: ['All'] },
      },
      {
        name: 'quantile',
        label: 'Quantile',
        type: 'custom',
        query: 'median : 0.5, p95 : 0.95, p99 : 0.99',
        current: { value: '0.95', text: 'p95' },
      },
      { name: 'Filters', type: 'adhoc', datasource: { type: 'prometheus', uid: 'p' }, filters: [] },
    ],
  },
  panels: [
    {
      id: 1,
      type: 'stat',
      title: 'Rate',
      gridPos: { x: 0, y: 0, w: 8, h: 6 },
      fieldConfig: {
        defaults: {
          ...{ unit: 'reqps', thresholds },
          links: [
            // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of Grafana's
            { title: 'More of it', url: '/d/more' },
            { title: 'Runbook of ${__field.labels.service_name}', url: 'https://x.org/${__field.labels.service_name}' },
            // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of Grafana's
          ],
        },
      },
      options: { colorMode: 'background' },
      targets: [{ refId: 'A', expr: rate, legendFormat: '{{service_name}}' }],
    },
    {
      id: 2,
      type: 'gauge',
      title: 'Busy',
      gridPos: { x: 8, y: 0, w: 8, h: 6 },
      fieldConfig: { defaults: { unit: 'percent', thresholds, max: 60 } },
      targets: [{ refId: 'A', expr: `topk(3, ${rate})`, legendFormat: '{{service_name}}', instant: true }],
    },
    {
      id: 3,
      type: 'bargauge',
      title: 'Busiest',
      gridPos: { x: 16, y: 0, w: 8, h: 6 },
      fieldConfig: { defaults: { unit: 'reqps', thresholds } },
      targets: [{ refId: 'A', expr: `topk(5, ${rate})`, legendFormat: '{{service_name}}', instant: true }],
    },
    {
      id: 4,
      type: 'graph',
      title: 'Latency ($quantile) in bars',
      gridPos: { x: 0, y: 6, w: 12, h: 8 },
      bars: true,
      lines: false,
      stack: true,
      yaxes: [{ format: 's' }, {}],
      targets: [
        {
          refId: 'A',
          expr: `histogram_quantile($quantile, sum by (service_name, le) (rate(${REQUESTS}_bucket{service_name=~"$service"}[5m])))`,
          legendFormat: '{{service_name}}',
        },
      ],
    },
    {
      id: 5,
      type: 'table',
      title: 'Routes',
      gridPos: { x: 12, y: 6, w: 12, h: 8 },
      fieldConfig: {
        defaults: {},
        overrides: [
          { matcher: { id: 'byName', options: 'Rate' }, properties: [{ id: 'unit', value: 'reqps' }] },
          {
            matcher: { id: 'byName', options: 'service_name' },
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
            properties: [{ id: 'links', value: [{ title: 'Only it', url: '/d/kinds?var-service=${__value.text}' }] }],
          },
        ],
      },
      transformations: [
        { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: 'Rate' } } },
        { id: 'sortBy', options: { sort: [{ field: 'Rate', desc: true }] } },
      ],
      targets: [
        {
          refId: 'A',
          expr: `sum by (service_name, http_route) (rate(${REQUESTS}_count[5m]))`,
          format: 'table',
          instant: true,
        },
      ],
    },
    {
      id: 6,
      type: 'text',
      title: 'Read me',
      gridPos: { x: 0, y: 14, w: 8, h: 6 },
      options: {
        mode: 'markdown',
        content:
          '# Hello\nThis is **bold**, a [link](https://example.com/) and <img src=x onerror="document.title=1">.\n\n- one\n- two\n\n<script>document.title = "broken"</script>\n\n[bad](javascript:alert(1))',
      },
    },
    {
      id: 7,
      type: 'singlestat',
      title: 'In all',
      gridPos: { x: 8, y: 14, w: 4, h: 6 },
      format: 'reqps',
      valueName: 'current',
      sparkline: { show: true },
      thresholds: '50,500',
      colorValue: true,
      targets: [{ refId: 'A', expr: `sum(rate(${REQUESTS}_count[5m]))` }],
    },
    {
      id: 8,
      type: 'geomap',
      title: 'Where',
      gridPos: { x: 12, y: 14, w: 4, h: 6 },
      targets: [{ refId: 'A', expr: 'up' }],
    },
    {
      id: 9,
      type: 'timeseries',
      title: 'Somebody else’s',
      gridPos: { x: 16, y: 14, w: 4, h: 6 },
      datasource: { type: 'postgres', uid: 'x' },
      targets: [{ refId: 'A', rawSql: 'SELECT 1' }],
    },
    {
      id: 10,
      type: 'timeseries',
      title: 'Wrong',
      gridPos: { x: 20, y: 14, w: 4, h: 6 },
      targets: [{ refId: 'A', expr: 'sum(' }],
    },
    { id: 11, type: 'row', title: 'One per service', gridPos: { x: 0, y: 20, w: 24, h: 1 } },
    {
      id: 12,
      type: 'timeseries',
      title: '$service',
      repeat: 'service',
      maxPerRow: 3,
      gridPos: { x: 0, y: 21, w: 24, h: 6 },
      fieldConfig: {
        defaults: { unit: 'reqps', custom: { fillOpacity: 20, thresholdsStyle: { mode: 'line' } }, thresholds },
      },
      targets: [{ refId: 'A', expr: rate, legendFormat: '{{service_name}}' }],
    },
    {
      id: 13,
      type: 'row',
      title: 'Closed',
      collapsed: true,
      gridPos: { x: 0, y: 40, w: 24, h: 1 },
      panels: [
        {
          id: 14,
          type: 'stat',
          title: 'Inside',
          gridPos: { x: 0, y: 41, w: 6, h: 4 },
          targets: [{ refId: 'A', expr: 'vector(7)' }],
        },
        {
          id: 15,
          type: 'stat',
          title: 'Long',
          gridPos: { x: 6, y: 41, w: 3, h: 4 },
          fieldConfig: { defaults: { unit: 'locale', decimals: 3 } },
          targets: [{ refId: 'A', expr: 'vector(1234567.891)' }],
        },
      ],
    },
  ],
};

const byService = `sum by (service_name) (rate(${REQUESTS}_count[5m]))`;
const place = (x: number, y: number, w: number, h: number) => ({ gridPos: { x, y, w, h } });
const LOKI = { type: 'loki', uid: 'l' };
const TEMPO = { type: 'tempo', uid: 't' };
const STATES = {
  defaults: {
    mappings: [
      { type: 'range', options: { from: 0, to: 12, result: { text: 'calm', color: 'green' } } },
      { type: 'range', options: { from: 12, to: 30, result: { text: 'busy', color: 'orange' } } },
      { type: 'range', options: { from: 30, to: 1e9, result: { text: 'rushed', color: 'red' } } },
    ],
  },
};
const renamed = (expr: string, to: string, from: string) => `label_replace(${expr}, "${to}", "$1", "${from}", "(.*)")`;

const MORE = {
  title: 'More kinds of panel',
  uid: 'more',
  time: { from: 'now-6h', to: 'now' },
  tags: ['mock', 'more'],
  schemaVersion: 42,
  annotations: {
    list: [
      { builtIn: 1, name: 'Annotations & Alerts', datasource: { type: 'grafana', uid: '-- Grafana --' } },
      {
        ...{ name: 'Busy times', enable: true, iconColor: 'orange', datasource: { type: 'prometheus', uid: 'p' } },
        ...{
          expr: `sum(rate(${REQUESTS}_count[5m])) > bool 180`,
          titleFormat: 'Busy',
          textFormat: 'more than 180 a second',
        },
      },
    ],
  },
  links: [
    { type: 'link', title: 'Runbook', url: 'https://example.com/runbook?t=${__from}', targetBlank: true },
    { type: 'link', title: 'Bad', url: 'javascript:alert(1)' },
    { type: 'dashboards', tags: ['mock'], title: 'Related' },
  ],
  panels: [
    {
      ...{ id: 20, type: 'timeseries', title: 'Two axes', ...place(0, 43, 24, 8) },
      links: [{ title: 'Details', url: '/d/kinds/every-kind?var-service=orders&from=${__from}&to=${__to}' }],
      fieldConfig: {
        defaults: {
          unit: 'reqps',
          links: [
            {
              title: 'Only ${__field.labels.service_name}',
              url: '/d/kinds?var-service=${__field.labels.service_name}',
            },
          ],
        },
        overrides: [
          {
            matcher: { id: 'byFrameRefID', options: 'B' },
            properties: [
              { id: 'unit', value: 's' },
              { id: 'custom.axisPlacement', value: 'right' },
              { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 4] } },
            ],
          },
        ],
      },
      targets: [
        { refId: 'A', expr: byService, legendFormat: '{{service_name}}' },
        {
          ...{ refId: 'B', exemplar: true, legendFormat: 'p95' },
          expr: `histogram_quantile(0.95, sum by (le) (rate(${REQUESTS}_bucket[5m])))`,
        },
      ],
    },
    {
      ...{ id: 1, type: 'heatmap', title: 'Latency over time', ...place(0, 0, 12, 8) },
      options: { yAxis: { unit: 's' } },
      targets: [
        {
          refId: 'A',
          expr: `sum by (le) (increase(${REQUESTS}_bucket[1m]))`,
          format: 'heatmap',
          legendFormat: '{{le}}',
        },
      ],
    },
    {
      ...{ id: 2, type: 'histogram', title: 'How rates spread', ...place(12, 0, 6, 8) },
      fieldConfig: { defaults: { unit: 'reqps' } },
      options: { combine: true },
      targets: [{ refId: 'A', expr: byService }],
    },
    {
      ...{ id: 3, type: 'piechart', title: 'Share of requests', ...place(18, 0, 6, 8) },
      fieldConfig: { defaults: { unit: 'reqps' } },
      options: { pieType: 'donut', legend: { values: ['percent'] } },
      targets: [{ refId: 'A', expr: byService, legendFormat: '{{service_name}}', instant: true }],
    },
    {
      ...{ id: 4, type: 'state-timeline', title: 'How busy', ...place(0, 8, 12, 6) },
      fieldConfig: STATES,
      targets: [{ refId: 'A', expr: byService, legendFormat: '{{service_name}}' }],
    },
    {
      ...{ id: 5, type: 'status-history', title: 'How busy, in steps', ...place(12, 8, 12, 6) },
      fieldConfig: STATES,
      targets: [{ refId: 'A', expr: byService, legendFormat: '{{service_name}}', interval: '5m' }],
    },
    {
      ...{ id: 6, type: 'barchart', title: 'Requests by service', ...place(0, 14, 8, 8) },
      fieldConfig: { defaults: { unit: 'reqps' } },
      targets: [{ refId: 'A', expr: byService, instant: true, format: 'table' }],
    },
    {
      ...{ id: 7, type: 'barchart', title: 'Lying bars', ...place(8, 14, 8, 8) },
      options: { orientation: 'horizontal', stacking: 'normal' },
      targets: [
        { refId: 'A', expr: byService, instant: true, format: 'table' },
        { refId: 'B', expr: `${byService} * 0.4`, instant: true, format: 'table' },
      ],
    },
    {
      ...{ id: 8, type: 'alertlist', title: 'Alerts', ...place(16, 14, 8, 4) },
      options: { stateFilter: { firing: true, pending: true } },
    },
    {
      ...{ id: 9, type: 'dashlist', title: 'Dashboards', ...place(16, 18, 8, 4) },
      options: { tags: ['mock'], showSearch: true },
    },
    {
      ...{ id: 10, type: 'logs', title: 'Errors', datasource: LOKI, ...place(0, 22, 16, 9) },
      targets: [{ refId: 'A', expr: '{service_name="payments"} |= "a"' }],
    },
    {
      ...{ id: 11, type: 'timeseries', title: 'Lines by level', datasource: LOKI, ...place(16, 22, 8, 9) },
      targets: [
        {
          refId: 'A',
          expr: 'sum by (detected_level) (count_over_time({service_name=~".+"}[$__auto]))',
          legendFormat: '{{detected_level}}',
        },
      ],
    },
    {
      ...{ id: 12, type: 'traces', title: 'Failed traces', datasource: TEMPO, ...place(0, 31, 12, 8) },
      targets: [{ refId: 'A', queryType: 'traceql', query: '{ status = error }', limit: 30 }],
    },
    {
      ...{ id: 13, type: 'nodeGraph', title: 'Who calls whom', ...place(12, 31, 12, 8) },
      targets: [
        {
          ...{ refId: 'edges', instant: true, format: 'table' },
          expr: renamed(renamed(byService, 'target', 'service_name'), 'source', 'nothing').replace(
            '"$1", "nothing"',
            '"web-gateway", "nothing"',
          ),
        },
      ],
    },
    {
      id: 14,
      type: 'speedometer-panel',
      title: 'A plug-in',
      ...place(0, 39, 8, 4),
      targets: [{ refId: 'A', expr: 'up' }],
    },
    {
      id: 15,
      type: 'timeseries',
      title: 'Lines as lines',
      datasource: LOKI,
      ...place(8, 39, 8, 4),
      targets: [{ refId: 'A', expr: '{a="b"}' }],
    },
  ],
};

export const DASHBOARD_FILES: Readonly<Record<string, string>> = {
  'short.json': JSON.stringify(SHORT),
  'kinds.json': JSON.stringify(KINDS),
  'more.json': JSON.stringify(MORE),
};
