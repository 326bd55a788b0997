import type { ProcessorFactory } from '#component';
import { type TailSamplingConfig, tailSamplingSchema, validateTailSampling } from './config.ts';
import { TailSamplingProcessor } from './tail-sampling.ts';

export const tailSamplingFactory: ProcessorFactory<TailSamplingConfig> = {
  kind: 'processor',
  type: 'tail_sampling',
  description: 'Keeps or drops whole traces, once their spans had time to arrive.',
  stability: { traces: 'beta' },
  schema: tailSamplingSchema,
  validate: validateTailSampling,
  create: (settings, config, _signal, next) => new TailSamplingProcessor(settings, config, next),
};
