import {
  boolean,
  type DeliveryConfig,
  deliveryShape,
  type GrpcClientConfig,
  grpcClientShape,
  integer,
  list,
  oneOf,
  positiveDuration,
  type Schema,
  strictObject,
  text,
  toDelivery,
  toGrpcClient,
} from '#config';

export type RoutingKey = 'traceID' | 'service' | 'resource' | 'attributes' | 'metric' | 'streamID';

/** What users write under `load_balancing:` (otelcol-contrib exporter/loadbalancingexporter@v0.159.0). */
export interface LoadBalancingConfig {
  /** Of each backend, but for its address. */
  readonly client: GrpcClientConfig;
  readonly delivery: DeliveryConfig;
  /** Undefined: the signal's own. */
  readonly routingKey: RoutingKey | undefined;
  readonly routingAttributes: readonly string[];
  readonly hostnames: readonly string[] | undefined;
  readonly dns: DnsResolverConfig | undefined;
  readonly k8s: K8sResolverConfig | undefined;
  readonly hasOtherResolver: boolean;
}

export interface DnsResolverConfig {
  readonly hostname: string;
  readonly port: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface K8sResolverConfig {
  /** `name`, `name.namespace`, or the full name in the cluster. */
  readonly service: string;
  /** Empty: otelcol's. */
  readonly ports: readonly number[];
  readonly timeoutMs: number;
  readonly returnsHostnames: boolean;
}

const KEYS = ['traceID', 'service', 'resource', 'attributes', 'metric', 'streamID'] as const;
const { sending_queue: queue, retry_on_failure: retry } = deliveryShape();

export const loadBalancingSchema: Schema<LoadBalancingConfig> = strictObject({
  protocol: strictObject({
    otlp: strictObject({ ...grpcClientShape({ compression: 'gzip' }), ...deliveryShape() })
      .transform((raw) => ({ client: toGrpcClient(raw), delivery: toDelivery(raw) }))
      .meta({ description: 'the keys of `otlp_grpc`, without `endpoint`' }),
  }),
  resolver: strictObject({
    static: strictObject({
      hostnames: list(text()).describe('the backends, `host:port`; without a port 4317'),
    })
      .optional()
      .describe('backends that are known'),
    dns: strictObject({
      hostname: text().describe('its addresses are the backends'),
      port: text('4317').describe('of each of them'),
      interval: positiveDuration(5000).describe('how often the name is looked up'),
      timeout: positiveDuration(1000).describe('of a look-up'),
    })
      .transform((raw) => ({
        hostname: raw.hostname,
        port: raw.port,
        intervalMs: raw.interval,
        timeoutMs: raw.timeout,
      }))
      .optional()
      .describe('backends behind a name, a headless service of Kubernetes for instance'),
    k8s: strictObject({
      service: text('').describe(
        '`name`, `name.namespace` or `name.namespace.svc.…`; without a namespace that of the collector',
      ),
      ports: list(integer(undefined, { min: 1, max: 65_535 })).meta({
        description: 'of each pod, a backend each',
        defaultText: '`[4317]`',
      }),
      timeout: positiveDuration(60_000).describe('how long a watch of the API lasts before the next one'),
      return_hostnames: boolean(false).describe('pods are called by their names, not by their addresses'),
    })
      .transform((raw) => ({
        service: raw.service,
        ports: raw.ports,
        timeoutMs: raw.timeout || 60_000,
        returnsHostnames: raw.return_hostnames,
      }))
      .optional()
      .describe('the pods behind a service of Kubernetes that are ready'),
    aws_cloud_map: strictObject({ namespace: text('').describe('the namespace') })
      .optional()
      .describe('not there, and refused'),
  }),
  routing_key: oneOf(KEYS)
    .optional()
    .meta({
      description: 'what goes to the same backend',
      words: {
        traceID: 'all of a trace; log records without one are spread',
        service: 'all of a `service.name`',
        resource: 'all of a resource',
        attributes: 'all with the same `routing_attributes`',
        metric: 'all of a metric name',
        streamID: 'all of a series',
      },
      defaultText: '`traceID` for traces, `service` for metrics and logs',
    }),
  routing_attributes: list(text()).describe(
    'attributes of the resource, the scope or the item, in this order; of spans also `span.name` and `span.kind`',
  ),
  timeout: positiveDuration().optional().describe('in place of that of `protocol::otlp`'),
  sending_queue: queue.optional().meta({ description: 'in place of that of `protocol::otlp`', block: 'sending_queue' }),
  retry_on_failure: retry
    .optional()
    .meta({ description: 'in place of that of `protocol::otlp`', block: 'retry_on_failure' }),
}).transform((raw) => {
  const { client, delivery } = raw.protocol.otlp;
  const { static: fixed, dns, k8s, aws_cloud_map: aws } = raw.resolver;
  return {
    client,
    delivery: {
      timeoutMs: raw.timeout ?? delivery.timeoutMs,
      queue: raw.sending_queue ?? delivery.queue,
      retry: raw.retry_on_failure ?? delivery.retry,
    },
    routingKey: raw.routing_key,
    routingAttributes: raw.routing_attributes,
    hostnames: fixed?.hostnames,
    dns,
    k8s,
    hasOtherResolver: aws !== undefined,
  };
});

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateLoadBalancing(config: LoadBalancingConfig): readonly Mistake[] {
  const { hostnames, dns, k8s, hasOtherResolver, routingKey, routingAttributes, client } = config;
  const mistakes: Mistake[] = [];
  const check = (isWrong: boolean, path: readonly string[], message: string): void => {
    if (isWrong) mistakes.push({ path, message });
  };
  const resolvers = [hostnames, dns, k8s].filter((one) => one !== undefined).length;
  check(hasOtherResolver, ['resolver'], 'there are the resolvers static, dns and k8s');
  check(resolvers === 0 && !hasOtherResolver, ['resolver'], 'no resolvers specified for the exporter');
  check(resolvers > 1, ['resolver'], 'only one resolver should be specified');
  check(hostnames?.length === 0, ['resolver', 'static', 'hostnames'], 'no endpoints specified');
  check(dns?.hostname === '', ['resolver', 'dns', 'hostname'], 'no hostname specified to resolve the backends');
  if (k8s !== undefined) {
    const mistake = serviceMistake(k8s.service);
    check(mistake !== undefined, ['resolver', 'k8s', 'service'], mistake ?? '');
  }
  check(dns?.intervalMs === 0, ['resolver', 'dns', 'interval'], 'must be positive');
  const isByAttributes = routingKey === 'attributes';
  check(
    isByAttributes && routingAttributes.length === 0,
    ['routing_attributes'],
    'routing_attributes must be specified when routing_key is "attributes"',
  );
  check(
    !isByAttributes && routingAttributes.length > 0,
    ['routing_attributes'],
    'routing_attributes can only be used when routing_key is "attributes"',
  );
  check(
    client.endpoint !== '',
    ['protocol', 'otlp', 'endpoint'],
    'the resolver says where the backends are; take it out',
  );
  check(
    client.middlewares.length > 0,
    ['protocol', 'otlp', 'middlewares'],
    'no extension offers middlewares yet; take the block out',
  );
  return mistakes;
}

/** What is wrong with the name of a service, if anything is. */
function serviceMistake(service: string): string | undefined {
  const [name = '', namespace, svc, ...domain] = service.split('.');
  if (name === '') return 'no service specified to resolve the backends';
  if (svc === undefined) return undefined;
  if (namespace === '') return `invalid Kubernetes service FQDN: namespace segment missing in "${service}"`;
  if (svc !== 'svc') return `invalid Kubernetes service FQDN: expected third DNS label to be 'svc' in "${service}"`;
  return domain.length === 0 ? `invalid Kubernetes service FQDN: missing cluster domain in "${service}"` : undefined;
}
