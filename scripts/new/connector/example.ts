import type { Connector, Consumer, CreateSettings } from '#component';
import { Batch } from '#pdata';
import { MetricsBuilder } from '#wire';
import type { ExampleConnectorConfig } from './config.ts';

/** Makes a metric of how many items each batch has. */
export class ExampleConnector implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #metric: string;
  readonly #next: ReadonlyMap<string, Consumer>;

  constructor(settings: CreateSettings, config: ExampleConnectorConfig, next: ReadonlyMap<string, Consumer>) {
    this.#settings = settings;
    this.#metric = config.metric;
    this.#next = next;
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const { account } = this.#settings;
    const { itemCount, signal } = batch;
    for (const consumer of this.#next.values()) {
      // A batch of its own for each pipeline, which may change it.
      await consumer.consume(this.#count(batch), abort);
      account.added('metrics', 1, 'aggregated');
    }
    account.absorbed(signal, itemCount, 'aggregated');
  }

  async shutdown(): Promise<void> {}

  #count({ signal, itemCount, context }: Batch): Batch {
    const builder = new MetricsBuilder();
    const timeNs = BigInt(Math.round(this.#settings.clock.nowMs())) * 1_000_000n;
    const gauge = builder.group({ scope: { name: 'example' } }).gauge(this.#metric, { unit: '{item}' });
    gauge.series({ signal }).add(timeNs, BigInt(itemCount));
    return new Batch('metrics', [builder.chunk()], context);
  }
}
