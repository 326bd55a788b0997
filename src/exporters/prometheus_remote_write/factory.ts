import type { ExporterFactory } from '#component';
import { httpPeerLabels } from '../shared/http-sender.ts';
import { type RemoteWriteConfig, remoteWriteSchema, validateRemoteWrite } from './config.ts';
import { RemoteWriteExporter } from './prometheus-remote-write.ts';

export const remoteWriteFactory: ExporterFactory<RemoteWriteConfig> = {
  kind: 'exporter',
  type: 'prometheus_remote_write',
  aliases: ['prometheusremotewrite'],
  description: "Sends metrics by Prometheus's remote write, 1.0 and 2.0",
  stability: { metrics: 'beta' },
  schema: remoteWriteSchema,
  validate: validateRemoteWrite,
  delivery: (config) => config.delivery,
  peerLabels: (config) => httpPeerLabels(config.client.endpoint),
  create: (settings, config) => new RemoteWriteExporter(settings, config),
};
