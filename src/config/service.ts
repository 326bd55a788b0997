import { z } from 'zod';
import type { ConfigError } from '#base';
import { readBlock } from './issues.ts';
import type { ConfigNode, MapNode, NodePath } from './node.ts';
import { describe, strictObject } from './object.ts';
import { TypedScalar } from './scalar.ts';
import type { Schema } from './schema.ts';
import { boolean, integer, level, list, mapOf, oneOf, positiveDuration, text } from './values.ts';

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
  /** Attributes of the resource that every series carries; patterns with `*` and `?`. */
  readonly resourceLabels: { readonly included: readonly string[]; readonly excluded: readonly string[] } | undefined;
  /** `level: detailed`: labels say why something failed, too. */
  readonly isDetailed: boolean;
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
  receivers: list(text()).describe('ids of receivers, and of connectors that feed the pipeline'),
  processors: list(text()).describe('ids of processors, in their order'),
  exporters: list(text()).describe('ids of exporters, and of connectors that the pipeline feeds'),
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

const logLevel: z.ZodType<LogLevel> = text('info').transform((written, context) => {
  const known = LEVELS[written.toLowerCase()];
  if (known !== undefined) return known;
  context.addIssue({ code: 'custom', message: `unrecognized level: "${written}"; use debug, info, warn or error` });
  return z.NEVER;
});

/** Of otelcol's zap.Config. Callers and stack traces are never written, so `disable_*` and `development` have nothing to turn off. */
const logs: z.ZodType<LogsTelemetryConfig & { readonly processors: readonly unknown[] }> = strictObject({
  level: logLevel.describe('the least that is written: `debug`, `info`, `warn`, `error`'),
  encoding: oneOf(['console', 'json'], 'console').describe('lines for people, or JSON'),
  output_paths: list(text(), ['stderr']).describe('`stderr`, `stdout` or files'),
  error_output_paths: list(text(), ['stderr']).describe('where it is said that one of them can not be written'),
  sampling: strictObject({
    enabled: boolean(true).describe('writes of many equal lines only some'),
    tick: positiveDuration(10_000).describe('the time within which lines are counted'),
    initial: integer(10, { min: 0 }).meta({
      description: 'of equal lines that are written in that time',
      unit: 'lines',
    }),
    thereafter: integer(100, { min: 0 }).describe('and then every n-th'),
  }),
  development: boolean(false).describe('loads without an effect: stack traces are never written'),
  disable_caller: boolean(false).describe('loads without an effect: callers are never written'),
  disable_stacktrace: boolean(false).describe('loads without an effect: stack traces are never written'),
  disable_zap_resource: boolean(false).describe('loads without an effect: the resource is in no line'),
  initial_fields: mapOf(z.unknown()).describe('stand in every line'),
  processors: list(z.unknown()).describe('nothing here has a use for it, which is said at the start'),
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
  host: text('localhost').describe('the address to listen on'),
  port: integer(8888, { min: 0, max: 65_535 }).describe('the port to listen on'),
  without_units: boolean(true).describe(
    'names have no unit at their end; both suffixes are written where one of them is asked for',
  ),
  without_type_suffix: boolean(true).describe('names have no `_total` at their end'),
  without_scope_info: boolean(true).describe('series carry no labels of the scope'),
  with_resource_constant_labels: strictObject({
    included: list(text()).describe('patterns with `*` and `?`'),
    excluded: list(text()).describe('of these, patterns of what is left out'),
  })
    .optional()
    .describe('attributes of the resource that every series carries'),
}).transform((raw) => ({
  host: raw.host,
  port: raw.port,
  // otelcol 0.159 writes both suffixes where one of them is asked for.
  withoutUnits: raw.without_units && raw.without_type_suffix,
  withoutTypeSuffix: raw.without_units && raw.without_type_suffix,
  withoutScopeInfo: raw.without_scope_info,
  resourceLabels: raw.with_resource_constant_labels,
  isDetailed: false,
}));

const reader: z.ZodType<PrometheusReaderConfig | string> = strictObject({
  pull: strictObject({
    exporter: strictObject({
      prometheus: prometheusReader.optional().describe('serves the metrics in the text format'),
      'prometheus/development': prometheusReader.optional().describe('the same, as otelcol names it today'),
    }),
  }).optional(),
  periodic: z
    .looseObject({ exporter: z.record(z.string(), z.unknown()).optional().describe('by type') })
    .optional()
    .describe('a reader that sends; there is none yet, which is said at the start'),
}).transform((raw, context) => {
  const prometheus = raw.pull?.exporter.prometheus ?? raw.pull?.exporter['prometheus/development'];
  if (prometheus !== undefined) return prometheus;
  if (raw.periodic !== undefined) return `periodic ${Object.keys(raw.periodic.exporter ?? {}).join(', ')}`.trim();
  context.addIssue({ code: 'custom', message: 'a metrics reader needs pull or periodic with an exporter' });
  return z.NEVER;
});

/** otelcol's own reader, used where the file names none. */
const DEFAULT_PROMETHEUS_READER: PrometheusReaderConfig = prometheusReader.parse({});

const LEVELS_OF_DETAIL = ['none', 'basic', 'normal', 'detailed'] as const;

const metrics: z.ZodType<MetricsTelemetryConfig & { readonly unsupported: readonly string[] }> = strictObject({
  level: level(LEVELS_OF_DETAIL, 'normal').describe('how much is measured'),
  readers: list(reader, [DEFAULT_PROMETHEUS_READER]).meta({
    description: 'where own metrics go',
    defaultText: 'Prometheus on `localhost:8888`',
  }),
  views: list(z.unknown()).describe('nothing here has a use for it, which is said at the start'),
  address: text().optional().describe('refused since otelcol 0.123, still found in many files: said at the start'),
}).transform((raw) => {
  const { readers } = raw;
  return {
    level: raw.level,
    prometheusReaders:
      raw.level === 'none'
        ? []
        : readers
            .filter((entry) => typeof entry !== 'string')
            .map((entry) => ({ ...entry, isDetailed: raw.level === 'detailed' })),
    unsupportedReaders: readers.filter((entry) => typeof entry === 'string'),
    unsupported: [...(raw.views.length > 0 ? ['views'] : []), ...(raw.address === undefined ? [] : ['address'])],
  };
});

const traces: z.ZodType<{ readonly unsupported: readonly string[] }> = strictObject({
  level: level(LEVELS_OF_DETAIL, 'normal').describe('the collector makes no spans of its own'),
  propagators: list(oneOf(['tracecontext', 'b3'])).describe('the same'),
  processors: list(z.unknown()).describe('nothing here has a use for it, which is said at the start'),
  sampler: z.unknown().optional().describe('loads without an effect'),
  limits: z.unknown().optional().describe('loads without an effect'),
  schema_url: z.unknown().optional().describe('loads without an effect'),
}).transform((raw) => ({ unsupported: raw.processors.length > 0 ? ['processors'] : [] }));

type Resource = ReadonlyMap<string, string | null>;

const resourceAttribute = strictObject({
  name: text(),
  value: z.unknown().optional(),
  type: z.unknown().optional(),
}).transform((raw): readonly [string, string] => [raw.name, String(raw.value ?? '')]);

/** Either attributes by name, or the declarative form: a list of names and values (service/telemetry/otelconftelemetry@v0.159.0). */
const resource: z.ZodType<Resource> = z
  .unknown()
  .transform((raw, context): Resource => {
    if (raw === undefined || raw === null) return new Map();
    const schema = isDeclarative(raw) ? declarativeResource : legacyResource;
    const result = schema.safeParse(raw);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.addIssue(issue as never);
    return z.NEVER;
  })
  .default(new Map());

const declarativeResource: z.ZodType<Resource> = strictObject({
  attributes: list(resourceAttribute),
  schema_url: text().optional(),
  detectors: z.unknown().optional(),
}).transform((raw) => new Map(raw.attributes));

const legacyResource: z.ZodType<Resource> = mapOf(z.unknown()).transform((raw, context) => {
  const entries = [...raw].map(([key, value]) => [key, value === null ? null : String(value)] as const);
  for (const [key, value] of raw) {
    if (typeof value !== 'object' || value === null || value instanceof TypedScalar) continue;
    const message = `expected a text or null, got ${describe(value)}; resource::attributes takes a list of {name, value}`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
  return new Map(entries);
});

function isDeclarative(raw: unknown): boolean {
  const { attributes, ...others } = raw as { readonly attributes?: unknown };
  return Array.isArray(attributes) && Object.keys(others).every((key) => key === 'schema_url' || key === 'detectors');
}

const telemetry: z.ZodType<TelemetryConfig> = strictObject({
  logs: logs.describe('what the collector writes'),
  metrics: metrics.describe('what it measures of itself'),
  traces: traces.describe('spans of its own: there are none'),
  resource: resource.describe('attributes of its own resource, by name; null removes a built-in one'),
}).transform((raw) => ({
  logs: raw.logs,
  metrics: raw.metrics,
  unsupported: [
    ...(raw.logs.processors.length > 0 ? ['logs::processors'] : []),
    ...raw.metrics.unsupported.map((key) => `metrics::${key}`),
    ...raw.traces.unsupported.map((key) => `traces::${key}`),
  ],
  resource: raw.resource,
}));

const pipelineMap: Schema<ReadonlyMap<string, unknown>> = mapOf(z.unknown().meta({ readsAs: () => pipeline }));
const extensionList: Schema<readonly string[]> = list(text());
/** The keys alone; each is read by its own schema. */
export const serviceSchema: z.ZodType<unknown> = strictObject({
  extensions: z
    .unknown()
    .optional()
    .meta({ description: 'ids of extensions to start', readsAs: () => extensionList }),
  pipelines: z
    .unknown()
    .optional()
    .meta({ description: 'by id: the signal, or `signal/name`', readsAs: () => pipelineMap }),
  telemetry: z
    .unknown()
    .optional()
    .meta({ description: "the collector's own telemetry", readsAs: () => telemetry }),
});

export interface ReadService {
  readonly service: ServiceConfig;
  readonly errors: readonly ConfigError[];
  readonly texts: readonly ConfigNode[];
  /** False where some pipeline couldn't be read: what the others refer to each other for can't be told then. */
  readonly hasAllPipelines: boolean;
}

/**
 * Reads the `service:` section part by part, so that a mistake in one hides none in the others. What can't be read has its default, and
 * a pipeline that can't be read is left out. What the section refers to is checked when the graph is built.
 */
export function readService(root: MapNode): ReadService {
  const errors: ConfigError[] = [];
  const texts: ConfigNode[] = [];
  const read = <T>(schema: Schema<T>, path: NodePath): T | undefined => {
    const result = readBlock(schema, { root, path });
    if ('errors' in result) {
      for (const error of result.errors) errors.push(error);
      return undefined;
    }
    for (const node of result.texts) texts.push(node);
    return result.value;
  };
  read(serviceSchema, ['service']);
  const isMap = errors.every((error) => error.path !== 'service' || !error.message.includes('expected a map'));
  // No key is empty: a path that leads nowhere gives the defaults.
  const at = (key: string): NodePath => (isMap ? ['service', key] : ['']);
  const ids = read(pipelineMap, at('pipelines'));
  const pipelines = new Map<string, PipelineConfig>();
  for (const id of ids?.keys() ?? []) {
    const one = read(pipeline, ['service', 'pipelines', id]);
    if (one !== undefined) pipelines.set(id, one);
  }
  const extensions = read(extensionList, at('extensions')) ?? [];
  const settings = read(telemetry, at('telemetry')) ?? telemetry.parse({});
  const hasAllPipelines = isMap && ids !== undefined && pipelines.size === ids.size;
  return { service: { extensions, pipelines, telemetry: settings }, errors, texts, hasAllPipelines };
}
