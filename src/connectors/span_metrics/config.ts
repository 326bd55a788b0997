import { boolean, duration, integer, list, oneOf, positiveDuration, type Schema, strictObject, text } from '#config';
import { globPattern } from './glob.ts';

/** An attribute of the span, or else of its resource, that becomes one of the series; by its name or by a pattern. */
export interface DimensionConfig {
  readonly name?: string | undefined;
  /** The value where neither has it; without one the attribute is left out. */
  readonly default?: string | undefined;
  readonly glob?: string | undefined;
}

/** What users write under `span_metrics:` (otelcol-contrib connector/spanmetricsconnector 0.159). */
export interface SpanMetricsConfig {
  readonly namespace: string;
  /** Of all metrics; then those of single metrics. */
  readonly dimensions: readonly DimensionConfig[];
  readonly callsDimensions: readonly DimensionConfig[];
  readonly histogramDimensions: readonly DimensionConfig[];
  readonly eventsDimensions: readonly DimensionConfig[];
  readonly excludeDimensions: readonly string[];
  readonly histogramDisabled: boolean;
  readonly unit: 'ms' | 's';
  /** In milliseconds; undefined where buckets are exponential. */
  readonly boundsMs: readonly number[] | undefined;
  readonly exponentialMaxSize: number;
  readonly isDelta: boolean;
  readonly flushIntervalMs: number;
  /** 0 for never. */
  readonly metricsExpirationMs: number;
  readonly seriesExpirationMs: number;
  /** Series per resource and metric; 0 for no limit of the user's. */
  readonly cardinalityLimit: number;
  readonly resourcesLimit: number;
  /** All attributes where empty. */
  readonly resourceKeyAttributes: readonly string[];
  readonly exemplarsEnabled: boolean;
  readonly exemplarsPerPoint: number;
  readonly eventsEnabled: boolean;
  readonly scopes: readonly string[];
  readonly samplingMethodEnabled: boolean;
  /** Of `http.server.request.duration`, in milliseconds; undefined where it is not made. */
  readonly httpBoundsMs: readonly number[] | undefined;
  readonly httpWaitMs: number;
}

/** The attributes that every series has, unless they are excluded. */
export const BASE_DIMENSIONS: readonly string[] = [
  'service.name',
  'span.name',
  'span.kind',
  'status.code',
  'collector.instance.id',
];

const BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];
const DEFAULT_MAX_SIZE = 160;
/** What the semantic conventions advise. */
const HTTP_BOUNDS_MS = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
/** SDKs export every minute, from their start on. */
const HTTP_WAIT_MS = 75_000;

const dimension = strictObject({
  name: text().optional().describe('of the attribute'),
  default: text().optional().describe('the value where neither the span nor its resource has the attribute'),
  glob: text()
    .optional()
    .describe(
      'instead of a name: all attributes whose name matches, where `*` stands for anything without a dot, `**` for anything',
    ),
});

const expiration = () => duration(0).refine((ms) => ms >= 0, { error: 'must not be negative' });

export const spanMetricsSchema: Schema<SpanMetricsConfig> = strictObject({
  namespace: text('traces.span.metrics').describe('stands in front of the names of the metrics'),
  dimensions: list(dimension).describe('attributes of the span, or else of its resource, that all metrics get'),
  calls_dimensions: list(dimension).describe('more of them, for `calls` alone'),
  exclude_dimensions: list(text()).describe('of the attributes that every series has, those to leave out'),
  histogram: strictObject({
    disable: boolean(false).describe('makes no `duration`'),
    unit: oneOf(['ms', 's'], 'ms').describe('of `duration` and its bounds'),
    explicit: strictObject({
      buckets: list(duration(), BOUNDS_MS).meta({ description: 'the bounds, in ascending order', unit: 'ms' }),
    })
      .optional()
      .describe('buckets with bounds: what is made without `exponential`, too'),
    exponential: strictObject({
      max_size: integer(DEFAULT_MAX_SIZE, { min: 0, max: 10_000 }).meta({
        description: 'the resolution is halved when a point needs more',
        unit: 'buckets',
      }),
    })
      .optional()
      .describe('buckets whose bounds follow from the values'),
    dimensions: list(dimension).describe('more of them, for `duration` alone'),
  }).describe('how long the spans took'),
  aggregation_temporality: oneOf(
    ['AGGREGATION_TEMPORALITY_CUMULATIVE', 'AGGREGATION_TEMPORALITY_DELTA'],
    'AGGREGATION_TEMPORALITY_CUMULATIVE',
  ).describe('whether points count from the start of the series, or since the point before'),
  metrics_flush_interval: positiveDuration(60_000).describe('between two points of a series'),
  metrics_expiration: expiration().describe('a resource without new spans for so long is forgotten; 0 for never'),
  series_expiration: expiration().describe('a series without new spans for so long is forgotten; 0 for never'),
  metric_timestamp_cache_size: integer(1000, { min: 1 }).meta({
    description: 'how many delta series remember where their last point ended',
    idle: {
      why: 'every series that is kept remembers it, and what bounds the series bounds this',
      quiet: [1000],
    },
  }),
  dimensions_cache_size: integer(0).meta({
    description: 'of earlier versions',
    idle: { why: 'it has been replaced: use aggregation_cardinality_limit', quiet: [0] },
  }),
  resource_metrics_cache_size: integer(1000, { min: 1, max: 1_000_000 }).meta({
    description: 'the resource whose last span is the longest ago is forgotten beyond so many',
    unit: 'resources',
  }),
  resource_metrics_key_attributes: list(text()).describe(
    'two resources are the same if these attributes are; without any, if all are',
  ),
  aggregation_cardinality_limit: integer(0, { min: 0 }).meta({
    description:
      'series of a metric and resource; spans beyond it go into one with `otel.metric.overflow`. 0 for no limit but that of the connector: 200,000 series',
    unit: 'series',
  }),
  exemplars: strictObject({
    enabled: boolean(false).describe('points name spans that went into them'),
    max_per_data_point: integer(5, { min: 0, max: 1000 }).describe('so many at most'),
  }).describe('from a point to a trace'),
  events: strictObject({
    enabled: boolean(false).describe('counts events of spans in `events`'),
    dimensions: list(dimension).describe(
      'attributes of the span, or else of the event, or else of the resource; required with `enabled`',
    ),
  }).describe('events of spans'),
  include_instrumentation_scope: list(text()).describe(
    'scopes whose name and version their spans have as attributes `span.instrumentation.scope.name` and `.version`',
  ),
  add_resource_attributes: boolean(true).meta({
    description: 'the metrics have the resource of their spans',
    idle: { why: 'they always do, as in otelcol without its feature gate', quiet: [true, false] },
  }),
  enable_metrics_sampling_method: boolean(false).describe(
    'an attribute `sampling.method` says whether spans were `counted` or `extrapolated` from the sampling threshold in their trace state',
  ),
  http_server_request_duration: strictObject({
    enabled: boolean(false).describe(
      'makes `http.server.request.duration` of the spans of HTTP servers, for services that do not send it themselves',
    ),
    buckets: list(duration(), HTTP_BOUNDS_MS).meta({ description: 'the bounds, in ascending order', unit: 'ms' }),
    wait_for_own: duration(HTTP_WAIT_MS)
      .refine((ms) => ms >= 0, { error: 'must not be negative' })
      .describe('so long a service that is new gets to send it itself'),
  }).describe('not in otelcol: what dashboards for HTTP servers ask for'),
}).transform((raw) => ({
  namespace: raw.namespace,
  dimensions: raw.dimensions,
  callsDimensions: raw.calls_dimensions,
  histogramDimensions: raw.histogram.dimensions,
  eventsDimensions: raw.events.dimensions,
  excludeDimensions: raw.exclude_dimensions,
  histogramDisabled: raw.histogram.disable,
  unit: raw.histogram.unit,
  boundsMs:
    raw.histogram.exponential === undefined
      ? (raw.histogram.explicit?.buckets ?? BOUNDS_MS)
      : raw.histogram.explicit?.buckets,
  exponentialMaxSize:
    raw.histogram.exponential === undefined ? 0 : raw.histogram.exponential.max_size || DEFAULT_MAX_SIZE,
  isDelta: raw.aggregation_temporality === 'AGGREGATION_TEMPORALITY_DELTA',
  flushIntervalMs: raw.metrics_flush_interval,
  metricsExpirationMs: raw.metrics_expiration,
  seriesExpirationMs: raw.series_expiration,
  cardinalityLimit: raw.aggregation_cardinality_limit,
  resourcesLimit: raw.resource_metrics_cache_size,
  resourceKeyAttributes: raw.resource_metrics_key_attributes,
  exemplarsEnabled: raw.exemplars.enabled,
  exemplarsPerPoint: raw.exemplars.max_per_data_point,
  eventsEnabled: raw.events.enabled,
  scopes: raw.include_instrumentation_scope,
  samplingMethodEnabled: raw.enable_metrics_sampling_method,
  httpBoundsMs: raw.http_server_request_duration.enabled ? raw.http_server_request_duration.buckets : undefined,
  httpWaitMs: raw.http_server_request_duration.wait_for_own,
}));

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules over several keys. */
export function validateSpanMetrics(config: SpanMetricsConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [
    ...dimensionMistakes(['dimensions'], config.dimensions),
    ...dimensionMistakes(['calls_dimensions'], config.callsDimensions),
    ...dimensionMistakes(['histogram', 'dimensions'], config.histogramDimensions),
  ];
  if (config.eventsEnabled) {
    mistakes.push(...dimensionMistakes(['events', 'dimensions'], config.eventsDimensions));
    if (config.eventsDimensions.length === 0) {
      mistakes.push({ path: ['events', 'dimensions'], message: 'no dimensions configured for events' });
    }
  }
  if (config.exponentialMaxSize > 0 && config.boundsMs !== undefined) {
    mistakes.push({ path: ['histogram'], message: 'use either `explicit` or `exponential` buckets histogram' });
  }
  mistakes.push(
    ...boundMistakes(['histogram', 'explicit', 'buckets'], config.boundsMs),
    ...boundMistakes(['http_server_request_duration', 'buckets'], config.httpBoundsMs),
  );
  return mistakes;
}

function boundMistakes(path: readonly string[], bounds: readonly number[] = []): readonly Mistake[] {
  const unordered = bounds.findIndex((bound, i) => i > 0 && bound <= bounds[i - 1]!);
  return unordered > 0 ? [{ path: [...path, unordered], message: 'is not greater than the one before' }] : [];
}

function dimensionMistakes(path: readonly string[], dimensions: readonly DimensionConfig[]): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const names = new Set(BASE_DIMENSIONS);
  const globs: { readonly glob: string; readonly matches: (name: string) => boolean }[] = [];
  for (const [index, { name = '', glob = '', default: value }] of dimensions.entries()) {
    const here = [...path, index];
    const fail = (message: string): unknown => mistakes.push({ path: here, message });
    if (name !== '' && glob !== '') fail('set only one of `name` or `glob`');
    else if (name === '' && glob === '') fail('set one of `name` or `glob`');
    else if (name !== '' && names.has(name)) fail(`duplicate dimension name "${name}"`);
    else if (name !== '') names.add(name);
    else if (value !== undefined) fail(`\`default\` is not supported on \`glob\` dimension "${glob}"`);
    else {
      const pattern = globPattern(glob);
      if (pattern === undefined) fail(`invalid dimension glob "${glob}"`);
      else globs.push({ glob, matches: (text) => pattern.matches(text) });
    }
  }
  for (const { glob, matches } of globs) {
    for (const name of names) {
      if (matches(name)) mistakes.push({ path, message: `dimension "${name}" is matched by the glob "${glob}", too` });
    }
  }
  return mistakes;
}
