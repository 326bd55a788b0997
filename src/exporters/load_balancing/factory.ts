import type { ExporterFactory } from '#component';
import { type LoadBalancingConfig, loadBalancingSchema, validateLoadBalancing } from './config.ts';
import { LoadBalancingExporter } from './load-balancing.ts';

export const loadBalancingFactory: ExporterFactory<LoadBalancingConfig> = {
  kind: 'exporter',
  type: 'load_balancing',
  aliases: ['loadbalancing'],
  description: 'Spreads data over several backends by OTLP over gRPC, what belongs together to the same one',
  stability: { traces: 'beta', metrics: 'development', logs: 'beta' },
  schema: loadBalancingSchema,
  validate: validateLoadBalancing,
  delivery: (config) => config.delivery,
  create: (settings, config, signal) => new LoadBalancingExporter(settings, config, signal),
};
