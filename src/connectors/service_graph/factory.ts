import type { ConnectorFactory } from '#component';
import { type ServiceGraphConfig, serviceGraphSchema, validateServiceGraph } from './config.ts';
import { ServiceGraphConnector } from './service-graph.ts';

export const serviceGraphFactory: ConnectorFactory<ServiceGraphConfig> = {
  kind: 'connector',
  type: 'service_graph',
  aliases: ['servicegraph'],
  description: 'Makes metrics of the calls between services, for a graph of them.',
  stability: [{ from: 'traces', to: 'metrics', stability: 'beta' }],
  schema: serviceGraphSchema,
  validate: validateServiceGraph,
  create: (settings, config, _from, _to, next) => new ServiceGraphConnector(settings, config, next),
};
