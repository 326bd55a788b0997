import {
  boolean,
  type HttpServerConfig,
  httpServerShape,
  integer,
  type Schema,
  strictObject,
  text,
  toHttpServer,
} from '#config';

export interface HealthCheckConfig {
  readonly server: HttpServerConfig;
  readonly path: string;
  /** Replaces the JSON answer. */
  readonly responseBody: { readonly healthy: string; readonly unhealthy: string } | undefined;
}

const CHECK = 'it has had none in otelcol for years';

export const healthCheckSchema: Schema<HealthCheckConfig> = strictObject({
  ...httpServerShape({ endpoint: 'localhost:13133', servesPages: true }),
  path: text('/').describe('a path that ends in `/` stands for all below it'),
  response_body: strictObject({
    healthy: text('').describe('while data is taken'),
    unhealthy: text('').describe('while it is not'),
  })
    .optional()
    .describe('texts to answer with in place of the JSON'),
  check_collector_pipeline: strictObject({
    enabled: boolean(false).meta({ description: 'turns the check on', idle: { why: CHECK, quiet: [false] } }),
    interval: text('5m').meta({ description: 'how far it looks back', idle: { why: CHECK, quiet: ['5m'] } }),
    exporter_failure_threshold: integer(5).meta({
      description: 'failures that are too many',
      idle: { why: CHECK, quiet: [5] },
    }),
  }),
}).transform((raw) => ({ server: toHttpServer(raw), path: raw.path, responseBody: raw.response_body }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateHealthCheck(config: HealthCheckConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (!config.path.startsWith('/')) {
    mistakes.push({ path: ['path'], message: `path must start with /, got "${config.path}"` });
  }
  if (config.server.middlewares.length > 0) {
    mistakes.push({ path: ['middlewares'], message: 'no extension offers middlewares yet; take the block out' });
  }
  return mistakes;
}
