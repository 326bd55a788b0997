/** Metrics of the mock: smooth made-up curves, one set of labels per metric. */
import type { MetricLabelsResponse, MetricQueryResponse, MetricSummary, MetricsResponse } from '#api/types.ts';
import { METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM, prometheusLabelName, prometheusMetricName } from '#pdata';
import { SERVICES } from './model.ts';
import { createRandom } from './random.ts';
import { gridOf, type Range } from './range.ts';

export interface MockMetric extends Omit<MetricSummary, 'seriesCount' | 'newestMs'> {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly base: number;
}

const ROUTES: readonly string[] = ['/api/products/{sku}', '/api/cart', '/api/search', '/api/checkout', '/api/login'];
const ALL: readonly string[] = Object.keys(SERVICES);

export const METRICS: readonly MockMetric[] = [
  metric('http.server.request.duration', 'histogram', 's', 'Duration of HTTP server requests.', 0.06, {
    'service.name': ALL,
    'http.route': ROUTES,
    'http.response.status_code': ['200', '500', '504'],
  }),
  metric('http.server.active_requests', 'sum', '{request}', 'Number of active HTTP server requests.', 14, {
    'service.name': ALL,
  }),
  metric('http.client.request.duration', 'histogram', 's', 'Duration of HTTP client requests.', 0.04, {
    'service.name': ALL,
    'server.address': ['psp.example.net', 'catalog.shop.svc', 'orders.shop.svc'],
  }),
  metric(
    'shop.orders.placed',
    'sum',
    '{order}',
    'Orders that were placed.',
    4.2,
    { 'service.name': ['orders'], 'order.currency': ['EUR', 'SEK', 'USD'] },
    true,
  ),
  metric('shop.order.value', 'histogram', 'EUR', 'Value of placed orders.', 62, {
    'service.name': ['orders'],
    'order.currency': ['EUR', 'SEK', 'USD'],
  }),
  metric('shop.cart.items', 'exponential_histogram', '{item}', 'Items per cart at checkout.', 3.1, {
    'service.name': ['orders'],
  }),
  metric('db.client.connection.count', 'sum', '{connection}', 'Connections by state.', 12, {
    'service.name': ['orders', 'payments', 'inventory', 'catalog'],
    state: ['idle', 'used'],
  }),
  metric('db.client.operation.duration', 'histogram', 's', 'Duration of database operations.', 0.004, {
    'service.name': ['orders', 'payments', 'inventory', 'catalog'],
    'db.system.name': ['postgresql', 'redis'],
  }),
  metric('otelcol_signalbox_store_lag', 'gauge', 's', 'Age of the oldest data that waits.', 0.6, {
    'service.name': ['signalbox-collector'],
  }),
  metric('process.cpu.utilization', 'gauge', '1', 'CPU share of the process.', 0.32, { 'service.name': ALL }),
  metric('process.memory.usage', 'gauge', 'By', 'Physical memory in use.', 2.1e8, { 'service.name': ALL }),
  metric('nodejs.eventloop.delay.p99', 'gauge', 's', 'Event loop delay, 99th percentile.', 0.011, {
    'service.name': ['web-gateway', 'orders', 'notifications'],
  }),
  metric('go.goroutine.count', 'gauge', '{goroutine}', 'Live goroutines.', 84, {
    'service.name': ['inventory', 'accounts'],
  }),
  metric(
    'messaging.client.consumed.messages',
    'sum',
    '{message}',
    'Messages delivered to the application.',
    4,
    { 'service.name': ['shipping-worker'], 'messaging.destination.name': ['orders.placed'] },
    true,
  ),
  metric(
    'system.network.io',
    'sum',
    'By',
    'Bytes over the network.',
    8.4e5,
    { 'network.io.direction': ['receive', 'transmit'], 'host.name': ['node-a', 'node-b', 'node-c'] },
    true,
  ),
];

function metric(
  name: string,
  type: MetricSummary['type'],
  unit: string,
  description: string,
  base: number,
  labels: MockMetric['labels'],
  monotonic = false,
): MockMetric {
  const services = labels['service.name'] ?? [];
  const temporality = type === 'gauge' ? 'unspecified' : 'cumulative';
  return { name, type, unit, description, monotonic, temporality, services, labels, base };
}

function toSummary(found: MockMetric, nowMs: number): MetricSummary {
  const { labels, base: _base, ...summary } = found;
  const seriesCount = Object.values(labels).reduce((product, values) => product * values.length, 1);
  return { ...summary, seriesCount, newestMs: nowMs - 4_200 };
}

/** What the real server tells apart by the scope of a series. */
const isOwn = (name: string): boolean => name.startsWith('otelcol');

export function metrics(nowMs: number, q: string, own: boolean): MetricsResponse {
  return {
    metrics: METRICS.filter(({ name }) => isOwn(name) === own && name.includes(q)).map((found) =>
      toSummary(found, nowMs),
    ),
  };
}

export function metricLabels(name: string): MetricLabelsResponse | undefined {
  const found = METRICS.find((candidate) => candidate.name === name);
  if (!found) return undefined;
  return {
    labels: Object.entries(found.labels).map(([key, values]) => ({
      key,
      scope: key.startsWith('service.') || key.startsWith('host.') ? ('resource' as const) : ('item' as const),
      valueCount: values.length,
      values: values.slice(0, 20),
    })),
  };
}

function defaultAggregation({ type, monotonic }: MockMetric): string {
  if (type === 'gauge') return 'avg';
  if (type === 'sum') return monotonic ? 'rate' : 'sum';
  return 'p95';
}

const SCALE: Readonly<Record<string, number>> = {
  avg: 1,
  sum: 1,
  min: 0.4,
  max: 2.2,
  count: 120,
  rate: 1,
  increase: 60,
  p50: 0.7,
  p90: 1.7,
  p95: 2.4,
  p99: 4.2,
};

export function metricQuery(
  range: Range,
  name: string,
  groupBy: readonly string[],
  aggregation: string | undefined,
  nowMs: number,
  knownTraces: readonly { traceId: string; spanId: string; startMs: number; seconds: number }[],
): MetricQueryResponse | undefined {
  const found = METRICS.find((candidate) => candidate.name === name);
  if (!found) return undefined;
  const chosen = aggregation ?? defaultAggregation(found);
  const grid = gridOf(range, 160);
  if (chosen === 'heatmap') return heatmap(found, range, nowMs);
  const groups = combinations(groupBy.map((key) => [key, found.labels[key] ?? ['']] as const));
  const countsOnly = chosen === 'count';
  const unit = countsOnly ? '1' : chosen === 'rate' ? `${found.unit}/s` : found.unit;
  const series = groups.map((labels, index) => {
    const random = createRandom(index * 977 + name.length * 31);
    const level = found.base * (SCALE[chosen] ?? 1) * (0.5 + random.next() * 1.4);
    const phase = random.next() * 6;
    const values = Array.from({ length: grid.count }, (_, i): number | null => {
      const timeMs = grid.startMs + i * grid.stepMs;
      const minute = Math.floor(timeMs / 60_000) % 60;
      // One series has a gap: a process that was restarted.
      if (index === 1 && minute >= 40 && minute < 44) return null;
      const wave =
        1 +
        0.25 * Math.sin(timeMs / 900_000 + phase) +
        0.12 * (createRandom(Math.floor(timeMs / 1000) + index * 7).next() - 0.5);
      const incident = found.type === 'histogram' && minute >= 20 && minute < 28 ? 2.2 : 1;
      const value = level * wave * incident;
      return found.unit.startsWith('{') && chosen !== 'rate' ? Math.round(value) : value;
    });
    const present = values.filter((value) => value !== null);
    const max = present.length > 0 ? Math.max(...present) : null;
    return { type: found.type, unit, labels, values, last: present.at(-1) ?? null, max };
  });
  const exemplars =
    found.type === 'histogram' && found.unit === 's'
      ? knownTraces.map(({ traceId, spanId, startMs, seconds }) => ({
          timeMs: startMs,
          value: seconds,
          traceId,
          spanId,
        }))
      : [];
  const sorted = series.toSorted((a, b) => (b.max ?? 0) - (a.max ?? 0));
  return {
    metric: toSummary(found, nowMs),
    aggregation: chosen,
    unit,
    grid,
    series: sorted.slice(0, 50),
    foldedCount: Math.max(0, series.length - 50),
    leftOutCount: 0,
    exemplars,
    promql: promqlOf(found, groupBy),
  };
}

/** The server writes it for every aggregation; here it is that of the metric's type. */
function promqlOf({ name, type, unit, monotonic }: MockMetric, groupBy: readonly string[]): string {
  const stored = type === 'sum' ? METRIC_SUM : type === 'gauge' ? METRIC_GAUGE : METRIC_HISTOGRAM;
  const series = prometheusMetricName(name, unit, stored, monotonic);
  const by = (labels: readonly string[]): string => (labels.length === 0 ? '' : ` by (${labels.join(', ')}) `);
  const labels = groupBy.map(prometheusLabelName);
  if (type === 'gauge') return `avg${by(labels)}(${series})`;
  if (type === 'sum') return monotonic ? `sum${by(labels)}(rate(${series}[5m]))` : `sum${by(labels)}(${series})`;
  return `histogram_quantile(0.95, sum${by(['le', ...labels])}(rate(${series}_bucket[5m])))`;
}

function combinations(axes: readonly (readonly [string, readonly string[]])[]): Record<string, string>[] {
  let rows: Record<string, string>[] = [{}];
  for (const [key, values] of axes) rows = rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value })));
  return rows;
}

const BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A series per bucket of a histogram: most values around the base, more of them higher up during the incident. */
function heatmap(found: MockMetric, range: Range, nowMs: number): MetricQueryResponse {
  const grid = gridOf(range, 120);
  const series = [...BOUNDS, Number.POSITIVE_INFINITY].map((bound, row) => {
    const middle = BOUNDS.findIndex((candidate) => candidate >= found.base);
    const values = Array.from({ length: grid.count }, (_, i) => {
      const timeMs = grid.startMs + i * grid.stepMs;
      const minute = Math.floor(timeMs / 60_000) % 60;
      const centre = minute >= 20 && minute < 28 ? middle + 2 : middle;
      const noise = 0.7 + 0.6 * createRandom(Math.floor(timeMs / 1000) + row * 13).next();
      return Math.floor(420 * Math.exp(-((row - centre) ** 2) / 2.2) * noise);
    });
    return {
      type: found.type,
      unit: '1',
      labels: { le: Number.isFinite(bound) ? String(bound) : '+Inf' },
      values,
      last: values.at(-1) ?? null,
      max: Math.max(...values),
    };
  });
  return {
    metric: toSummary(found, nowMs),
    aggregation: 'heatmap',
    unit: '1',
    grid,
    series,
    foldedCount: 0,
    leftOutCount: 0,
    exemplars: [],
  };
}
