import { boolean, integer, oneOf, positiveDuration, type Schema, strictObject, text } from '#config';

/** What users write under `file:` (otelcol-contrib exporter/fileexporter@v0.159.0). */
export interface FileExporterConfig {
  readonly path: string;
  readonly appends: boolean;
  readonly rotation: RotationConfig | undefined;
  readonly format: 'json' | 'proto';
  /** The id of an extension that has another format; '' for none. */
  readonly encoding: string;
  readonly isCompressed: boolean;
  readonly compressionLevel: number;
  readonly groupBy: { readonly enabled: boolean; readonly attribute: string; readonly maxOpenFiles: number };
  readonly createsDirectory: boolean;
  readonly directoryPermissions: string;
}

export interface RotationConfig {
  readonly maxBytes: number;
  /** 0 means for ever; likewise the number of them. */
  readonly maxDays: number;
  readonly maxBackups: number;
  readonly isLocalTime: boolean;
}

const MIB = 1024 * 1024;

export const fileExporterSchema: Schema<FileExporterConfig> = strictObject({
  path: text('').meta({
    description: 'the file; with `group_by` a `*` in it stands for the attribute',
    defaultText: 'required',
  }),
  append: boolean(false).describe('goes on behind what is in the file; without it the file begins anew'),
  rotation: strictObject({
    max_megabytes: integer(100, { min: 1 }).meta({
      description: 'a file that would be larger is set aside',
      unit: 'MiB',
    }),
    max_days: integer(0, { min: 0 }).meta({ description: 'that are set aside are removed; 0 for never', unit: 'days' }),
    max_backups: integer(100, { min: 0 }).meta({ description: 'that are kept aside; 0 for all', unit: 'files' }),
    localtime: boolean(false).describe('their names have the local time in place of UTC'),
  })
    .transform((raw) => ({
      maxBytes: raw.max_megabytes * MIB,
      maxDays: raw.max_days,
      maxBackups: raw.max_backups,
      isLocalTime: raw.localtime,
    }))
    .optional()
    .describe('sets large files aside'),
  format: oneOf(['json', 'proto'], 'json').meta({
    description: 'of a batch',
    words: { json: 'OTLP/JSON, a line each', proto: 'OTLP protobuf, behind its length in four bytes (big endian)' },
  }),
  encoding: text('').describe('an extension that has another format; it goes before `format`'),
  compression: oneOf(['', 'zstd'], '').describe('of each batch, which then stands behind its length too'),
  compression_params: strictObject({
    level: integer(0, { min: 0, max: 22 }).meta({ description: 'how hard to compress', defaultText: '3' }),
  }),
  flush_interval: positiveDuration(1000).meta({
    description: 'how long what was written may stay in memory',
    idle: { why: 'a batch is written when its sender is answered', quiet: [1000, 0] },
  }),
  group_by: strictObject({
    enabled: boolean(false).describe('a file for each value of an attribute of the resource'),
    resource_attribute: text('fileexporter.path_segment').describe('the attribute; what has none is left out'),
    max_open_files: integer(100, { min: 1 }).meta({ description: 'that are open at a time', unit: 'files' }),
  }),
  create_directory: boolean(false).describe('makes the folder of the file at the start'),
  directory_permissions: text('').meta({ description: 'of folders that are made, in octal', defaultText: '`0755`' }),
}).transform((raw) => ({
  path: raw.path,
  appends: raw.append,
  rotation: raw.rotation,
  format: raw.format,
  encoding: raw.encoding,
  isCompressed: raw.compression === 'zstd',
  compressionLevel: raw.compression_params.level,
  groupBy: {
    enabled: raw.group_by.enabled,
    attribute: raw.group_by.resource_attribute,
    maxOpenFiles: raw.group_by.max_open_files,
  },
  createsDirectory: raw.create_directory,
  directoryPermissions: raw.directory_permissions,
}));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateFileExporter(config: FileExporterConfig): readonly Mistake[] {
  const { path, appends, rotation, groupBy, createsDirectory, directoryPermissions } = config;
  const mistakes: Mistake[] = [];
  const check = (isWrong: boolean, key: string, message: string): void => {
    if (isWrong) mistakes.push({ path: [key], message });
  };
  check(path === '', 'path', 'path must be non-empty');
  check(appends && rotation !== undefined, 'append', 'append and rotation enabled at the same time is not supported');
  if (groupBy.enabled) {
    check(path.split('*').length !== 2, 'path', 'path must contain exactly one * when group_by is enabled');
    check(path.startsWith('*'), 'path', 'path must not start with * when group_by is enabled');
    check(groupBy.attribute === '', 'group_by', 'resource_attribute must not be empty when group_by is enabled');
  }
  const isOctal = /^0?[0-7]{3}$/.test(directoryPermissions);
  check(
    directoryPermissions !== '' && !isOctal,
    'directory_permissions',
    'directory_permissions value must be a valid octal representation',
  );
  check(
    directoryPermissions !== '' && !createsDirectory && !groupBy.enabled,
    'directory_permissions',
    'directory_permissions requires create_directory to be true',
  );
  return mistakes;
}

export function directoryMode({ directoryPermissions }: FileExporterConfig): number {
  return directoryPermissions === '' ? 0o755 : Number.parseInt(directoryPermissions, 8);
}
