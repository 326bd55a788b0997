import {
  boolean,
  type DeliveryConfig,
  deliveryShape,
  type HttpServerConfig,
  httpServerShape,
  integer,
  mapOf,
  oneOf,
  positiveDuration,
  type ResourceLabels,
  resourceLabelsMistakes,
  resourceLabelsShape,
  type Schema,
  strictObject,
  text,
  toHttpServer,
  toResourceLabels,
} from '#config';
import { NAMING_STRATEGIES, type NamingStrategy } from '#wire';

export interface PrometheusExporterConfig {
  readonly server: HttpServerConfig;
  readonly delivery: DeliveryConfig;
  readonly namespace: string;
  readonly constLabels: ReadonlyMap<string, string>;
  readonly sendTimestamps: boolean;
  readonly metricExpirationMs: number;
  readonly resourceLabels: ResourceLabels;
  readonly hasOpenMetrics: boolean;
  readonly hasScopeLabels: boolean;
  readonly naming: NamingStrategy;
  readonly maxSeries: number;
}

const STRATEGIES = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;

const { sending_queue: queue, retry_on_failure: retry } = deliveryShape();
const NO_QUEUE = queue.parse({ enabled: false });
/** Nothing that fails here would succeed later. */
const NO_RETRY = retry.parse({ enabled: false });

export const prometheusExporterSchema: Schema<PrometheusExporterConfig> = strictObject({
  ...httpServerShape({ servesPages: true }),
  namespace: text('').describe('in front of every name, with `_` between'),
  const_labels: mapOf(text()).describe(
    'labels of every series; the texts may be anything, the names are of Prometheus',
  ),
  send_timestamps: boolean(false).describe('each value is served with its time; without it a scrape is the time'),
  metric_expiration: positiveDuration(300_000).describe('a series that gets no points for this long is served no more'),
  ...resourceLabelsShape,
  enable_open_metrics: boolean(false).describe('who asks for OpenMetrics gets it, and with it exemplars'),
  without_scope_info: boolean(false).describe('leaves the labels `otel_scope_name`, `_version` and `_schema_url` out'),
  add_metric_suffixes: boolean(true).meta({
    description: 'the older form of `translation_strategy`',
    idle: {
      why: 'as in otelcol since 0.132: say translation_strategy: UnderscoreEscapingWithoutSuffixes',
      quiet: [true],
    },
  }),
  translation_strategy: oneOf(STRATEGIES, 'UnderscoreEscapingWithSuffixes').meta({
    description: 'how names become names of Prometheus',
    words: {
      UnderscoreEscapingWithSuffixes: 'letters that are not known there become `_`, and units and types are added',
      UnderscoreEscapingWithoutSuffixes: 'without the units and types',
      NoUTF8EscapingWithSuffixes: 'all letters stay, and units and types are added',
      NoTranslation: 'names stay as they are',
    },
  }),
  max_series: integer(500_000, { min: 1 }).meta({
    description: 'further ones are left out and counted until others expire; otelcol has no limit',
    unit: 'series',
  }),
  sending_queue: queue.optional().meta({
    description: 'takes points off the hands of their senders; off without the block',
    block: 'sending_queue',
  }),
}).transform((raw, context) => {
  for (const { path, message } of resourceLabelsMistakes(raw))
    context.addIssue({ code: 'custom', path: [...path], message });
  return {
    server: toHttpServer(raw),
    delivery: { timeoutMs: 0, retry: NO_RETRY, queue: raw.sending_queue ?? NO_QUEUE },
    namespace: raw.namespace,
    constLabels: raw.const_labels,
    sendTimestamps: raw.send_timestamps,
    metricExpirationMs: raw.metric_expiration,
    resourceLabels: toResourceLabels(raw),
    hasOpenMetrics: raw.enable_open_metrics,
    hasScopeLabels: !raw.without_scope_info,
    naming: NAMING_STRATEGIES[raw.translation_strategy]!,
    maxSeries: raw.max_series,
  };
});

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validatePrometheusExporter(config: PrometheusExporterConfig): readonly Mistake[] {
  const { middlewares } = config.server;
  const mistakes: Mistake[] = [];
  if (middlewares.length > 0) {
    mistakes.push({ path: ['middlewares'], message: 'no extension offers middlewares yet; take the block out' });
  }
  for (const name of config.constLabels.keys()) {
    if (name === '' || name.startsWith('__')) {
      const message = `a label can't be called "${name}": names that begin with __ are Prometheus's own`;
      mistakes.push({ path: ['const_labels', name], message });
    }
  }
  return mistakes;
}
