import type { ExporterFactory } from '#component';
import { validateZipkinExporter, type ZipkinExporterConfig, zipkinExporterSchema } from './config.ts';
import { ZipkinExporter } from './zipkin.ts';

export const zipkinExporterFactory: ExporterFactory<ZipkinExporterConfig> = {
  kind: 'exporter',
  type: 'zipkin',
  description: 'Sends traces to Zipkin, by its second version',
  stability: { traces: 'beta' },
  schema: zipkinExporterSchema,
  validate: validateZipkinExporter,
  delivery: (config) => config.delivery,
  create: (settings, config) => new ZipkinExporter(settings, config),
};
