import type { ExtensionFactory } from '#component';
import { type HealthCheckConfig, healthCheckSchema, validateHealthCheck } from './config.ts';
import { HealthCheck } from './health-check.ts';

export const healthCheckFactory: ExtensionFactory<HealthCheckConfig> = {
  kind: 'extension',
  type: 'health_check',
  description: 'Says over HTTP whether the collector takes data',
  stability: 'beta',
  schema: healthCheckSchema,
  validate: validateHealthCheck,
  create: (settings, config) => new HealthCheck(settings, config),
};
