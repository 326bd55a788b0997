import type { ConnectorFactory } from '#component';
import { type SpanMetricsConfig, spanMetricsSchema, validateSpanMetrics } from './config.ts';
import { SpanMetricsConnector } from './span-metrics.ts';

export const spanMetricsFactory: ConnectorFactory<SpanMetricsConfig> = {
  kind: 'connector',
  type: 'span_metrics',
  aliases: ['spanmetrics'],
  description: 'Makes metrics of spans: how many, and how long they took, by service, name, kind and status.',
  stability: [{ from: 'traces', to: 'metrics', stability: 'beta' }],
  schema: spanMetricsSchema,
  validate: validateSpanMetrics,
  create: (settings, config, _from, _to, next) => new SpanMetricsConnector(settings, config, next),
};
