import { boolean, integer, number, oneOf, type Schema, strictObject, text } from '#config';
import { PROBABILITY_MIN } from '#pdata';

/** What users write under `probabilistic_sampler:` (otelcol-contrib processor/probabilisticsamplerprocessor@v0.159.0). */
export interface ProbabilisticSamplerConfig {
  readonly percentage: number;
  readonly mode: 'hash_seed' | 'proportional' | 'equalizing';
  readonly hashSeed: number;
  /** What can't be decided is left out. */
  readonly failClosed: boolean;
  readonly precisionDigits: number;
  readonly attributeSource: 'traceID' | 'record';
  readonly fromAttribute: string;
  /** The attribute of log records that may raise the share; '' for none. */
  readonly priorityAttribute: string;
}

export const probabilisticSamplerSchema: Schema<ProbabilisticSamplerConfig> = strictObject({
  sampling_percentage: number(0, { min: 0 }).meta({ description: 'of the items are kept; beyond 100 all', unit: '%' }),
  mode: oneOf(['hash_seed', 'proportional', 'equalizing'], 'hash_seed').meta({
    description: 'how it is decided',
    words: {
      hash_seed: 'by a hash of the trace id',
      proportional:
        'each item is kept with this share, whatever was left out before; `th` in its trace state tells both',
      equalizing: 'items that came with a larger share are brought down to this one, others are left alone',
    },
  }),
  hash_seed: integer(0, { min: 0, max: 0xffff_ffff }).describe('another seed keeps others; of the mode `hash_seed`'),
  fail_closed: boolean(true).describe('what can not be decided, without a trace id for instance, is left out'),
  sampling_precision: integer(4, { min: 1, max: 14 }).meta({
    description: 'so exact is the threshold of the two other modes',
    unit: 'hex digits',
  }),
  attribute_source: oneOf(['traceID', 'record'], 'traceID').describe(
    'of log records: decide by the trace id where there is one, or by `from_attribute` alone',
  ),
  from_attribute: text('').describe('of log records: an attribute to decide by, in the mode `hash_seed`'),
  sampling_priority: text('').describe('of log records: an attribute that has another percentage'),
}).transform((raw) => ({
  percentage: raw.sampling_percentage,
  mode: raw.mode,
  hashSeed: raw.hash_seed,
  failClosed: raw.fail_closed,
  precisionDigits: raw.sampling_precision,
  attributeSource: raw.attribute_source,
  fromAttribute: raw.from_attribute,
  priorityAttribute: raw.sampling_priority,
}));

export function validateProbabilisticSampler({
  percentage,
}: ProbabilisticSamplerConfig): { path: readonly (string | number)[]; message: string }[] {
  if (percentage === 0 || percentage / 100 >= PROBABILITY_MIN) return [];
  return [{ path: ['sampling_percentage'], message: `sampling rate is too small: ${percentage}%` }];
}
