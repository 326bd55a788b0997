import type { ExtensionFactory } from '#component';
import { type HealthCheckV2Config, healthCheckV2Schema, validateHealthCheckV2 } from './config.ts';
import { HealthCheckV2 } from './healthcheckv2.ts';

export const healthCheckV2Factory: ExtensionFactory<HealthCheckV2Config> = {
  kind: 'extension',
  type: 'healthcheckv2',
  description: 'Says over HTTP and gRPC how the collector, its pipelines and its components are',
  stability: 'beta',
  schema: healthCheckV2Schema,
  validate: validateHealthCheckV2,
  create: (settings, config) => new HealthCheckV2(settings, config),
};
