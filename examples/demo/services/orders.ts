import type { Span } from '@opentelemetry/api';
import { type Basket, type PaidOrder, totalOf } from '../catalogue.ts';
import { Database } from '../lib/database.ts';
import { HttpError } from '../lib/errors.ts';
import { HttpClient, type Peer } from '../lib/http-client.ts';
import type { Call } from '../lib/http-server.ts';
import type { Queue } from '../lib/queue.ts';
import { sleep } from '../lib/sleep.ts';
import { type Instance, type RunningService, startHttpService } from './service.ts';

interface Order extends PaidOrder {
  status: 'new' | 'paid' | 'refused';
}

export interface OrderPeers {
  readonly payments: Peer;
  readonly inventory: Peer;
}

/** Orders that stay findable; older ones are forgotten. */
const KEPT_ORDERS = 2_000;

/** All instances share one database, so they share what is in it. */
export class OrderBook {
  readonly #orders = new Map<string, Order>();
  #taken = 0;

  open(basket: Basket): Order {
    const id = `ORD-${String(++this.#taken).padStart(6, '0')}`;
    const { customer, lines } = basket;
    const order: Order = { id, customer, lines, total: totalOf(lines), status: 'new' };
    this.#orders.set(id, order);
    if (this.#orders.size > KEPT_ORDERS) this.#orders.delete(this.#orders.keys().next().value ?? '');
    return order;
  }

  find(id: string): Order | undefined {
    return this.#orders.get(id);
  }
}

export function startOrders(
  instance: Instance,
  book: OrderBook,
  peers: OrderPeers,
  paid: Queue<PaidOrder>,
): Promise<RunningService> {
  const desk = new OrderDesk(instance, book, peers, paid);
  return startHttpService(
    instance,
    [
      { method: 'POST', route: '/orders', handle: (call) => desk.take(call.body as Basket) },
      { method: 'GET', route: '/orders/{id}', handle: (call) => desk.show(call) },
    ],
    () => desk.close(),
  );
}

/** Takes an order from the basket to the queue: stored, paid, reserved, published. */
class OrderDesk {
  readonly #instance: Instance;
  readonly #book: OrderBook;
  readonly #peers: OrderPeers;
  readonly #paid: Queue<PaidOrder>;
  readonly #database: Database;
  readonly #http: HttpClient;
  readonly #instruments: ReturnType<typeof createInstruments>;

  constructor(instance: Instance, book: OrderBook, peers: OrderPeers, paid: Queue<PaidOrder>) {
    this.#instance = instance;
    this.#book = book;
    this.#peers = peers;
    this.#paid = paid;
    this.#database = new Database('orders', instance.telemetry, instance.random);
    this.#http = new HttpClient(instance.telemetry);
    this.#instruments = createInstruments(instance);
  }

  take(basket: Basket): Promise<unknown> {
    const { telemetry } = this.#instance;
    const order = this.#book.open(basket);
    const attributes = {
      'order.id': order.id,
      'order.total': order.total,
      'order.lines': order.lines.length,
      'order.skus': order.lines.map((line) => line.sku),
      'order.quantities': order.lines.map((line) => line.quantity),
      'customer.id': order.customer.id,
      'customer.returning': order.customer.returning,
      region: order.customer.region,
    };
    this.#instruments.inProgress.add(1);
    return telemetry
      .span('process_order', attributes, (span) => this.#process(order, basket, span))
      .finally(() => this.#instruments.inProgress.add(-1));
  }

  async show({ path }: Call): Promise<unknown> {
    const text = 'SELECT id, status, total FROM orders WHERE id = $1';
    await this.#database.run({ operation: 'SELECT', table: 'orders', text, medianMs: 3 });
    const order = this.#book.find(path.id ?? '');
    if (order === undefined) throw new HttpError(404, `no order ${path.id}`);
    return { id: order.id, status: order.status, total: order.total };
  }

  close(): void {
    this.#http.close();
  }

  async #process(order: Order, basket: Basket, span: Span): Promise<unknown> {
    const { telemetry, random } = this.#instance;
    await telemetry.span('price_order', { 'price.rules': ['volume', 'season'], 'price.discount': 0.05 }, () =>
      sleep(random.latencyMs(3)),
    );
    await this.#store('INSERT', 'INSERT INTO orders (id, customer_id, total, status) VALUES ($1, $2, $3, $4)');
    await this.#store('INSERT', 'INSERT INTO order_lines (order_id, sku, quantity) VALUES ($1, $2, $3)', 'order_lines');
    span.addEvent('order.stored', { 'order.id': order.id });

    try {
      await this.#charge(order, basket);
      await this.#reserve(order);
    } catch (error) {
      order.status = 'refused';
      await this.#store('UPDATE', "UPDATE orders SET status = 'refused' WHERE id = $1");
      throw error;
    }

    order.status = 'paid';
    await this.#store('UPDATE', "UPDATE orders SET status = 'paid' WHERE id = $1");
    await this.#paid.publish(telemetry, order);
    this.#count(order, basket);
    telemetry.log.info(`order ${order.id} created`, {
      'order.id': order.id,
      'order.total': order.total,
      'customer.id': order.customer.id,
    });
    return { id: order.id, total: order.total };
  }

  #charge(order: Order, { provider, paymentMethod }: Basket): Promise<unknown> {
    return this.#http.post(this.#peers.payments, '/charges', {
      orderId: order.id,
      amount: order.total,
      region: order.customer.region,
      provider,
      method: paymentMethod,
    });
  }

  /** The goods are reserved after the payment; when they are gone by then, the money goes back. */
  async #reserve(order: Order): Promise<void> {
    const { telemetry } = this.#instance;
    try {
      await this.#http.post(this.#peers.inventory, '/reservations', { orderId: order.id, lines: order.lines });
    } catch (error) {
      telemetry.log.warn(`order ${order.id}: nothing reserved, giving ${order.total} USD back`, {
        'order.id': order.id,
        'refund.amount': order.total,
      });
      await this.#http.post(this.#peers.payments, '/refunds', { orderId: order.id, amount: order.total });
      throw error;
    }
  }

  #store(operation: 'INSERT' | 'UPDATE', text: string, table = 'orders'): Promise<void> {
    return this.#database.run({ operation, table, text, medianMs: operation === 'INSERT' ? 5 : 4 });
  }

  #count(order: Order, basket: Basket): void {
    const { created, value } = this.#instruments;
    created.add(1, { payment_method: basket.paymentMethod, region: order.customer.region });
    value.record(order.total, { currency: 'USD' });
  }
}

function createInstruments({ telemetry: { meter } }: Instance) {
  return {
    created: meter.createCounter('orders.created', { description: 'Total orders created', unit: '1' }),
    value: meter.createHistogram('orders.value', {
      description: 'Order value in USD',
      unit: 'USD',
      advice: { explicitBucketBoundaries: [10, 25, 50, 100, 200, 400, 800, 1600] },
    }),
    inProgress: meter.createUpDownCounter('orders.in_progress', {
      description: 'Orders between the basket and the queue',
      unit: '{order}',
    }),
  };
}
