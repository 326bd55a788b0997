import type { ExporterFactory } from '#component';
import { type OtlpGrpcExporterConfig, otlpGrpcExporterSchema, validateOtlpGrpcExporter } from './config.ts';
import { OtlpGrpcExporter } from './otlp-grpc.ts';

export const otlpGrpcExporterFactory: ExporterFactory<OtlpGrpcExporterConfig> = {
  kind: 'exporter',
  type: 'otlp_grpc',
  aliases: ['otlp'],
  description: 'Sends traces, metrics and logs by OTLP over gRPC',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  schema: otlpGrpcExporterSchema,
  validate: validateOtlpGrpcExporter,
  delivery: (config) => config.delivery,
  create: (settings, config, signal) => new OtlpGrpcExporter(settings, config, signal),
};
