import { z } from 'zod';
import { boolean, integer, list, positiveDuration, type Schema, size, strictObject, text } from '#config';
import {
  globalIntervalMs,
  globalSchema,
  type RawGlobal,
  type ScrapeConfigEntry,
  scrapeConfigSchema,
  toScrapeConfig,
} from './scrape-config.ts';

/** What users write under `prometheus:` (otelcol-contrib receiver/prometheusreceiver). */
export interface PrometheusReceiverConfig {
  readonly jobs: readonly ScrapeConfigEntry[];
  /** Files with more jobs, to be read at the start. */
  readonly jobFiles: readonly string[];
  readonly global: RawGlobal;
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly trimsSuffixes: boolean;
  readonly scrapesOnShutdown: boolean;
  readonly initialOffsetMs: number;
  readonly limits: PrometheusLimits;
  /** Why the block can't be used as a whole. */
  readonly mistakes: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
}

/** What holds the memory within bounds, whatever targets send. */
export interface PrometheusLimits {
  /** Of one answer, inflated. */
  readonly bodyBytes: number;
  /** Of answers under way, of all targets together. */
  readonly underWayBytes: number;
  /** Of the last answers, which are kept to compare the next ones with. */
  readonly keptBytes: number;
  /** Series of all targets together. */
  readonly series: number;
  /** Of all jobs together. */
  readonly targets: number;
}

const MIB = 1024 * 1024;
const NOT_HERE = ['alerting', 'remote_read', 'remote_write', 'rule_files'] as const;
const IDLE_BLOCKS = ['runtime', 'storage', 'tracing', 'otlp'] as const;

const NO_API = 'there is no API about the targets';
const anything = z.any().optional();

const promConfig = strictObject({
  global: globalSchema.describe('what jobs have that say nothing else'),
  scrape_configs: list(scrapeConfigSchema).describe('a job each'),
  scrape_config_files: list(text()).describe('YAML files with more `scrape_configs`; the last part may have `*`'),
  ...Object.fromEntries(
    NOT_HERE.map((key) => [
      key,
      anything.describe('refused: the receiver scrapes, and does nothing else of Prometheus'),
    ]),
  ),
  ...Object.fromEntries(
    IDLE_BLOCKS.map((key) => [
      key,
      anything.meta({
        description: 'of a Prometheus server',
        idle: { why: 'the receiver has no store of its own', quiet: [] },
      }),
    ]),
  ),
});

export const prometheusReceiverSchema: Schema<PrometheusReceiverConfig> = strictObject({
  config: promConfig.describe('the configuration of a Prometheus, as far as it is about scraping'),
  trim_metric_suffixes: boolean(false).describe('takes `_total` and the unit off the names of metrics'),
  scrape_on_shutdown: boolean(false).describe('asks all targets once more at the end'),
  initial_scrape_offset: positiveDuration(0).describe(
    'before the first scrape of each target, besides its own share of the interval',
  ),
  discovery_reload_on_startup: boolean(false).meta({
    description: 'finds targets at once',
    idle: { why: 'they are always found at once', quiet: [true, false] },
  }),
  use_start_time_metric: boolean(false).meta({
    description: 'start times from a metric',
    idle: { why: 'otelcol has taken it out in 0.143; its processor metric_start_time does it', quiet: [false] },
  }),
  start_time_metric_regex: text('').meta({
    description: 'start times from a metric',
    idle: { why: 'otelcol has taken it out in 0.143; its processor metric_start_time does it', quiet: [''] },
  }),
  report_extra_scrape_metrics: boolean(false).describe('as `config.global.extra_scrape_metrics`'),
  target_allocator: anything.describe('refused: jobs come from the file alone'),
  api_server: strictObject({
    enabled: boolean(false).describe('refused: there is no API about the targets'),
    server_config: anything.meta({ description: 'of that API', idle: { why: NO_API, quiet: [] } }),
    max_connections: integer(512).meta({ description: 'of that API', idle: { why: NO_API, quiet: [512] } }),
  }),
  limits: strictObject({
    body_size: size(64 * MIB).describe('ours: of an answer, inflated, where `body_size_limit` does not say less'),
    bodies_under_way: size(256 * MIB).describe('ours: of all answers that are being read'),
    bodies_kept: size(512 * MIB).describe('ours: of the last answers, which the next ones are compared with'),
    series: integer(2_000_000, { min: 1 }).describe(
      'ours: of all targets together; a scrape that goes beyond is refused',
    ),
    targets: integer(50_000, { min: 1 }).describe('ours: of all jobs together; those beyond are not asked'),
  }),
}).transform((raw) => {
  const { config } = raw;
  const global = raw.report_extra_scrape_metrics
    ? { ...config.global, extra_scrape_metrics: config.global.extra_scrape_metrics ?? true }
    : config.global;
  return {
    jobs: config.scrape_configs.map((job) => toScrapeConfig(job, global)),
    jobFiles: config.scrape_config_files,
    global,
    externalLabels: global.external_labels,
    trimsSuffixes: raw.trim_metric_suffixes,
    scrapesOnShutdown: raw.scrape_on_shutdown,
    initialOffsetMs: raw.initial_scrape_offset,
    limits: {
      bodyBytes: raw.limits.body_size,
      underWayBytes: raw.limits.bodies_under_way,
      keptBytes: raw.limits.bodies_kept,
      series: raw.limits.series,
      targets: raw.limits.targets,
    },
    mistakes: blockMistakes(config, {
      hasAllocator: raw.target_allocator !== undefined && raw.target_allocator !== null,
      hasApi: raw.api_server.enabled,
    }),
  };
});

type Mistake = PrometheusReceiverConfig['mistakes'][number];

function blockMistakes(
  config: { readonly [key: string]: unknown },
  { hasAllocator, hasApi }: { readonly hasAllocator: boolean; readonly hasApi: boolean },
): Mistake[] {
  const mistakes: Mistake[] = [];
  const unsupported = NOT_HERE.filter((key) => isGiven(config[key]));
  if (unsupported.length > 0) {
    mistakes.push({ path: ['config'], message: `unsupported features:\n\t${unsupported.join('\n\t')}` });
  }
  if (hasAllocator) {
    mistakes.push({
      path: ['target_allocator'],
      message: 'jobs are not taken from a target allocator here; name them in scrape_configs',
    });
  }
  if (hasApi) {
    mistakes.push({
      path: ['api_server', 'enabled'],
      message: 'there is no API about the targets; take the block out',
    });
  }
  return mistakes;
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

export function validatePrometheusReceiver(config: PrometheusReceiverConfig): readonly Mistake[] {
  const mistakes = [...config.mistakes];
  if (config.jobs.length === 0 && config.jobFiles.length === 0) {
    mistakes.push({ path: [], message: 'no Prometheus scrape_configs or target_allocator set' });
  }
  const { global } = config;
  if ((global.scrape_timeout ?? 0) > globalIntervalMs(global)) {
    mistakes.push({ path: ['config', 'global'], message: 'global scrape timeout greater than scrape interval' });
  }
  return [...mistakes, ...jobMistakes(config.jobs, ['config', 'scrape_configs'])];
}

/** Of jobs one by one and among each other. */
export function jobMistakes(jobs: readonly ScrapeConfigEntry[], path: readonly string[]): Mistake[] {
  const seen = new Set<string>();
  return jobs.flatMap((job, i): Mistake[] => {
    const place = [...path, i];
    const mistakes: Mistake[] = [];
    if (seen.has(job.jobName)) {
      mistakes.push({ path: place, message: `found multiple scrape configs with job name "${job.jobName}"` });
    }
    seen.add(job.jobName);
    if (job.timeoutMs > job.intervalMs) {
      const message = `scrape timeout greater than scrape interval for scrape config with job name "${job.jobName}"`;
      mistakes.push({ path: place, message });
    }
    if (job.validation === 'legacy' && job.escaping === 'allow-utf-8') {
      mistakes.push({ path: place, message: 'utf8 metric names requested but validation scheme is not set to UTF8' });
    }
    if (Number.isNaN(job.minBucketFactor)) {
      mistakes.push({ path: [...place, 'native_histogram_min_bucket_factor'], message: 'expected a number' });
    }
    return mistakes;
  });
}
