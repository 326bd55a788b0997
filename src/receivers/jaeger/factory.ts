import { type ReceiverFactory, serverMistakes } from '#component';
import { type JaegerReceiverConfig, jaegerMistakes, jaegerReceiverSchema } from './config.ts';
import { JaegerReceiver } from './jaeger.ts';

export const jaegerReceiverFactory: ReceiverFactory<JaegerReceiverConfig> = {
  kind: 'receiver',
  type: 'jaeger',
  description: "Receives spans from Jaeger's clients and agents",
  stability: { traces: 'beta' },
  schema: jaegerReceiverSchema,
  validate: (config) => [
    ...jaegerMistakes(config),
    ...(config.thriftHttp === undefined ? [] : serverMistakes(config.thriftHttp, ['protocols', 'thrift_http'])),
    ...(config.grpc === undefined ? [] : serverMistakes(config.grpc, ['protocols', 'grpc'])),
  ],
  create: (settings, config, next) => new JaegerReceiver(settings, config, next.traces!),
};
