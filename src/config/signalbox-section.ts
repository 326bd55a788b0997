import { z } from 'zod';
import { DEFAULT_READ_LIMITS } from '#base';
import { isHostPattern } from '#base/host-guard.ts';
import { parseDuration, printDuration } from './duration.ts';
import { FEATURE_GATES } from './feature-gates.ts';
import { describe, strictObject } from './object.ts';
import type { Schema } from './schema.ts';
import type { Secret } from './secret.ts';
import { boolean, integer, list, listenAddress, secret, size, text } from './values.ts';

/** The optional top-level section `signalbox:`: what otelcol has no word for. Flags and environment variables go before it. */
export interface SignalboxConfig {
  /** The folder for everything that is kept. */
  readonly dataDir: string | undefined;
  /** Names besides their own that all listeners answer to, `--allowed-hosts`. */
  readonly allowedHosts: readonly string[];
  /** otelcol's feature gates that are on, `--feature-gates`. */
  readonly featureGates: readonly string[];
  readonly alertmanager: {
    /** An Alertmanager configuration file; undefined: alerts are shown, and nobody is told. */
    readonly configFile: string | undefined;
    readonly allowsUnsupportedReceivers: boolean;
  };
  /** Folders with dashboards of Grafana, `--dashboards`. */
  readonly dashboards: readonly string[];
  /** Files and folders of Grafana's data sources, `--datasources`. */
  readonly datasources: readonly string[];
  readonly server: {
    /** Console and query APIs. */
    readonly endpoint: string | undefined;
    /** Query APIs over gRPC, besides the port of the console; `off` for none. */
    readonly grpcEndpoint: string | undefined;
  };
  readonly engine: {
    /** The embedded store's HTTP interface; keep it on loopback. */
    readonly endpoint: string | undefined;
  };
  readonly query: {
    /** What one question to the store may read. */
    readonly maxReadRows: number;
    readonly maxReadBytes: number;
  };
  /** Files, folders or patterns of files of Prometheus' rules. */
  readonly rules: readonly string[];
  /** The same of Loki's rules. */
  readonly lokiRules: readonly string[];
  /** Where people find this server: links in alerts begin with it. */
  readonly externalUrl: string | undefined;
  readonly alerting: {
    /** Alertmanagers that alerts are sent to. */
    readonly alertmanagers: readonly Secret[];
  };
  readonly storage: {
    /** A ClickHouse server's HTTP address; undefined: the embedded store. */
    readonly url: string | undefined;
    readonly username: string | undefined;
    readonly password: Secret | undefined;
    /** As whom the server reads; default: the user above. */
    readonly readerUsername: string | undefined;
    readonly readerPassword: Secret | undefined;
    readonly database: string | undefined;
    readonly retention: {
      /** 0 keeps everything. */
      readonly tracesMs: number;
      readonly metricsMs: number;
      readonly logsMs: number;
    };
  };
}

const DAY_MS = 86_400_000;

/** A duration that may count in days and weeks: `30d`, `2w`, `12h`. 0 means for ever. */
export function period(defaultMs: number): z.ZodType<number> {
  return z
    .any()
    .transform((value: unknown, context) => {
      if (value === 0) return 0;
      const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(d|w)$/.exec(value) : null;
      if (match !== null) return Number(match[1]) * DAY_MS * (match[2] === 'w' ? 7 : 1);
      const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
      if (parsed !== undefined && 'ms' in parsed && parsed.ms >= 0) return parsed.ms;
      context.addIssue({ code: 'custom', message: `expected a time such as 30d, 2w or 12h, got ${describe(value)}` });
      return z.NEVER;
    })
    .meta({
      typeName: 'period',
      json: { anyOf: [{ type: 'string' }, { const: 0 }] },
      printDefault: (ms: number) => (ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : printDuration(ms)),
    })
    .default(defaultMs);
}

const hostPattern = text().refine(isHostPattern, {
  error: (issue) =>
    `expected a name such as box.example.com or *.example.com, without port, got ${describe(issue.input)}`,
});

const featureGate = text().refine((name) => Object.hasOwn(FEATURE_GATES, name), {
  error: (issue) =>
    `no feature gate of that name changes anything here: ${describe(issue.input)}; known: ${Object.keys(FEATURE_GATES).join(', ')}`,
});

export const signalboxSchema: Schema<SignalboxConfig> = strictObject({
  data_dir: text()
    .optional()
    .meta({ description: 'the folder for everything that is kept', defaultText: '`./signalbox-data`' }),
  allowed_hosts: list(hostPattern).describe(
    'names besides their own that all listeners answer to: `box.example.com`, `*.example.com`',
  ),
  feature_gates: list(featureGate).describe(
    `otelcol's feature gates to turn on: ${Object.entries(FEATURE_GATES)
      .map(([name, what]) => `\`${name}\` (${what})`)
      .join(', ')}`,
  ),
  alertmanager: strictObject({
    config_file: text().optional().meta({
      description: 'an Alertmanager configuration file: who is told of alerts',
      defaultText: 'nobody is told',
    }),
    allow_unsupported_receivers: boolean(false).describe(
      'starts although it has receivers of types that are not there, and sends an alert about each of them',
    ),
  }),
  dashboards: list(text()).describe('folders with dashboards of Grafana as JSON, which the console draws'),
  datasources: list(text()).describe(
    "files or folders of Grafana's data sources, whose derived fields are links of log records",
  ),
  server: strictObject({
    endpoint: listenAddress()
      .optional()
      .meta({ description: 'where console and query APIs listen', defaultText: '`localhost:4300`' }),
    grpc_endpoint: z
      .union([z.literal('off'), listenAddress()])
      .optional()
      .meta({
        description: 'where query APIs speak gRPC besides the port of the console; `off` for nowhere',
        defaultText: '`localhost:16685`, where the console has its usual port',
      }),
  }),
  engine: strictObject({
    endpoint: listenAddress()
      .optional()
      .meta({ description: 'where the embedded store listens; keep it on loopback', defaultText: '`127.0.0.1:4380`' }),
  }),
  query: strictObject({
    max_read_rows: integer(DEFAULT_READ_LIMITS.rows, { min: 1 }).describe(
      'rows that one question to the store may read; what would read more is refused before it begins',
    ),
    max_read_bytes: size(DEFAULT_READ_LIMITS.bytes).describe(
      'the same in bytes, uncompressed, of the columns that are read; it ends when it has read more',
    ),
  }),
  rules: list(text()).describe("files, folders or patterns of files of Prometheus' rules; read again when they change"),
  loki_rules: list(text()).describe("the same of Loki's rules, which ask in LogQL"),
  external_url: text().optional().meta({
    description: 'where people find this server: links in alerts begin with it',
    defaultText: 'its own address',
  }),
  alerting: strictObject({
    alertmanagers: list(secret()).describe('addresses of Alertmanagers that alerts are sent to'),
  }),
  storage: strictObject({
    url: text()
      .optional()
      .meta({ description: "a ClickHouse server's HTTP address", defaultText: 'the embedded store' }),
    username: text().optional().describe('the user that owns the schema'),
    password: secret().optional().describe('of that user'),
    reader_username: text().optional().meta({ description: 'as whom the server reads', defaultText: 'the user above' }),
    reader_password: secret().optional().describe('of that user'),
    database: text()
      .optional()
      .meta({ description: 'it and its tables are made at the first start', defaultText: '`signalbox`' }),
    retention: strictObject({
      traces: period(14 * DAY_MS).describe('counted from when an item was taken in; `0` keeps it for ever'),
      metrics: period(30 * DAY_MS).describe('the same for metrics'),
      logs: period(14 * DAY_MS).describe('the same for logs'),
    }),
  }),
}).transform((raw) => ({
  dataDir: raw.data_dir,
  allowedHosts: raw.allowed_hosts,
  featureGates: raw.feature_gates,
  alertmanager: {
    configFile: raw.alertmanager.config_file,
    allowsUnsupportedReceivers: raw.alertmanager.allow_unsupported_receivers,
  },
  dashboards: raw.dashboards,
  datasources: raw.datasources,
  server: { endpoint: raw.server.endpoint, grpcEndpoint: raw.server.grpc_endpoint },
  engine: { endpoint: raw.engine.endpoint },
  query: { maxReadRows: raw.query.max_read_rows, maxReadBytes: raw.query.max_read_bytes },
  rules: raw.rules,
  lokiRules: raw.loki_rules,
  externalUrl: raw.external_url,
  alerting: { alertmanagers: raw.alerting.alertmanagers },
  storage: {
    url: raw.storage.url,
    username: raw.storage.username,
    password: raw.storage.password,
    readerUsername: raw.storage.reader_username,
    readerPassword: raw.storage.reader_password,
    database: raw.storage.database,
    retention: {
      tracesMs: raw.storage.retention.traces,
      metricsMs: raw.storage.retention.metrics,
      logsMs: raw.storage.retention.logs,
    },
  },
}));
