import type { ComponentSection } from '#config';

/**
 * Types that otelcol has renamed, and that load under both names: the old ones are deprecated aliases. Those of components that Signalbox
 * lacks are here, too, for files that run on otelcol.
 */
const RENAMED: Readonly<Record<ComponentSection, Readonly<Record<string, string>>>> = {
  receivers: {
    filelog: 'file_log',
    fluentforward: 'fluent_forward',
    hostmetrics: 'host_metrics',
    kubeletstats: 'kubelet_stats',
    k8sobjects: 'k8s_objects',
  },
  processors: {
    cumulativetodelta: 'cumulative_to_delta',
    deltatocumulative: 'delta_to_cumulative',
    k8sattributes: 'k8s_attributes',
    logdedup: 'log_dedup',
    metricstarttime: 'metric_start_time',
    metricstransform: 'metrics_transform',
    resourcedetection: 'resource_detection',
  },
  exporters: {
    loadbalancing: 'load_balancing',
    logging: 'debug',
    otlp: 'otlp_grpc',
    otlphttp: 'otlp_http',
    prometheusremotewrite: 'prometheus_remote_write',
  },
  connectors: { servicegraph: 'service_graph', spanmetrics: 'span_metrics' },
  extensions: { cgroupruntime: 'cgroup_runtime' },
};

/** Today's name of a type. */
export function todayType(section: ComponentSection, type: string): string {
  const renamed = RENAMED[section];
  return Object.hasOwn(renamed, type) ? renamed[type]! : type;
}

/** Today's id of a component: `otlp_grpc/jaeger` for `otlp/jaeger`. */
export function todayId(section: ComponentSection, id: string): string {
  const [type, ...name] = id.split('/');
  return [todayType(section, type!.trim()), ...name].join('/');
}
