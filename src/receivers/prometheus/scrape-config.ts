import { z } from 'zod';
import {
  boolean,
  integer,
  list,
  mapOf,
  oneOf,
  type PromHttpConfig,
  prometheusDuration,
  prometheusSize,
  promHttpMistakes,
  promHttpShape,
  type RawPromHttp,
  type ShapeOf,
  scalarText,
  strictObject,
  text,
  toPromHttp,
} from '#config';
import {
  type DiscoveryConfig,
  discoveryMistakes,
  discoveryShape,
  type RawDiscovery,
  toDiscovery,
  withoutOthers,
} from './discovery-config.ts';
import { type RelabelConfig, relabelConfigs } from './relabel-config.ts';

/** One of `scrape_configs`, with the defaults of `global` (prometheus/config@v0.316.0 ScrapeConfig). */
export interface ScrapeConfigEntry {
  readonly jobName: string;
  readonly honorsLabels: boolean;
  readonly honorsTimestamps: boolean;
  readonly tracksTimestamps: boolean;
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly protocols: readonly string[];
  readonly fallbackProtocol: string;
  readonly takesNative: boolean;
  readonly takesClassicToo: boolean;
  readonly metricsPath: string;
  readonly scheme: 'http' | 'https';
  readonly takesCompressed: boolean;
  /** 0: ours alone holds. */
  readonly bodyLimitBytes: number;
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly bucketLimit: number;
  readonly minBucketFactor: number;
  readonly validation: 'utf8' | 'legacy';
  readonly escaping: string;
  readonly tellsMore: boolean;
  readonly http: PromHttpConfig;
  readonly discovery: DiscoveryConfig;
  readonly relabel: readonly RelabelConfig[];
  readonly metricRelabel: readonly RelabelConfig[];
}

const PROTOCOLS = [
  'PrometheusProto',
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
] as const;
const DEFAULT_PROTOCOLS = PROTOCOLS.slice(1);
const ESCAPINGS = ['', 'allow-utf-8', 'underscores', 'dots', 'values'] as const;

interface RawLimits {
  readonly scrape_interval?: number | undefined;
  readonly scrape_timeout?: number | undefined;
  readonly scrape_protocols: readonly string[];
  readonly body_size_limit: number;
  readonly sample_limit: number;
  readonly target_limit: number;
  readonly label_limit: number;
  readonly label_name_length_limit: number;
  readonly label_value_length_limit: number;
  readonly keep_dropped_targets: number;
  readonly scrape_failure_log_file: string;
  readonly scrape_native_histograms?: boolean | undefined;
  readonly always_scrape_classic_histograms?: boolean | undefined;
  readonly convert_classic_histograms_to_nhcb?: boolean | undefined;
  readonly extra_scrape_metrics?: boolean | undefined;
  readonly metric_name_validation_scheme: '' | 'utf8' | 'legacy';
  readonly metric_name_escaping_scheme: string;
}

/** Keys that load and do nothing. */
const IDLE_LIMITS = ['keep_dropped_targets', 'scrape_failure_log_file', 'convert_classic_histograms_to_nhcb'] as const;

/** The block `global`, key by key, without what does nothing. */
export interface RawGlobal extends Omit<RawLimits, (typeof IDLE_LIMITS)[number]> {
  readonly external_labels: ReadonlyMap<string, string>;
}

/** A job, key by key. */
export interface RawScrapeConfig extends RawLimits, RawPromHttp, RawDiscovery {
  readonly job_name: string;
  readonly honor_labels: boolean;
  readonly honor_timestamps: boolean;
  readonly track_timestamps_staleness: boolean;
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly metrics_path: string;
  readonly scheme: 'http' | 'https';
  readonly enable_compression: boolean;
  readonly fallback_scrape_protocol: string;
  readonly native_histogram_bucket_limit: number;
  readonly native_histogram_min_bucket_factor: string;
  readonly relabel_configs: readonly RelabelConfig[];
  readonly metric_relabel_configs: readonly RelabelConfig[];
}

/** Keys of `global` that a job may set for itself. */
const limitShape: ShapeOf<RawLimits> = {
  scrape_interval: prometheusDuration()
    .optional()
    .meta({ description: 'how often targets are asked', defaultText: '`1m`' }),
  scrape_timeout: prometheusDuration()
    .optional()
    .meta({ description: 'how long one may take', defaultText: '`10s`, or the interval where that is less' }),
  scrape_protocols: list(oneOf(PROTOCOLS)).meta({
    description: 'the formats to ask for, the best first',
    defaultText: 'all but `PrometheusProto`, which comes first where `scrape_native_histograms` is on',
  }),
  body_size_limit: prometheusSize().describe('of an answer, inflated; 0 for that of `limits.body_size`'),
  sample_limit: integer(0, { min: 0 }).describe(
    'of a scrape, after relabelling; 0 for none. A scrape beyond is refused',
  ),
  target_limit: integer(0, { min: 0 }).describe('of a job; 0 for none. With more of them none is asked'),
  label_limit: integer(0, { min: 0 }).describe('of a sample; 0 for none'),
  label_name_length_limit: integer(0, { min: 0 }).describe('of each label; 0 for none'),
  label_value_length_limit: integer(0, { min: 0 }).describe('of each label; 0 for none'),
  keep_dropped_targets: integer(0, { min: 0 }).meta({
    description: 'targets that relabelling has dropped, for a page about them',
    idle: { why: 'there is no such page', quiet: [0] },
  }),
  scrape_failure_log_file: text('').meta({
    description: 'where failures are written',
    idle: { why: 'they are in the log', quiet: [''] },
  }),
  scrape_native_histograms: boolean().optional().describe('takes native histograms, from targets that speak protobuf'),
  always_scrape_classic_histograms: boolean().optional().describe('takes the classic form besides the native one'),
  convert_classic_histograms_to_nhcb: boolean()
    .optional()
    .meta({
      description: 'makes native histograms of classic ones',
      idle: { why: 'both become the same histogram of OTLP', quiet: [true, false] },
    }),
  extra_scrape_metrics: boolean()
    .optional()
    .describe('adds `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes`'),
  metric_name_validation_scheme: oneOf(['', 'utf8', 'legacy'], '').describe(
    'which names samples may have; utf8 takes any',
  ),
  metric_name_escaping_scheme: oneOf(ESCAPINGS, '').describe(
    'how targets are asked to write names that older readers refuse',
  ),
};

const OF_QUERIES = ['evaluation_interval', 'rule_query_offset', 'query_log_file', 'query_max_duration'] as const;
const IDLE_GLOBALS: ReadonlySet<string> = new Set([...IDLE_LIMITS, ...OF_QUERIES]);

export const globalSchema: z.ZodType<RawGlobal> = strictObject({
  ...limitShape,
  external_labels: mapOf(scalarText()).describe('added to each sample'),
  ...Object.fromEntries(
    OF_QUERIES.map((key) => [
      key,
      scalarText('').meta({ description: 'of rules and queries', idle: { why: 'there are none here', quiet: [''] } }),
    ]),
  ),
}).transform((raw) => {
  const isUsed = ([key]: readonly [string, unknown]): boolean => !IDLE_GLOBALS.has(key);
  return Object.fromEntries(Object.entries(raw).filter(isUsed)) as unknown as RawGlobal;
});

const jobSchema: z.ZodType<RawScrapeConfig> = strictObject({
  job_name: scalarText().describe('becomes `service.name`'),
  honor_labels: boolean(false).describe("keeps the target's labels where they clash with ours"),
  honor_timestamps: boolean(true).describe("takes the target's times"),
  track_timestamps_staleness: boolean(false).describe('tells also of samples with times when they have gone'),
  params: mapOf(list(scalarText())).describe('of the URL'),
  metrics_path: text('/metrics').describe('of the URL'),
  scheme: oneOf(['http', 'https'], 'http').describe('of the URL'),
  enable_compression: boolean(true).describe('asks for gzip'),
  fallback_scrape_protocol: oneOf(['', ...PROTOCOLS], 'PrometheusText0.0.4').describe(
    'of answers that do not say what they are',
  ),
  native_histogram_bucket_limit: integer(0, { min: 0 }).describe('finer histograms are made coarser; 0 for no limit'),
  native_histogram_min_bucket_factor: scalarText('').describe(
    'histograms with buckets closer than this are made coarser',
  ),
  ...limitShape,
  ...promHttpShape,
  ...discoveryShape,
  relabel_configs: relabelConfigs.describe('of targets, before they are asked'),
  metric_relabel_configs: relabelConfigs.describe('of samples'),
}).superRefine((raw, context) => {
  if (raw.job_name === '') context.addIssue({ code: 'custom', path: ['job_name'], message: 'job_name is empty' });
  for (const { path, message } of [...promHttpMistakes(raw), ...discoveryMistakes(raw)]) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

export const scrapeConfigSchema: z.ZodType<RawScrapeConfig> = z.preprocess((value, context) => {
  const refuse = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message, input: value });
  return withoutOthers(value, refuse);
}, jobSchema);

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

export function globalIntervalMs(global: RawGlobal): number {
  return global.scrape_interval || DEFAULT_INTERVAL_MS;
}

export function toScrapeConfig(raw: RawScrapeConfig, global: RawGlobal): ScrapeConfigEntry {
  const intervalMs = raw.scrape_interval || globalIntervalMs(global);
  const globalTimeoutMs = global.scrape_timeout || Math.min(DEFAULT_TIMEOUT_MS, globalIntervalMs(global));
  const takesNative = raw.scrape_native_histograms ?? global.scrape_native_histograms ?? false;
  const usual = takesNative ? PROTOCOLS : DEFAULT_PROTOCOLS;
  const validation = raw.metric_name_validation_scheme || global.metric_name_validation_scheme || 'utf8';
  const ownEscaping = validation === 'legacy' ? 'underscores' : 'allow-utf-8';
  return {
    jobName: raw.job_name,
    honorsLabels: raw.honor_labels,
    honorsTimestamps: raw.honor_timestamps,
    tracksTimestamps: raw.track_timestamps_staleness,
    params: raw.params,
    intervalMs,
    timeoutMs: raw.scrape_timeout || Math.min(globalTimeoutMs, intervalMs),
    protocols: [raw.scrape_protocols, global.scrape_protocols].find((one) => one.length > 0) ?? usual,
    fallbackProtocol: raw.fallback_scrape_protocol || 'PrometheusText0.0.4',
    takesNative,
    takesClassicToo: raw.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms ?? false,
    metricsPath: raw.metrics_path,
    scheme: raw.scheme,
    takesCompressed: raw.enable_compression,
    bodyLimitBytes: raw.body_size_limit || global.body_size_limit,
    sampleLimit: raw.sample_limit || global.sample_limit,
    targetLimit: raw.target_limit || global.target_limit,
    labelLimit: raw.label_limit || global.label_limit,
    labelNameLengthLimit: raw.label_name_length_limit || global.label_name_length_limit,
    labelValueLengthLimit: raw.label_value_length_limit || global.label_value_length_limit,
    bucketLimit: raw.native_histogram_bucket_limit,
    minBucketFactor: Number(raw.native_histogram_min_bucket_factor || 0),
    validation,
    escaping: raw.metric_name_escaping_scheme || global.metric_name_escaping_scheme || ownEscaping,
    tellsMore: raw.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    http: toPromHttp(raw),
    discovery: toDiscovery(raw),
    relabel: raw.relabel_configs,
    metricRelabel: raw.metric_relabel_configs,
  };
}
