import { boolean, duration, type Schema, strictObject } from '#config';

/** What users write under `interval:` (otelcol-contrib processor/intervalprocessor@v0.161.0). */
export interface IntervalConfig {
  readonly intervalMs: number;
  readonly passesGauges: boolean;
  readonly passesSummaries: boolean;
}

export const intervalSchema: Schema<IntervalConfig> = strictObject({
  interval: duration(60_000)
    .refine((ms) => ms > 0, { error: 'must be longer than 0s' })
    .describe('the last point of each series goes on once in so long'),
  pass_through: strictObject({
    gauge: boolean(false).describe('points of gauges go on as they come'),
    summary: boolean(false).describe('points of summaries go on as they come'),
  }).describe('what is not held'),
}).transform((raw) => ({
  intervalMs: raw.interval,
  passesGauges: raw.pass_through.gauge,
  passesSummaries: raw.pass_through.summary,
}));
