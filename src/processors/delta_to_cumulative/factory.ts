import type { ProcessorFactory } from '#component';
import { type DeltaToCumulativeConfig, deltaToCumulativeSchema } from './config.ts';
import { DeltaToCumulativeProcessor } from './delta-to-cumulative.ts';

export const deltaToCumulativeFactory: ProcessorFactory<DeltaToCumulativeConfig> = {
  kind: 'processor',
  type: 'delta_to_cumulative',
  aliases: ['deltatocumulative'],
  description: 'Makes cumulative points of delta ones: what was counted since the series began.',
  stability: { metrics: 'alpha' },
  schema: deltaToCumulativeSchema,
  create: (settings, config, _signal, next) => new DeltaToCumulativeProcessor(settings, config, next),
};
