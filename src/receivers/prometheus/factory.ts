import type { ReceiverFactory } from '#component';
import { type PrometheusReceiverConfig, prometheusReceiverSchema, validatePrometheusReceiver } from './config.ts';
import { PrometheusReceiver } from './prometheus.ts';

export const prometheusReceiverFactory: ReceiverFactory<PrometheusReceiverConfig> = {
  kind: 'receiver',
  type: 'prometheus',
  description: 'Scrapes targets as a Prometheus does',
  stability: { metrics: 'beta' },
  schema: prometheusReceiverSchema,
  validate: validatePrometheusReceiver,
  create: (settings, config, next) => new PrometheusReceiver(settings, config, next.metrics!),
};
