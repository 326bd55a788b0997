import {
  boolean,
  duration,
  type GrpcServerConfig,
  grpcServer,
  type HttpServerConfig,
  httpServerShape,
  type Schema,
  strictObject,
  text,
  toHttpServer,
} from '#config';

/** What users write under `healthcheckv2:` (otelcol-contrib internal/healthcheck@v0.161.0, with `use_v2`). */
export interface HealthCheckV2Config {
  readonly usesV2: boolean;
  readonly http: HttpConfig | undefined;
  readonly grpc: GrpcServerConfig | undefined;
  /** Undefined: no error of a component makes it unhealthy. */
  readonly componentHealth: ComponentHealthConfig | undefined;
}

export interface HttpConfig {
  readonly server: HttpServerConfig;
  readonly hasStatus: boolean;
  readonly statusPath: string;
}

export interface ComponentHealthConfig {
  readonly includesPermanent: boolean;
  readonly includesRecoverable: boolean;
  readonly recoveryMs: number;
}

const SECRETS =
  'it would show the configuration with its secrets to everyone; `signalbox print-config` shows it without';
const NO_ATTRIBUTES = 'the status of no component has attributes';

export const healthCheckV2Schema: Schema<HealthCheckV2Config> = strictObject({
  use_v2: boolean(false).describe('must be true: without it otelcol does what `health_check` does'),
  http: strictObject({
    ...httpServerShape({
      endpoint: 'localhost:13133',
      servesPages: true,
      writeTimeoutMs: 0,
      readHeaderTimeoutMs: 0,
      idleTimeoutMs: 0,
    }),
    status: strictObject({
      enabled: boolean(true).describe('answers at all'),
      path: text('/status').describe('where; one that ends in `/` stands for all below it'),
      include_attributes: boolean(false).meta({
        description: 'the attributes of statuses',
        idle: { why: NO_ATTRIBUTES, quiet: [false] },
      }),
    }).describe('how the collector and its pipelines are'),
    config: strictObject({
      enabled: boolean(false)
        .refine((isOn) => !isOn, { error: SECRETS })
        .meta({ description: 'refused: it would show all secrets', idle: { why: SECRETS, quiet: [false] } }),
      path: text('/config').meta({ description: 'where', idle: { why: 'it is not shown', quiet: ['/config'] } }),
      include_attributes: boolean(false).meta({
        description: 'of no meaning here',
        idle: { why: 'it is not shown', quiet: [false] },
      }),
    }).describe('the configuration that is run'),
  })
    .optional()
    .describe('answers over HTTP; on when its key is there, also if empty'),
  grpc: grpcServer({ endpoint: 'localhost:13132' })
    .optional()
    .describe(
      "answers gRPC's health service (`Check` and `Watch` of `grpc.health.v1.Health`); on when its key is there, also if empty",
    ),
  component_health: strictObject({
    include_permanent_errors: boolean(false).describe('a permanent error of a component is unhealthy'),
    include_recoverable_errors: boolean(false).describe('another error is, once it has lasted for `recovery_duration`'),
    recovery_duration: duration(0).describe('so long it may last'),
  })
    .optional()
    .describe('which statuses of components make it unhealthy'),
}).transform((raw) => ({
  usesV2: raw.use_v2,
  http: raw.http && {
    server: toHttpServer(raw.http),
    hasStatus: raw.http.status.enabled,
    statusPath: raw.http.status.path,
  },
  grpc: raw.grpc,
  componentHealth: raw.component_health && {
    includesPermanent: raw.component_health.include_permanent_errors,
    includesRecoverable: raw.component_health.include_recoverable_errors,
    recoveryMs: raw.component_health.recovery_duration,
  },
}));

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function validateHealthCheckV2({ usesV2, http, grpc }: HealthCheckV2Config): readonly Mistake[] {
  if (!usesV2) {
    return [
      { path: ['use_v2'], message: 'must be true; without it use the extension health_check, which does the same' },
    ];
  }
  const mistakes: Mistake[] = [];
  if (http === undefined && grpc === undefined) {
    mistakes.push({ path: [], message: 'must specify at least one protocol' });
  }
  if (http?.hasStatus === true && !http.statusPath.startsWith('/')) {
    mistakes.push({ path: ['http', 'status', 'path'], message: 'path must start with /' });
  }
  for (const [name, server] of [
    ['http', http?.server],
    ['grpc', grpc],
  ] as const) {
    if (server === undefined || server.middlewares.length === 0) continue;
    const message = 'no extension offers middlewares yet; take the block out';
    mistakes.push({ path: [name, 'middlewares'], message });
  }
  return mistakes;
}
