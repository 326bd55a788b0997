import type { LintComponent, LintFile } from '../lint-file.ts';

/** A port that a configuration listens on. */
export interface Listener {
  readonly port: number;
  /** `receivers::otlp::protocols::grpc`. */
  readonly owner: string;
  readonly isLocal: boolean;
}

/** Ports by default, of a component or of one of its protocols. */
const PORTS: Readonly<Record<string, number>> = {
  'receivers::otlp::grpc': 4317,
  'receivers::otlp::http': 4318,
  'receivers::jaeger::grpc': 14250,
  'receivers::jaeger::thrift_http': 14268,
  'receivers::jaeger::thrift_compact': 6831,
  'receivers::jaeger::thrift_binary': 6832,
  'receivers::zipkin': 9411,
  'receivers::loki::http': 3500,
  'receivers::loki::grpc': 3600,
  'receivers::prometheusremotewrite': 9090,
  'exporters::prometheus': 0,
  'extensions::health_check': 13133,
  'extensions::zpages': 55679,
  'extensions::pprof': 1777,
};
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

/** All ports that others may reach or that only this machine does, the own metrics' too. */
export function listenersOf(file: LintFile): Listener[] {
  const listeners: Listener[] = [];
  for (const section of ['receivers', 'exporters', 'extensions'] as const) {
    for (const component of file.used(section)) {
      const protocols = component.node('protocols');
      if (protocols?.kind !== 'map') add(listeners, component, `${section}::${component.type}`, []);
      else {
        for (const protocol of protocols.entries.keys()) {
          add(listeners, component, `${section}::${component.type}::${protocol}`, ['protocols', protocol]);
        }
      }
    }
  }
  for (const { host, port } of file.document.service.telemetry.metrics.prometheusReaders) {
    listeners.push({ port, owner: 'service::telemetry::metrics', isLocal: LOOPBACK.test(host) });
  }
  return listeners;
}

function add(listeners: Listener[], component: LintComponent, kind: string, path: readonly string[]): void {
  if (!Object.hasOwn(PORTS, kind)) return;
  const given = component.value(...path, 'endpoint');
  const endpoint = typeof given === 'string' ? given : `localhost:${PORTS[kind]}`;
  const port = Number(/:(\d+)$/.exec(endpoint)?.[1] ?? 0);
  if (port === 0) return;
  listeners.push({ port, owner: [...component.entry.path, ...path].join('::'), isLocal: LOOPBACK.test(endpoint) });
}
