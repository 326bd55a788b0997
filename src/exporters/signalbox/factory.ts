import type { ExporterFactory } from '#component';
import { type SignalboxExporterConfig, signalboxExporterSchema, validateSignalboxExporter } from './config.ts';
import { SignalboxExporter } from './signalbox.ts';

export const signalboxExporterFactory: ExporterFactory<SignalboxExporterConfig> = {
  kind: 'exporter',
  type: 'signalbox',
  description:
    'Keeps telemetry in the store: on disk when it answers, in the store about a second later, exactly once.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema: signalboxExporterSchema,
  validate: validateSignalboxExporter,
  // Sent is what the store has, and `consume` resolves when the data is in the spool.
  countsItself: true,
  create: (settings, config, signal) => new SignalboxExporter(settings, config, signal),
};
