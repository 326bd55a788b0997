import { METRIC_HISTOGRAM, prometheusLabelName } from '#pdata';
import { exposedMetricName, NAMING_STRATEGIES, type NamingStrategy } from '#wire';
import type { LintComponent, LintFile, LintPipeline } from '../lint-file.ts';
import { CONVENTIONS, type KnownMetric, OWN_METRICS, SERVICE_GRAPH, spanMetricsOf } from './known-metrics.ts';

/** A series that an exporter may serve. */
export interface ServedSeries {
  readonly name: string;
  readonly metric: KnownMetric;
  readonly exporter: ServedBy;
  /** All labels besides those of every series, where they are known: those that a connector makes. */
  readonly labels: readonly string[] | undefined;
}

/** An exporter for Prometheus, and how it names series. */
export interface ServedBy {
  readonly component: LintComponent;
  readonly namespace: string;
  readonly naming: NamingStrategy;
  readonly hasResourceLabels: boolean;
}

const EXPORTERS = ['prometheus', 'prometheus_remote_write'];

/** What may be asked for: everything that services send by convention, and what the configuration itself makes. */
export function servedSeries(file: LintFile): ServedSeries[] {
  return file.used('exporters', ...EXPORTERS).flatMap((component) => {
    const exporter = servedBy(component);
    const pipelines = file.pipelines.filter(({ exporters }) => exporters.includes(component.id));
    const feeding = pipelines.flatMap((pipeline) => [pipeline, ...file.upstream(pipeline)]);
    return [
      ...(takesOthers(file, feeding) ? seriesOf(CONVENTIONS, exporter) : []),
      ...(scrapesItself(file, feeding) ? seriesOf(OWN_METRICS, exporter) : []),
      ...file
        .used('connectors', 'span_metrics')
        .filter((connector) => feeds(connector, pipelines))
        .flatMap((connector) => [
          ...seriesOf(spanMetricsFrom(connector), exporter, labelsFrom(connector)),
          ...seriesOf(conventionsFrom(connector), exporter),
        ]),
      ...file
        .used('connectors', 'service_graph')
        .flatMap((connector) => (feeds(connector, pipelines) ? seriesOf(SERVICE_GRAPH, exporter) : [])),
    ];
  });
}

/** The names under which a metric would be served; several of a histogram. */
export function namesOf(metric: KnownMetric, { namespace, naming }: Pick<ServedBy, 'namespace' | 'naming'>): string[] {
  const name = exposedMetricName(metric, namespace, naming);
  return metric.type === METRIC_HISTOGRAM ? [`${name}_count`, `${name}_sum`, `${name}_bucket`, name] : [name];
}

function seriesOf(metrics: readonly KnownMetric[], exporter: ServedBy, labels?: readonly string[]): ServedSeries[] {
  return metrics.flatMap((metric) => namesOf(metric, exporter).map((name) => ({ name, metric, exporter, labels })));
}

function servedBy(component: LintComponent): ServedBy {
  const namespace = component.value('namespace');
  const strategy = component.value('translation_strategy');
  return {
    component,
    namespace: typeof namespace === 'string' ? namespace : '',
    naming: NAMING_STRATEGIES[String(strategy)] ?? NAMING_STRATEGIES.UnderscoreEscapingWithSuffixes!,
    hasResourceLabels:
      component.value('resource_to_telemetry_conversion', 'enabled') === true ||
      component.node('resource_constant_labels') !== undefined,
  };
}

/** Metrics of services come in, whatever they are. */
function takesOthers(file: LintFile, pipelines: readonly LintPipeline[]): boolean {
  return pipelines.some(
    ({ signal, receivers }) =>
      signal === 'metrics' && receivers.some((id) => file.document.components.receivers.has(id)),
  );
}

/** A receiver scrapes the port of the collector's own metrics. */
export function scrapesItself(file: LintFile, pipelines: readonly LintPipeline[]): boolean {
  const ports = file.document.service.telemetry.metrics.prometheusReaders.map(({ port }) => port);
  const ids = new Set(pipelines.flatMap(({ receivers }) => receivers));
  return file
    .used('receivers', 'prometheus')
    .filter(({ id }) => ids.has(id))
    .some((receiver) => textsIn(receiver).some((text) => ports.some((port) => text.endsWith(`:${port}`))));
}

function textsIn(component: LintComponent): string[] {
  const texts: string[] = [];
  const collect = (node: ReturnType<LintComponent['node']>): void => {
    if (node?.kind === 'scalar') texts.push(String(node.value));
    else if (node?.kind === 'list') for (const item of node.items) collect(item);
    else if (node?.kind === 'map') for (const { node: value } of node.entries.values()) collect(value);
  };
  collect(component.node());
  return texts;
}

function feeds({ id }: LintComponent, pipelines: readonly LintPipeline[]): boolean {
  return pipelines.some(({ receivers }) => receivers.includes(id));
}

function spanMetricsFrom(connector: LintComponent): KnownMetric[] {
  return spanMetricsOf(
    String(connector.value('namespace') ?? 'traces.span.metrics'),
    String(connector.value('histogram', 'unit') ?? 'ms'),
    connector.value('histogram', 'disable') !== true,
    connector.value('events', 'enabled') === true,
  );
}

/** What it makes under the names of the conventions, for services that send none themselves. */
function conventionsFrom(connector: LintComponent): KnownMetric[] {
  const isOn = connector.value('http_server_request_duration', 'enabled') === true;
  return isOn ? CONVENTIONS.filter(({ name }) => name === 'http.server.request.duration') : [];
}

const BASE_DIMENSIONS = ['service.name', 'span.name', 'span.kind', 'status.code', 'collector.instance.id'];

/** The labels that a connector gives its series; undefined where a pattern makes some. */
function labelsFrom(connector: LintComponent): readonly string[] | undefined {
  const names = [...BASE_DIMENSIONS, 'otel.metric.overflow'];
  for (const path of [['dimensions'], ['calls_dimensions'], ['histogram', 'dimensions'], ['events', 'dimensions']]) {
    const node = connector.node(...path);
    if (node?.kind !== 'list') continue;
    for (const index of node.items.keys()) {
      const name = connector.value(...path, index, 'name');
      if (typeof name !== 'string') return undefined;
      names.push(name);
    }
  }
  return names.map(prometheusLabelName);
}
