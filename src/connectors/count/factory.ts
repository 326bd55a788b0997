import type { ConnectorFactory } from '#component';
import { type CountConnectorConfig, countSchema, validateCount } from './config.ts';
import { CountConnector } from './count.ts';

export const countFactory: ConnectorFactory<CountConnectorConfig> = {
  kind: 'connector',
  type: 'count',
  description: 'Counts spans, span events, metrics, data points and log records, by conditions and attributes.',
  stability: [
    { from: 'traces', to: 'metrics', stability: 'alpha' },
    { from: 'metrics', to: 'metrics', stability: 'alpha' },
    { from: 'logs', to: 'metrics', stability: 'alpha' },
  ],
  schema: countSchema,
  validate: validateCount,
  create: (settings, config, from, _to, next) => new CountConnector(settings, config, from, next),
};
