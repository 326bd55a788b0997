import { duration, number, type Schema, strictObject } from '#config';
import { SERIES_LIMIT } from '../shared/series/series-table.ts';

/** What users write under `delta_to_cumulative:` (otelcol-contrib processor/deltatocumulativeprocessor@v0.161.0). */
export interface DeltaToCumulativeConfig {
  readonly maxStaleMs: number;
  readonly maxStreams: number;
}

export const deltaToCumulativeSchema: Schema<DeltaToCumulativeConfig> = strictObject({
  max_stale: duration(300_000)
    .refine((ms) => ms > 0, { error: 'must be longer than 0s' })
    .describe('a series without new points for so long is forgotten, and begins anew with the next one'),
  // A number, because otelcol's default is no safe integer.
  max_streams: number(SERIES_LIMIT, { min: 0 })
    .refine(Number.isInteger, { error: 'expected a whole number' })
    .meta({ description: 'points of new series beyond so many are lost', unit: 'series' }),
}).transform((raw) => ({ maxStaleMs: raw.max_stale, maxStreams: raw.max_streams }));
