import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { EXPORTER_VIEWS, SQL_EXAMPLES, SQL_VIEWS } from '#store/schema.ts';
import { CHECKOUTS, type Incident, insertIncident, makeViews } from '../../query/testing/incident.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';

let store: TestStore;
let server: RunningServer;
let incident: Incident;
beforeAll(async () => {
  store = await startTestStore();
  await makeViews(store);
  incident = await insertIncident(store, Date.now());
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await store?.close();
});

interface Answered {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
  readonly rows: number;
}

async function post(body: string, query = '', headers: Record<string, string> = { 'content-type': 'text/plain' }) {
  const answer = await fetch(`${server.url}/api/sql${query}`, { method: 'POST', body, headers });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

async function rowsOf(statement: string, query = '?format=JSONCompact'): Promise<Answered> {
  const { status, text } = await post(statement, query);
  expect({ statement, status, text: status === 200 ? '' : text }).toEqual({ statement, status: 200, text: '' });
  return JSON.parse(text) as Answered;
}

test.each(SQL_VIEWS.map(({ name, columns }) => ({ name, columns })))(
  'the view $name has rows, and the columns that it is said to have',
  async ({ name, columns }) => {
    const { meta, rows } = await rowsOf(`SELECT * FROM ${name} LIMIT 3`);
    expect(meta).toEqual(columns.map((column) => ({ name: column.name, type: column.type })));
    // The fixture has no links.
    expect({ name, isEmpty: rows === 0 }).toEqual({ name, isEmpty: name === 'span_links' });
  },
);

test.each(SQL_EXAMPLES)('the example "$name" finds the incident', async ({ sql }) => {
  const { rows } = await rowsOf(sql);
  expect(rows).toBeGreaterThan(0);
});

test('the values are what was sent', async () => {
  const { failedTraceId, failedCount } = incident;
  const { data } = await rowsOf(
    `SELECT countIf(status = 'error'), count(), uniqExact(trace_id), max(http_status), any(environment) FROM spans WHERE service = 'gateway'`,
  );
  expect(data).toEqual([[failedCount, CHECKOUTS, CHECKOUTS, 502, 'demo']]);
  const trace = await rowsOf(
    `SELECT root_service, root_name, spans, errors, services, duration_ms FROM traces WHERE trace_id = '${failedTraceId}'`,
  );
  expect(trace.data).toEqual([['gateway', 'POST /checkout', 5, 5, ['gateway', 'orders', 'payments'], 1500]]);
  const providers = await rowsOf(
    `SELECT attributes['payment.provider'] AS provider, round(countIf(status = 'error') / count(), 2) FROM spans WHERE provider != '' GROUP BY 1 ORDER BY 1`,
  );
  expect(providers.data).toEqual([
    ['cardwell', 0],
    ['northpay', failedCount / (CHECKOUTS / 3)],
  ]);
  const requests = await rowsOf(
    `SELECT sum(requests), sum(errors), round(quantileArray(1)(durations_ms)) FROM requests WHERE service = 'payments'`,
  );
  expect(requests.data).toEqual([[CHECKOUTS, failedCount, 1480]]);
  const { data: logs } = await rowsOf(
    `SELECT level, count(), max(trace_id = '${failedTraceId}') FROM logs GROUP BY level ORDER BY level`,
  );
  expect(logs).toEqual([
    ['error', failedCount, 1],
    ['info', CHECKOUTS - failedCount, 0],
  ]);
  const { data: points } = await rowsOf(`SELECT name, value, type, attributes['queue'] FROM metrics`);
  expect(points).toEqual([['queue.depth', 41, 'gauge', 'orders']]);
  const { data: histograms } = await rowsOf('SELECT name, temporality, count, sum, buckets, bounds FROM histograms');
  expect(histograms).toEqual([['job.duration', 'delta', 3, 6, [1, 1, 1], [1, 2]]]);
});

/** As Grafana's ClickHouse data source and the exporter's own README write them. */
const FOR_EXPORTER = [
  `SELECT Timestamp as log_time, SeverityText, Body FROM otel_logs
    WHERE ServiceName = 'payments' AND Timestamp >= now() - INTERVAL 1 HOUR ORDER BY Timestamp DESC LIMIT 5`,
  `SELECT toStartOfInterval(TimestampTime, INTERVAL 60 second) as time, count() FROM otel_logs
    WHERE SeverityText IN ('ERROR', 'INFO') GROUP BY time ORDER BY time`,
  `SELECT Timestamp, LogAttributes['payment.provider'] FROM otel_logs
    WHERE LogAttributes['payment.provider'] = 'northpay' AND ResourceAttributes['deployment.environment.name'] = 'demo' LIMIT 5`,
  `SELECT Timestamp as log_time, Body FROM otel_logs WHERE hasToken(lower(Body), 'charged') LIMIT 5`,
  `SELECT Timestamp, TraceId, SpanName, Duration / 1000000 AS ms, StatusCode FROM otel_traces
    WHERE ServiceName = 'gateway' AND SpanAttributes['http.route'] = '/checkout' AND StatusCode = 'Error' AND Duration > 1000000000 LIMIT 5`,
  `WITH 'TRACE' AS trace_id, (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = trace_id) AS trace_start,
    (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = trace_id) AS trace_end
   SELECT TraceId AS traceID, SpanId AS spanID, ParentSpanId AS parentSpanID, ServiceName AS serviceName, SpanName AS operationName, Timestamp AS startTime,
     Duration * 0.000001 AS duration, arrayMap(key -> map('key', key, 'value', SpanAttributes[key]), mapKeys(SpanAttributes)) AS tags,
     arrayMap(key -> map('key', key, 'value', ResourceAttributes[key]), mapKeys(ResourceAttributes)) AS serviceTags
   FROM otel_traces WHERE traceID = trace_id AND startTime >= trace_start AND startTime <= trace_end LIMIT 1000`,
  `SELECT TraceId, arrayJoin(\`Events.Name\`) AS event, \`Events.Attributes\`[1]['exception.type'] FROM otel_traces
    WHERE event = 'exception' LIMIT 5`,
  `SELECT TimeUnix, MetricName, Attributes['queue'], Value FROM otel_metrics_gauge WHERE MetricName = 'queue.depth' ORDER BY TimeUnix`,
  `SELECT Sum / Count, arrayMap((bound, count) -> (bound, count), arrayPushBack(ExplicitBounds, inf), BucketCounts) FROM otel_metrics_histogram
    WHERE MetricName = 'job.duration'`,
];

test.each(FOR_EXPORTER)(
  "a query for the exporter's tables works, here and on the store's port: %s",
  async (written) => {
    const statement = written.replaceAll('TRACE', incident.failedTraceId);
    const { rows } = await rowsOf(statement);
    expect(rows).toBeGreaterThan(0);
    const { username, password } = store.readerLogin;
    const direct = await fetch(`${store.url}/?database=default&default_format=JSONCompact`, {
      method: 'POST',
      body: statement,
      headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
    });
    expect(((await direct.json()) as Answered).rows).toBe(rows);
  },
);

test('all shapes of the exporter are there', async () => {
  const { data } = await rowsOf('SHOW TABLES');
  expect(data.flat()).toEqual([...EXPORTER_VIEWS, ...SQL_VIEWS.map(({ name }) => name)].sort());
});

test.each([
  { format: 'JSON', type: 'application/json; charset=utf-8', starts: '{' },
  { format: 'JSONEachRow', type: 'application/x-ndjson; charset=utf-8', starts: '{"n":0}\n{"n":1}\n' },
  { format: 'CSV', type: 'text/csv; charset=utf-8', starts: '0\n1\n' },
  { format: 'CSVWithNames', type: 'text/csv; charset=utf-8; header=present', starts: '"n"\n0\n' },
  { format: 'TSV', type: 'text/tab-separated-values; charset=utf-8', starts: '0\n1\n' },
])('answers in $format', async ({ format, type, starts }) => {
  for (const [statement, query] of [
    ['SELECT number AS n FROM numbers(2)', `?format=${format}`],
    [`SELECT number AS n FROM numbers(2) FORMAT ${format}`, ''],
  ] as const) {
    const answer = await post(statement, query);
    expect([answer.status, answer.type, answer.text.slice(0, starts.length)]).toEqual([200, type, starts]);
  }
});

test.each([
  ['the body', 'SELECT 1 AS x', {}],
  ['a form', `query=${encodeURIComponent('SELECT 1 AS x')}`, { 'content-type': 'application/x-www-form-urlencoded' }],
  ['curl --data', 'SELECT 1 AS x', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['JSON', '{"query": "SELECT 1 AS x"}', { 'content-type': 'application/json' }],
])('the statement may stand in %s', async (_, body, headers) => {
  const { text } = await post(body, '?format=JSONEachRow', headers);
  expect(text).toBe('{"x":1}\n');
});

test('by GET too, where a page of another origin can read nothing', async () => {
  const answer = await fetch(`${server.url}/api/sql?format=CSV&query=${encodeURIComponent('SELECT 2')}`);
  expect([answer.status, await answer.text(), answer.headers.get('access-control-allow-origin')]).toEqual([
    200,
    '2\n',
    null,
  ]);
  const foreign = await post('SELECT 1', '', { 'content-type': 'text/plain', origin: 'http://elsewhere.example' });
  expect(foreign.status).toBe(403);
});

test('rows are bounded, and what is larger than an answer is refused', async () => {
  expect((await rowsOf('SELECT number FROM numbers(1000000)', '?format=JSONCompact&limit=7')).rows).toBe(7);
  expect((await rowsOf('SELECT number FROM numbers(1000000)')).rows).toBe(10_000);
  const { status, text } = await post('SELECT repeat(toString(number), 10000) FROM numbers(100000)', '?limit=100000');
  expect([status, (JSON.parse(text) as { error: { code: string } }).error.code]).toEqual([422, 'too_large']);
});

test('64-bit integers are numbers, or texts with all digits', async () => {
  const statement = 'SELECT 18446744073709551615 AS id';
  expect((await post(statement, '?format=JSONEachRow')).text).toBe('{"id":18446744073709551615}\n');
  expect((await post(statement, '?format=JSONEachRow&integers=text')).text).toBe('{"id":"18446744073709551615"}\n');
});

interface Refused {
  readonly statement: string;
  readonly says: string;
  readonly marks?: string;
  readonly hint?: string;
}
const REFUSED: readonly Refused[] = [
  { statement: '', says: 'there is no statement' },
  { statement: 'SELEC 1', says: 'Syntax error: failed at position 1', marks: 'SELEC' },
  { statement: "SELECT 'ä', a FORM spans", says: 'Syntax error', marks: 'spans' },
  { statement: 'SELECT (1', says: 'Syntax error' },
  { statement: 'SELECT 1; SELECT 2', says: 'Multi-statements are not allowed', marks: ';' },
  { statement: 'SELECT serice FROM spans', says: "Maybe you meant: ['service']", marks: 'serice' },
  {
    statement: 'SELECT 1 FROM span',
    says: 'Unknown table expression identifier',
    marks: 'span',
    hint: 'there are spans, traces',
  },
  { statement: 'SELECT nope()', says: 'Function with name nope does not exist', marks: 'nope' },
  { statement: "SELECT toUInt8('x')", says: "Cannot parse string 'x' as UInt8" },
  { statement: 'SELECT 1 FORMAT Pretty', says: 'the format Pretty is not offered' },
  { statement: 'SELECT 1 SETTINGS max_threads = 1', says: 'a statement may have no SETTINGS' },
  {
    statement: 'SELECT * FROM (SELECT 1 SETTINGS additional_table_filters = {})',
    says: 'a statement may have no SETTINGS',
  },
  { statement: "SELECT 1 INTO OUTFILE 'x'", says: 'INTO OUTFILE' },
  { statement: 'DROP TABLE signalbox.spans', says: 'only statements that read are run, got DROP' },
  { statement: 'SET readonly = 0', says: 'only statements that read are run, got SET' },
  { statement: "SELECT file('/etc/passwd')", says: 'the function file is not allowed' },
  { statement: "SELECT * FROM url('http://127.0.0.1')", says: 'the table function url is not allowed' },
  { statement: "SELECT * FROM merge('signalbox', 'spans')", says: 'the table function merge is not allowed' },
  { statement: `SELECT '${'x'.repeat(70_000)}'`, says: 'a statement of 70009 bytes' },
];
test.each(REFUSED)('refuses $statement', async ({ statement, says, marks, hint }) => {
  const { status, text } = await post(statement);
  const { error } = JSON.parse(text) as {
    error: { code: string; message: string; query?: string; start?: number; end?: number; hint?: string };
  };
  expect([status, error.code]).toEqual([400, 'bad_query']);
  expect(error.message).toContain(says);
  if (marks !== undefined) expect(error.query?.slice(error.start, error.end)).toBe(marks);
  if (hint !== undefined) expect(error.hint).toContain(hint);
});

test('what only sounds like a setting is none', async () => {
  const { data } = await rowsOf("SELECT 'x SETTINGS y = 1' AS `SETTINGS a`, 'INTO OUTFILE', 'x FORMAT CSV'");
  expect(data).toEqual([['x SETTINGS y = 1', 'INTO OUTFILE', 'x FORMAT CSV']]);
});

test('explain=1 tells what a statement would read, and runs nothing', async () => {
  const answer = await fetch(
    `${server.url}/api/sql?explain=1&query=${encodeURIComponent("SELECT count() FROM spans WHERE service = 'orders'")}`,
  );
  const { statement, plan, tables } = (await answer.json()) as {
    statement: string;
    plan: string;
    tables: { table: string }[];
  };
  expect(statement).toBe("SELECT count() FROM spans WHERE service = 'orders'");
  expect(plan).toContain('ReadFromMergeTree (signalbox.spans)');
  // The condition on the view's column reaches the sort key of the table.
  expect(plan).toContain('(service_name in [');
  expect(tables.map(({ table }) => table)).toContain('signalbox.spans');
});

test('a client that leaves takes its statement along', async () => {
  const statement = 'SELECT count() FROM numbers(900000000) WHERE cityHash64(number, 4242) = 1';
  const running = async (): Promise<number> =>
    Number(
      await store.run(
        "SELECT count() FROM system.processes WHERE query LIKE '%4242%' AND query NOT LIKE '%processes%'",
      ),
    );
  const leaving = new AbortController();
  const asked = fetch(`${server.url}/api/sql`, { method: 'POST', body: statement, signal: leaving.signal });
  asked.catch(() => undefined);
  await eventually('the statement runs', async () => (await running()) === 1);
  leaving.abort();
  await expect(asked).rejects.toThrow('aborted');
  await eventually('it is stopped', async () => (await running()) === 0);
});

test('the schema names views, columns and examples', async () => {
  const { views, examples } = (await (await fetch(`${server.url}/api/sql/schema`)).json()) as {
    views: { name: string; columns: { name: string; text: string }[] }[];
    examples: unknown[];
  };
  expect(views.map(({ name }) => name)).toEqual(SQL_VIEWS.map(({ name }) => name));
  expect(views[0]!.columns[0]).toEqual({ name: 'time', type: "DateTime64(9, 'UTC')", text: 'when it began' });
  expect(examples).toHaveLength(10);
});
