/** What services run on: hosts and Kubernetes. */
import { bars, type DashboardSpec, figure, lines, named, stacked, table } from './build.ts';

const HOST = 'host_name=~"$host"';
const rate = (metric: string, matchers: string): string => `rate(${metric}{${matchers}}[$__rate_interval])`;
const CPU = 'system_cpu_time_seconds_total';
const byHost = (expr: string, more = ''): string => `sum by (host_name${more}) (${expr})`;
const share = (part: string, whole: string, more = ''): string => `${byHost(part, more)} / ${byHost(whole, more)}`;
const BUSY = `1 - ${share(rate(CPU, `${HOST}, state="idle"`), rate(CPU, HOST))}`;
const MEMORY = share(`system_memory_usage_bytes{${HOST}, state="used"}`, `system_memory_usage_bytes{${HOST}}`);
const FILES = 'system_filesystem_usage_bytes';
const DISK = share(`${FILES}{${HOST}, state="used"}`, `${FILES}{${HOST}, state=~"used|free"}`, ', mountpoint');
const NET = ', device, direction';

export const HOSTS: DashboardSpec = {
  uid: 'signalbox-hosts',
  title: 'Hosts',
  description:
    'CPU, memory, disks and network of machines, as the receiver hostmetrics of an OpenTelemetry Collector sends them.',
  tags: ['built-in', 'hosts'],
  variables: [{ name: 'host', label: 'Host', query: 'label_values(system_cpu_time_seconds_total, host_name)' }],
  rows: [
    {
      title: 'Overview',
      panels: [
        bars('CPU busy', 'percentunit', named('{{host_name}}', BUSY), { max: 1, levels: [0.8, 0.95] }),
        bars('Memory used', 'percentunit', named('{{host_name}}', MEMORY), { max: 1, levels: [0.85, 0.95] }),
        bars('Disks used', 'percentunit', named('{{host_name}} {{mountpoint}}', DISK), { max: 1, levels: [0.8, 0.9] }),
      ],
    },
    {
      title: 'CPU and memory',
      panels: [
        lines('CPU busy', 'percentunit', named('{{host_name}}', BUSY), { max: 1 }),
        stacked(
          'CPU by what it does',
          'none',
          named('{{state}}', `sum by (state) (${rate('system_cpu_time_seconds_total', `${HOST}, state!="idle"`)})`),
        ),
        lines('Load', 'none', [
          named('1 min {{host_name}}', `sum by (host_name) (system_cpu_load_average_1m{${HOST}})`),
          named('15 min {{host_name}}', `sum by (host_name) (system_cpu_load_average_15m{${HOST}})`),
        ]),
        lines('Memory used', 'percentunit', named('{{host_name}}', MEMORY), { max: 1 }),
        stacked('Memory by state', 'bytes', named('{{state}}', `sum by (state) (system_memory_usage_bytes{${HOST}})`)),
        lines(
          'Swapped',
          'bytes',
          named('{{host_name}}', `sum by (host_name) (system_paging_usage_bytes{${HOST}, state="used"})`),
        ),
      ],
    },
    {
      title: 'Disks and network',
      panels: [
        lines(
          'Read and written',
          'binBps',
          named(
            '{{host_name}} {{device}} {{direction}}',
            `sum by (host_name, device, direction) (${rate('system_disk_io_bytes_total', HOST)})`,
          ),
        ),
        lines(
          'Operations',
          'iops',
          named(
            '{{host_name}} {{device}} {{direction}}',
            `sum by (host_name, device, direction) (${rate('system_disk_operations_total', HOST)})`,
          ),
        ),
        lines('Disks used', 'percentunit', named('{{host_name}} {{mountpoint}}', DISK), { max: 1 }),
        lines(
          'Network',
          'binBps',
          named(
            '{{host_name}} {{device}} {{direction}}',
            `sum by (host_name, device, direction) (${rate('system_network_io_bytes_total', `${HOST}, device!="lo"`)})`,
          ),
        ),
        lines(
          'Network errors',
          'pps',
          named(
            '{{host_name}} {{device}} {{direction}}',
            `${byHost(rate('system_network_errors_total', HOST), NET)} + ${byHost(rate('system_network_dropped_total', HOST), NET)}`,
          ),
        ),
        lines(
          'Connections',
          'none',
          named('{{protocol}} {{state}}', `sum by (protocol, state) (system_network_connections{${HOST}})`),
        ),
      ],
    },
  ],
};

const POD = 'k8s_namespace_name=~"$namespace"';

/** Without the names of the metrics, so that the rows of two queries are of one deployment. */
function byDeployment(what: 'desired' | 'available'): string {
  return `sum by (k8s_namespace_name, k8s_deployment_name) (k8s_deployment_${what}{${POD}})`;
}

export const KUBERNETES: DashboardSpec = {
  uid: 'signalbox-kubernetes',
  title: 'Kubernetes',
  description:
    'Nodes, workloads, pods and containers, as the receivers k8s_cluster and kubeletstats of an OpenTelemetry Collector send them.',
  tags: ['built-in', 'kubernetes'],
  variables: [
    {
      name: 'namespace',
      label: 'Namespace',
      query: 'label_values({__name__=~"k8s_pod_phase|k8s_pod_cpu_usage"}, k8s_namespace_name)',
    },
  ],
  rows: [
    {
      title: 'Overview',
      panels: [
        figure('Nodes ready', 'none', 'sum(k8s_node_condition_ready == bool 1)', { width: 6 }),
        figure('Pods running', 'none', `sum(k8s_pod_phase{${POD}} == bool 2)`, { width: 6 }),
        figure(
          'Pods waiting or failed',
          'none',
          `sum((k8s_pod_phase{${POD}} == bool 1) + (k8s_pod_phase{${POD}} == bool 4))`,
          { width: 6, levels: [1, 5] },
        ),
        figure('Restarts in an hour', 'none', `sum(increase(k8s_container_restarts{${POD}}[1h]))`, {
          width: 6,
          levels: [1, 10],
        }),
        table(
          'Deployments that lack pods',
          'none',
          [
            `${byDeployment('desired')} > ${byDeployment('available')}`,
            `${byDeployment('available')} < ${byDeployment('desired')}`,
          ],
          {
            columns: {
              k8s_namespace_name: 'Namespace',
              k8s_deployment_name: 'Deployment',
              'Value #A': 'Wanted',
              'Value #B': 'There',
            },
            height: 6,
            width: 12,
          },
        ),
        table(
          'Containers that restarted',
          'none',
          `topk(20, sum by (k8s_namespace_name, k8s_pod_name, k8s_container_name) (k8s_container_restarts{${POD}}) > 0)`,
          {
            columns: {
              k8s_namespace_name: 'Namespace',
              k8s_pod_name: 'Pod',
              k8s_container_name: 'Container',
              'Value #A': 'Restarts',
            },
            height: 6,
            width: 12,
          },
        ),
      ],
    },
    {
      title: 'Pods',
      panels: [
        lines(
          'CPU, cores',
          'none',
          named(
            '{{k8s_namespace_name}}/{{k8s_pod_name}}',
            `topk(15, sum by (k8s_namespace_name, k8s_pod_name) (k8s_pod_cpu_usage{${POD}}))`,
          ),
          { description: 'Cores that are busy.' },
        ),
        lines(
          'Memory that is in use',
          'bytes',
          named(
            '{{k8s_namespace_name}}/{{k8s_pod_name}}',
            `topk(15, sum by (k8s_namespace_name, k8s_pod_name) (k8s_pod_memory_working_set_bytes{${POD}}))`,
          ),
        ),
        lines(
          'Network',
          'binBps',
          named(
            '{{k8s_pod_name}} {{direction}}',
            `topk(15, sum by (k8s_pod_name, direction) (${rate('k8s_pod_network_io_bytes_total', POD)}))`,
          ),
        ),
        lines(
          'Memory of the limit',
          'percentunit',
          named(
            '{{k8s_pod_name}}',
            `topk(15, sum by (k8s_pod_name) (k8s_pod_memory_working_set_bytes{${POD}}) / sum by (k8s_pod_name) (k8s_container_memory_limit_bytes{${POD}}))`,
          ),
          { width: 12 },
        ),
        stacked(
          'Pods by namespace',
          'none',
          named('{{k8s_namespace_name}}', `count by (k8s_namespace_name) (k8s_pod_phase{${POD}})`),
          { width: 12 },
        ),
      ],
    },
    {
      title: 'Nodes',
      panels: [
        lines('CPU, cores', 'none', named('{{k8s_node_name}}', 'sum by (k8s_node_name) (k8s_node_cpu_usage)')),
        lines(
          'Memory that is in use',
          'bytes',
          named('{{k8s_node_name}}', 'sum by (k8s_node_name) (k8s_node_memory_working_set_bytes)'),
        ),
        lines(
          'Disk used',
          'percentunit',
          named(
            '{{k8s_node_name}}',
            'sum by (k8s_node_name) (k8s_node_filesystem_usage_bytes) / sum by (k8s_node_name) (k8s_node_filesystem_capacity_bytes)',
          ),
          { max: 1 },
        ),
      ],
    },
  ],
};
