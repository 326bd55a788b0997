/** A configuration that both collectors run, as JSON, which is YAML. Its receiver `otlp` listens where `startCollector` says. */
export interface ConfigurationParts {
  readonly processors?: Readonly<Record<string, object>>;
  readonly connectors?: Readonly<Record<string, object>>;
  readonly exporters: Readonly<Record<string, object>>;
  readonly pipelines: Readonly<Record<string, Pipeline>>;
}

/** Receives from `otlp` unless it says something else. */
export interface Pipeline {
  readonly receivers?: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters: readonly string[];
}

export function collectorConfiguration({ processors, connectors, exporters, pipelines }: ConfigurationParts): string {
  const protocols = { http: { endpoint: '127.0.0.1:PORT' }, grpc: { endpoint: '127.0.0.1:GRPC_PORT' } };
  return JSON.stringify({
    receivers: { otlp: { protocols } },
    ...(processors !== undefined && { processors }),
    ...(connectors !== undefined && { connectors }),
    exporters,
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: Object.fromEntries(
        Object.entries(pipelines).map(([name, pipeline]) => [name, { receivers: ['otlp'], ...pipeline }]),
      ),
    },
  });
}
