import type { ComponentKind, ComponentSource, Factory, RemovedComponent } from '#component';
import { ComponentRegistry } from '#component';

/**
 * Every component that Signalbox has: the only file that names them. The code of one is loaded when a configuration uses it, so
 * kind, type and old names stand here a second time; components.test.ts compares them with the factories.
 */
const sources: readonly ComponentSource[] = [
  source('receiver', 'otlp', [], () => import('../receivers/otlp/index.ts').then((m) => m.otlpReceiverFactory)),
  source('processor', 'attributes', [], () =>
    import('../processors/attributes/index.ts').then((m) => m.attributesFactory),
  ),
  source('processor', 'batch', [], () => import('../processors/batch/index.ts').then((m) => m.batchFactory)),
  source('processor', 'memory_limiter', [], () =>
    import('../processors/memory_limiter/index.ts').then((m) => m.memoryLimiterFactory),
  ),
  source('processor', 'tail_sampling', [], () =>
    import('../processors/tail_sampling/index.ts').then((m) => m.tailSamplingFactory),
  ),
  source('exporter', 'debug', ['logging'], () =>
    import('../exporters/debug/index.ts').then((m) => m.debugExporterFactory),
  ),
  source('exporter', 'otlp_grpc', ['otlp'], () =>
    import('../exporters/otlp_grpc/index.ts').then((m) => m.otlpGrpcExporterFactory),
  ),
  source('exporter', 'otlp_http', ['otlphttp'], () =>
    import('../exporters/otlp_http/index.ts').then((m) => m.otlpHttpExporterFactory),
  ),
  source('exporter', 'signalbox', [], () =>
    import('../exporters/signalbox/index.ts').then((m) => m.signalboxExporterFactory),
  ),
  source('extension', 'health_check', [], () =>
    import('../extensions/health_check/index.ts').then((m) => m.healthCheckFactory),
  ),
  source('extension', 'zpages', [], () => import('../extensions/zpages/index.ts').then((m) => m.zpagesFactory)),
];

/** What otelcol had once, and what does its work today. */
const removed: readonly RemovedComponent[] = [
  ...(['jaeger', 'jaeger_thrift'] as const).map((type) => ({
    kind: 'exporter' as const,
    type,
    advice: 'Jaeger takes OTLP, use otlp_grpc with its port 4317, or otlp_http with 4318',
  })),
  { kind: 'exporter', type: 'opencensus', advice: 'use otlp_grpc' },
  { kind: 'receiver', type: 'opencensus', advice: 'let the services send OTLP to the receiver otlp' },
  {
    kind: 'exporter',
    type: 'loki',
    advice: 'use otlp_http with the endpoint http://HOST:3100/otlp, Loki 3 takes OTLP there',
  },
  { kind: 'exporter', type: 'sapm', advice: 'use otlp_http' },
  {
    kind: 'processor',
    type: 'queued_retry',
    advice: 'every exporter has sending_queue and retry_on_failure of its own, set them there',
  },
  { kind: 'processor', type: 'spanmetrics', advice: 'use the connector span_metrics' },
  { kind: 'processor', type: 'servicegraph', advice: 'use the connector service_graph' },
  { kind: 'processor', type: 'routing', advice: 'use the connector routing' },
  {
    kind: 'extension',
    type: 'memory_ballast',
    advice: 'it has no use any more, take it out; memory_limiter bounds memory',
  },
];

export const components: ComponentRegistry = new ComponentRegistry(sources, removed);

function source(
  kind: ComponentKind,
  type: string,
  aliases: readonly string[],
  load: () => Promise<{ readonly kind: ComponentKind; readonly type: string }>,
): ComponentSource {
  return { kind, type, aliases, load: async () => (await load()) as Factory };
}
