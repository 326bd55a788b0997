import { type ReceiverFactory, serverMistakes } from '#component';
import { type PrometheusRemoteWriteReceiverConfig, prometheusRemoteWriteReceiverSchema } from './config.ts';
import { PrometheusRemoteWriteReceiver } from './prometheusremotewrite.ts';

export const prometheusRemoteWriteReceiverFactory: ReceiverFactory<PrometheusRemoteWriteReceiverConfig> = {
  kind: 'receiver',
  type: 'prometheusremotewrite',
  description: 'Receives what a Prometheus writes by remote write, versions 1.0 and 2.0',
  stability: { metrics: 'beta' },
  schema: prometheusRemoteWriteReceiverSchema,
  validate: ({ server }) => serverMistakes(server),
  create: (settings, config, next) => new PrometheusRemoteWriteReceiver(settings, config, next.metrics!),
};
