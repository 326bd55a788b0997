import { Agent, request } from 'node:http';
import { PRODUCTS, randomBasket } from './catalogue.ts';
import type { Random } from './lib/random.ts';

/** More than this many unanswered requests means the machine is too slow for the rate: shoppers then stay away. */
const MAX_WAITING = 200;

const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1',
  'ShopApp/7.2 (Android 16)',
];

/** People in front of the gateway, who know nothing of tracing. */
export class Shoppers {
  readonly #port: number;
  readonly #ratePerSecond: number;
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #waiting = new Set<Promise<void>>();
  readonly #orders: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(gatewayPort: number, ratePerSecond: number, random: Random) {
    this.#port = gatewayPort;
    this.#ratePerSecond = ratePerSecond;
    this.#random = random;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.start();
      if (this.#waiting.size < MAX_WAITING) this.#visit();
    }, this.#random.arrivalMs(this.#ratePerSecond));
  }

  /** Sends nobody any more and waits for those who are still in the shop. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#waiting);
    this.#agent.destroy();
  }

  #visit(): void {
    const visit = this.#act().finally(() => this.#waiting.delete(visit));
    this.#waiting.add(visit);
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const session = `session=s${random.integer(1, 60)}`;
    switch (random.weighted({ home: 20, product: 34, search: 14, checkout: 18, order: 10, sitemap: 3, lost: 1 })) {
      case 'home':
        return this.#send('GET', `/?${session}`);
      case 'product':
        return this.#send('GET', `/products/${random.pick(PRODUCTS).sku}?${session}`);
      case 'search':
        return this.#send('GET', `/search?q=${random.pick(['mug', 'lamp', 'te', 'o', 'pen'])}&${session}`);
      case 'checkout':
        return this.#send('POST', `/checkout?${session}`, randomBasket(random));
      case 'order':
        return this.#send('GET', `/orders/${this.#orders.length ? random.pick(this.#orders) : 'ORD-0'}?${session}`);
      case 'sitemap':
        return this.#send('GET', '/sitemap');
      case 'lost':
        return this.#send('GET', '/wp-login.php');
    }
  }

  /** Never rejects: a shopper who gets no answer goes home. */
  #send(method: string, path: string, body?: unknown): Promise<void> {
    const headers: Record<string, string> = {
      'user-agent': this.#random.pick(BROWSERS),
      'x-forwarded-for': `198.51.100.${this.#random.integer(1, 254)}`,
    };
    return new Promise((resolve) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent };
      const outgoing = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('close', () => {
          if (path.startsWith('/checkout') && response.statusCode === 200) this.#remember(text);
          resolve();
        });
      });
      outgoing.once('error', () => resolve());
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #remember(answer: string): void {
    const { id } = JSON.parse(answer) as { id: string };
    this.#orders.push(id);
    if (this.#orders.length > 50) this.#orders.shift();
  }
}
