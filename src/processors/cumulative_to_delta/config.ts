import { z } from 'zod';
import { messageOf } from '#base';
import { boolean, integer, list, oneOf, positiveDuration, type Schema, strictObject, text } from '#config';
import { METRIC_EXPONENTIAL_HISTOGRAM, METRIC_HISTOGRAM, METRIC_SUM } from '#pdata';
import { type MatchType, nameTest } from '../shared/metric-names/name-test.ts';

/** Which metrics; each list that is not empty must match. */
export interface MatchConfig {
  readonly matchType: MatchType | undefined;
  readonly metrics: readonly string[];
  /** METRIC_*. */
  readonly metricTypes: readonly number[];
}

/** What users write under `cumulative_to_delta:` (otelcol-contrib processor/cumulativetodeltaprocessor@v0.161.0). */
export interface CumulativeToDeltaConfig {
  readonly include: MatchConfig;
  readonly exclude: MatchConfig;
  /** 0 for never. */
  readonly maxStalenessMs: number;
  readonly initialValue: 'auto' | 'keep' | 'drop';
}

const TYPES: Readonly<Record<string, number>> = {
  sum: METRIC_SUM,
  histogram: METRIC_HISTOGRAM,
  exponentialhistogram: METRIC_EXPONENTIAL_HISTOGRAM,
};
const CACHE = 'results are the same without a cache';

const metricType = text()
  .transform((name, context) => {
    const type = TYPES[name.toLowerCase()];
    if (type !== undefined) return type;
    const known = Object.keys(TYPES).map((each) => `"${each}"`);
    const message = `must be one of ${known.join(', ')}, got "${name}"`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({ typeName: '`sum`, `histogram`, `exponentialhistogram`' }) as z.ZodType<number>;

const match = strictObject({
  match_type: oneOf(['strict', 'regexp'])
    .optional()
    .meta({
      description: 'how names are compared; required with `metrics`',
      words: { strict: 'as a whole', regexp: "by a regular expression in Go's syntax that matches anywhere" },
    }),
  regexp: strictObject({
    cacheenabled: boolean(false).meta({
      description: 'remembers results in otelcol',
      idle: { why: CACHE, quiet: [false] },
    }),
    cachemaxnumentries: integer(0, { min: 0 }).meta({ description: 'how many', idle: { why: CACHE, quiet: [0] } }),
  }),
  metrics: list(text()).describe('names, or patterns'),
  metric_types: list(metricType).describe('types, in small or capital letters'),
})
  .transform(
    (raw): MatchConfig => ({
      matchType: raw.match_type,
      metrics: raw.metrics,
      metricTypes: raw.metric_types,
    }),
  )
  .superRefine(({ matchType, metrics }, context) => {
    const message = mistakeIn(matchType, metrics);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

function mistakeIn(matchType: MatchType | undefined, metrics: readonly string[]): string | undefined {
  if (matchType === undefined) return metrics.length > 0 ? 'match_type must be set if metrics are supplied' : undefined;
  if (metrics.length === 0) return 'metrics must be supplied if match_type is set';
  try {
    nameTest(matchType, metrics);
    return undefined;
  } catch (error) {
    return `not a regular expression: ${messageOf(error)}`;
  }
}

export const cumulativeToDeltaSchema: Schema<CumulativeToDeltaConfig> = strictObject({
  include: match.describe('the metrics that are converted; without it all are'),
  exclude: match.describe('of these, the metrics that are left as they are'),
  max_staleness: positiveDuration(3_600_000).describe('a series whose last point is older is forgotten; 0 for never'),
  initial_value: oneOf(['auto', 'keep', 'drop'], 'auto').meta({
    description: 'what becomes of the first point of a series',
    words: {
      auto: 'it is kept if the series began after the collector did, and the point says more than its beginning',
      keep: 'it is kept: what it counts is taken for the difference',
      drop: 'it is left out',
    },
  }),
}).transform((raw) => ({
  include: raw.include,
  exclude: raw.exclude,
  maxStalenessMs: raw.max_staleness,
  initialValue: raw.initial_value,
}));
