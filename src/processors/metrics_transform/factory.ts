import type { ProcessorFactory } from '#component';
import { type MetricsTransformConfig, metricsTransformSchema, validateMetricsTransform } from './config.ts';
import { MetricsTransformProcessor } from './metrics-transform.ts';

export const metricsTransformFactory: ProcessorFactory<MetricsTransformConfig> = {
  kind: 'processor',
  type: 'metrics_transform',
  aliases: ['metricstransform'],
  description: 'Renames, copies, combines, groups and scales metrics, and changes attributes of their points.',
  stability: { metrics: 'beta' },
  schema: metricsTransformSchema,
  validate: validateMetricsTransform,
  create: (settings, config, _signal, next) => new MetricsTransformProcessor(settings, config, next),
};
