import { type ReceiverFactory, serverMistakes } from '#component';
import { type ZipkinReceiverConfig, zipkinReceiverSchema } from './config.ts';
import { ZipkinReceiver } from './zipkin.ts';

export const zipkinReceiverFactory: ReceiverFactory<ZipkinReceiverConfig> = {
  kind: 'receiver',
  type: 'zipkin',
  description: 'Receives spans in both formats of Zipkin',
  stability: { traces: 'beta' },
  schema: zipkinReceiverSchema,
  validate: ({ server }) => serverMistakes(server),
  create: (settings, config, next) => new ZipkinReceiver(settings, config, next.traces!),
};
