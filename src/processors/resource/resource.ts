import type { Consumer, Processor } from '#component';
import type { Batch, Chunk } from '#pdata';
import { type Action, compileAction } from '../shared/attribute-actions/actions.ts';
import type { ResourceConfig } from './config.ts';

/** Changes the attributes of resources, each once however many items it has. */
export class ResourceProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #actions: readonly Action[];

  constructor(config: ResourceConfig, next: Consumer) {
    this.#next = next;
    this.#actions = config.actions.map(compileAction);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    for (const chunk of batch.chunks) this.#process(chunk, batch);
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {}

  #process(chunk: Chunk, batch: Batch): void {
    const steps = this.#actions.map((action) => action(chunk, batch.context));
    for (let resource = 0; resource < chunk.resourceCount; resource++) {
      const attributes = chunk.resourceAttributes.of(resource);
      for (const step of steps) step(attributes);
    }
  }
}
