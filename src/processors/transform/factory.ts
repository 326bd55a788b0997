import type { ProcessorFactory } from '#component';
import { type TransformConfig, transformSchema } from './config.ts';
import { validateTransform } from './groups.ts';
import { TransformProcessor } from './transform.ts';

export const transformFactory: ProcessorFactory<TransformConfig> = {
  kind: 'processor',
  type: 'transform',
  description: 'Changes telemetry by statements in the OpenTelemetry Transformation Language.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: transformSchema,
  validate: validateTransform,
  create: (settings, config, signal, next) => new TransformProcessor(settings, config, signal, next),
};
