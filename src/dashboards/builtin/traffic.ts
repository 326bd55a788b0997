/** What services do: their requests, their HTTP, their databases. */
import {
  bars,
  countRate,
  type DashboardSpec,
  failedShare,
  figure,
  lines,
  named,
  quantile,
  stacked,
  table,
} from './build.ts';

const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_seconds';
/** What a service is asked for: others' requests and messages. */
const ENTRY = 'service_name=~"$service", span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
const FAILED = `${ENTRY}, status_code="STATUS_CODE_ERROR"`;
const rate = (metric: string, matchers: string): string => `rate(${metric}{${matchers}}[$__rate_interval])`;

/** What a database is called says little without its kind: Redis calls its own 0, 1, … */
const CALL = '{{client}} → {{client_db_system_name}}{{client_db_system}} {{server}}';
const CALL_LABELS = 'client, server, client_db_system_name, client_db_system';

function failedCalls(by = ''): string {
  const sum = by === '' ? 'sum' : `sum by (${by})`;
  return failedShare(`${sum}(${rate(CALLS, FAILED)})`, `${sum}(${rate(CALLS, ENTRY)})`);
}

export const SERVICES: DashboardSpec = {
  uid: 'signalbox-services',
  title: 'Services',
  description:
    'Rate, errors and duration of what each service is asked for, from its spans. Needs the connector span_metrics, which the built-in configuration has.',
  tags: ['built-in', 'traces'],
  variables: [{ name: 'service', label: 'Service', query: `label_values(${CALLS}, service_name)` }],
  rows: [
    {
      title: 'Overview',
      panels: [
        figure('Requests', 'reqps', `sum(${rate(CALLS, ENTRY)})`, { width: 6 }),
        figure('Failed', 'percentunit', failedCalls(), {
          width: 6,
          levels: [0.01, 0.05],
        }),
        figure('95 % are faster than', 's', quantile(0.95, DURATION, ENTRY), { width: 6, levels: [0.5, 2] }),
        figure('Services', 'none', `count(count by (service_name) (${CALLS}{${ENTRY}}))`, { width: 6 }),
        lines(
          'Requests by service',
          'reqps',
          named('{{service_name}}', `sum by (service_name) (${rate(CALLS, ENTRY)})`),
        ),
        lines('Failed by service', 'percentunit', named('{{service_name}}', failedCalls('service_name'))),
        lines(
          '95 % are faster than, by service',
          's',
          named('{{service_name}}', quantile(0.95, DURATION, ENTRY, 'service_name')),
        ),
      ],
    },
    {
      title: 'Operations',
      panels: [
        table(
          'All operations',
          'none',
          [
            `sum by (service_name, span_name) (${rate(CALLS, ENTRY)})`,
            failedCalls('service_name, span_name'),
            quantile(0.95, DURATION, ENTRY, 'service_name, span_name'),
          ],
          {
            columns: {
              service_name: 'Service',
              span_name: 'Operation',
              'Value #A': 'Requests',
              'Value #B': 'Failed',
              'Value #C': '95 %',
            },
            units: { Requests: 'reqps', Failed: 'percentunit', '95 %': 's' },
            sortedBy: '95 %',
          },
        ),
      ],
    },
    {
      title: 'Who calls whom',
      panels: [
        lines(
          'Calls',
          'reqps',
          named(
            CALL,
            `sum by (${CALL_LABELS}) (rate(traces_service_graph_request_total{server=~"$service"}[$__rate_interval]))`,
          ),
          { width: 12 },
        ),
        lines(
          'Failed calls',
          'reqps',
          named(
            CALL,
            `sum by (${CALL_LABELS}) (rate(traces_service_graph_request_total{server=~"$service", failed="true"}[$__rate_interval])) > 0`,
          ),
          { width: 12 },
        ),
      ],
    },
  ],
};

const SERVER = 'http_server_request_duration_seconds';
const CLIENT = 'http_client_request_duration_seconds';
const HTTP = 'service_name=~"$service"';
const ROUTE = 'service_name, http_request_method, http_route';
const HTTP_5XX = `${HTTP}, http_response_status_code=~"5.."`;

export const HTTP_DASHBOARD: DashboardSpec = {
  uid: 'signalbox-http',
  title: 'HTTP',
  description:
    'Requests that services answer and make over HTTP, from the metrics http.server.request.duration and http.client.request.duration of their SDKs.',
  tags: ['built-in', 'http'],
  variables: [
    { name: 'service', label: 'Service', query: `label_values({__name__=~"${SERVER}|${SERVER}_count"}, service_name)` },
  ],
  rows: [
    {
      title: 'Answered',
      panels: [
        figure('Requests', 'reqps', countRate(SERVER, HTTP), { width: 6 }),
        figure('5xx', 'percentunit', failedShare(countRate(SERVER, HTTP_5XX), countRate(SERVER, HTTP)), {
          width: 6,
          levels: [0.01, 0.05],
        }),
        figure('95 % are faster than', 's', quantile(0.95, SERVER, HTTP), { width: 6, levels: [0.5, 2] }),
        figure('In progress', 'none', `sum(http_server_active_requests{${HTTP}})`, { width: 6 }),
        stacked(
          'By status code',
          'reqps',
          named('{{http_response_status_code}}', countRate(SERVER, HTTP, 'http_response_status_code')),
        ),
        lines(
          'By route',
          'reqps',
          named(
            '{{http_request_method}} {{http_route}}',
            `topk(10, ${countRate(SERVER, HTTP, 'http_request_method, http_route')})`,
          ),
        ),
        lines(
          '95 % are faster than, by route',
          's',
          named(
            '{{http_request_method}} {{http_route}}',
            `topk(10, ${quantile(0.95, SERVER, HTTP, 'http_request_method, http_route')})`,
          ),
        ),
        table(
          'Routes',
          'none',
          [
            countRate(SERVER, HTTP, ROUTE),
            failedShare(countRate(SERVER, HTTP_5XX, ROUTE), countRate(SERVER, HTTP, ROUTE)),
            quantile(0.5, SERVER, HTTP, ROUTE),
            quantile(0.99, SERVER, HTTP, ROUTE),
          ],
          {
            columns: {
              service_name: 'Service',
              http_request_method: 'Method',
              http_route: 'Route',
              'Value #A': 'Requests',
              'Value #B': '5xx',
              'Value #C': '50 %',
              'Value #D': '99 %',
            },
            units: { Requests: 'reqps', '5xx': 'percentunit', '50 %': 's', '99 %': 's' },
            sortedBy: '99 %',
          },
        ),
      ],
    },
    {
      title: 'Made',
      panels: [
        lines(
          'By service and server',
          'reqps',
          named(
            '{{service_name}} → {{server_address}}:{{server_port}}',
            countRate(CLIENT, HTTP, 'service_name, server_address, server_port'),
          ),
        ),
        lines(
          'Failed',
          'reqps',
          named(
            '{{service_name}} {{error_type}}',
            countRate(CLIENT, `${HTTP}, error_type!=""`, 'service_name, error_type'),
          ),
        ),
        lines('95 % are faster than', 's', named('{{service_name}}', quantile(0.95, CLIENT, HTTP, 'service_name'))),
      ],
    },
  ],
};

const cached = (what: string): string =>
  `sum by (service_name) (${rate(`cache_${what}_total`, 'service_name=~"$service"')})`;

const DB = 'db_client_operation_duration_seconds';
const OF_DB = 'service_name=~"$service", db_system_name=~"$system"';
const DB_FAILED = `${OF_DB}, error_type!=""`;

export const DATABASES: DashboardSpec = {
  uid: 'signalbox-databases',
  title: 'Databases',
  description:
    'Calls of databases as their clients see them, from the metric db.client.operation.duration, and pools of connections.',
  tags: ['built-in', 'databases'],
  variables: [
    { name: 'service', label: 'Service', query: `label_values({__name__=~"${DB}|${DB}_count"}, service_name)` },
    {
      name: 'system',
      label: 'System',
      query: `label_values({__name__=~"${DB}|${DB}_count", service_name=~"$service"}, db_system_name)`,
    },
  ],
  rows: [
    {
      title: 'Calls',
      panels: [
        figure('Calls', 'ops', countRate(DB, OF_DB), { width: 8 }),
        figure('Failed', 'ops', `(${countRate(DB, DB_FAILED)}) or 0 * (${countRate(DB, OF_DB)})`, {
          width: 8,
          levels: [0.01, 1],
        }),
        figure('95 % are faster than', 's', quantile(0.95, DB, OF_DB), { width: 8, levels: [0.1, 1] }),
        lines(
          'By operation',
          'ops',
          named(
            '{{db_system_name}} {{db_operation_name}} {{db_collection_name}}',
            `topk(15, ${countRate(DB, OF_DB, 'db_system_name, db_operation_name, db_collection_name')})`,
          ),
          { width: 12 },
        ),
        lines(
          '95 % are faster than, by operation',
          's',
          named(
            '{{db_operation_name}} {{db_collection_name}}',
            `topk(15, ${quantile(0.95, DB, OF_DB, 'db_operation_name, db_collection_name')})`,
          ),
          { width: 12 },
        ),
        lines('By service', 'ops', named('{{service_name}}', countRate(DB, OF_DB, 'service_name')), { width: 12 }),
        lines(
          'Failed by kind',
          'ops',
          named('{{service_name}} {{error_type}}', countRate(DB, DB_FAILED, 'service_name, error_type')),
          { width: 12 },
        ),
        table(
          'Operations',
          'none',
          [
            countRate(DB, OF_DB, 'service_name, db_namespace, db_collection_name, db_operation_name'),
            quantile(0.5, DB, OF_DB, 'service_name, db_namespace, db_collection_name, db_operation_name'),
            quantile(0.99, DB, OF_DB, 'service_name, db_namespace, db_collection_name, db_operation_name'),
          ],
          {
            columns: {
              service_name: 'Service',
              db_namespace: 'Database',
              db_collection_name: 'Table',
              db_operation_name: 'Operation',
              'Value #A': 'Calls',
              'Value #B': '50 %',
              'Value #C': '99 %',
            },
            units: { Calls: 'ops', '50 %': 's', '99 %': 's' },
            sortedBy: '99 %',
          },
        ),
      ],
    },
    {
      title: 'Pools of connections',
      panels: [
        stacked(
          'Connections',
          'none',
          named(
            '{{db_client_connection_pool_name}} {{db_client_connection_state}}',
            'sum by (db_client_connection_pool_name, db_client_connection_state) (db_client_connection_count{service_name=~"$service"})',
          ),
        ),
        lines(
          'Waiting for one',
          'none',
          named(
            '{{db_client_connection_pool_name}}',
            'sum by (db_client_connection_pool_name) (db_client_connection_pending_requests{service_name=~"$service"})',
          ),
        ),
        lines(
          '95 % wait less than',
          's',
          named(
            '{{db_client_connection_pool_name}}',
            quantile(
              0.95,
              'db_client_connection_wait_time_seconds',
              'service_name=~"$service"',
              'db_client_connection_pool_name',
            ),
          ),
        ),
      ],
    },
    {
      title: 'Cached',
      panels: [
        bars(
          'Found in the cache',
          'percentunit',
          named('{{service_name}}', `${cached('hits')} / (${cached('hits')} + ${cached('misses')})`),
          { width: 24, height: 5, max: 1 },
        ),
      ],
    },
  ],
};
