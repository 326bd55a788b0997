/** A small shop's spans, the same in every run, and the plain arithmetic that answers are checked against. */
import { type FixtureSpan, randomId, randomNumbers } from './fixtures.ts';

export const SHOP_FROM_MS = 1_760_000_000_000;
export const SHOP_TO_MS: number = SHOP_FROM_MS + 3_600_000;

const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;

/** 400 requests over an hour: gateway → orders → payments, sometimes inventory; some fail, some are slow. */
export function shopSpans(): readonly FixtureSpan[] {
  const random = randomNumbers(42);
  const spans: FixtureSpan[] = [];
  for (let i = 0; i < 400; i++) addRequest(spans, random, i);
  return spans;
}

function addRequest(spans: FixtureSpan[], random: () => number, index: number): void {
  const traceId = randomId(random, 16);
  const startNs =
    BigInt(SHOP_FROM_MS) * 1_000_000n + BigInt(Math.floor(random() * 3_599_000)) * 1_000_000n + BigInt(index);
  const environment = random() < 0.75 ? 'prod' : 'test';
  const failed = random() < 0.1;
  const route = random() < 0.5 ? '/api/orders' : '/api/orders/{id}';
  const durationNs = Math.floor(5e6 + random() ** 4 * 2e9);
  let last = '';
  const add = (
    span: Pick<FixtureSpan, 'service' | 'name' | 'kind'> & Partial<FixtureSpan>,
    offsetNs: number,
    share: number,
  ) => {
    const spanId = randomId(random, 8);
    spans.push({
      traceId,
      spanId,
      parentSpanId: last,
      timeNs: startNs + BigInt(offsetNs),
      durationNs: Math.floor(durationNs * share),
      scopeName: 'shop',
      ...span,
      resource: {
        'service.version': `1.${span.service.length}.0`,
        'telemetry.sdk.language': span.service === 'payments' ? 'python' : 'nodejs',
        'deployment.environment.name': environment,
        ...span.resource,
      },
    });
    last = spanId;
  };
  const status = failed ? 2 : 0;
  const http = { 'http.route': route, 'http.request.method': index % 3 === 0 ? 'POST' : 'GET', 'user.id': index % 17 };
  add(
    {
      service: 'gateway',
      name: `GET ${route}`,
      kind: SERVER,
      status,
      attributes: { ...http, 'http.response.status_code': failed ? 500 : 200 },
    },
    0,
    1,
  );
  add({ service: 'gateway', name: 'GET', kind: CLIENT, status, attributes: { 'server.address': 'orders' } }, 1000, 0.9);
  add(
    {
      service: 'orders',
      name: 'create order',
      kind: SERVER,
      status,
      attributes: { ...http, retry: index % 2 === 0, price: index / 4 },
    },
    2000,
    0.8,
  );
  const beforePayments = last;
  add({ service: 'orders', name: 'validate', kind: INTERNAL }, 3000, 0.1);
  last = beforePayments;
  const declined = failed && random() < 0.5;
  add(
    {
      service: 'payments',
      name: 'charge',
      kind: SERVER,
      status: declined ? 2 : 1,
      statusMessage: declined ? 'card declined' : '',
    },
    4000,
    0.5,
  );
  last = beforePayments;
  if (index % 4 === 0)
    add(
      { service: 'inventory', name: 'reserve', kind: 5, attributes: { 'messaging.destination.name': 'reservations' } },
      5000,
      0.2,
    );
}

/** Kind server or consumer, or a root: what counts as a request. */
export function isEntry(span: FixtureSpan): boolean {
  return span.kind === SERVER || span.kind === 5 || !span.parentSpanId;
}

/** ClickHouse's quantileExact: the element at this rank, without interpolation. */
export function exactQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
