import { type Basket, PRODUCTS } from '../catalogue.ts';
import { Cache } from '../lib/cache.ts';
import { HttpError } from '../lib/errors.ts';
import { HttpClient, type Peer } from '../lib/http-client.ts';
import type { Call } from '../lib/http-server.ts';
import { type Instance, type RunningService, startHttpService } from './service.ts';

/** The door of the shop: knows the shopper's session and hands the request on. */
export function startGateway(
  instance: Instance,
  peers: { readonly orders: Peer; readonly inventory: Peer },
): Promise<RunningService> {
  const { telemetry, random } = instance;
  const http = new HttpClient(telemetry);
  const sessions = new Cache<string>('session', 120, telemetry, random);

  async function handOn(call: Call, send: () => Promise<unknown>): Promise<unknown> {
    const session = call.query.get('session') ?? 'none';
    await sessions.read(session, async () => `customer of ${session}`);
    try {
      return await send();
    } catch (error) {
      if (error instanceof HttpError && error.status >= 500) throw new HttpError(502, error.message, error);
      throw error;
    }
  }

  async function checkOut(call: Call): Promise<unknown> {
    const basket = call.body as Basket;
    telemetry.log.info(`checkout of ${basket.lines.length} lines`, {
      'customer.id': basket.customer.id,
      'customer.returning': basket.customer.returning,
      'basket.skus': basket.lines.map((line) => line.sku),
    });
    return handOn(call, () => http.post(peers.orders, '/orders', basket));
  }

  return startHttpService(
    instance,
    [
      {
        method: 'GET',
        route: '/',
        handle: (call) => handOn(call, () => http.get(peers.inventory, '/products?category=home')),
      },
      {
        method: 'GET',
        route: '/products/{sku}',
        handle: (call) => handOn(call, () => http.get(peers.inventory, `/products/${call.path.sku}`)),
      },
      {
        method: 'GET',
        route: '/search',
        handle: (call) =>
          handOn(call, () => http.get(peers.inventory, `/products?search=${call.query.get('q') ?? ''}`)),
      },
      { method: 'POST', route: '/checkout', handle: checkOut },
      {
        method: 'GET',
        route: '/orders/{id}',
        handle: (call) => handOn(call, () => http.get(peers.orders, `/orders/${call.path.id}`)),
      },
      {
        method: 'GET',
        route: '/sitemap',
        handle: async () => ({ pages: PRODUCTS.map((product) => `/products/${product.sku}`) }),
      },
    ],
    () => http.close(),
  );
}
