import type { ProcessorFactory } from '#component';
import { type IntervalConfig, intervalSchema } from './config.ts';
import { IntervalProcessor } from './interval.ts';

export const intervalFactory: ProcessorFactory<IntervalConfig> = {
  kind: 'processor',
  type: 'interval',
  description: 'Hands on the last point of each series once in an interval.',
  stability: { metrics: 'alpha' },
  schema: intervalSchema,
  create: (settings, config, _signal, next) => new IntervalProcessor(settings, config, next),
};
