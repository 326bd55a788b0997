import type { ExporterFactory } from '#component';
import { type LokiExporterConfig, lokiExporterSchema, modernizeLokiExporter, validateLokiExporter } from './config.ts';
import { LokiExporter } from './loki.ts';

export const lokiExporterFactory: ExporterFactory<LokiExporterConfig> = {
  kind: 'exporter',
  type: 'loki',
  description: "Sends log records by Loki's push API",
  stability: { logs: 'deprecated' },
  schema: lokiExporterSchema,
  modernize: modernizeLokiExporter,
  validate: validateLokiExporter,
  delivery: (config) => config.delivery,
  create: (settings, config) => new LokiExporter(settings, config),
};
