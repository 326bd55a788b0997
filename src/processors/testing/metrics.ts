import { expect } from 'vitest';
import type { Processor, ProcessorFactory } from '#component';
import { type FakeSettings, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { Batch } from '#pdata';
import { type GroupInput, type MetricGroup, MetricsBuilder } from '#wire';
import { jsonOfBatch } from './ottl.ts';

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json };

/** A batch of one resource and scope whose metrics `build` adds. */
function metricsBatch(build: (group: MetricGroup) => void, group: GroupInput = {}): Batch {
  const builder = new MetricsBuilder();
  build(builder.group(group));
  return new Batch('metrics', [builder.chunk()]);
}

/** A processor with what is around it. */
export class ProcessorUnderTest<Config> {
  readonly settings: FakeSettings;
  readonly next: RecordingConsumer = new RecordingConsumer();
  readonly #factory: ProcessorFactory<Config>;
  processor: Processor;

  constructor(factory: ProcessorFactory<Config>, block: object = {}) {
    this.#factory = factory;
    this.settings = fakeSettings({ id: factory.type });
    this.processor = this.#make(block);
  }

  #make(block: object): Processor {
    const config = this.#factory.schema.parse(block);
    expect(this.#factory.validate?.(config) ?? []).toEqual([]);
    return this.#factory.create(this.settings, config, 'metrics', this.next);
  }

  /** In a reload that changes the block. */
  async replace(block: object): Promise<void> {
    const successor = this.#make(block);
    const close = this.processor.handOver?.(successor);
    await this.processor.shutdown(1000);
    this.processor = successor;
    close?.();
  }

  consume(build: (group: MetricGroup) => void, group?: GroupInput): Promise<void> {
    return this.processor.consume(metricsBatch(build, group));
  }

  /** The metrics that came out since the last call, as OTLP/JSON. */
  taken(): Json[] {
    const batches = this.next.batches.splice(0);
    return batches.flatMap((batch) => {
      const { resourceMetrics } = jsonOfBatch(batch) as unknown as { resourceMetrics: Json[] };
      const scopes = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics as unknown as Json[]);
      return scopes.flatMap(({ metrics }) => metrics as unknown as Json[]);
    });
  }

  /** The points of these metrics. */
  takenPoints(): Json[] {
    return this.taken().flatMap((metric) => {
      const data = metric.sum ?? metric.gauge ?? metric.histogram ?? metric.exponentialHistogram ?? metric.summary;
      return data!.dataPoints as unknown as Json[];
    });
  }
}
