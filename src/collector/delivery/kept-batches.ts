import { ConsumeError, messageOf } from '#base';
import type { Account, Logger, StorageClient } from '#component';
import { Batch, type Signal } from '#pdata';
import { decodeOtlp, encodeOtlp } from '#wire';

export interface KeptBatchesSettings {
  readonly signal: Signal;
  readonly logger: Logger;
  readonly account: Account;
}

const PREFIX = 'batch-';
const DIGITS = 12;

/**
 * The batches of a sending queue in a storage extension, so that they are there after a restart or a crash. What a client said with them
 * (metadata) is not kept, as in otelcol. A batch that was on its way at a crash is sent again.
 */
export class KeptBatches {
  readonly #client: StorageClient;
  readonly #settings: KeptBatchesSettings;
  #next = 0;
  /** What is being removed: it ends before the storage is closed. */
  readonly #removals = new Set<Promise<void>>();

  constructor(client: StorageClient, settings: KeptBatchesSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** What was kept before, in order. Broken values are removed, and said. */
  async load(): Promise<{ readonly key: string; readonly batch: Batch }[]> {
    const keys = [...(await this.#client.keys())].filter((key) => key.startsWith(PREFIX)).sort();
    const last = keys.at(-1);
    if (last !== undefined) this.#next = Number(last.slice(PREFIX.length)) + 1;
    const found: { key: string; batch: Batch }[] = [];
    for (const key of keys) {
      const batch = await this.#read(key);
      if (batch !== undefined) found.push({ key, batch });
    }
    const items = found.reduce((sum, { batch }) => sum + batch.itemCount, 0);
    this.#settings.account.added(this.#settings.signal, items, 'kept_on_disk');
    if (items > 0) this.#settings.logger.info('The queue of before is sent on', { batches: found.length, items });
    return found;
  }

  async #read(key: string): Promise<Batch | undefined> {
    const { signal, logger, account } = this.#settings;
    try {
      const bytes = await this.#client.get(key);
      return bytes && new Batch(signal, [decodeOtlp(signal, new Uint8Array(bytes)).chunk]);
    } catch (error) {
      logger.error('A batch on disk can not be read and is left out', { key, error: messageOf(error) });
      account.trouble('damaged_files', 1, signal);
      await this.#client.delete(key);
      return undefined;
    }
  }

  /** Resolves with its key when it is kept; rejects with a ConsumeError that may be retried. */
  async put(batch: Batch): Promise<string> {
    const key = PREFIX + String(this.#next++).padStart(DIGITS, '0');
    try {
      await this.#client.set(key, encodeOtlp(batch));
      return key;
    } catch (error) {
      throw new ConsumeError(`the queue can't be kept on disk: ${messageOf(error)}`, {
        cause: error,
        reason: 'spool_write_failed',
      });
    }
  }

  /** It was sent, or given up. */
  remove(key: string): void {
    const removal = this.#client
      .delete(key)
      .catch((error: unknown) =>
        this.#settings.logger.warn('A sent batch stays on disk', { key, error: messageOf(error) }),
      )
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#removals);
    await this.#client.close();
  }
}
