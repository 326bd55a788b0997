import type { ProcessorFactory } from '#component';
import { type ResourceDetectionConfig, resourceDetectionSchema, validateResourceDetection } from './config.ts';
import { ResourceDetectionProcessor } from './resource-detection.ts';

export const resourceDetectionFactory: ProcessorFactory<ResourceDetectionConfig> = {
  kind: 'processor',
  type: 'resource_detection',
  aliases: ['resourcedetection'],
  description:
    'Says on what machine, in which cloud and cluster the collector runs, in the resources of what goes through.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: resourceDetectionSchema,
  validate: validateResourceDetection,
  create: (settings, config, _signal, next) => new ResourceDetectionProcessor(settings, config, next),
};
