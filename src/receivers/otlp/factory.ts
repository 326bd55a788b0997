import type { ReceiverFactory } from '#component';
import { type OtlpReceiverConfig, otlpReceiverSchema, validateOtlpReceiver } from './config.ts';
import { OtlpReceiver } from './otlp.ts';

export const otlpReceiverFactory: ReceiverFactory<OtlpReceiverConfig> = {
  kind: 'receiver',
  type: 'otlp',
  description: 'Receives traces, metrics and logs by OTLP over gRPC and HTTP',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  schema: otlpReceiverSchema,
  validate: validateOtlpReceiver,
  create: (settings, config, next) => new OtlpReceiver(settings, config, next),
};
