import type { ExporterFactory } from '#component';
import { httpPeerLabels } from '../shared/http-sender.ts';
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
  peerLabels: (config, signal) => httpPeerLabels(config.urls[signal]),
  create: (settings, config, signal) => new OtlpHttpExporter(settings, config, signal),
};
