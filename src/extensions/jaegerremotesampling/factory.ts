import type { ExtensionFactory } from '#component';
import { type RemoteSamplingConfig, remoteSamplingSchema, validateRemoteSampling } from './config.ts';
import { RemoteSampling } from './jaegerremotesampling.ts';

export const remoteSamplingFactory: ExtensionFactory<RemoteSamplingConfig> = {
  kind: 'extension',
  type: 'jaegerremotesampling',
  description: "Tells SDKs how to sample, by their services, from a file of strategies like Jaeger's",
  stability: 'beta',
  schema: remoteSamplingSchema,
  validate: validateRemoteSampling,
  create: (settings, config) => new RemoteSampling(settings, config),
};
