import { addressOf, type Flags, type HostPort, printAddress } from './flags.ts';
import { UsageError } from './usage.ts';

export interface BuiltinAddresses {
  readonly grpc: HostPort;
  readonly http: HostPort;
  readonly health: HostPort;
  readonly zpages: HostPort;
}

export function builtinAddresses(flags: Flags): BuiltinAddresses {
  const host = flags.get('listen') ?? '127.0.0.1';
  return {
    grpc: addressOf(flags, 'otlp-grpc-address', { host, port: 4317 }),
    http: addressOf(flags, 'otlp-http-address', { host, port: 4318 }),
    health: addressOf(flags, 'health-address', { host: 'localhost', port: 13_133 }),
    zpages: addressOf(flags, 'zpages-address', { host: 'localhost', port: 55_679 }),
  };
}

/** Of all spans, before anything could sample them. Bounds are those of OpenTelemetry's conventions for durations of requests. */
const SPAN_METRICS = `connectors:
  span_metrics:
    histogram:
      unit: s
      explicit:
        buckets: [5ms, 10ms, 25ms, 50ms, 75ms, 100ms, 250ms, 500ms, 750ms, 1s, 2.5s, 5s, 7.5s, 10s]
    exemplars:
      enabled: true
      max_per_data_point: 1
    metrics_flush_interval: 15s
    series_expiration: 15m
    metrics_expiration: 15m
    aggregation_cardinality_limit: 500
    http_server_request_duration:
      enabled: true
  service_graph:
    latency_histogram_buckets: [5ms, 10ms, 25ms, 50ms, 75ms, 100ms, 250ms, 500ms, 750ms, 1s, 2.5s, 5s, 7.5s, 10s]
    dimensions: [db.system.name, db.system]
    store:
      ttl: 10s
      max_items: 50000
    virtual_node_peer_attributes: [service.peer.name, peer.service, server.address, net.peer.name, db.system.name, db.system]
    database_name_attributes: [db.namespace, db.name]
    metrics_flush_interval: 15s
`;
/** Of metrics, span_metrics learns which services measure their requests themselves. */
const SPAN_METRICS_PIPELINE = `
    metrics/spans:
      receivers: [span_metrics, service_graph]
      exporters: [signalbox]`;

function makesSpanMetrics(flags: Flags): boolean {
  const value = flags.get('span-metrics') ?? 'on';
  if (value !== 'on' && value !== 'off') throw new UsageError(`--span-metrics: must be on or off, got "${value}"`);
  return value === 'on';
}

/**
 * What `up` runs without a file: takes OTLP on all signals and keeps it. An OK to a sender means that the data is on disk. What services are
 * asked for, how often that fails and how long it takes is counted from all spans, and which service asks which.
 */
function builtinConfig(flags: Flags): string {
  const { grpc, http, health, zpages } = builtinAddresses(flags);
  const derives = makesSpanMetrics(flags);
  const quoted = (address: HostPort): string => JSON.stringify(printAddress(address));
  return `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${quoted(grpc)}
        max_recv_msg_size_mib: 64
      http:
        endpoint: ${quoted(http)}
        max_request_body_size: 67108864
        cors:
          allowed_origins: ["http://localhost:*", "http://127.0.0.1:*"]
          allowed_headers: ["*"]
processors:
  memory_limiter:
    check_interval: 1s
    limit_percentage: 50
    spike_limit_percentage: 10
exporters:
  signalbox:
${derives ? SPAN_METRICS : ''}extensions:
  health_check:
    endpoint: ${quoted(health)}
  zpages:
    endpoint: ${quoted(zpages)}
service:
  telemetry:
    logs:
      level: warn
      sampling: {initial: 3, thereafter: 1000}
  extensions: [health_check, zpages]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [signalbox${derives ? ', span_metrics, service_graph' : ''}]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [signalbox${derives ? ', span_metrics' : ''}]${derives ? SPAN_METRICS_PIPELINE : ''}
    logs:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [signalbox]
`;
}

/** Where the configuration is read from: what the flags name, or the built-in one. */
export function configUris(flags: Flags): readonly string[] {
  return flags.config.length > 0 ? flags.config : [`yaml:${builtinConfig(flags)}`];
}

export type BuiltinOnly =
  | 'otlp-grpc-address'
  | 'otlp-http-address'
  | 'health-address'
  | 'zpages-address'
  | 'span-metrics';

const IN_THE_FILE = 'set the address in the file, or with --set';
/** Flags that only the built-in configuration looks at, each with what does the same for a file. */
export const BUILTIN_ONLY: Readonly<Record<BuiltinOnly, string>> = {
  'otlp-grpc-address': IN_THE_FILE,
  'otlp-http-address': IN_THE_FILE,
  'health-address': IN_THE_FILE,
  'zpages-address': IN_THE_FILE,
  'span-metrics': 'put the connectors span_metrics and service_graph into the file, or leave them out',
};
