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
  if (exporter.value('resource_to_telemetry_conversion', 'enabled') === true) return [];
  const text =
    'series have job and instance of their resource and nothing else: by (service_name) finds nothing; set ' +
    'resource_to_telemetry_conversion: {enabled: true}, or join with target_info';
  return [exporter.warn('no-resource-labels', [], text)];
}

function exemplars(exporter: LintComponent): Finding[] {
  if (exporter.value('enable_open_metrics') === true) return [];
  const text = 'exemplars, the way from a metric to a trace, are in OpenMetrics alone; set enable_open_metrics: true';
  return [exporter.warn('no-exemplars', [], text)];
}
