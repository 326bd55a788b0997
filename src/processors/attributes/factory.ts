import type { ProcessorFactory } from '#component';
import { AttributesProcessor } from './attributes.ts';
import { type AttributesConfig, attributesSchema, validateAttributes } from './config.ts';

export const attributesFactory: ProcessorFactory<AttributesConfig> = {
  kind: 'processor',
  type: 'attributes',
  description:
    'Inserts, changes, hashes, extracts, converts and deletes attributes of spans, log records and data points.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: attributesSchema,
  validate: validateAttributes,
  create: (settings, config, signal, next) => new AttributesProcessor(settings, config, signal, next),
};
