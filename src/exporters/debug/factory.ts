import type { ExporterFactory } from '#component';
import {
  type DebugExporterConfig,
  debugExporterSchema,
  modernizeDebugExporter,
  validateDebugExporter,
} from './config.ts';
import { DebugExporter } from './debug.ts';

export const debugExporterFactory: ExporterFactory<DebugExporterConfig> = {
  kind: 'exporter',
  type: 'debug',
  description: 'Prints traces, metrics and logs for humans',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  aliases: ['logging'],
  schema: debugExporterSchema,
  modernize: modernizeDebugExporter,
  validate: validateDebugExporter,
  create: (settings, config) => new DebugExporter(settings, config),
};
