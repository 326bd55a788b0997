import { boolean, integer, positiveDuration, type Schema, size, strictObject, text } from '#config';

/** What users write under `file_storage:` (otelcol-contrib extension/storage/filestorage@v0.159.0). */
export interface FileStorageConfig {
  readonly directory: string;
  readonly createsDirectory: boolean;
  readonly directoryMode: number;
  readonly syncs: boolean;
  /** Of what one component keeps; 0 means no limit. */
  readonly maxSizeBytes: number;
}

const ONE_FILE = 'each value is a file of its own, which needs no compaction';

export const fileStorageSchema: Schema<FileStorageConfig> = strictObject({
  directory: text('/var/lib/otelcol/file_storage').describe('the folder; each component has one of its own in it'),
  create_directory: boolean(false).describe('makes the folder where it is missing; without it that is an error'),
  directory_permissions: text('0750').describe('of a folder that is made, in octal'),
  timeout: positiveDuration(1000).meta({
    description: 'how long to wait for the lock of the file',
    idle: { why: 'a folder that another process has is an error at once', quiet: [1000] },
  }),
  fsync: boolean(false).describe(
    'a value is on the disk, and not only with the operating system, when it counts as kept',
  ),
  max_size: size(0).describe('of what one component keeps; what is more is refused. 0 for no limit'),
  recreate: boolean(false).meta({
    description: 'sets a broken file aside',
    idle: { why: 'a value that is broken is left out alone', quiet: [false] },
  }),
  compaction: strictObject({
    on_start: boolean(false).meta({ description: 'of the file', idle: { why: ONE_FILE, quiet: [false] } }),
    on_rebound: boolean(false).meta({ description: 'of the file', idle: { why: ONE_FILE, quiet: [false] } }),
    directory: text('').meta({ description: 'for a copy', idle: { why: ONE_FILE, quiet: [''] } }),
    cleanup_on_start: boolean(false).meta({ description: 'of copies', idle: { why: ONE_FILE, quiet: [false] } }),
    rebound_needed_threshold_mib: integer(100, { min: 0 }).meta({
      description: 'of the file',
      unit: 'MiB',
      idle: { why: ONE_FILE, quiet: [100] },
    }),
    rebound_trigger_threshold_mib: integer(10, { min: 0 }).meta({
      description: 'of the file',
      unit: 'MiB',
      idle: { why: ONE_FILE, quiet: [10] },
    }),
    max_transaction_size: integer(65_536, { min: 0 }).meta({
      description: 'of a compaction',
      unit: 'values',
      idle: { why: ONE_FILE, quiet: [65_536] },
    }),
    check_interval: positiveDuration(5000).meta({
      description: 'between looks at the file',
      idle: { why: ONE_FILE, quiet: [5000] },
    }),
  }),
}).transform((raw) => ({
  directory: raw.directory,
  createsDirectory: raw.create_directory,
  directoryMode: /^0?[0-7]{3}$/.test(raw.directory_permissions)
    ? Number.parseInt(raw.directory_permissions, 8)
    : Number.NaN,
  syncs: raw.fsync,
  maxSizeBytes: raw.max_size,
}));

export function validateFileStorage({
  directoryMode,
}: FileStorageConfig): { path: readonly (string | number)[]; message: string }[] {
  if (!Number.isNaN(directoryMode)) return [];
  return [
    { path: ['directory_permissions'], message: 'must be the octal representation of permissions, such as 0750' },
  ];
}
