import { ConfigError } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import type { Batch, Chunk, Signal } from '#pdata';
import { type Action, compileAction } from '../shared/attribute-actions/actions.ts';
import { signalMistake } from '../shared/match/config.ts';
import { compileFilter, type Matcher } from '../shared/match/match.ts';
import type { AttributesConfig } from './config.ts';

/** Changes the attributes of spans, log records and data points (otelcol-contrib processor/attributesprocessor). */
export class AttributesProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #actions: readonly Action[];
  readonly #filter: Matcher | undefined;

  constructor(settings: CreateSettings, config: AttributesConfig, signal: Signal, next: Consumer) {
    for (const name of ['include', 'exclude'] as const) {
      const mistake = config[name] && signalMistake(config[name], signal);
      const path = `processors::${settings.id}::${name}`;
      if (mistake !== undefined) throw new ConfigError(path, `${path}: ${mistake}`);
    }
    this.#next = next;
    this.#actions = config.actions.map(compileAction);
    this.#filter = compileFilter(config.include, config.exclude);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    for (const chunk of batch.chunks) this.#process(chunk, batch);
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {}

  #process(chunk: Chunk, batch: Batch): void {
    const isMeant = this.#filter?.(chunk);
    const steps = this.#actions.map((action) => action(chunk, batch.context));
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      if (isMeant !== undefined && !isMeant(row)) continue;
      const attributes = chunk.rowAttributes.of(row);
      for (const step of steps) step(attributes);
    }
  }
}
