import type { PaidOrder, Region } from './catalogue.ts';
import { Incident } from './incident.ts';
import { reportProcess } from './lib/process-metrics.ts';
import { Queue } from './lib/queue.ts';
import { Random } from './lib/random.ts';
import { ReceiverWatch } from './lib/receiver-watch.ts';
import { describeInstance } from './lib/resource.ts';
import { Telemetry } from './lib/telemetry.ts';
import type { DemoOptions } from './options.ts';
import { startFulfilment } from './services/fulfilment.ts';
import { startGateway } from './services/gateway.ts';
import { startInventory } from './services/inventory.ts';
import { OrderBook, startOrders } from './services/orders.ts';
import { startPayments } from './services/payments.ts';
import type { Instance, RunningService } from './services/service.ts';
import { Shoppers } from './shoppers.ts';

/** Customers who wait for something slow are sent home after this time, and a receiver that does not answer is given up after that. */
const CLOSING_LIMIT_MS = 1_200;
const FLUSH_LIMIT_MS = 1_300;

export interface Shop {
  /** Closes the door, lets the last orders through, sends the last telemetry. */
  close(): Promise<void>;
}

/** Opens the shop: the last service in the chain first, shoppers last. */
export async function openShop(options: DemoOptions, say: (line: string) => void): Promise<Shop> {
  const random = new Random(options.seed);
  const watch = new ReceiverWatch(options.endpoint, say);
  const staff: Telemetry[] = [];
  const running: RunningService[] = [];

  function hire(service: string, version: string, region: Region = 'eu-west'): Instance {
    const resource = describeInstance({ service, version, region }, random);
    const telemetry = new Telemetry(service, { resource, endpoint: options.endpoint, watch });
    reportProcess(telemetry);
    staff.push(telemetry);
    return { telemetry, random: random.fork() };
  }

  async function start(service: RunningService | Promise<RunningService>): Promise<number> {
    const started = await service;
    running.push(started);
    return started.port;
  }

  const incident = new Incident();
  const paid = new Queue<PaidOrder>('orders.paid', random.fork());
  const book = new OrderBook();

  await start(startFulfilment(hire('fulfilment', '0.9.3'), paid));
  const inventory = { name: 'inventory', ports: [await start(startInventory(hire('inventory', '3.1.0')))] };
  const payments = {
    name: 'payments',
    ports: [
      await start(startPayments(hire('payments', '2.8.1'), incident)),
      await start(startPayments(hire('payments', '2.8.1', 'eu-north'), incident)),
    ],
  };
  const orders = {
    name: 'orders',
    ports: [
      await start(startOrders(hire('orders', '5.0.2'), book, { payments, inventory }, paid)),
      await start(startOrders(hire('orders', '5.1.0', 'eu-north'), book, { payments, inventory }, paid)),
    ],
  };
  const gatewayPort = await start(startGateway(hire('gateway', '1.12.0'), { orders, inventory }));

  const shoppers = new Shoppers(gatewayPort, options.ratePerSecond, random.fork());
  shoppers.start();
  return {
    async close() {
      const closed = shoppers.stop().then(() => Promise.all(running.map((service) => service.close())));
      await within(closed, CLOSING_LIMIT_MS);
      await within(Promise.all(staff.map((telemetry) => telemetry.shutdown())), FLUSH_LIMIT_MS);
    },
  };
}

/** Waits, but no longer than that. */
function within(work: Promise<unknown>, limitMs: number): Promise<unknown> {
  return Promise.race([work, new Promise((resolve) => setTimeout(resolve, limitMs))]);
}
