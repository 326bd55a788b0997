import { join } from 'node:path';
import { ConsumeError, messageOf } from '#base';
import type { Counter, CreateSettings, Exporter } from '#component';
import type { Batch, Signal } from '#pdata';
import { SpoolError } from '#store';
import type { SignalboxExporterConfig } from './config.ts';
import { refusedCounter } from './metrics.ts';
import { openWriter, type WriterUse } from './shared-writer.ts';

/** How long a sender should wait before it tries a full spool again. */
const RETRY_AFTER_MS = 1000;

/**
 * Writes batches into the store. `consume` resolves when the batch is on disk in the spool, from where it reaches the store within about
 * a second, once, whatever is killed in between.
 */
export class SignalboxExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: SignalboxExporterConfig;
  readonly #refused: Counter;
  #use: WriterUse | undefined = undefined;

  constructor(settings: CreateSettings, config: SignalboxExporterConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#refused = refusedCounter(settings.meter, signal);
  }

  async start(): Promise<void> {
    const directory = this.#config.spool.directory ?? join(this.#settings.stateDir, 'spool');
    this.#use = await openWriter(this.#settings, this.#config, directory);
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#use === undefined) throw new ConsumeError('the exporter is not running', { reason: 'shutdown' });
    try {
      await this.#use.writer.write(batch);
    } catch (error) {
      this.#refused.add(batch.itemCount);
      if (!(error instanceof SpoolError)) throw new ConsumeError(messageOf(error), { cause: error });
      const { message, reason } = error;
      throw new ConsumeError(message, { reason, retryAfterMs: RETRY_AFTER_MS, cause: error });
    }
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const use = this.#use;
    this.#use = undefined;
    await use?.release(deadlineMs);
  }
}
