/** Signalbox itself: what its collector did, and how its store is. Its own metrics answer where job="signalbox" asks for them. */
import { type DashboardSpec, figure, lines, named, type Query, quantile, stacked, table } from './build.ts';

const OWN = 'job="signalbox"';
/** Of spans, records and points. */
const ITEMS = 'count:items/s';
const rate = (metric: string, more = ''): string => `rate(${metric}{${OWN}${more}}[$__rate_interval])`;
const sum = (metric: string, by: string, more = ''): string => `sum by (${by}) (${rate(metric, more)})`;

/** A collector is called by a UUID unless it is given a name: of the one the beginning tells it from others, the other is kept. */
const perInstance = (expr: string): string =>
  `label_replace(sum by (instance) (${expr}), "instance", "collector $1", "instance", "([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}")`;

/** Of spans, log records and points, each of which has a metric of its own. */
function perSignal(prefix: string, by: string): Query[] {
  return [
    named(`spans {{${by}}}`, sum(`${prefix}_spans_total`, by)),
    named(`logs {{${by}}}`, sum(`${prefix}_log_records_total`, by)),
    named(`points {{${by}}}`, sum(`${prefix}_metric_points_total`, by)),
  ];
}

const all = (metric: string): string =>
  ['spans', 'log_records', 'metric_points'].map((signal) => `sum(${rate(`${metric}_${signal}_total`)})`).join(' + ');

const PROCESSOR_TIME = 'otelcol_processor_internal_duration_seconds';

export const PIPELINE: DashboardSpec = {
  uid: 'signalbox-pipeline',
  title: 'Collector pipeline',
  description:
    'What the collector takes, hands on, drops and refuses, component by component, by its own metrics, which have the names of the OpenTelemetry Collector.',
  tags: ['built-in', 'signalbox'],
  variables: [],
  rows: [
    {
      title: 'Overview',
      panels: [
        figure('Taken', ITEMS, all('otelcol_receiver_accepted')),
        figure('Refused', ITEMS, all('otelcol_receiver_refused'), { levels: [0.001, 1] }),
        figure('Sent', ITEMS, all('otelcol_exporter_sent')),
        figure(
          'Not sent',
          ITEMS,
          `${all('otelcol_exporter_send_failed')} + ${all('otelcol_exporter_enqueue_failed')}`,
          { levels: [0.001, 1] },
        ),
        figure('Lost from sight', 'none', `sum(signalbox_component_unaccounted_items{${OWN}})`, {
          levels: [1, 1],
          description: 'Items that a component took and did not account for.',
        }),
        figure('Waiting', 'bytes', `sum(otelcol_exporter_queue_size_bytes{${OWN}})`),
      ],
    },
    {
      title: 'Receivers',
      panels: [
        lines('Taken', ITEMS, perSignal('otelcol_receiver_accepted', 'receiver')),
        lines('Refused', ITEMS, perSignal('otelcol_receiver_refused', 'receiver')),
        lines(
          'Requests',
          'reqps',
          named(
            '{{receiver}} {{transport}} {{outcome}}',
            sum('otelcol_receiver_requests_total', 'receiver, transport, outcome'),
          ),
        ),
        lines('In flight', 'bytes', named('{{instance}}', perInstance(`otelcol_receiver_in_flight_bytes{${OWN}}`)), {
          width: 12,
        }),
        lines(
          'Refused before they were read',
          'reqps',
          named('{{reason}}', sum('otelcol_listener_refused_requests_total', 'reason')),
          { width: 12 },
        ),
      ],
    },
    {
      title: 'Processors and connectors',
      panels: [
        lines(
          'In',
          ITEMS,
          named(
            '{{processor}} {{otel_signal}}',
            sum('otelcol_processor_incoming_items_total', 'processor, otel_signal'),
          ),
        ),
        lines(
          'Out',
          ITEMS,
          named(
            '{{processor}} {{otel_signal}}',
            sum('otelcol_processor_outgoing_items_total', 'processor, otel_signal'),
          ),
        ),
        // No quantile: the first bucket ends at 5 s, as otelcol has it.
        lines(
          'A batch takes',
          's',
          named(
            '{{processor}} {{otel_signal}}',
            `${sum(`${PROCESSOR_TIME}_sum`, 'processor, otel_signal')} / ${sum(`${PROCESSOR_TIME}_count`, 'processor, otel_signal')}`,
          ),
          { description: 'The mean of all batches.' },
        ),
        lines(
          'What became of items',
          ITEMS,
          named(
            '{{otelcol_component_id}} {{outcome}} {{reason}}',
            sum('signalbox_component_items_total', 'otelcol_component_id, outcome, reason'),
          ),
          { width: 12 },
        ),
        lines(
          'Held',
          'none',
          named(
            '{{otelcol_component_id}} {{otelcol_signal}}',
            `sum by (otelcol_component_id, otelcol_signal) (signalbox_component_held_items{${OWN}})`,
          ),
          { width: 12 },
        ),
      ],
    },
    {
      title: 'Exporters',
      panels: [
        lines('Sent', ITEMS, perSignal('otelcol_exporter_sent', 'exporter')),
        lines('Not sent', ITEMS, perSignal('otelcol_exporter_send_failed', 'exporter')),
        lines('Queue', 'bytes', [
          named('{{exporter}}', `sum by (exporter) (otelcol_exporter_queue_size_bytes{${OWN}})`),
          named('{{exporter}}, at most', `sum by (exporter) (otelcol_exporter_queue_capacity_bytes{${OWN}})`),
        ]),
      ],
    },
    {
      title: 'Process',
      panels: [
        lines('CPU, cores', 'none', named('{{instance}}', perInstance(rate('otelcol_process_cpu_seconds_total')))),
        lines('Memory', 'bytes', [
          named('resident {{instance}}', perInstance(`otelcol_process_memory_rss_bytes{${OWN}}`)),
          named('heap {{instance}}', perInstance(`otelcol_process_runtime_heap_alloc_bytes{${OWN}}`)),
        ]),
        lines('Memory limiter', 'bytes', [
          named('used', `sum(otelcol_processor_memory_limiter_used_bytes{${OWN}})`),
          named('soft limit', `sum(otelcol_processor_memory_limiter_soft_limit_bytes{${OWN}})`),
          named('hard limit', `sum(otelcol_processor_memory_limiter_hard_limit_bytes{${OWN}})`),
        ]),
      ],
    },
  ],
};

const INSERT = 'otelcol_signalbox_store_insert_duration_seconds';

export const STORE: DashboardSpec = {
  uid: 'signalbox-store',
  title: 'Store',
  description: 'How the store keeps up: what waits for it on disk, how long inserts take, what was damaged or refused.',
  tags: ['built-in', 'signalbox'],
  variables: [],
  rows: [
    {
      title: 'Overview',
      panels: [
        figure('Behind by', 's', `max(otelcol_signalbox_store_lag_seconds{${OWN}})`, { levels: [10, 60] }),
        figure('Waiting on disk', 'bytes', `sum(otelcol_signalbox_store_spool_bytes{${OWN}})`),
        figure('95 % of inserts take less than', 's', quantile(0.95, INSERT, OWN), { levels: [1, 5] }),
        figure(
          'Inserts tried again',
          'none',
          `sum(increase(otelcol_signalbox_store_insert_retries_total{${OWN}}[$__range]))`,
          { levels: [1, 10] },
        ),
        figure(
          'Segments refused',
          'none',
          `sum(increase(otelcol_signalbox_store_rejected_segments_total{${OWN}}[$__range]))`,
          { levels: [1, 1] },
        ),
        figure(
          'Damaged parts',
          'none',
          `sum(increase(otelcol_signalbox_store_damaged_parts_total{${OWN}}[$__range]))`,
          { levels: [1, 1] },
        ),
      ],
    },
    {
      title: 'Writing',
      panels: [
        lines(
          'Behind by',
          's',
          named('{{exporter}}', `max by (exporter) (otelcol_signalbox_store_lag_seconds{${OWN}})`),
        ),
        lines(
          'Waiting on disk',
          'bytes',
          named('{{exporter}}', `sum by (exporter) (otelcol_signalbox_store_spool_bytes{${OWN}})`),
        ),
        lines(
          'Segments',
          'none',
          named('{{exporter}}', `sum by (exporter) (otelcol_signalbox_store_segments{${OWN}})`),
          { description: 'Files of the spool that are not stored yet.' },
        ),
        lines('Inserts', 'ops', named('inserts', `sum(${rate(`${INSERT}_count`)})`)),
        lines('Inserts take', 's', [
          named('50 %', quantile(0.5, INSERT, OWN)),
          named('99 %', quantile(0.99, INSERT, OWN)),
        ]),
        stacked('Stored', ITEMS, [
          named('spans', `sum(${rate('otelcol_exporter_sent_spans_total', ', exporter=~"signalbox.*"')})`),
          named('logs', `sum(${rate('otelcol_exporter_sent_log_records_total', ', exporter=~"signalbox.*"')})`),
          named('points', `sum(${rate('otelcol_exporter_sent_metric_points_total', ', exporter=~"signalbox.*"')})`),
        ]),
      ],
    },
    {
      title: 'Health',
      panels: [
        lines(
          'Tried again, refused, damaged',
          'none',
          [
            named(
              'tried again',
              `sum(increase(otelcol_signalbox_store_insert_retries_total{${OWN}}[$__rate_interval]))`,
            ),
            named(
              'refused',
              `sum(increase(otelcol_signalbox_store_rejected_segments_total{${OWN}}[$__rate_interval]))`,
            ),
            named('damaged', `sum(increase(otelcol_signalbox_store_damaged_parts_total{${OWN}}[$__rate_interval]))`),
            named('set aside', `sum(otelcol_signalbox_store_detached_parts{${OWN}})`),
          ],
          { width: 12 },
        ),
        table('Restarts', 'none', `signalbox_process_restarts{${OWN}}`, {
          columns: { signalbox_role: 'Process', 'Value #A': 'Restarts' },
          width: 12,
          height: 8,
        }),
      ],
    },
  ],
};
