import { HostGuard } from '#base/host-guard.ts';
import { ByteBudget } from '../budget.ts';
import type { GrpcServerSettings } from '../grpc-server.ts';

/** Of a server under test: few limits, no calls, and nobody is told anything. */
export function grpcServerSettings(own: Partial<GrpcServerSettings> = {}): GrpcServerSettings {
  return {
    maxMessageBytes: 4_000_000,
    maxConcurrentStreams: 100,
    maxStreams: 0,
    maxConnections: 0,
    requestTimeoutMs: 0,
    keepalive: undefined,
    tls: undefined,
    authenticate: undefined,
    hosts: new HostGuard({ listener: 'test', allowed: ['a'], onRefused: () => undefined }),
    budget: new ByteBudget(0),
    random: () => 0.5,
    handlers: new Map(),
    onFailure: () => undefined,
    onBadConnection: () => undefined,
    onConnectionDropped: () => undefined,
    onTlsRejected: () => undefined,
    onTlsHello: () => undefined,
    ...own,
  };
}
