import type { Consumer, Processor } from '#component';
import { type Batch, type Chunk, LogChunk, type Signal, SpanChunk } from '#pdata';
import type { RedactionConfig } from './config.ts';
import { Redactor } from './redactor.ts';

/** Removes and masks attributes, bodies and names that must not be seen (otelcol-contrib processor/redactionprocessor). */
export class RedactionProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #redactor: Redactor;

  constructor(config: RedactionConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#redactor = new Redactor(config, signal === 'logs');
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    for (const chunk of batch.chunks) this.#process(chunk);
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {}

  #process(chunk: Chunk): void {
    const redactor = this.#redactor;
    redactor.enter(chunk);
    const { resourceAttributes, scopeAttributes, rowAttributes } = chunk;
    for (let i = 0; i < chunk.resourceCount; i++) redactor.attributes(resourceAttributes.of(i), chunk);
    for (let i = 0; i < chunk.scopeCount; i++) redactor.attributes(scopeAttributes.of(i), chunk);
    const span = chunk instanceof SpanChunk ? chunk.view() : undefined;
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      redactor.attributes(rowAttributes.of(row), chunk);
      if (chunk instanceof LogChunk) redactor.body(chunk, row);
      if (span === undefined) continue;
      span.row = row;
      if ((chunk as SpanChunk).columns.eventCount[row]! > 0) {
        const { events } = span;
        for (let event = 0; event < events.count; event++) redactor.attributes(events.at(event).attributes, chunk);
      }
      redactor.spanName(span);
    }
  }
}
