import type { ProcessorFactory } from '#component';
import { type ResourceConfig, resourceSchema, validateResource } from './config.ts';
import { ResourceProcessor } from './resource.ts';

export const resourceFactory: ProcessorFactory<ResourceConfig> = {
  kind: 'processor',
  type: 'resource',
  description: 'Inserts, changes, hashes, extracts, converts and deletes attributes of resources',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: resourceSchema,
  validate: validateResource,
  create: (_settings, config, _signal, next) => new ResourceProcessor(config, next),
};
