import type { ExporterFactory, MetricLabels } from '#component';
import { type OtlpHttpExporterConfig, otlpHttpExporterSchema, validateOtlpHttpExporter } from './config.ts';
import { OtlpHttpExporter } from './otlp-http.ts';

export const otlpHttpExporterFactory: ExporterFactory<OtlpHttpExporterConfig> = {
  kind: 'exporter',
  type: 'otlp_http',
  aliases: ['otlphttp'],
  description: 'Sends traces, metrics and logs by OTLP over HTTP',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  schema: otlpHttpExporterSchema,
  validate: validateOtlpHttpExporter,
  delivery: (config) => config.delivery,
  peerLabels: (config, signal) => peerLabels(config.urls[signal]),
  create: (settings, config, signal) => new OtlpHttpExporter(settings, config, signal),
};

/** As otelcol names them (exporter/otlphttpexporter/factory.go@v0.159.0). */
function peerLabels(url: string): MetricLabels {
  if (!URL.canParse(url)) return {};
  const { hostname, port, pathname } = new URL(url);
  return {
    'server.address': hostname,
    ...(port !== '' && { 'server.port': port }),
    ...(pathname !== '' && { 'url.path': pathname }),
  };
}
