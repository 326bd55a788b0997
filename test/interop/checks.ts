import { assertEqual, assertThat, type Report, until } from './report.ts';
import type { SignalboxReader, StoredSpan, Trace } from './signalbox-reader.ts';
import type { Sent } from './traffic.ts';

const SERVICES = ['api-gateway', 'order-service', 'payment-service'];
/** Longer than the slowest export interval of the services, which is the article's ten seconds for metrics. */
const ARRIVAL_LIMIT_MS = 30_000;
const SEVERITY_ERROR = 17;

export interface Findings {
  readonly report: Report;
  readonly reader: SignalboxReader;
  readonly sent: Sent;
  /** Why no Redis took part, if none did. */
  readonly noRedis: string | undefined;
}

/** One request crosses all three languages and arrives as one trace. */
export async function checkTraces({ report, reader, sent, noRedis }: Findings): Promise<void> {
  const traces = await Promise.all(sent.orders.map(({ traceId }) => completeTrace(reader, traceId)));
  const trace = traces[0]!;

  await report.check(`${sent.orders.length} orders are as many traces of all three services`, () => {
    const complete = traces.filter((each) => isComplete(each));
    assertEqual(complete.length, sent.orders.length, 'complete traces');
  });
  await report.check('a trace has one root, at the gateway, and no span without its parent', () => {
    for (const each of traces) {
      assertEqual(each.orphans.map(nameOf), [], 'orphans');
      assertEqual(each.roots.map(nameOf), ['api-gateway POST /orders'], 'roots');
    }
  });
  await report.check('the way leads from Node through Python to Go, over HTTP and gRPC', () => checkPath(trace));
  await report.check('the custom spans of the article carry their attributes with their types', () => {
    const order = trace.find('order-service', 'process_order')[0];
    assertThat(order !== undefined, 'no span process_order');
    assertEqual(order.tags.get('order.id'), sent.orders[0]?.id, 'order.id');
    assertEqual(order.tags.get('order.total'), sent.orders[0]?.total, 'order.total');
    const charge = trace.find('order-service', 'payment.charge')[0];
    assertEqual(charge?.tags.get('payment.status'), 'captured', 'payment.status');
    const ledger = trace.find('payment-service', 'shop.v1.Ledger/Book', 'server')[0];
    assertEqual(ledger?.tags.get('ledger.dry_run'), false, 'ledger.dry_run');
  });
  await report.check('SQLAlchemy wrote the statements to the trace', () => {
    const statements = trace.spans.map((span) => span.tags.get('db.query.text') ?? '').join('\n');
    assertThat(/INSERT INTO orders/.test(statements), `no INSERT INTO orders in: ${statements}`);
  });
  if (noRedis !== undefined) report.skip('Redis commands are in the trace', noRedis);
  else {
    await report.check('Redis commands are in the trace', async () => {
      assertEqual(trace.find('order-service', 'SETEX').length, 1, 'SETEX spans');
      const read = await completeTrace(reader, sent.readTraceId, ['api-gateway', 'order-service']);
      assertEqual(read.find('order-service', 'GET').length, 1, 'GET spans');
    });
  }
  await report.check('each service says which language and version it is', () => {
    const languages = SERVICES.map((service) => {
      const resource = trace.spans.find((span) => span.service === service)?.resource;
      // A Node SDK that is given a resource leaves its own attributes out; the runtime is detected all the same.
      const language = resource?.get('telemetry.sdk.language') ?? resource?.get('process.runtime.name');
      return `${language} ${resource?.get('service.version')}`;
    });
    assertEqual(languages, ['nodejs 1.0.0', 'python 1.0.0', 'go 1.0.0'], 'languages');
  });
  await report.check('Jaeger lists the services', async () => {
    const services = await reader.services();
    assertEqual(
      SERVICES.filter((service) => services.includes(service)),
      SERVICES,
      'services',
    );
  });
  await report.check('the store holds each span once, as many as the API shows', () =>
    checkStoredSpans(reader, traces),
  );
}

/** The failing request shows where and why, in all three languages. */
export async function checkFailure({ report, reader, sent }: Findings): Promise<void> {
  const trace = await completeTrace(reader, sent.failing.traceId);
  const exceptionsOf = (span: StoredSpan | undefined) => {
    assertThat(span !== undefined, 'the span is missing');
    assertEqual(span.tags.get('error'), true, `${nameOf(span)}: error`);
    const found = span.events.filter((event) => event.get('event') === 'exception');
    assertThat(found.length > 0, `${nameOf(span)}: no exception event`);
    return { type: String(found[0]?.get('exception.type')), stack: String(found[0]?.get('exception.stacktrace')) };
  };

  await report.check('the failure in Go is recorded with its stack trace', () => {
    const { stack } = exceptionsOf(trace.find('payment-service', 'shop.v1.Ledger/Book', 'server')[0]);
    assertThat(stack.includes('bookkeeper.Book'), `the stack trace does not name bookkeeper.Book: ${stack}`);
  });
  await report.check('the exception in Python is recorded with its stack trace', () => {
    const { type, stack } = exceptionsOf(trace.find('order-service', 'process_order')[0]);
    assertEqual(type, 'httpx.HTTPStatusError', 'exception.type');
    assertThat(stack.includes('in charge_payment'), `the stack trace does not name charge_payment: ${stack}`);
  });
  await report.check('the error in Node is recorded with its stack trace', () => {
    const stacks = trace.spans
      .filter((span) => span.service === 'api-gateway')
      .flatMap((span) => span.events.map((event) => String(event.get('exception.stacktrace') ?? '')));
    assertThat(
      stacks.some((stack) => stack.includes('order-service answered 500') && stack.includes('server.js')),
      `no such stack trace among ${stacks.length}`,
    );
  });
  await report.check('the root of the failed request is an error with status 502', () => {
    assertEqual(
      trace.roots.map((root) => [root.tags.get('error'), root.tags.get('http.response.status_code')]),
      [[true, 502]],
      'root',
    );
  });
  await report.check('its logs hold the exception of each service', async () => {
    const logs = await until(
      ARRIVAL_LIMIT_MS,
      () => reader.logsOf(sent.failing.traceId),
      (found) => found.filter((log) => log.severityNumber >= SEVERITY_ERROR).length >= 4,
    );
    const failures = logs.filter((log) => log.severityNumber >= SEVERITY_ERROR);
    assertEqual([...new Set(failures.map((log) => log.service))].sort(), SERVICES, 'services with an error log');
    const python = failures.find((log) => log.service === 'order-service');
    assertThat(
      String(python?.attributes['exception.stacktrace']).includes('charge_payment'),
      'the log of order-service has no stack trace',
    );
  });
}

/** Logs carry the ids of the span they were written in. */
export async function checkLogs({ report, reader, sent }: Findings): Promise<void> {
  const { traceId, id } = sent.orders[0]!;
  const logs = await until(
    ARRIVAL_LIMIT_MS,
    () => reader.logsOf(traceId),
    (found) => new Set(found.map((log) => log.service)).size === SERVICES.length && found.length >= 5,
  );
  await report.check('logs of all three services lead to the trace and to their span', async () => {
    assertEqual([...new Set(logs.map((log) => log.service))].sort(), SERVICES, 'services');
    const trace = await reader.trace(traceId);
    for (const log of logs) {
      assertEqual(log.traceId, traceId, `${log.service}: trace id`);
      assertThat(trace.has(log.spanId), `${log.service}: span ${log.spanId} of "${log.body}" is not in the trace`);
    }
  });
  await report.check("structlog's own trace_id is that of the record", () => {
    const line = logs.map((log) => String(log.body)).find((body) => body.includes('order created'));
    assertThat(line !== undefined, 'no line "order created"');
    const parsed = JSON.parse(line) as Record<string, unknown>;
    assertEqual([parsed.order_id, parsed.trace_id], [id, traceId], 'order_id and trace_id');
  });
  await report.check('the store holds logs of every trace, from every service', async () => {
    const ids = [...sent.orders.map((order) => order.traceId), sent.failing.traceId];
    const count = `SELECT lower(hex(trace_id)) AS trace, uniqExact(service_name) AS services
      FROM signalbox.logs WHERE trace IN (${ids.map(quote).join(', ')}) GROUP BY trace HAVING services = ${SERVICES.length}`;
    const rows = await until(
      ARRIVAL_LIMIT_MS,
      () => reader.sql(count),
      (found) => found.length === ids.length,
    );
    assertEqual(rows.length, ids.length, 'traces with logs of all services');
  });
}

/** The article's metrics arrive, to the exact count. */
export async function checkMetrics({ report, reader, sent }: Findings): Promise<void> {
  // The head sampler decides on traces only: unsampled orders are counted as well.
  const orderCount = sent.orders.length + sent.unsampledTraceIds.length;
  const valueSum = sent.orders.reduce((sum, order) => sum + order.total, 0) + sent.unsampledTraceIds.length;

  await report.check('orders.created counts every order', async () => {
    const ask = `SELECT sum(last) AS total FROM (SELECT argMax(value, time) AS last
      FROM signalbox.metric_points WHERE name = 'orders.created' GROUP BY series_id)`;
    const rows = await until(
      ARRIVAL_LIMIT_MS,
      () => reader.sql(ask),
      ([row]) => Number(row?.total) === orderCount,
    );
    assertEqual(Number(rows[0]?.total), orderCount, 'orders.created');
  });
  for (const { name, sum } of [{ name: 'orders.value', sum: valueSum }, { name: 'payment.processing.duration' }]) {
    await report.check(`${name} has a value for every order`, async () => {
      const ask = `SELECT sum(last_count) AS count, sum(last_sum) AS sum FROM (
        SELECT argMax(count, time) AS last_count, argMax(sum, time) AS last_sum
        FROM signalbox.metric_histograms WHERE name = ${quote(name)} GROUP BY series_id)`;
      const rows = await until(
        ARRIVAL_LIMIT_MS,
        () => reader.sql(ask),
        ([row]) => Number(row?.count) === orderCount,
      );
      assertEqual(Number(rows[0]?.count), orderCount, 'count');
      if (sum !== undefined) assertEqual(Number(rows[0]?.sum), sum, 'sum');
    });
  }
  const metrics = await until(
    ARRIVAL_LIMIT_MS,
    () => reader.metrics(),
    (found) => found.find(({ name }) => name === 'http.server.request.duration')?.services.length === SERVICES.length,
  );
  await report.check('http.server.request.duration comes from all three services, in seconds', () => {
    const found = metrics.filter(({ name }) => name === 'http.server.request.duration');
    assertEqual([...new Set(found.flatMap(({ services }) => services))].sort(), SERVICES, 'services');
    assertEqual([...new Set(found.map(({ unit, type }) => `${unit} ${type}`))], ['s histogram'], 'unit and type');
  });
  await report.check('the console lists the metrics of the article with their units', () => {
    const units = Object.fromEntries(metrics.map(({ name, unit }) => [name, unit]));
    assertEqual(
      [units['orders.created'], units['orders.value'], units['payment.processing.duration'], units['payments.charged']],
      ['1', 'USD', 'ms', '{charge}'],
      'units',
    );
  });
}

/** The article's hook and its head sampler do what they are there for. */
export async function checkSampling({ report, reader, sent }: Findings): Promise<void> {
  await report.check(`${sent.healthCheckCount} health checks left no span`, async () => {
    const [row] = await reader.sql(`SELECT countIf(attributes.url.path = '/health') AS health,
      countIf(attributes.url.path = '/orders') AS orders FROM signalbox.spans`);
    assertEqual(Number(row?.health), 0, 'spans of /health');
    assertThat(Number(row?.orders) > 0, 'no span of /orders either: the query is wrong');
  });
  await report.check('a sampling ratio of 0 at the root keeps the trace out of all three services', async () => {
    const ids = sent.unsampledTraceIds.map(quote).join(', ');
    const logs = await until(
      ARRIVAL_LIMIT_MS,
      () =>
        reader.sql(
          `SELECT uniqExact(service_name) AS services FROM signalbox.logs WHERE lower(hex(trace_id)) IN (${ids})`,
        ),
      ([row]) => Number(row?.services) === SERVICES.length,
    );
    assertEqual(Number(logs[0]?.services), SERVICES.length, 'services whose logs name these traces');
    const spans = await reader.sql(
      `SELECT count() AS spans FROM signalbox.spans WHERE lower(hex(trace_id)) IN (${ids})`,
    );
    assertEqual(Number(spans[0]?.spans), 0, 'spans');
  });
}

function checkPath(trace: Trace): void {
  const ledger = trace.find('payment-service', 'shop.v1.Ledger/Book', 'server');
  assertEqual(ledger.length, 1, 'spans of the gRPC server');
  const path = trace.pathTo(ledger[0]!);
  const stations = [
    'api-gateway POST /orders',
    'api-gateway POST',
    'order-service POST /orders',
    'order-service process_order',
    'order-service payment.charge',
    'order-service POST',
    'payment-service POST /charges',
    'payment-service book_charge',
    'payment-service shop.v1.Ledger/Book',
    'payment-service shop.v1.Ledger/Book',
  ];
  // Express adds spans of its own in between: the stations must come in this order, others may lie between.
  let reached = 0;
  for (const station of path) if (station === stations[reached]) reached++;
  assertThat(reached === stations.length, `"${stations[reached]}" is not reached on the way ${path.join(' > ')}`);
}

async function checkStoredSpans(reader: SignalboxReader, traces: readonly Trace[]): Promise<void> {
  const ids = traces.flatMap((trace) => trace.spans.map((span) => span.id));
  const rows = await reader.sql(`SELECT count() AS rows, uniqExact(span_id) AS spans FROM signalbox.spans
    WHERE lower(hex(span_id)) IN (${ids.map(quote).join(', ')})`);
  assertEqual([Number(rows[0]?.rows), Number(rows[0]?.spans)], [ids.length, ids.length], 'rows and distinct spans');
}

/** Waits until a trace has spans of the services and all parents, which arrive last. */
function completeTrace(reader: SignalboxReader, traceId: string, services = SERVICES): Promise<Trace> {
  return until(
    ARRIVAL_LIMIT_MS,
    () => reader.trace(traceId),
    (trace) => isComplete(trace, services),
  );
}

function isComplete(trace: Trace, services = SERVICES): boolean {
  return (
    trace.roots.length === 1 &&
    trace.orphans.length === 0 &&
    services.every((service) => trace.spans.some((span) => span.service === service))
  );
}

function nameOf(span: StoredSpan): string {
  return `${span.service} ${span.name}`;
}

function quote(text: string): string {
  return `'${text}'`;
}
