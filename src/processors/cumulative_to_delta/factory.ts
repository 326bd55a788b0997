import type { ProcessorFactory } from '#component';
import { type CumulativeToDeltaConfig, cumulativeToDeltaSchema } from './config.ts';
import { CumulativeToDeltaProcessor } from './cumulative-to-delta.ts';

export const cumulativeToDeltaFactory: ProcessorFactory<CumulativeToDeltaConfig> = {
  kind: 'processor',
  type: 'cumulative_to_delta',
  aliases: ['cumulativetodelta'],
  description: 'Makes delta points of cumulative ones: what was added since the point before.',
  stability: { metrics: 'beta' },
  schema: cumulativeToDeltaSchema,
  create: (settings, config, _signal, next) => new CumulativeToDeltaProcessor(settings, config, next),
};
