/** A small incident, ending now: checkouts of the last ten minutes, of which those fail that pay at northpay. */
import { METRIC_GAUGE, METRIC_HISTOGRAM } from '#pdata';
import {
  type FixtureLog,
  type FixtureSpan,
  insertLogs,
  insertPoints,
  insertSeries,
  insertSpans,
  randomId,
  randomNumbers,
} from './fixtures.ts';
import type { TestStore } from './test-store.ts';

export const CHECKOUTS = 60;
const [SERVER, CLIENT] = [2, 3];
const MS_NS = 1_000_000;

export interface Incident {
  /** The newest checkout that failed. */
  readonly failedTraceId: string;
  readonly failedCount: number;
}

export async function insertIncident(store: TestStore, endMs: number): Promise<Incident> {
  const random = randomNumbers(7);
  const spans: FixtureSpan[] = [];
  const logs: FixtureLog[] = [];
  let failedTraceId = '';
  let failedCount = 0;
  for (let i = 0; i < CHECKOUTS; i++) {
    const provider = i % 3 === 0 ? 'northpay' : 'cardwell';
    const isFailed = provider === 'northpay' && i > 20;
    const traceId = randomId(random, 16);
    const timeNs = BigInt(endMs - 600_000 + i * 9_900) * 1_000_000n;
    addCheckout(spans, logs, { traceId, timeNs, provider, isFailed, random });
    if (!isFailed) continue;
    failedTraceId = traceId;
    failedCount++;
  }
  await insertSpans(store, spans);
  await insertLogs(store, logs);
  await insertGauge(store, BigInt(endMs) * 1_000_000n);
  return { failedTraceId, failedCount };
}

interface Checkout {
  readonly traceId: string;
  readonly timeNs: bigint;
  readonly provider: string;
  readonly isFailed: boolean;
  readonly random: () => number;
}

function addCheckout(spans: FixtureSpan[], logs: FixtureLog[], checkout: Checkout): void {
  const { traceId, timeNs, provider, isFailed, random } = checkout;
  const wholeMs = isFailed ? 1500 : 90;
  const status = isFailed ? 2 : 0;
  let parentSpanId = '';
  const add = (
    offsetMs: number,
    durationMs: number,
    span: Pick<FixtureSpan, 'service' | 'name' | 'kind' | 'attributes'>,
  ): string => {
    const spanId = randomId(random, 8);
    const isLast = span.service === 'payments' && span.kind === CLIENT;
    const at = timeNs + BigInt(offsetMs * MS_NS);
    const message = `${provider} answered 503: upstream connect error`;
    spans.push({
      ...{ traceId, spanId, parentSpanId, timeNs: at, durationNs: durationMs * MS_NS, status },
      ...span,
      statusMessage: isFailed && isLast ? message : '',
      resource: { 'deployment.environment.name': 'demo', 'service.version': '1.2.0', 'cloud.region': 'eu-west' },
      scopeName: 'shop.http',
      ...(isFailed &&
        isLast && {
          events: [
            {
              timeNs: at + 5n,
              name: 'exception',
              attributes: `{"exception.type":"HttpError","exception.message":"${message}"}`,
            },
          ],
        }),
    });
    return spanId;
  };
  const http = (route: string) => ({
    'http.request.method': 'POST',
    'http.route': route,
    'http.response.status_code': isFailed ? 502 : 201,
  });
  const checkoutServer = { service: 'gateway', name: 'POST /checkout', kind: SERVER, attributes: http('/checkout') };
  parentSpanId = add(0, wholeMs, checkoutServer);
  parentSpanId = add(1, wholeMs - 4, {
    service: 'orders',
    name: 'POST /orders',
    kind: SERVER,
    attributes: http('/orders'),
  });
  add(2, 10, {
    service: 'orders',
    name: 'INSERT orders',
    kind: CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'orders',
      'db.query.text': 'INSERT INTO orders VALUES (?)',
    },
  });
  parentSpanId = add(15, wholeMs - 20, {
    service: 'payments',
    name: 'POST /charges',
    kind: SERVER,
    attributes: http('/charges'),
  });
  const spanId = add(16, wholeMs - 25, {
    service: 'payments',
    name: 'charge',
    kind: CLIENT,
    attributes: { 'payment.provider': provider, 'server.address': `${provider}.example` },
  });
  const line = isFailed
    ? `${provider} refused charge of ${(random() * 90).toFixed(2)} EUR`
    : `charged ${(random() * 90).toFixed(2)} EUR`;
  logs.push({
    ...{ timeNs: timeNs + BigInt(20 * MS_NS), service: 'payments', body: line, traceId, spanId },
    severityNumber: isFailed ? 17 : 9,
    severityText: isFailed ? 'ERROR' : 'INFO',
    resource: { 'deployment.environment.name': 'demo' },
    attributes: { 'payment.provider': provider },
  });
}

async function insertGauge(store: TestStore, endNs: bigint): Promise<void> {
  const base = { unit: '1', service: 'fulfilment', resource: { 'deployment.environment.name': 'demo' } };
  const series = [
    { ...base, seriesId: 70n, name: 'queue.depth', type: METRIC_GAUGE, attributes: { queue: 'orders' } },
    { ...base, seriesId: 71n, name: 'job.duration', type: METRIC_HISTOGRAM, temporality: 1, attributes: {} },
  ];
  await insertSeries(store, series, endNs);
  const timeNs = endNs - 60_000_000_000n;
  await insertPoints(store, 'metric_points', [
    { name: 'queue.depth', seriesId: 70n, timeNs, columns: { value_double: 41 } },
  ]);
  await insertPoints(store, 'metric_histograms', [
    {
      name: 'job.duration',
      seriesId: 71n,
      timeNs,
      columns: { count: 3, sum: 6, min: 1, max: 3, bounds: [1, 2], bucket_counts: [1, 1, 1] },
    },
  ]);
}

/** The views of SQL, which the writer makes in a store of one's own. */
export async function makeViews(store: TestStore): Promise<void> {
  const { createTableStatement, createViewStatement, OWN_TABLES, SINGLE_MACHINE, sqlViewStatements, VIEWS } =
    await import('#store');
  for (const table of OWN_TABLES) await store.run(createTableStatement(table, store.database, SINGLE_MACHINE));
  for (const view of VIEWS) await store.run(createViewStatement(view, store.database, SINGLE_MACHINE));
  await store.run(`CREATE DATABASE IF NOT EXISTS ${store.database}_views`);
  for (const { statement } of sqlViewStatements(store.database, SINGLE_MACHINE)) await store.run(statement);
}
