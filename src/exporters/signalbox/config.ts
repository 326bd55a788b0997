import { integer, period, positiveDuration, type Schema, type Secret, secret, size, strictObject, text } from '#config';

/** What users write under `signalbox:`. What is left out comes from the section `signalbox::storage` or the environment. */
export interface SignalboxExporterConfig {
  /** ClickHouse's HTTP interface. Default: SIGNALBOX_ENGINE_URL, else the embedded engine. */
  readonly endpoint: string | undefined;
  readonly database: string;
  /** With the password: default SIGNALBOX_STORE_USERNAME and SIGNALBOX_STORE_PASSWORD, else the embedded engine's. */
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** Counted from when an item was taken in; 0 keeps for ever. */
  readonly retention: {
    readonly tracesMs: number;
    readonly metricsMs: number;
    readonly logsMs: number;
  };
  /** What inserts leave free of the store's disk. Default: 5 % of it, from 16 MiB to 1 GiB. */
  readonly diskReserveBytes: number | undefined;
  readonly spool: {
    /** Default: a folder of this exporter's in the collector's state folder. */
    readonly directory: string | undefined;
    /** Beyond it new data is refused until the store takes some. */
    readonly maxSizeBytes: number;
    /** What damaged and refused segments may take that are kept aside; the oldest make room. */
    readonly maxRejectedSizeBytes: number;
    /** A segment is handed to the store at this size, number of items or age, whichever comes first. */
    readonly segmentSizeBytes: number;
    readonly segmentItems: number;
    readonly segmentAgeMs: number;
    /** What may stay in memory of segments that wait; the rest is read back from disk. */
    readonly memoryLimitBytes: number;
  };
  /** Segments that are sent at a time. */
  readonly concurrency: number;
  /** Of one insert. */
  readonly timeoutMs: number;
  /** Metric series that are remembered, 32 bytes each. */
  readonly seriesCacheSize: number;
}

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

export const signalboxExporterSchema: Schema<SignalboxExporterConfig> = strictObject({
  endpoint: text().optional().meta({
    description: "ClickHouse's HTTP interface",
    defaultText: '`SIGNALBOX_ENGINE_URL`, else `http://127.0.0.1:4380`',
  }),
  database: text('signalbox').describe('it and its tables are made at the first start'),
  username: text().optional().meta({
    description:
      "without any user and password: `default` and no password; `signalbox store grants` prints a user's SQL",
    defaultText: "`SIGNALBOX_STORE_USERNAME`, else the embedded store's",
  }),
  password: secret()
    .optional()
    .meta({ description: 'of that user', defaultText: "`SIGNALBOX_STORE_PASSWORD`, else the embedded store's" }),
  retention: strictObject({
    traces: period(14 * DAY_MS).describe(
      'counted from when an item was taken in, whatever its own time says; `0` keeps it for ever',
    ),
    metrics: period(30 * DAY_MS).describe('the same for metrics'),
    logs: period(14 * DAY_MS).describe('the same for logs'),
  }),
  disk_reserve: size().optional().meta({
    description: "inserts stop when less of the store's disk is free; the spool stops at half of it",
    defaultText: '5 % of the disk, from `16MiB` to `1GiB`',
  }),
  spool: strictObject({
    directory: text().optional().meta({
      description: 'belongs to one exporter of one collector',
      defaultText: "in the collector's state folder",
    }),
    max_size: size(1024 * MIB).describe('beyond it senders are refused, retryably, until the store has taken some'),
    max_rejected_size: size(256 * MIB).describe('what is kept in `rejected/`; the oldest makes room'),
    segment_size: size(32 * MIB).describe('a segment is handed on at this size'),
    segment_items: integer(131_072, { min: 1 }).meta({ description: 'or when it has so many', unit: 'items' }),
    segment_age: positiveDuration(500).describe(
      'or when it is so old, and twice that has passed since the one before; while the store is at work on earlier ones it may grow for up to ten times that',
    ),
    memory_limit: size(80 * MIB).describe('segments that wait beyond it are read back from disk when their turn comes'),
  }),
  concurrency: integer(2, { min: 1, max: 16 }).meta({ description: 'that are sent at a time', unit: 'segments' }),
  timeout: positiveDuration(60_000).describe('of one insert'),
  series_cache_size: integer(200_000, { min: 1000, max: 50_000_000 }).meta({
    description: 'metric series that are remembered as written; more only cost repeated rows that merge away',
    unit: 'series',
  }),
}).transform((raw) => ({
  endpoint: raw.endpoint,
  database: raw.database,
  username: raw.username,
  password: raw.password,
  retention: {
    tracesMs: raw.retention.traces,
    metricsMs: raw.retention.metrics,
    logsMs: raw.retention.logs,
  },
  diskReserveBytes: raw.disk_reserve,
  spool: {
    directory: raw.spool.directory,
    maxSizeBytes: raw.spool.max_size,
    maxRejectedSizeBytes: raw.spool.max_rejected_size,
    segmentSizeBytes: raw.spool.segment_size,
    segmentItems: raw.spool.segment_items,
    segmentAgeMs: raw.spool.segment_age,
    memoryLimitBytes: raw.spool.memory_limit,
  },
  concurrency: raw.concurrency,
  timeoutMs: raw.timeout,
  seriesCacheSize: raw.series_cache_size,
}));

/** The rules across fields. */
export function validateSignalboxExporter(
  config: SignalboxExporterConfig,
): { path: readonly (string | number)[]; message: string }[] {
  const mistakes: { path: readonly (string | number)[]; message: string }[] = [];
  if (config.endpoint !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(config.endpoint)) {
    mistakes.push({ path: ['endpoint'], message: `expected http://host:port, got "${config.endpoint}"` });
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(config.database)) {
    mistakes.push({ path: ['database'], message: 'use letters, digits and underscores only' });
  }
  if (config.spool.maxSizeBytes < 2 * config.spool.segmentSizeBytes) {
    mistakes.push({ path: ['spool', 'max_size'], message: 'must be at least twice spool::segment_size' });
  }
  return mistakes;
}
