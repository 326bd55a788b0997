import type { ProcessorFactory } from '#component';
import { type ProbabilisticSamplerConfig, probabilisticSamplerSchema, validateProbabilisticSampler } from './config.ts';
import { ProbabilisticSampler } from './probabilistic-sampler.ts';

export const probabilisticSamplerFactory: ProcessorFactory<ProbabilisticSamplerConfig> = {
  kind: 'processor',
  type: 'probabilistic_sampler',
  description: 'Keeps a share of the traces and log records',
  stability: { traces: 'beta', logs: 'alpha' },
  schema: probabilisticSamplerSchema,
  validate: validateProbabilisticSampler,
  create: (settings, config, signal, next) => new ProbabilisticSampler(settings, config, signal, next),
};
