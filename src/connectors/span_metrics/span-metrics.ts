import {
  type Component,
  type Connector,
  type Consumer,
  type CreateSettings,
  MetricsFeed,
  type MetricsRequest,
} from '#component';
import { assertSignal, Batch, type SpanChunk } from '#pdata';
import { decodeMetrics } from '#wire';
import { SpanAggregator } from './aggregator.ts';
import type { SpanMetricsConfig } from './config.ts';
import type { OwnDurations } from './own-durations.ts';

/**
 * Counts spans and how long they took, by service, name, kind, status and other dimensions (otelcol-contrib
 * connector/spanmetricsconnector 0.159).
 */
export class SpanMetricsConnector implements Connector {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #aggregator: SpanAggregator;
  readonly #feed: MetricsFeed;
  readonly #own: OwnDurations;
  #isClosing = false;
  #stopGauge: () => void = () => {};

  constructor(
    settings: CreateSettings,
    config: SpanMetricsConfig,
    own: OwnDurations,
    next: ReadonlyMap<string, Consumer>,
  ) {
    this.#settings = settings;
    this.#own = own;
    this.#aggregator = new SpanAggregator(config, settings.instanceId, { random: settings.random, own });
    this.#feed = new MetricsFeed(settings, next, {
      intervalMs: config.flushIntervalMs,
      isDelta: config.isDelta,
      collect: () => this.#collect(),
    });
  }

  async start(): Promise<void> {
    const options = { unit: '{series}', description: 'series that are kept' };
    const read = (): number => this.#aggregator.seriesCount;
    this.#stopGauge = this.#settings.meter.gauge('connector_span_metrics_series', options, read);
    this.#feed.start();
  }

  handOver(successor: Component | undefined): () => void {
    if (successor instanceof SpanMetricsConnector) successor.#own.adopt(this.#own);
    return () => {};
  }

  async consume(batch: Batch): Promise<void> {
    const { account, clock } = this.#settings;
    let withoutService = 0;
    for (const chunk of batch.chunks) {
      assertSignal(chunk, 'traces');
      withoutService += this.#aggregator.add(chunk as SpanChunk, clock.nowMs());
    }
    account.filtered('traces', withoutService, 'no_service_name');
    account.absorbed('traces', batch.itemCount - withoutService, 'aggregated');
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    await this.#feed.close(deadlineMs);
    this.#stopGauge();
  }

  #collect(): MetricsRequest {
    const nowMs = this.#settings.clock.nowMs();
    const { body, points } = this.#aggregator.flush(nowMs, this.#isClosing);
    this.#aggregator.expire(nowMs);
    return { points, batch: () => new Batch('metrics', [decodeMetrics(body).chunk]) };
  }
}
