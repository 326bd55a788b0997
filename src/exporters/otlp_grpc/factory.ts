import type { ExporterFactory, MetricLabels } from '#component';
import { grpcTarget } from '#net';
import { OtlpGrpcExporter, type OtlpGrpcExporterConfig } from '../shared/otlp-grpc.ts';
import { otlpGrpcExporterSchema, validateOtlpGrpcExporter } from './config.ts';

export const otlpGrpcExporterFactory: ExporterFactory<OtlpGrpcExporterConfig> = {
  kind: 'exporter',
  type: 'otlp_grpc',
  aliases: ['otlp'],
  description: 'Sends traces, metrics and logs by OTLP over gRPC',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  schema: otlpGrpcExporterSchema,
  validate: validateOtlpGrpcExporter,
  delivery: (config) => config.delivery,
  peerLabels: (config) => peerLabels(config.client.endpoint),
  create: (settings, config, signal) => new OtlpGrpcExporter(settings, config, signal),
};

/** As otelcol names them (exporter/otlpexporter/factory.go@v0.159.0), and without the scheme where the endpoint has one. */
function peerLabels(endpoint: string): MetricLabels {
  const target = grpcTarget(endpoint);
  if (target === undefined) return {};
  if (target.kind === 'unix') return { 'server.address': endpoint };
  return { 'server.address': target.host, 'server.port': String(target.port) };
}
