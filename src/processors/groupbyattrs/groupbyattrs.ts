import type { Consumer, CreateSettings, Processor } from '#component';
import { type AttributeKey, attributeKey, type Batch, type Signal } from '#pdata';
import { regrouped } from '#wire';
import type { GroupByAttrsConfig } from './config.ts';
import { Groups } from './groups.ts';
import { GroupByAttrsMetrics } from './metrics.ts';

/** Moves attributes of items to their resource, and puts together what then has the same one (otelcol-contrib processor/groupbyattrsprocessor). */
export class GroupByAttrsProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #keys: readonly AttributeKey[];
  readonly #metrics: GroupByAttrsMetrics;

  constructor(settings: CreateSettings, config: GroupByAttrsConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#keys = config.keys.map(attributeKey);
    this.#metrics = new GroupByAttrsMetrics(settings.meter, signal);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const groups = new Groups(this.#keys);
    groups.add(batch);
    await this.#next.consume(regrouped(batch, groups.resources), abort);
    this.#metrics.add(groups.grouped, groups.others, groups.resources.length);
  }

  async shutdown(): Promise<void> {}
}
