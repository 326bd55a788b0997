import { METRIC_NAMES } from '#lang';
import { METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_SUM } from '#pdata';

/** Metrics whose names are known without looking at any data. `type`: METRIC_*. */
export interface KnownMetric {
  readonly name: string;
  readonly unit: string;
  readonly type: number;
  readonly isMonotonic: boolean;
  /** What services of today send in its place. */
  readonly today?: string;
}

const histogram = (name: string, unit: string): KnownMetric => ({
  name,
  unit,
  type: METRIC_HISTOGRAM,
  isMonotonic: false,
});
const counter = (name: string, unit: string): KnownMetric => ({ name, unit, type: METRIC_SUM, isMonotonic: true });
const upDown = (name: string, unit: string): KnownMetric => ({ name, unit, type: METRIC_SUM, isMonotonic: false });
const gauge = (name: string, unit: string): KnownMetric => ({ name, unit, type: METRIC_GAUGE, isMonotonic: false });

/** Of OpenTelemetry's semantic conventions, those that dashboards ask for, by their names of today. */
const TODAYS: readonly KnownMetric[] = [
  histogram('http.server.request.duration', 's'),
  histogram('http.server.request.body.size', 'By'),
  histogram('http.server.response.body.size', 'By'),
  upDown('http.server.active_requests', '{request}'),
  histogram('http.client.request.duration', 's'),
  histogram('http.client.request.body.size', 'By'),
  histogram('http.client.response.body.size', 'By'),
  histogram('rpc.server.call.duration', 's'),
  histogram('rpc.client.call.duration', 's'),
  histogram('db.client.operation.duration', 's'),
  upDown('db.client.connection.count', '{connection}'),
  histogram('messaging.client.operation.duration', 's'),
  histogram('messaging.process.duration', 's'),
  upDown('jvm.memory.used', 'By'),
  upDown('jvm.memory.limit', 'By'),
  upDown('jvm.thread.count', '{thread}'),
  histogram('jvm.gc.duration', 's'),
  counter('jvm.cpu.time', 's'),
  gauge('jvm.cpu.recent_utilization', '1'),
  counter('process.cpu.time', 's'),
  upDown('process.memory.usage', 'By'),
  counter('system.cpu.time', 's'),
  upDown('system.memory.usage', 'By'),
  gauge('system.memory.utilization', '1'),
  counter('system.network.io', 'By'),
  gauge('nodejs.eventloop.utilization', '1'),
];

/** The former names of these. */
const FORMER: readonly KnownMetric[] = METRIC_NAMES.flatMap(({ names: [today, ...older] }) => {
  const metric = TODAYS.find(({ name }) => name === today![0]);
  if (metric === undefined) return [];
  return older.map(([name, unit]) => ({ ...metric, name, unit, today: metric.name }));
});

/** Both. */
export const CONVENTIONS: readonly KnownMetric[] = [...TODAYS, ...FORMER];

/** Of the connector span_metrics, behind its namespace. */
export function spanMetricsOf(
  namespace: string,
  unit: string,
  hasDuration: boolean,
  hasEvents: boolean,
): KnownMetric[] {
  const prefix = namespace === '' ? '' : `${namespace}.`;
  return [
    counter(`${prefix}calls`, ''),
    ...(hasDuration ? [histogram(`${prefix}duration`, unit)] : []),
    ...(hasEvents ? [counter(`${prefix}events`, '')] : []),
  ];
}

export const SERVICE_GRAPH: readonly KnownMetric[] = [
  counter('traces_service_graph_request_total', ''),
  counter('traces_service_graph_request_failed_total', ''),
  histogram('traces_service_graph_request_server', 's'),
  histogram('traces_service_graph_request_client', 's'),
];

const ITEMS = ['spans', 'metric_points', 'log_records'];
const forItems = (names: readonly string[]): KnownMetric[] =>
  names.flatMap((name) => ITEMS.map((items) => counter(`${name}_${items}`, '')));

/** The collector's own, as otelcol 0.161 has them. Components have others, whose names begin as theirs do. */
export const OWN_METRICS: readonly KnownMetric[] = [
  ...forItems([
    'otelcol_receiver_accepted',
    'otelcol_receiver_refused',
    'otelcol_receiver_failed',
    'otelcol_exporter_sent',
    'otelcol_exporter_send_failed',
    'otelcol_exporter_enqueue_failed',
    'otelcol_processor_memory_limiter_accepted',
    'otelcol_processor_memory_limiter_refused',
  ]),
  counter('otelcol_processor_incoming_items', ''),
  counter('otelcol_processor_outgoing_items', ''),
  gauge('otelcol_exporter_queue_size', ''),
  gauge('otelcol_exporter_queue_capacity', ''),
  counter('otelcol_process_uptime', ''),
  counter('otelcol_process_cpu_seconds', ''),
  gauge('otelcol_process_memory_rss', ''),
];
