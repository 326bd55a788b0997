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

export const healthCheckSchema: Schema<HealthCheckConfig> = strictObject({
  ...httpServerShape({ endpoint: 'localhost:13133' }),
  path: text('/'),
  response_body: strictObject({ healthy: text(''), unhealthy: text('') }).optional(),
  // Has no effect in otelcol either, for years; accepted so that files load.
  check_collector_pipeline: strictObject({
    enabled: boolean(false),
    interval: text('5m'),
    exporter_failure_threshold: integer(5),
  }),
}).transform((raw) => ({ server: toHttpServer(raw), path: raw.path, responseBody: raw.response_body }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateHealthCheck(config: HealthCheckConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (!config.path.startsWith('/')) {
    mistakes.push({ path: ['path'], message: `path must start with /, got "${config.path}"` });
  }
  if (config.server.auth !== undefined) {
    mistakes.push({ path: ['auth'], message: 'no extension offers auth yet; take the block out' });
  }
  if (config.server.middlewares.length > 0) {
    mistakes.push({ path: ['middlewares'], message: 'no extension offers middlewares yet; take the block out' });
  }
  return mistakes;
}
