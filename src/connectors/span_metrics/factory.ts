import type { ConnectorFactory } from '#component';
import { type SpanMetricsConfig, spanMetricsSchema, validateSpanMetrics } from './config.ts';
import { OwnDurations } from './own-durations.ts';
import { OwnDurationsWatch } from './own-durations-watch.ts';
import { SpanMetricsConnector } from './span-metrics.ts';

/** By the configuration that the instances of one connector share: what those that take metrics tell those that take spans. */
const shared = new WeakMap<SpanMetricsConfig, OwnDurations>();

function ownDurationsOf(config: SpanMetricsConfig): OwnDurations {
  const known = shared.get(config);
  if (known !== undefined) return known;
  const made = new OwnDurations(config.httpWaitMs);
  shared.set(config, made);
  return made;
}

export const spanMetricsFactory: ConnectorFactory<SpanMetricsConfig> = {
  kind: 'connector',
  type: 'span_metrics',
  aliases: ['spanmetrics'],
  description: 'Makes metrics of spans: how many, and how long they took, by service, name, kind and status.',
  stability: [
    { from: 'traces', to: 'metrics', stability: 'beta' },
    // Not in otelcol: see `http_server_request_duration`.
    { from: 'metrics', to: 'metrics', stability: 'beta' },
  ],
  schema: spanMetricsSchema,
  validate: validateSpanMetrics,
  create: (settings, config, from, _to, next) =>
    from === 'metrics'
      ? new OwnDurationsWatch(settings, ownDurationsOf(config))
      : new SpanMetricsConnector(settings, config, ownDurationsOf(config), next),
};
