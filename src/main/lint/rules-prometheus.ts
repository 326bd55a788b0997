import type { Finding } from './finding.ts';
import type { LintComponent, LintFile } from './lint-file.ts';

/** What the series of a `prometheus` exporter are called, and what they lack. */
export function prometheusRules(file: LintFile): Finding[] {
  return file
    .used('exporters', 'prometheus')
    .flatMap((exporter) => [...prefix(exporter), ...labels(exporter), ...exemplars(exporter)]);
}

function prefix(exporter: LintComponent): Finding[] {
  const namespace = exporter.value('namespace');
  if (typeof namespace !== 'string' || namespace === '') return [];
  const text = `every series begins with ${namespace}_, which dashboards and rules for http_server_request_duration_seconds don't ask for; take it out`;
  return [exporter.warn('series-prefix', ['namespace'], text)];
}

function labels(exporter: LintComponent): Finding[] {
  const older = exporter.node('resource_to_telemetry_conversion');
  if (older !== undefined) {
    const text = 'is the older form; today it is resource_constant_labels: {included: ["*"]}';
    return [exporter.warn('old-key', ['resource_to_telemetry_conversion'], text)];
  }
  if (exporter.node('resource_constant_labels') !== undefined) return [];
  const text =
    'series have job and instance of their resource and nothing else: by (service_name) finds nothing; set ' +
    'resource_constant_labels: {included: ["*"]}, or join with target_info';
  return [exporter.warn('no-resource-labels', [], text)];
}

function exemplars(exporter: LintComponent): Finding[] {
  if (exporter.value('enable_open_metrics') === true) return [];
  const text = 'exemplars, the way from a metric to a trace, are in OpenMetrics alone; set enable_open_metrics: true';
  return [exporter.warn('no-exemplars', [], text)];
}
