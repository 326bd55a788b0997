import type { ExporterFactory } from '#component';
import { type PrometheusExporterConfig, prometheusExporterSchema, validatePrometheusExporter } from './config.ts';
import { PrometheusExporter } from './prometheus.ts';

export const prometheusExporterFactory: ExporterFactory<PrometheusExporterConfig> = {
  kind: 'exporter',
  type: 'prometheus',
  description: 'Serves the last value of each series, for Prometheus to scrape',
  stability: { metrics: 'beta' },
  schema: prometheusExporterSchema,
  validate: validatePrometheusExporter,
  delivery: (config) => config.delivery,
  create: (settings, config) => new PrometheusExporter(settings, config),
};
