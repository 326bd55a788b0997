import type { ExporterFactory, MetricLabels } from '#component';
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
  peerLabels: (config) => peerLabels(config.client.endpoint),
  create: (settings, config) => new RemoteWriteExporter(settings, config),
};

function peerLabels(url: string): MetricLabels {
  if (!URL.canParse(url)) return {};
  const { hostname, port, pathname } = new URL(url);
  return { 'server.address': hostname, ...(port !== '' && { 'server.port': port }), 'url.path': pathname };
}
