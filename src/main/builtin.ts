import { addressOf, type Flags, type HostPort, printAddress } from './flags.ts';

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

/** What `up` runs without a file: takes OTLP on all signals and keeps it. An OK to a sender means that the data is on disk. */
function builtinConfig(flags: Flags): string {
  const { grpc, http, health, zpages } = builtinAddresses(flags);
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
extensions:
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
      exporters: [signalbox]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [signalbox]
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

/** Flags that only the built-in configuration looks at. */
export const BUILTIN_ONLY = ['otlp-grpc-address', 'otlp-http-address', 'health-address', 'zpages-address'] as const;
