import type { ExporterFactory } from '#component';
import { type ExampleExporterConfig, exampleExporterSchema } from './config.ts';
import { ExampleExporter } from './example.ts';

export const exampleExporterFactory: ExporterFactory<ExampleExporterConfig> = {
  kind: 'exporter',
  type: 'example',
  description: 'Writes a line for each batch into the log.',
  stability: { traces: 'development', metrics: 'development', logs: 'development' },
  schema: exampleExporterSchema,
  delivery: (config) => config.delivery,
  create: (settings, config) => new ExampleExporter(settings, config),
};
