import type { ProcessorFactory } from '#component';
import { BatchProcessor } from './batch.ts';
import { type BatchConfig, batchSchema, modernizeBatch, validateBatch } from './config.ts';

export const batchFactory: ProcessorFactory<BatchConfig> = {
  kind: 'processor',
  type: 'batch',
  description: 'Puts small batches together and answers each sender with the outcome of its items.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: batchSchema,
  modernize: modernizeBatch,
  validate: validateBatch,
  create: (settings, config, signal, next) => new BatchProcessor(settings, config, signal, next),
};
