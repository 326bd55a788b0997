import { z } from 'zod';
import { strictObject } from './object.ts';
import type { Schema } from './schema.ts';
import { boolean, integer, list, mapOf, oneOf, positiveDuration, text } from './values.ts';

export interface PipelineConfig {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogsTelemetryConfig {
  readonly level: LogLevel;
  readonly encoding: 'console' | 'json';
  /** `stderr`, `stdout` or file paths. */
  readonly outputPaths: readonly string[];
  /** Where it is said that one of them can't be written. */
  readonly errorOutputPaths: readonly string[];
  readonly initialFields: ReadonlyMap<string, unknown>;
  /** Of equal lines within `tickMs`, the first `initial` and then every `thereafter`th are written; undefined writes all. */
  readonly sampling: { readonly tickMs: number; readonly initial: number; readonly thereafter: number } | undefined;
}

/** Serves the collector's own metrics in the Prometheus text format. */
export interface PrometheusReaderConfig {
  readonly host: string;
  readonly port: number;
  readonly withoutUnits: boolean;
  readonly withoutTypeSuffix: boolean;
  readonly withoutScopeInfo: boolean;
}

export interface MetricsTelemetryConfig {
  readonly level: 'none' | 'basic' | 'normal' | 'detailed';
  readonly prometheusReaders: readonly PrometheusReaderConfig[];
  /** Readers that were asked for and that Signalbox doesn't have: each is worth a warning. */
  readonly unsupportedReaders: readonly string[];
}

export interface TelemetryConfig {
  readonly logs: LogsTelemetryConfig;
  readonly metrics: MetricsTelemetryConfig;
  /** Attributes of the collector's own resource; null removes a built-in one. */
  readonly resource: ReadonlyMap<string, string | null>;
  /** Settings that were made and that Signalbox has nothing for, as paths below `service::telemetry`: each is worth a warning. */
  readonly unsupported: readonly string[];
}

export interface ServiceConfig {
  readonly extensions: readonly string[];
  readonly pipelines: ReadonlyMap<string, PipelineConfig>;
  readonly telemetry: TelemetryConfig;
}

const pipeline: z.ZodType<PipelineConfig> = strictObject({
  receivers: list(text()),
  processors: list(text()),
  exporters: list(text()),
});

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  '': 'info',
  warn: 'warn',
  error: 'error',
  dpanic: 'error',
  panic: 'error',
  fatal: 'error',
};

const logLevel: z.ZodType<LogLevel> = text('info').transform((level, context) => {
  const known = LEVELS[level.toLowerCase()];
  if (known !== undefined) return known;
  context.addIssue({ code: 'custom', message: `unrecognized level: "${level}"; use debug, info, warn or error` });
  return z.NEVER;
});

/** Of otelcol's zap.Config. Callers and stack traces are never written, so `disable_*` and `development` have nothing to turn off. */
const logs: z.ZodType<LogsTelemetryConfig & { readonly processors: readonly unknown[] }> = strictObject({
  level: logLevel,
  encoding: oneOf(['console', 'json'], 'console'),
  output_paths: list(text(), ['stderr']),
  error_output_paths: list(text(), ['stderr']),
  sampling: strictObject({
    enabled: boolean(true),
    tick: positiveDuration(10_000),
    initial: integer(10, { min: 0 }),
    thereafter: integer(100, { min: 0 }),
  }),
  development: boolean(false),
  disable_caller: boolean(false),
  disable_stacktrace: boolean(false),
  disable_zap_resource: boolean(false),
  initial_fields: mapOf(z.unknown()),
  processors: list(z.unknown()),
}).transform((raw) => ({
  level: raw.level,
  encoding: raw.encoding,
  outputPaths: raw.output_paths,
  errorOutputPaths: raw.error_output_paths,
  initialFields: raw.initial_fields,
  sampling: raw.sampling.enabled
    ? { tickMs: raw.sampling.tick, initial: raw.sampling.initial, thereafter: raw.sampling.thereafter }
    : undefined,
  processors: raw.processors,
}));

const prometheusReader: z.ZodType<PrometheusReaderConfig> = strictObject({
  host: text('localhost'),
  port: integer(8888, { min: 0, max: 65_535 }),
  without_units: boolean(false),
  without_type_suffix: boolean(false),
  without_scope_info: boolean(false),
  with_resource_constant_labels: z.unknown().optional(),
  translation_strategy: text().optional(),
}).transform((raw) => ({
  host: raw.host,
  port: raw.port,
  withoutUnits: raw.without_units,
  withoutTypeSuffix: raw.without_type_suffix,
  withoutScopeInfo: raw.without_scope_info,
}));

const reader: z.ZodType<PrometheusReaderConfig | string> = strictObject({
  pull: strictObject({
    exporter: strictObject({
      prometheus: prometheusReader.optional(),
      'prometheus/development': prometheusReader.optional(),
    }),
  }).optional(),
  periodic: z.looseObject({ exporter: z.record(z.string(), z.unknown()).optional() }).optional(),
}).transform((raw, context) => {
  const prometheus = raw.pull?.exporter.prometheus ?? raw.pull?.exporter['prometheus/development'];
  if (prometheus !== undefined) return prometheus;
  if (raw.periodic !== undefined) return `periodic ${Object.keys(raw.periodic.exporter ?? {}).join(', ')}`.trim();
  context.addIssue({ code: 'custom', message: 'a metrics reader needs pull or periodic with an exporter' });
  return z.NEVER;
});

/** otelcol's own reader, used where the file names none. */
export const DEFAULT_PROMETHEUS_READER: PrometheusReaderConfig = {
  host: 'localhost',
  port: 8888,
  withoutUnits: true,
  withoutTypeSuffix: true,
  withoutScopeInfo: true,
};

const metrics: z.ZodType<MetricsTelemetryConfig & { readonly views: readonly unknown[] }> = strictObject({
  level: z.preprocess(
    (level) => (typeof level === 'string' ? level.toLowerCase() : level),
    oneOf(['none', 'basic', 'normal', 'detailed'], 'normal'),
  ),
  readers: list(reader, [DEFAULT_PROMETHEUS_READER]),
  views: list(z.unknown()),
  // Ignored since otelcol 0.123, still found in many files.
  address: text().optional(),
}).transform((raw) => {
  const { readers } = raw;
  return {
    level: raw.level,
    prometheusReaders: raw.level === 'none' ? [] : readers.filter((entry) => typeof entry !== 'string'),
    unsupportedReaders: readers.filter((entry) => typeof entry === 'string'),
    views: raw.views,
  };
});

const telemetry: z.ZodType<TelemetryConfig> = strictObject({
  logs,
  metrics,
  traces: strictObject({
    level: text(''),
    propagators: list(text()),
    processors: list(z.unknown()),
  }),
  resource: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
}).transform((raw) => ({
  logs: raw.logs,
  metrics: raw.metrics,
  unsupported: [
    ...(raw.logs.processors.length > 0 ? ['logs::processors'] : []),
    ...(raw.metrics.views.length > 0 ? ['metrics::views'] : []),
    ...(raw.traces.processors.length > 0 ? ['traces::processors'] : []),
  ],
  resource: new Map(Object.entries(raw.resource).map(([key, value]) => [key, value === null ? null : String(value)])),
}));

/** The `service:` section. What it refers to is checked when the graph is built. */
export const serviceSchema: Schema<ServiceConfig> = strictObject({
  extensions: list(text()),
  pipelines: mapOf(pipeline),
  telemetry,
});
