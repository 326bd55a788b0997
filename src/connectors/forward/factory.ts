import type { ConnectorFactory } from '#component';
import { SIGNALS } from '#pdata';
import { type ForwardConfig, forwardSchema } from './config.ts';
import { ForwardConnector } from './forward.ts';

export const forwardFactory: ConnectorFactory<ForwardConfig> = {
  kind: 'connector',
  type: 'forward',
  description: 'Takes the data of some pipelines into others of the same signal',
  stability: SIGNALS.map((signal) => ({ from: signal, to: signal, stability: 'beta' })),
  schema: forwardSchema,
  create: (settings, _config, _from, _to, next) => new ForwardConnector(settings, next),
};
