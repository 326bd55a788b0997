import type { ProcessorFactory } from '#component';
import { type RedactionConfig, redactionSchema, validateRedaction } from './config.ts';
import { RedactionProcessor } from './redaction.ts';

export const redactionFactory: ProcessorFactory<RedactionConfig> = {
  kind: 'processor',
  type: 'redaction',
  description: 'Removes attributes that are not allowed, and masks values that must not be seen.',
  stability: { traces: 'beta', metrics: 'alpha', logs: 'alpha' },
  schema: redactionSchema,
  validate: validateRedaction,
  create: (_settings, config, signal, next) => new RedactionProcessor(config, signal, next),
};
