import type { ConnectorFactory } from '#component';
import { type ExampleConnectorConfig, exampleConnectorSchema } from './config.ts';
import { ExampleConnector } from './example.ts';

export const exampleConnectorFactory: ConnectorFactory<ExampleConnectorConfig> = {
  kind: 'connector',
  type: 'example',
  description: 'Makes a metric of how many items each batch has.',
  stability: [
    { from: 'traces', to: 'metrics', stability: 'development' },
    { from: 'logs', to: 'metrics', stability: 'development' },
  ],
  schema: exampleConnectorSchema,
  create: (settings, config, _from, _to, next) => new ExampleConnector(settings, config, next),
};
