import type { PaidOrder } from '../catalogue.ts';
import { Database } from '../lib/database.ts';
import type { Message, Queue } from '../lib/queue.ts';
import { sleep } from '../lib/sleep.ts';
import { everySoOften, type Instance, type RunningService } from './service.ts';

const POLL_MS = 600;
const BATCH_LIMIT = 10;
const DELIVERIES = 3;
/** The label printer stops about once in this many orders, and the queue grows until it is back. */
const PRINTER_STOPS_ONE_IN = 150;
const PRINTER_RESTART_MS = 6_000;

/** Packs what was paid: the consumer at the end of the queue. */
export function startFulfilment(instance: Instance, paid: Queue<PaidOrder>): RunningService {
  const packing = new PackingTable(instance, paid);
  const loop = everySoOften(POLL_MS, () => packing.work());
  return {
    port: 0,
    async close() {
      await loop.close();
      instance.telemetry.log.info('stopped');
    },
  };
}

class PackingTable {
  readonly #instance: Instance;
  readonly #paid: Queue<PaidOrder>;
  readonly #database: Database;

  constructor(instance: Instance, paid: Queue<PaidOrder>) {
    this.#instance = instance;
    this.#paid = paid;
    this.#database = new Database('fulfilment', instance.telemetry, instance.random);
    const { meter } = instance.telemetry;
    const labels = { 'messaging.destination.name': paid.name };
    meter
      .createObservableGauge('messaging.queue.depth', { description: 'Messages that wait', unit: '{message}' })
      .addCallback((result) => result.observe(paid.depth, labels));
    meter
      .createObservableGauge('messaging.queue.oldest_age', { description: 'Age of the oldest message', unit: 's' })
      .addCallback((result) => result.observe(paid.oldestSeconds, labels));
  }

  async work(): Promise<void> {
    const { telemetry, random } = this.#instance;
    await this.#paid.consume(telemetry, BATCH_LIMIT, (message) => this.#handle(message));
    if (this.#paid.depth > 0 || !random.chance(1 / PRINTER_STOPS_ONE_IN)) return;
    telemetry.log.fatal('label printer worker ended: spool memory exhausted', {
      'process.exit.code': 137,
      'printer.id': 'P-2',
    });
    await sleep(PRINTER_RESTART_MS);
    telemetry.log.warn('label printer worker is back', { 'printer.id': 'P-2', 'restart.after_ms': PRINTER_RESTART_MS });
  }

  /** Returns false to have the order delivered again. */
  async #handle({ body: order, attempt }: Message<PaidOrder>): Promise<boolean> {
    const { telemetry, random } = this.#instance;
    const attributes = { 'order.id': order.id, 'order.pieces': order.lines.length };
    try {
      await telemetry.span('pack_order', attributes, async () => {
        await sleep(random.latencyMs(8));
        await this.#printLabel(order);
        const text = 'INSERT INTO shipments (order_id, carrier) VALUES ($1, $2)';
        await this.#database.run({ operation: 'INSERT', table: 'shipments', text, medianMs: 5 });
      });
      telemetry.log.info(`order ${order.id} packed`, attributes);
      return true;
    } catch (error) {
      if (attempt < DELIVERIES) {
        telemetry.log.warn(`order ${order.id} not packed, delivery ${attempt} of ${DELIVERIES}`, attributes, error);
        return false;
      }
      telemetry.log.error(`order ${order.id} given up after ${attempt} deliveries`, attributes, error);
      return true;
    }
  }

  async #printLabel(order: PaidOrder): Promise<void> {
    const { telemetry, random } = this.#instance;
    await telemetry.span('print_label', { carrier: random.pick(['swift', 'parcelo']) }, async (span) => {
      await sleep(random.latencyMs(12));
      span.setAttribute('label.text', labelFor(order));
    });
  }
}

/** The shop's own bug: a customer from before the move has no address, and this line does not know. */
function labelFor(order: PaidOrder): string {
  const address = order.customer.address as { city: string; postcode: string };
  return `${address.postcode} ${address.city}`;
}
