import { isIP } from 'node:net';

/** Where a gRPC client connects to. */
export interface GrpcTarget {
  readonly kind: 'tcp' | 'unix';
  /** The host without brackets, or the path of the socket. */
  readonly host: string;
  readonly port: number;
  /** What the scheme says: `http` is plain text and `https` is TLS, whatever the `tls` block says. */
  readonly security: 'plain' | 'tls' | 'as configured';
  /** For `:authority`. */
  readonly authority: string;
}

const DEFAULT_PORT = 443;

/**
 * Reads an endpoint as otelcol does: `host:port`, `http://…`, `https://…`, `dns:///host:port`, `passthrough:///host:port`, `unix:///path`.
 * Returns undefined where it is none of them.
 */
export function grpcTarget(endpoint: string): GrpcTarget | undefined {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(endpoint);
  if (unix !== null)
    return { kind: 'unix', host: unix[1]!, port: 0, security: 'as configured', authority: 'localhost' };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(endpoint)?.[1]?.toLowerCase();
  const security = scheme === 'http' ? 'plain' : scheme === 'https' ? 'tls' : 'as configured';
  switch (scheme) {
    case undefined:
      return tcpTarget(endpoint, security);
    case 'http':
    case 'https':
      return tcpTarget(endpoint.slice(scheme.length + 3).replace(/\/.*$/, ''), security);
    case 'dns':
    case 'passthrough':
      return tcpTarget(endpoint.replace(/^[a-z]+:\/\/[^/]*\//i, ''), security);
    default:
      return undefined;
  }
}

function tcpTarget(hostPort: string, security: GrpcTarget['security']): GrpcTarget | undefined {
  // A port alone is this machine, as for Go's dialer.
  const named = /^:\d+$/.test(hostPort) ? `localhost${hostPort}` : hostPort;
  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(named);
  if (match === null) return undefined;
  const host = match[1] ?? match[2]!;
  const port = match[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (port === 0 || port > 65_535) return undefined;
  return { kind: 'tcp', host, port, security, authority: `${isIP(host) === 6 ? `[${host}]` : host}:${port}` };
}
