import { boolean, integer, list, oneOf, positiveDuration, type Schema, size, strictObject, text } from '#config';

/** What users write under `otlpjsonfile:` (otelcol-contrib receiver/otlpjsonfilereceiver, with the keys of its file consumer). */
export interface OtlpJsonFileConfig {
  /** Patterns of paths. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly startsAtBeginning: boolean;
  readonly pollIntervalMs: number;
  /** Of a line: a longer one is left out. */
  readonly maxLineBytes: number;
  readonly maxFiles: number;
  /** Reads all of every file in each look. */
  readonly replays: boolean;
  /** Of a file's beginning, kept in `storage`. */
  readonly headBytes: number;
  /** The id of an extension; '' for none. */
  readonly storage: string;
}

const MIB = 1024 * 1024;
/** As otelcol's (pkg/stanza/fileconsumer MinFingerprintSize). */
const MIN_HEAD_BYTES = 16;
const NO_RECORDS = { why: 'what a line has is handed on as it is', quiet: [false, true] };

export const otlpJsonFileSchema: Schema<OtlpJsonFileConfig> = strictObject({
  include: list(text()).describe('paths of files, `*` for any part of a name, `**` for any folders'),
  exclude: list(text()).describe('of these, what is left alone'),
  start_at: oneOf(['end', 'beginning'], 'end').describe(
    'where files are read from that are there at the start; later ones from their beginning',
  ),
  poll_interval: positiveDuration(200).describe('how often files are looked at'),
  max_log_size: size(MIB).describe('of a line; a longer one is left out, and counted'),
  max_concurrent_files: integer(1024, { min: 1 }).describe(
    'that are followed; those beyond are left alone, which is said',
  ),
  replay_file: boolean(false).describe('reads all of every file in each look, again and again'),
  fingerprint_size: size(1000).describe(
    'of the beginning of a file, which tells it after a restart from another one at its place on the disk',
  ),
  storage: text('').describe('an extension that remembers where each file was read to, over a restart'),
  include_file_name: boolean(true).meta({ description: 'adds the name of the file', idle: NO_RECORDS }),
  include_file_path: boolean(false).meta({ description: 'adds its path', idle: NO_RECORDS }),
  encoding: oneOf(['', 'utf-8', 'utf8'], '').meta({
    description: 'of the files',
    idle: { why: 'JSON is UTF-8', quiet: ['', 'utf-8', 'utf8'] },
  }),
}).transform((raw) => ({
  include: raw.include,
  exclude: raw.exclude,
  startsAtBeginning: raw.start_at === 'beginning',
  pollIntervalMs: raw.poll_interval,
  maxLineBytes: raw.max_log_size,
  maxFiles: raw.max_concurrent_files,
  replays: raw.replay_file,
  headBytes: raw.fingerprint_size,
  storage: raw.storage,
}));

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function validateOtlpJsonFile(config: OtlpJsonFileConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (config.include.length === 0)
    mistakes.push({ path: ['include'], message: 'required argument `include` is empty' });
  if (config.pollIntervalMs <= 0) mistakes.push({ path: ['poll_interval'], message: 'must be greater than zero' });
  if (config.headBytes < MIN_HEAD_BYTES) {
    mistakes.push({ path: ['fingerprint_size'], message: `must be at least ${MIN_HEAD_BYTES} bytes` });
  }
  if (config.maxLineBytes <= 0) mistakes.push({ path: ['max_log_size'], message: 'must be positive' });
  return mistakes;
}
