import { type ReceiverFactory, serverMistakes } from '#component';
import { type LokiReceiverConfig, lokiReceiverSchema } from './config.ts';
import { LokiReceiver } from './loki.ts';

export const lokiReceiverFactory: ReceiverFactory<LokiReceiverConfig> = {
  kind: 'receiver',
  type: 'loki',
  description: "Receives logs by Loki's push API",
  stability: { logs: 'beta' },
  schema: lokiReceiverSchema,
  validate: ({ grpc, http }) => [
    ...(grpc === undefined && http === undefined
      ? [{ path: [], message: 'must specify at least one protocol when using the Loki receiver' }]
      : []),
    ...(http === undefined ? [] : serverMistakes(http, ['protocols', 'http'])),
    ...(grpc === undefined ? [] : serverMistakes(grpc, ['protocols', 'grpc'])),
  ],
  create: (settings, config, next) => new LokiReceiver(settings, config, next.logs!),
};
