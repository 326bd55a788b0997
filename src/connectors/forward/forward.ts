import { type Connector, type Consumer, type CreateSettings, fanOut } from '#component';
import type { Batch } from '#pdata';

/** Hands each batch to every pipeline that it feeds. */
export class ForwardConnector implements Connector {
  readonly #settings: CreateSettings;
  readonly #next: Consumer;
  readonly #copies: number;

  constructor(settings: CreateSettings, next: ReadonlyMap<string, Consumer>) {
    this.#settings = settings;
    this.#next = fanOut([...next.values()]);
    this.#copies = next.size - 1;
  }

  get mutatesData(): boolean {
    return this.#next.mutatesData;
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { signal, itemCount } = batch;
    await this.#next.consume(batch, abort);
    this.#settings.account.added(signal, itemCount * this.#copies, 'copied');
  }

  async shutdown(): Promise<void> {}
}
