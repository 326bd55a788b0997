import { equalAt } from '#base';
import type { Component, Connector, CreateSettings } from '#component';
import { assertSignal, attributeKey, type Batch, type PointChunk } from '#pdata';
import { HTTP_SERVER_DURATION } from './http-server.ts';
import { type OwnDurations, serviceIdentity } from './own-durations.ts';

const NAME = new TextEncoder().encode(HTTP_SERVER_DURATION);
const SERVICE_NAME = attributeKey('service.name');
const SERVICE_NAMESPACE = attributeKey('service.namespace');

/**
 * Looks at the metrics of a pipeline for services that send `http.server.request.duration` themselves. It looks at metrics, not at points, and makes
 * nothing: what a pipeline has goes on by its other exporters.
 */
export class OwnDurationsWatch implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #own: OwnDurations;

  constructor(settings: CreateSettings, own: OwnDurations) {
    this.#settings = settings;
    this.#own = own;
  }

  async start(): Promise<void> {}

  handOver(successor: Component | undefined): () => void {
    if (successor instanceof OwnDurationsWatch) successor.#own.adopt(this.#own);
    return () => {};
  }

  async consume(batch: Batch): Promise<void> {
    const { account, clock } = this.#settings;
    for (const chunk of batch.chunks) {
      assertSignal(chunk, 'metrics');
      this.#look(chunk as PointChunk, clock.nowMs());
    }
    account.absorbed('metrics', batch.itemCount, 'looked_at');
  }

  async shutdown(): Promise<void> {}

  #look(chunk: PointChunk, nowMs: number): void {
    const { nameAt, nameLength, scope } = chunk.metrics;
    for (let metric = 0; metric < chunk.metricCount; metric++) {
      if (nameLength[metric] !== NAME.length || !equalAt(chunk.arena, nameAt[metric]!, NAME, 0, NAME.length)) continue;
      const resource = chunk.resourceAttributes.of(chunk.layout.scopeResource[scope[metric]!]!);
      const name = resource.getText(SERVICE_NAME);
      if (name !== undefined) this.#own.note(serviceIdentity(resource.getText(SERVICE_NAMESPACE) ?? '', name), nowMs);
    }
  }
}
