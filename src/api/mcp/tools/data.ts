import { listEnvironments, listMetrics, QueryError, readSignals } from '#query';
import { EXPORTER_VIEWS, SQL_EXAMPLES, SQL_VIEWS } from '#store/schema.ts';
import { timeText } from '../told.ts';
import type { Tool } from '../tool.ts';
import { RANGE } from '../tool.ts';

export const DATA_MODEL: Tool = {
  name: 'data_model',
  title: 'What is stored, and how it is asked',
  description:
    'Call this first. Which signals there are and how fresh, the environments, the languages and the SQL views; with `view` its columns and examples.',
  arguments: { view: { type: 'string', description: `a view: ${SQL_VIEWS.map(({ name }) => name).join(', ')}` } },
  run: async (asked, told) => {
    const wanted = asked.text('view');
    if (wanted !== undefined) return viewColumns(wanted, told);
    const { reader, options } = asked.context;
    const nowMs = Date.now();
    const signals = await readSignals(reader, nowMs, options);
    told.line(`now ${timeText(nowMs)}`);
    for (const [name, { hasData, newestMs }] of Object.entries(signals))
      told.line(
        `${name}: ${hasData ? `newest ${newestMs === undefined ? 'unknown' : timeText(newestMs)}` : 'none stored'}`,
      );
    const environments = await listEnvironments(reader, nowMs, options);
    told.line(`environments: ${environments.join(', ') || 'none named'}`);
    told.text(MODEL);
    told.line('SQL views (tool sql; data_model with view=NAME has the columns):');
    for (const { name, text, columns } of SQL_VIEWS)
      told.line(`- ${name}: ${text}. ${columns.map((column) => column.name).join(', ')}`);
    told.line(`- in the shape of otelcol's clickhouseexporter: ${EXPORTER_VIEWS.join(', ')}`);
  },
};

const MODEL = `
Spans of one trace share a trace_id; a root has no parent. A request is a span of kind server or consumer, or a root. status error is a failure.
Logs carry trace_id and span_id where they belong to a span. Exceptions are span events or log records. Attributes follow OpenTelemetry's
semantic conventions (http.route, db.system.name, error.type, …); what belongs to the process is in resource attributes.

Ways to ask, from the broad to the narrow: services and alerts; service, what_differs, search_traces, log_patterns; trace, logs; metrics, promql;
sql for all else.
- filter (search_traces, logs): service=orders status=error duration>250ms http.route="/api/{id}" -key=value key~"regex" "free text".
  Terms are joined by and; there are OR, NOT and parentheses.
- promql: Prometheus 3, over OTLP metrics: http_server_request_duration_seconds (_bucket, _count, _sum), labels service_name, http_route, …
- logql: Loki 3: {service_name="orders"} |= "timeout" | detected_level="error"
- traceql: Tempo's: { resource.service.name = "orders" && status = error }
- sql: ClickHouse's; always with a condition on time: time > now() - INTERVAL 1 HOUR
`;

function viewColumns(wanted: string, told: Parameters<Tool['run']>[1]): void {
  const view = SQL_VIEWS.find(({ name }) => name === wanted);
  if (view === undefined)
    throw new QueryError('bad_query', `there is no view ${JSON.stringify(wanted.slice(0, 80))}`, {
      hint: SQL_VIEWS.map(({ name }) => name).join(', '),
    });
  told.line(`${view.name}: ${view.text}`);
  told.table(
    ['column', 'type', 'what it is'],
    view.columns.map(({ name, type, text }) => [name, type, text]),
    '',
  );
  const examples = SQL_EXAMPLES.filter(({ sql }) => new RegExp(`FROM ${wanted}\\b`).test(sql));
  for (const { name, sql } of examples) told.text(`\n-- ${name}\n${sql}`);
}

export const METRICS: Tool = {
  name: 'metrics',
  title: 'Which metrics there are',
  description:
    'Metrics with points in the range: name, type, unit, description. For values use promql, where dots are underscores and units are in the name.',
  arguments: { search: { type: 'string', description: 'a part of the name' }, ...RANGE },
  run: async (asked, told) => {
    const { reader, options } = asked.context;
    const found = await listMetrics(reader, { ...asked.range(), search: asked.text('search') }, options);
    const rows = found.map((metric) => [metric.name, metric.type, metric.unit, metric.description.slice(0, 100)]);
    told.line(`${found.length} metrics`);
    told.table(['name', 'type', 'unit', 'description'], rows, 'give a part of the name as search');
  },
};
