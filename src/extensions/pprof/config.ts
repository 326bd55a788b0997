import { integer, listenAddress, type Schema, strictObject, text } from '#config';

/** What users write under `pprof:` (otelcol-contrib extension/pprofextension@v0.159.0). */
export interface PprofConfig {
  readonly endpoint: string;
  /** '' for none. */
  readonly saveToFile: string;
}

const GO = 'it is of the runtime of Go';

export const pprofSchema: Schema<PprofConfig> = strictObject({
  endpoint: listenAddress('localhost:1777').describe('the address to listen on, `host:port`'),
  save_to_file: text('').describe('a file for a CPU profile of the whole run, written at its end'),
  block_profile_fraction: integer(0).meta({ description: 'of waits', idle: { why: GO, quiet: [0] } }),
  mutex_profile_fraction: integer(0).meta({ description: 'of locks', idle: { why: GO, quiet: [0] } }),
}).transform((raw) => ({ endpoint: raw.endpoint, saveToFile: raw.save_to_file }));
