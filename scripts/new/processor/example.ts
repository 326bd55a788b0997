import type { Consumer, CreateSettings, Processor } from '#component';
import { type AttributeKey, attributeKey, type Batch, type Chunk } from '#pdata';
import type { ExampleConfig } from './config.ts';

/** Leaves out items that have an attribute. */
export class ExampleProcessor implements Processor {
  /** Selecting rows changes no data. A component that writes has to say `true`. */
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #next: Consumer;
  readonly #key: AttributeKey | undefined;

  constructor(settings: CreateSettings, config: ExampleConfig, next: Consumer) {
    this.#settings = settings;
    this.#next = next;
    this.#key = config.attribute === '' ? undefined : attributeKey(config.attribute);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const key = this.#key;
    // `with` keeps the context of the sender.
    const kept = key === undefined ? batch : batch.with(batch.chunks.map((chunk) => withoutKey(chunk, key)));
    // Waits for the answer: the sender's answer is the outcome, and a refusal goes back to it as it is.
    if (kept.itemCount > 0) await this.#next.consume(kept, abort);
    // Only now: had the next one refused, nothing of the batch would count as taken.
    this.#settings.account.filtered(batch.signal, batch.itemCount - kept.itemCount, 'unwanted');
  }

  async shutdown(): Promise<void> {}
}

/** The chunk with those of its rows that don't have the key. */
function withoutKey(chunk: Chunk, key: AttributeKey): Chunk {
  const rows: number[] = [];
  for (let index = 0; index < chunk.count; index++) {
    // A chunk may be a selection: item `index` lies in another row of the columns.
    const row = chunk.rowAt(index);
    if (!chunk.rowAttributes.of(row).has(key)) rows.push(row);
  }
  return rows.length === chunk.count ? chunk : chunk.select(Uint32Array.from(rows));
}
