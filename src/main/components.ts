import type { ComponentKind, ComponentSource, Factory } from '#component';
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
  source('exporter', 'debug', [], () => import('../exporters/debug/index.ts').then((m) => m.debugExporterFactory)),
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

export const components: ComponentRegistry = new ComponentRegistry(sources);

function source(
  kind: ComponentKind,
  type: string,
  aliases: readonly string[],
  load: () => Promise<{ readonly kind: ComponentKind; readonly type: string }>,
): ComponentSource {
  return { kind, type, aliases, load: async () => (await load()) as Factory };
}
