import { z } from 'zod';
import { nearest } from '#base';
import { boolean, list, number, positiveDuration, type Schema, type Shape, strictObject, text } from '#config';
import type { Detector, DetectorBlock } from './detector.ts';
import { DETECTORS } from './detectors/index.ts';

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initialIntervalMs: number;
  readonly randomizationFactor: number;
  readonly multiplier: number;
  readonly maxIntervalMs: number;
  /** 0: as long as the timeout allows. */
  readonly maxElapsedTimeMs: number;
}

/** What users write under `resource_detection:` (otelcol-contrib processor/resourcedetectionprocessor). */
export interface ResourceDetectionConfig {
  readonly detectors: readonly string[];
  readonly override: boolean;
  readonly timeoutMs: number;
  /** 0: once. */
  readonly refreshIntervalMs: number;
  readonly failOnMissingMetadata: boolean;
  readonly retry: RetryConfig;
  /** By detector. */
  readonly blocks: Readonly<Record<string, DetectorBlock>>;
}

/** What the block of a detector is called, where not like the detector. */
const BLOCK_NAMES: Readonly<Record<string, string>> = { elastic_beanstalk: 'elasticbeanstalk' };
/** These had the key of their own before there was one for all. */
const WITH_OWN_FAIL: ReadonlySet<string> = new Set(['ec2', 'alibaba_ecs', 'tencent_cvm', 'upcloud', 'vultr', 'nova']);
/** Of the HTTP client that otelcol asks EC2 with for tags. */
const CLIENT_KEYS = [
  ...['endpoint', 'proxy_url', 'tls', 'headers', 'auth', 'compression', 'compression_params', 'cookies', 'middlewares'],
  ...['read_buffer_size', 'write_buffer_size', 'max_idle_conns', 'max_idle_conns_per_host', 'max_conns_per_host'],
  ...[
    'idle_conn_timeout',
    'disable_keep_alives',
    'http2_read_idle_timeout',
    'http2_ping_timeout',
    'force_attempt_http2',
  ],
];
const CLIENT_WHY = 'the detectors ask without it, in otelcol too: only the API of EC2 is asked with it there';

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function blockSchema({ type, what, attributes, keys = {} }: Detector): z.ZodType<DetectorBlock> {
  const names = Object.entries(attributes);
  const chosen = Object.fromEntries(
    names.map(([name, isOn]) => [
      name,
      strictObject({ enabled: boolean(isOn).describe('the attribute is set') }).describe('an attribute'),
    ]),
  );
  const shape: Shape = {
    ...keys,
    ...(WITH_OWN_FAIL.has(type) && {
      fail_on_missing_metadata: boolean(false).describe(
        'the older form of the key of the processor, for this one alone',
      ),
    }),
    resource_attributes: strictObject(chosen).describe('which attributes are set'),
  };
  const block = strictObject(shape).transform((raw) => {
    const { resource_attributes: wanted, ...own } = raw as Record<string, unknown>;
    const enabled = names
      .map(([name]) => name)
      .filter((name) => (wanted as Record<string, { enabled: boolean }>)[name]!.enabled);
    const values = Object.entries(own).map(([key, value]) => [
      camel(key),
      value instanceof Map ? [...value.keys()] : value,
    ]);
    return { ...Object.fromEntries(values), enabled } as DetectorBlock;
  });
  return block.describe(`of the detector \`${type}\`: ${what}`) as unknown as z.ZodType<DetectorBlock>;
}

const configurable = [...DETECTORS.values()].filter(({ attributes }) => Object.keys(attributes).length > 0);

export const resourceDetectionSchema: Schema<ResourceDetectionConfig> = strictObject({
  detectors: list(text(), ['env']).describe(
    'who finds something out; of an attribute that several find, the first one counts',
  ),
  override: boolean(true).describe('what is found goes before what a resource says of itself'),
  timeout: positiveDuration(5000).describe(
    'of the detection; with `retry.max_elapsed_time` of one attempt; 0 for none',
  ),
  refresh_interval: positiveDuration(0).describe('between two detections; 0 for one at the start alone'),
  fail_on_missing_metadata: boolean(false).describe(
    'a detector that is not where it looks, or gets no answer, is a failure, and the collector does not start',
  ),
  retry: strictObject({
    enabled: boolean(true).describe('what fails is tried again'),
    initial_interval: positiveDuration(1000).describe('the pause before the first new attempt'),
    randomization_factor: number(0.5, { min: 0, max: 1 }).describe(
      'each pause is this share longer or shorter, at random',
    ),
    multiplier: number(2, { min: 0 }).describe('each pause is so many times the one before'),
    max_interval: positiveDuration(30_000).describe('the longest pause'),
    max_elapsed_time: positiveDuration(0).describe('all attempts together; 0 for as long as `timeout` says'),
  }).describe('of detectors that fail'),
  ...Object.fromEntries(configurable.map((each) => [BLOCK_NAMES[each.type] ?? each.type, blockSchema(each)])),
  ...Object.fromEntries(
    CLIENT_KEYS.map((key) => [
      key,
      z
        .unknown()
        .optional()
        .meta({
          typeName: 'any value',
          json: {},
          description: 'of an HTTP client',
          idle: { why: CLIENT_WHY, quiet: [undefined] },
        }),
    ]),
  ),
}).transform((raw) => {
  const blocks = raw as unknown as Readonly<Record<string, DetectorBlock>>;
  return {
    detectors: raw.detectors.map((name) => name.trim()),
    override: raw.override,
    timeoutMs: raw.timeout,
    refreshIntervalMs: raw.refresh_interval,
    failOnMissingMetadata: raw.fail_on_missing_metadata,
    retry: {
      enabled: raw.retry.enabled,
      initialIntervalMs: raw.retry.initial_interval,
      randomizationFactor: raw.retry.randomization_factor,
      multiplier: raw.retry.multiplier,
      maxIntervalMs: raw.retry.max_interval,
      maxElapsedTimeMs: raw.retry.max_elapsed_time,
    },
    blocks: Object.fromEntries(configurable.map(({ type }) => [type, blocks[BLOCK_NAMES[type] ?? type]!])),
  };
});

interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function validateResourceDetection(config: ResourceDetectionConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [index, type] of config.detectors.entries()) {
    const detector = DETECTORS.get(type);
    const block = config.blocks[type];
    if (detector === undefined) {
      const near = nearest(type, [...DETECTORS.keys()]);
      const hint =
        near === undefined ? `: there are ${[...DETECTORS.keys()].join(', ')}` : ` (did you mean "${near}"?)`;
      mistakes.push({ path: ['detectors', index], message: `invalid detector key: ${type}${hint}` });
      continue;
    }
    const mistake = block && detector.mistakeIn?.(block);
    if (mistake !== undefined) {
      mistakes.push({ path: [BLOCK_NAMES[type] ?? type, mistake.key], message: mistake.message });
    }
  }
  const { retry, timeoutMs } = config;
  if (retry.enabled && timeoutMs === 0 && retry.maxElapsedTimeMs === 0) {
    mistakes.push({
      path: ['retry', 'enabled'],
      message: 'needs a timeout, or max_elapsed_time: the detection would never end',
    });
  }
  return mistakes;
}
