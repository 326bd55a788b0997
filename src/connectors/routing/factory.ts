import type { ConnectorFactory } from '#component';
import { SIGNALS } from '#pdata';
import { type RoutingConfig, routingSchema, validateRouting } from './config.ts';
import { RoutingConnector } from './routing.ts';

export const routingFactory: ConnectorFactory<RoutingConfig> = {
  kind: 'connector',
  type: 'routing',
  description: 'Sends data to pipelines of the same signal by conditions.',
  stability: SIGNALS.map((signal) => ({ from: signal, to: signal, stability: 'alpha' })),
  schema: routingSchema,
  validate: validateRouting,
  create: (settings, config, from, _to, next) => new RoutingConnector(settings, config, from, next),
};
