import { assert } from '#base';
import type { ComponentKind, ComponentSource, Factory, RemovedComponent } from '#component';
import { ComponentRegistry } from '#component';
import { absentComponents } from './absent-components.ts';

/**
 * Every component that Signalbox has: the only file that names them. The code of one is loaded when a configuration uses it, so
 * kind, type and old names stand here a second time; components.test.ts compares them with the factories.
 */
const sources: readonly ComponentSource[] = [
  source('receiver', 'otlp', () => import('../receivers/otlp/index.ts')),
  source('receiver', 'jaeger', () => import('../receivers/jaeger/index.ts')),
  source('receiver', 'loki', () => import('../receivers/loki/index.ts')),
  source('receiver', 'otlpjsonfile', () => import('../receivers/otlpjsonfile/index.ts')),
  source('receiver', 'prometheusremotewrite', () => import('../receivers/prometheusremotewrite/index.ts')),
  source('receiver', 'zipkin', () => import('../receivers/zipkin/index.ts')),
  source('receiver', 'prometheus', () => import('../receivers/prometheus/index.ts')),
  source('processor', 'attributes', () => import('../processors/attributes/index.ts')),
  source('processor', 'batch', () => import('../processors/batch/index.ts')),
  source('processor', 'filter', () => import('../processors/filter/index.ts')),
  source('processor', 'memory_limiter', () => import('../processors/memory_limiter/index.ts')),
  source('processor', 'tail_sampling', () => import('../processors/tail_sampling/index.ts')),
  source('processor', 'resource', () => import('../processors/resource/index.ts')),
  source('processor', 'probabilistic_sampler', () => import('../processors/probabilistic_sampler/index.ts')),
  source('processor', 'transform', () => import('../processors/transform/index.ts')),
  source('processor', 'cumulative_to_delta', () => import('../processors/cumulative_to_delta/index.ts'), [
    'cumulativetodelta',
  ]),
  source('processor', 'span', () => import('../processors/span/index.ts')),
  source('processor', 'redaction', () => import('../processors/redaction/index.ts')),
  source('processor', 'delta_to_cumulative', () => import('../processors/delta_to_cumulative/index.ts'), [
    'deltatocumulative',
  ]),
  source('processor', 'groupbyattrs', () => import('../processors/groupbyattrs/index.ts')),
  source('processor', 'metrics_transform', () => import('../processors/metrics_transform/index.ts'), [
    'metricstransform',
  ]),
  source('processor', 'interval', () => import('../processors/interval/index.ts')),
  source('processor', 'k8s_attributes', () => import('../processors/k8s_attributes/index.ts'), ['k8sattributes']),
  source('processor', 'resource_detection', () => import('../processors/resource_detection/index.ts'), [
    'resourcedetection',
  ]),
  source('exporter', 'debug', () => import('../exporters/debug/index.ts'), ['logging']),
  source('exporter', 'otlp_grpc', () => import('../exporters/otlp_grpc/index.ts'), ['otlp']),
  source('exporter', 'otlp_http', () => import('../exporters/otlp_http/index.ts'), ['otlphttp']),
  source('exporter', 'signalbox', () => import('../exporters/signalbox/index.ts')),
  source('exporter', 'prometheus', () => import('../exporters/prometheus/index.ts')),
  source('exporter', 'file', () => import('../exporters/file/index.ts')),
  source('exporter', 'load_balancing', () => import('../exporters/load_balancing/index.ts'), ['loadbalancing']),
  source('exporter', 'loki', () => import('../exporters/loki/index.ts')),
  source('exporter', 'prometheus_remote_write', () => import('../exporters/prometheus_remote_write/index.ts'), [
    'prometheusremotewrite',
  ]),
  source('connector', 'forward', () => import('../connectors/forward/index.ts')),
  source('connector', 'service_graph', () => import('../connectors/service_graph/index.ts'), ['servicegraph']),
  source('connector', 'span_metrics', () => import('../connectors/span_metrics/index.ts'), ['spanmetrics']),
  source('extension', 'health_check', () => import('../extensions/health_check/index.ts')),
  source('extension', 'healthcheckv2', () => import('../extensions/healthcheckv2/index.ts')),
  source('extension', 'jaegerremotesampling', () => import('../extensions/jaegerremotesampling/index.ts')),
  source('extension', 'pprof', () => import('../extensions/pprof/index.ts')),
  source('extension', 'zpages', () => import('../extensions/zpages/index.ts')),
  source('exporter', 'zipkin', () => import('../exporters/zipkin/index.ts')),
  source('connector', 'count', () => import('../connectors/count/index.ts')),
  source('connector', 'routing', () => import('../connectors/routing/index.ts')),
  source('connector', 'exceptions', () => import('../connectors/exceptions/index.ts')),
  source('extension', 'basicauth', () => import('../extensions/basicauth/index.ts')),
  source('extension', 'bearertokenauth', () => import('../extensions/bearertokenauth/index.ts')),
  source('extension', 'file_storage', () => import('../extensions/file_storage/index.ts')),
  source('extension', 'headers_setter', () => import('../extensions/headers_setter/index.ts')),
  source('extension', 'oauth2client', () => import('../extensions/oauth2client/index.ts')),
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

export const components: ComponentRegistry = new ComponentRegistry(sources, removed, absentComponents);

/** `load` gives the module of the component's folder, which exports the factory. */
function source(
  kind: ComponentKind,
  type: string,
  load: () => Promise<Readonly<Record<string, unknown>>>,
  aliases: readonly string[] = [],
): ComponentSource {
  const isFactory = (value: unknown): value is Factory => {
    const { kind: itsKind, type: itsType } = value as Partial<Factory>;
    return itsKind === kind && itsType === type;
  };
  return {
    kind,
    type,
    aliases,
    async load() {
      const factory = Object.values(await load()).find(isFactory);
      assert(factory !== undefined, `the folder of the ${kind} ${type} exports no factory of this kind and type`);
      return factory;
    },
  };
}
