import type { ExporterFactory } from '#component';
import { type FileExporterConfig, fileExporterSchema, validateFileExporter } from './config.ts';
import { FileExporter } from './file.ts';

export const fileExporterFactory: ExporterFactory<FileExporterConfig> = {
  kind: 'exporter',
  type: 'file',
  description: 'Writes into files',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  schema: fileExporterSchema,
  validate: validateFileExporter,
  create: (settings, config) => new FileExporter(settings, config),
};
