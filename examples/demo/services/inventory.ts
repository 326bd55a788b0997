import { type OrderLine, PRODUCTS, type Product, productOf } from '../catalogue.ts';
import { Cache } from '../lib/cache.ts';
import { Database } from '../lib/database.ts';
import { HttpError, OutOfStockError } from '../lib/errors.ts';
import type { Call } from '../lib/http-server.ts';
import { everySoOften, type Instance, type RunningService, startHttpService } from './service.ts';

const FULL_SHELF = 60;
const LOW_SHELF = 12;
const REPLENISH_MS = 15_000;

export async function startInventory(instance: Instance): Promise<RunningService> {
  const shelves = new Shelves(instance);
  const service = await startHttpService(instance, [
    { method: 'GET', route: '/products', handle: (call) => shelves.list(call) },
    { method: 'GET', route: '/products/{sku}', handle: (call) => shelves.show(call.path.sku ?? '') },
    { method: 'POST', route: '/reservations', handle: (call) => shelves.reserve(call.body.lines as OrderLine[]) },
  ]);
  const supplier = everySoOften(REPLENISH_MS, () => shelves.replenish());
  return {
    port: service.port,
    async close() {
      await supplier.close();
      await service.close();
    },
  };
}

class Shelves {
  readonly #instance: Instance;
  readonly #database: Database;
  readonly #products: Cache<Product>;
  readonly #stock = new Map(PRODUCTS.map((product) => [product.sku, FULL_SHELF]));

  constructor(instance: Instance) {
    const { telemetry, random } = instance;
    this.#instance = instance;
    this.#database = new Database('inventory', telemetry, random);
    this.#products = new Cache('product', 30, telemetry, random);
    telemetry.meter
      .createObservableGauge('inventory.stock', { description: 'Pieces on the shelf', unit: '{piece}' })
      .addCallback((result) => {
        for (const [sku, left] of this.#stock) result.observe(left, { sku });
      });
  }

  async list({ query }: Call): Promise<unknown> {
    const category = query.get('category');
    const words = query.get('search') ?? '';
    const found = PRODUCTS.filter(
      (product) => (category === null || product.category === category) && product.name.toLowerCase().includes(words),
    );
    await this.#database.run({
      operation: 'SELECT',
      table: 'products',
      text: category ? 'SELECT * FROM products WHERE category = $1' : 'SELECT * FROM products WHERE name ILIKE $1',
      medianMs: category ? 6 : 28,
      rows: found.length,
      // The search reads the whole table, and now and then it does not get through it.
      ...(category ? {} : { timesOutOneIn: 60 }),
    });
    return found;
  }

  async show(sku: string): Promise<unknown> {
    if (!this.#stock.has(sku)) throw new HttpError(404, `no product ${sku}`);
    const product = await this.#products.read(sku, async () => {
      const text = 'SELECT * FROM products WHERE sku = $1';
      await this.#database.run({ operation: 'SELECT', table: 'products', text, medianMs: 5 });
      return productOf(sku);
    });
    return { ...product, left: this.#stock.get(sku) };
  }

  reserve(lines: readonly OrderLine[]): Promise<unknown> {
    const attributes = { 'reservation.skus': lines.map((line) => line.sku) };
    return this.#instance.telemetry.span('reserve_stock', attributes, async (span) => {
      const text = 'SELECT sku, left FROM stock WHERE sku = ANY($1) FOR UPDATE';
      await this.#database.run({ operation: 'SELECT', table: 'stock', text, medianMs: 7, rows: lines.length });
      for (const line of lines) await this.#take(line);
      await this.#database.run({ operation: 'COMMIT', table: 'stock', text: 'COMMIT', medianMs: 3 });
      span.addEvent('stock.reserved', { pieces: lines.reduce((sum, line) => sum + line.quantity, 0) });
      return { reserved: true };
    });
  }

  async #take({ sku, quantity }: OrderLine): Promise<void> {
    const left = this.#stock.get(sku) ?? 0;
    if (left < quantity) {
      this.#instance.telemetry.log.warn(`${sku} is out of stock`, { sku, wanted: quantity, left });
      throw new OutOfStockError(sku, quantity, left);
    }
    this.#stock.set(sku, left - quantity);
    const text = 'UPDATE stock SET left = left - $2 WHERE sku = $1';
    await this.#database.run({ operation: 'UPDATE', table: 'stock', text, medianMs: 4 });
    await this.#products.forget(sku);
  }

  /** A job without a request around it: fills the shelves that are low. The supplier is not always in time. */
  replenish(): Promise<void> {
    const { telemetry, random } = this.#instance;
    return telemetry.span('replenish_stock', { 'job.name': 'replenish' }, async (span) => {
      const text = 'SELECT sku FROM stock WHERE left < $1';
      await this.#database.run({ operation: 'SELECT', table: 'stock', text, medianMs: 12 });
      const low = [...this.#stock].filter(([, left]) => left < LOW_SHELF).map(([sku]) => sku);
      span.setAttribute('job.skus', low);
      for (const sku of low) {
        if (!random.chance(0.4)) {
          telemetry.log.debug(`the supplier has no ${sku} yet`, { sku });
          continue;
        }
        this.#stock.set(sku, FULL_SHELF);
        const update = 'UPDATE stock SET left = $2 WHERE sku = $1';
        await this.#database.run({ operation: 'UPDATE', table: 'stock', text: update, medianMs: 4 });
        telemetry.log.info(`${sku} filled up to ${FULL_SHELF}`, { sku });
      }
    });
  }
}
