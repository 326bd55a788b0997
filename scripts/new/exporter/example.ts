import type { CreateSettings, Exporter } from '#component';
import type { Batch } from '#pdata';
import type { ExampleExporterConfig } from './config.ts';

/**
 * Writes a line for each batch into the log. Queue, batching, timeout and retry are the collector's: a `consume` is one attempt, which
 * throws a ConsumeError of #base where it fails, `permanent` or not.
 */
export class ExampleExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #prefix: string;

  constructor(settings: CreateSettings, config: ExampleExporterConfig) {
    this.#settings = settings;
    this.#prefix = config.prefix;
  }

  async start(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    this.#settings.logger.info(`${this.#prefix}${batch.signal}`, { items: batch.itemCount });
  }

  async shutdown(): Promise<void> {}
}
