/** The requests of a small shop as traces: a gateway, services behind it, databases, a queue, and what goes wrong. */
import type { Attributes } from '#api/types.ts';
import { KIND, type MockTrace } from './model.ts';
import type { Random } from './random.ts';
import { MS, TraceBuilder } from './trace-builder.ts';

export interface Weather {
  /** During the incident payments are slow and fail. */
  readonly incident: boolean;
}

function http(method: string, route: string, status = 200): Attributes {
  return {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    'url.scheme': 'https',
    'url.path': route.replace(/\{\w+\}/, '8841'),
    'server.address': 'shop.example.com',
    'network.protocol.version': '1.1',
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  };
}

function sql(t: TraceBuilder, service: string, operation: string, table: string, text: string, medianMs: number): void {
  const name = `${operation} ${table}`;
  t.span(
    {
      service,
      name,
      kind: KIND.client,
      hint: text,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': service,
        'db.operation.name': operation,
        'db.collection.name': table,
        'db.query.text': text,
        'server.address': `pg-${service}.shop.svc`,
        'server.port': 5432,
      },
    },
    () => t.work(medianMs, 0.6),
  );
}

function redis(t: TraceBuilder, service: string, command: string, key: string): void {
  const text = `${command} ${key}`;
  t.span(
    {
      service,
      name: command,
      kind: KIND.client,
      hint: text,
      attributes: {
        'db.system.name': 'redis',
        'db.query.text': text,
        'server.address': 'redis.shop.svc',
        'server.port': 6379,
      },
    },
    () => t.work(0.6, 0.5),
  );
}

/** A call from one service to another: client span, some network, server span. */
function call(t: TraceBuilder, from: string, to: string, method: string, route: string, body: () => void): void {
  t.span(
    {
      service: from,
      name: method,
      kind: KIND.client,
      hint: `${to}${route}`,
      attributes: {
        'http.request.method': method,
        'url.full': `http://${to}.shop.svc:8080${route}`,
        'server.address': `${to}.shop.svc`,
        'http.response.status_code': 200,
      },
    },
    () => {
      t.work(0.5, 0.4);
      t.span({ service: to, name: `${method} ${route}`, kind: KIND.server, attributes: http(method, route) }, body);
      t.work(0.4, 0.4);
    },
  );
}

function gateway(t: TraceBuilder, method: string, route: string, body: () => void): void {
  t.span(
    {
      service: 'web-gateway',
      name: `${method} ${route}`,
      kind: KIND.server,
      attributes: { ...http(method, route), 'client.address': `10.4.${Math.floor(t.random.between(0, 255))}.17` },
    },
    () => {
      t.work(0.8);
      t.span(
        { service: 'web-gateway', name: 'authorize', kind: KIND.internal, attributes: { 'session.kind': 'cookie' } },
        () => t.work(0.7),
      );
      body();
      t.work(0.9);
    },
  );
}

export function checkout(t: TraceBuilder, weather: Weather): void {
  const { random } = t;
  const items = Math.floor(random.between(1, 7));
  const slow = random.chance(0.03);
  gateway(t, 'POST', '/api/checkout', () => {
    t.log(9, 'checkout started', { 'cart.items': items, 'user.id': `u-${Math.floor(random.between(1000, 9999))}` });
    call(t, 'web-gateway', 'orders', 'POST', '/orders', () => {
      t.work(2);
      t.span(
        {
          service: 'orders',
          name: 'validate cart',
          kind: KIND.internal,
          attributes: { 'cart.items': items, 'order.currency': 'EUR' },
        },
        () => t.work(1.6),
      );
      t.parallel(
        () => reserveStock(t, items, slow),
        () =>
          call(t, 'orders', 'accounts', 'GET', '/accounts/{id}', () => {
            t.work(0.8);
            sql(t, 'accounts', 'SELECT', 'accounts', 'SELECT id, email, tier FROM accounts WHERE id = $1', 2.2);
          }),
      );
      pay(t, weather);
      sql(
        t,
        'orders',
        'INSERT',
        'orders',
        'INSERT INTO orders (id, user_id, total_cents, state) VALUES ($1, $2, $3, $4)',
        3.4,
      );
      publish(t);
      t.log(9, 'order placed', {
        'order.id': `o-${random.hex(6)}`,
        'order.total_cents': Math.floor(random.between(900, 24_000)),
      });
    });
  });
}

function reserveStock(t: TraceBuilder, items: number, slow: boolean): void {
  call(t, 'orders', 'inventory', 'POST', '/reservations', () => {
    t.work(0.7);
    for (let i = 0; i < items; i++) {
      sql(
        t,
        'inventory',
        'UPDATE',
        'stock',
        'UPDATE stock SET reserved = reserved + $1 WHERE sku = $2 AND on_hand - reserved >= $1',
        slow && i === 0 ? 620 : 2.8,
      );
    }
    if (slow) t.log(13, 'waited for a row lock', { 'db.lock.wait_ms': 612, sku: 'SKU-20418' });
  });
}

const PYTHON_STACK = `Traceback (most recent call last):
  File "/app/payments/api.py", line 88, in charge
    result = await gateway.authorize(order, timeout=2.0)
  File "/app/payments/gateway.py", line 41, in authorize
    response = await self.client.post("/v2/authorizations", json=body)
  File "/usr/local/lib/python3.13/site-packages/httpx/_client.py", line 1859, in post
    return await self.request("POST", url, content=content, data=data)
  File "/usr/local/lib/python3.13/site-packages/httpx/_transports/default.py", line 118, in map_httpcore_exceptions
    raise mapped_exc(message) from exc
httpx.ReadTimeout: the provider did not answer within 2.0 s`;

function pay(t: TraceBuilder, weather: Weather): void {
  const { random } = t;
  const timeout = random.chance(weather.incident ? 0.34 : 0.012);
  const declined = !timeout && random.chance(0.02);
  call(t, 'orders', 'payments', 'POST', '/charges', () => {
    t.work(2.4);
    redis(t, 'payments', 'GET', 'idempotency:8f1c');
    t.span(
      {
        service: 'payments',
        name: 'risk score',
        kind: KIND.internal,
        attributes: { 'risk.model': 'v7', 'risk.score': Math.round(random.next() * 100) / 100 },
      },
      () => t.work(6, 0.5),
    );
    t.span(
      {
        service: 'payments',
        name: 'POST',
        kind: KIND.client,
        hint: 'psp.example.net/v2/authorizations',
        attributes: {
          'http.request.method': 'POST',
          'url.full': 'https://psp.example.net/v2/authorizations',
          'server.address': 'psp.example.net',
          'http.response.status_code': timeout ? 0 : 201,
          'payment.provider': 'acquire-eu',
        },
      },
      () => {
        t.current!.events.push({ offsetNs: t.nowNs, name: 'request sent', attributes: { bytes: 812 } });
        if (!timeout) {
          t.work(weather.incident ? 240 : 38, 0.5);
          return;
        }
        t.nowNs += 2000 * MS;
        t.fail('httpx.ReadTimeout', 'the provider did not answer within 2.0 s', PYTHON_STACK);
        t.log(17, 'charge failed: the provider did not answer within 2.0 s', {
          'payment.provider': 'acquire-eu',
          'error.type': 'ReadTimeout',
          retry: false,
        });
      },
    );
    if (timeout) t.failAncestors(504);
    if (declined) {
      t.log(13, 'card declined', { 'payment.decline_code': 'insufficient_funds' });
      t.current!.attributes['payment.declined'] = true;
    }
    sql(t, 'payments', 'INSERT', 'charges', 'INSERT INTO charges (id, order_id, state) VALUES ($1, $2, $3)', 3);
  });
}

/** The order goes to a queue; a worker takes it up later, outside of the request. */
function publish(t: TraceBuilder): void {
  const messaging = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders.placed' };
  t.span(
    {
      service: 'orders',
      name: 'send orders.placed',
      kind: KIND.producer,
      attributes: messaging,
      hint: 'orders.placed',
    },
    () => {
      t.work(1.5);
      const backNs = t.nowNs;
      t.work(14, 0.7);
      t.span(
        {
          service: 'shipping-worker',
          name: 'process orders.placed',
          kind: KIND.consumer,
          attributes: { ...messaging, 'messaging.kafka.partition': 3 },
          hint: 'orders.placed',
        },
        () => {
          t.work(3);
          sql(
            t,
            'shipping-worker',
            'INSERT',
            'shipments',
            'INSERT INTO shipments (order_id, carrier) VALUES (%s, %s)',
            4,
          );
          t.log(9, 'shipment planned', { carrier: 'postnord', 'shipment.parcels': 1 });
          call(t, 'shipping-worker', 'notifications', 'POST', '/messages', () => {
            t.work(2);
            t.span(
              {
                service: 'notifications',
                name: 'render template',
                kind: KIND.internal,
                attributes: { template: 'order-confirmed', locale: 'sv-SE' },
              },
              () => t.work(8, 0.5),
            );
            t.span(
              {
                service: 'notifications',
                name: 'smtp send',
                kind: KIND.client,
                attributes: { 'server.address': 'smtp.example.net', 'server.port': 587 },
              },
              () => t.work(45, 0.5),
            );
            t.log(9, 'mail sent', { template: 'order-confirmed' });
          });
        },
      );
      // The producer did not wait for any of this.
      t.nowNs = backNs;
    },
  );
}

export function product(t: TraceBuilder): void {
  const sku = `SKU-${Math.floor(t.random.between(10_000, 30_000))}`;
  gateway(t, 'GET', '/api/products/{sku}', () => {
    call(t, 'web-gateway', 'catalog', 'GET', '/products/{sku}', () => {
      t.work(1.8);
      redis(t, 'catalog', 'GET', `product:${sku}`);
      if (t.random.chance(0.35)) {
        t.log(5, 'cache miss', { key: `product:${sku}` });
        sql(
          t,
          'catalog',
          'SELECT',
          'products',
          'SELECT sku, title, price_cents, attributes FROM products WHERE sku = %(sku)s',
          6,
        );
        redis(t, 'catalog', 'SETEX', `product:${sku} 300`);
      }
      if (t.random.chance(0.006)) {
        t.fail(
          'KeyError',
          "'price_cents'",
          'Traceback (most recent call last):\n  File "/app/catalog/views.py", line 131, in show\n    price = row["price_cents"]\nKeyError: \'price_cents\'',
        );
        t.log(17, "unhandled error: KeyError: 'price_cents'", { sku, 'error.type': 'KeyError' });
        t.failAncestors(500);
      }
    });
  });
}

export function search(t: TraceBuilder): void {
  const words = t.random.pick(['rain jacket', 'tent 2p', 'headlamp', 'wool socks', 'trail shoes']);
  gateway(t, 'GET', '/api/search', () => {
    call(t, 'web-gateway', 'catalog', 'GET', '/search', () => {
      t.work(2.5);
      t.span(
        { service: 'catalog', name: 'parse query', kind: KIND.internal, attributes: { 'search.text': words } },
        () => t.work(0.9),
      );
      t.span(
        {
          service: 'catalog',
          name: 'rank',
          kind: KIND.internal,
          attributes: { 'search.candidates': Math.floor(t.random.between(50, 4000)) },
        },
        () => {
          sql(
            t,
            'catalog',
            'SELECT',
            'product_search',
            'SELECT sku, ts_rank_cd(doc, query) AS rank FROM product_search WHERE doc @@ query ORDER BY rank DESC LIMIT 60',
            34,
          );
          t.work(9, 0.5);
        },
      );
      t.log(9, 'search', { 'search.text': words, 'search.hits': Math.floor(t.random.between(0, 60)) });
    });
  });
}

export function login(t: TraceBuilder): void {
  const wrong = t.random.chance(0.08);
  gateway(t, 'POST', '/api/login', () => {
    call(t, 'web-gateway', 'accounts', 'POST', '/sessions', () => {
      t.work(0.6);
      sql(t, 'accounts', 'SELECT', 'accounts', 'SELECT id, password_hash FROM accounts WHERE email = $1', 2.4);
      t.span(
        {
          service: 'accounts',
          name: 'argon2id verify',
          kind: KIND.internal,
          attributes: { 'hash.memory_kib': 65_536 },
        },
        () => t.work(58, 0.12),
      );
      if (wrong) t.log(13, 'wrong password', { 'client.attempts': Math.floor(t.random.between(1, 5)) });
      else redis(t, 'accounts', 'SETEX', 'session:5d1e 3600');
    });
  });
}

export function cart(t: TraceBuilder): void {
  gateway(t, 'GET', '/api/cart', () => {
    call(t, 'web-gateway', 'orders', 'GET', '/carts/{id}', () => {
      t.work(1.1);
      redis(t, 'orders', 'HGETALL', 'cart:17c2');
      call(t, 'orders', 'catalog', 'GET', '/prices', () => {
        t.work(1.4);
        redis(t, 'catalog', 'MGET', 'price:*');
      });
    });
  });
}

export function reconcile(t: TraceBuilder): void {
  t.span(
    {
      service: 'inventory',
      name: 'reconcile stock',
      kind: KIND.internal,
      attributes: { 'job.name': 'reconcile', 'job.shard': 4 },
    },
    () => {
      t.log(9, 'reconciliation started', { 'job.shard': 4 });
      for (let i = 0; i < 24; i++) {
        t.span(
          { service: 'inventory', name: 'reconcile batch', kind: KIND.internal, attributes: { 'batch.index': i } },
          () => {
            t.work(0.8);
            sql(
              t,
              'inventory',
              'SELECT',
              'stock',
              'SELECT sku, on_hand, reserved FROM stock WHERE shard = $1 ORDER BY sku LIMIT 500 OFFSET $2',
              7,
            );
            sql(t, 'inventory', 'UPDATE', 'stock', 'UPDATE stock SET on_hand = v.on_hand FROM (VALUES …) AS v', 11);
          },
        );
      }
      t.log(9, 'reconciliation done', { 'job.corrected': Math.floor(t.random.between(0, 30)) });
    },
  );
}

const MIX: readonly (readonly [number, (t: TraceBuilder, weather: Weather) => void])[] = [
  [0.34, product],
  [0.18, cart],
  [0.18, search],
  [0.19, checkout],
  [0.09, login],
  [0.02, reconcile],
];

export function shopTrace(random: Random, startMs: number, weather: Weather): MockTrace {
  const builder = new TraceBuilder(random, startMs);
  let roll = random.next();
  for (const [share, template] of MIX) {
    roll -= share;
    if (roll > 0) continue;
    template(builder, weather);
    break;
  }
  if (builder.spans.length === 0) product(builder);
  return builder.build(random.chance(0.85) ? 'production' : 'staging');
}

/** A nightly import of about `spanCount` spans: many batches, some of them slow, a few broken. */
export function importTrace(random: Random, traceId: string, startMs: number, spanCount: number): MockTrace {
  const builder = new TraceBuilder(random, startMs);
  builder.span(
    {
      service: 'catalog',
      name: 'nightly import',
      kind: KIND.internal,
      attributes: { 'job.name': 'import', 'import.supplier': 'acme' },
    },
    () => {
      while (builder.spans.length < spanCount - 40) importBatch(builder);
      builder.log(9, 'import done', { 'import.rows': builder.spans.length });
    },
  );
  return { ...builder.build('production'), traceId };
}

function importBatch(t: TraceBuilder): void {
  t.span({ service: 'catalog', name: 'import batch', kind: KIND.internal, attributes: { 'batch.size': 8 } }, () => {
    t.work(0.6);
    for (let i = 0; i < 8; i++) {
      t.span(
        { service: 'catalog', name: 'import product', kind: KIND.internal, attributes: { sku: `SKU-${i}` } },
        () => {
          sql(
            t,
            'catalog',
            'UPSERT',
            'products',
            'INSERT INTO products (sku, title, price_cents) VALUES (%s, %s, %s) ON CONFLICT (sku) DO UPDATE SET title = excluded.title',
            t.random.chance(0.002) ? 90 : 1.2,
          );
          call(t, 'catalog', 'inventory', 'PUT', '/stock/{sku}', () =>
            sql(t, 'inventory', 'UPDATE', 'stock', 'UPDATE stock SET on_hand = $1 WHERE sku = $2', 1.1),
          );
          if (t.random.chance(0.001)) {
            t.fail(
              'ValueError',
              'price is negative',
              'Traceback (most recent call last):\n  File "/app/catalog/importer.py", line 52, in row\nValueError: price is negative',
            );
            t.log(17, 'row refused: price is negative', { row: t.spans.length });
          }
        },
      );
    }
  });
}
