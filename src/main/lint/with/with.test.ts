// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixConfiguration } from '../fix/fix.ts';
import { asksForOwnMetrics, fixCompanion } from '../fix/fix-rules.ts';
import { loadText } from '../testing/load-text.ts';
import { lintWith } from './check-with.ts';
import { companionFrom } from './companion.ts';

const CONFIG = `receivers:
  otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}, http: {endpoint: "0.0.0.0:4318"}}}
  prometheus: {config: {scrape_configs: [{job_name: a, static_configs: [{targets: ["x:1"]}]}]}}
processors:
  k8s_attributes: {filter: {node_from_env_var: NODE}, extract: {labels: [{from: deployment, key: team}]}}
  memory_limiter: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 30}
  tail_sampling: {policies: []}
connectors: {span_metrics: {dimensions: [{name: http.route}]}}
exporters: {debug: , prometheus: {endpoint: "0.0.0.0:8889"}}
extensions: {health_check: {endpoint: "0.0.0.0:13133"}, file_storage: {directory: /data/queue}}
service:
  extensions: [health_check, file_storage]
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, k8s_attributes, tail_sampling], exporters: [debug, span_metrics]}
    metrics: {receivers: [otlp, span_metrics, prometheus], exporters: [prometheus]}
`;

/** What is said about files beside a configuration, as `LINE rule: message`. */
async function said(config: string, text: string): Promise<string[]> {
  const findings = lintWith(await loadText(config), config, [companionFrom('f.yaml', text)]);
  return findings.map(({ place, rule, message }) => `${place.line} ${rule}: ${message}`);
}

const expressionSaid = async (expression: string, config = CONFIG): Promise<string[]> =>
  (await said(config, `groups: [{rules: [{record: r, expr: ${JSON.stringify(expression)}}]}]`)).map((line) =>
    line.slice(2),
  );

const PREFIXED = CONFIG.replace('"0.0.0.0:8889"', '"0.0.0.0:8889", namespace: shop');
const LABELLED = CONFIG.replace('"0.0.0.0:8889"', '"0.0.0.0:8889", resource_constant_labels: {included: ["*"]}');
const SCRAPED = CONFIG.replace('"x:1"', '"localhost:8888"');

describe('expressions beside a configuration', () => {
  test.each([
    { expression: 'rate(http_server_request_duration_seconds_count{http_route="/"}[5m])', config: CONFIG },
    { expression: 'shop_http_server_request_duration_seconds_bucket', config: PREFIXED },
    {
      expression: 'sum by (service_name, le) (rate(http_server_request_duration_seconds_bucket[5m]))',
      config: LABELLED,
    },
    {
      expression: 'sum by (service_name) (a * on(job, instance) group_left(service_name) target_info)',
      config: CONFIG,
    },
    { expression: 'sum by (service_name, http_route) (rate(traces_span_metrics_calls_total[5m]))', config: CONFIG },
    { expression: 'rate(otelcol_exporter_send_failed_spans_total[5m])', config: SCRAPED },
    {
      expression: 'rate(http_server_request_duration_seconds_bucket{http_route="/"}[5m])',
      config: CONFIG.replace('receivers: [otlp, span_metrics, prometheus]', 'receivers: [span_metrics]').replace(
        'span_metrics: {dimensions',
        'span_metrics: {http_server_request_duration: {enabled: true}, dimensions',
      ),
    },
    { expression: 'up + node_cpu_seconds_total{mode="idle"} + my_own_total', config: CONFIG },
    { expression: 'otelcol_processor_tail_sampling_sampling_decision_latency_bucket', config: SCRAPED },
  ])('nothing is said where there is something: $expression', async ({ expression, config }) => {
    expect(await expressionSaid(expression, config)).toEqual([]);
  });

  test.each([
    {
      expression: 'rate(http_server_request_duration_seconds_count[5m])',
      config: PREFIXED,
      want: 'no-such-series: "r": no series will ever be called http_server_request_duration_seconds_count: prometheus puts shop_ in front of every name; did you mean shop_http_server_request_duration_seconds_count?',
    },
    {
      expression: 'otel_http_server_request_duration_seconds_sum',
      config: CONFIG,
      want: /no-such-series: .*did you mean http_server_request_duration_seconds_sum\?/,
    },
    {
      expression: 'http_server_request_duration_bucket',
      config: CONFIG,
      want: /no-such-series: .*did you mean http_server_request_duration_seconds_bucket\?/,
    },
    {
      expression: 'http_server_request_duration_seconds_count',
      config: CONFIG.replace('receivers: [otlp, span_metrics, prometheus]', 'receivers: [span_metrics]'),
      want: /no-such-series: .*no pipeline takes metrics of services/,
    },
    {
      expression: 'rate(traces_spanmetrics_calls_total[5m])',
      config: CONFIG,
      want: /no-such-series: .*did you mean traces_span_metrics_calls_total\?/,
    },
    {
      expression: 'traces_service_graph_request_total',
      config: CONFIG.replace(', span_metrics, prometheus]', ']'),
      want: /no-such-series: .*no connector span_metrics or service_graph feeds/,
    },
    {
      expression: 'http_server_duration_milliseconds_count',
      config: CONFIG,
      want: /old-metric-name: .*http\.server\.request\.duration, which is http_server_request_duration_seconds_count here/,
    },
    {
      expression: 'sum by (service_name) (http_server_request_duration_seconds_count)',
      config: CONFIG,
      want: /no-such-label: .*service_name: it is one of the resource, and prometheus has no resource_constant_labels/,
    },
    {
      expression: 'http_server_request_duration_seconds_count{http_status_code="500"}',
      config: CONFIG,
      want: /no-such-label: .*http_status_code: .*send http_response_status_code/,
    },
    {
      expression: 'traces_span_metrics_calls_total{http_rout="/"}',
      config: CONFIG,
      want: /no-such-label: .*did you mean http_route\?/,
    },
    {
      expression: 'rate(otelcol_exporter_sent_spans_total[5m])',
      config: CONFIG,
      want: /own-metrics-unread: .*at localhost:8888, .*no receiver here scrapes them/,
    },
    {
      expression: 'otelcol_exporter_send_faild_spans_total',
      config: SCRAPED,
      want: /no-such-series: .*did you mean otelcol_exporter_send_failed_spans_total\?/,
    },
    {
      expression: 'rate(otelcol_processor_dropped_spans_total[5m]) > 0',
      config: SCRAPED,
      want: /no-such-series: .*since 0\.110; did you mean otelcol_exporter_send_failed_spans_total\?/,
    },
    { expression: 'sum(rate(a[5m])', config: CONFIG, want: /unreadable-expression: "r": unclosed left parenthesis/ },
  ])('$expression', async ({ expression, config, want }) => {
    expect(await expressionSaid(expression, config)).toEqual([
      typeof want === 'string' ? want : expect.stringMatching(want),
    ]);
  });

  test('each has its line, in blocks, in dashboards with rows, and none that asks another source', async () => {
    const rules = 'groups:\n- rules:\n  - alert: A\n    expr: |\n      1 +\n      otel_jvm_memory_used_bytes\n';
    expect(await said(CONFIG, rules)).toEqual([expect.stringMatching(/^6 no-such-series: "A": /)]);
    const panel = (title: string, more = ''): string =>
      `{"title": "${title}", "targets": [{"expr": "otel_jvm_memory_used_bytes"}]${more}}`;
    const dashboard = `{"dashboard": {"panels": [
      ${panel('a')},
      {"type": "row", "panels": [
        ${panel('b')}
      ]},
      ${panel('c', ', "datasource": {"type": "loki"}')}
    ]}}`;
    expect(await said(CONFIG, dashboard)).toEqual([
      expect.stringMatching(/^2 no-such-series: "a"/),
      expect.stringMatching(/^4 no-such-series: "b"/),
    ]);
    const custom = `apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  ${rules.trimEnd().replaceAll('\n', '\n  ')}\n`;
    expect(await said(CONFIG, custom)).toEqual([expect.stringMatching(/^9 no-such-series: "A": /)]);
  });

  test('fix: names of metrics that are gone, and nothing else', () => {
    const text = `# mine\ngroups:\n  - rules:\n      - alert: A   # lost\n        expr: rate(otelcol_processor_dropped_spans_total[5m]) > 0\n`;
    const companion = companionFrom('f.yaml', text);
    const { text: fixed, changes } = fixCompanion(companion);
    expect(fixed).toBe(text.replace('processor_dropped', 'exporter_send_failed'));
    expect(changes).toEqual([
      { kind: 'advice', message: expect.stringContaining('"A": '), place: { file: 'f.yaml', line: 5, column: 15 } },
    ]);
    expect([asksForOwnMetrics([companion]), asksForOwnMetrics([companionFrom('g.yaml', 'groups: []')])]).toEqual([
      true,
      false,
    ]);
  });

  test('a derived field whose pattern has lost its backslash', async () => {
    const datasources = (pattern: string): string => `datasources:
  - name: Loki
    type: loki
    jsonData:
      derivedFields:
        - name: TraceID
          matcherRegex: '${pattern}'
`;
    expect(await said(CONFIG, datasources('"trace_id":"(w+)"'))).toEqual([
      expect.stringMatching(/^7 lost-backslash: "TraceID": \(w\+\) takes the letter w alone; did you mean \(\\w\+\)\?/),
    ]);
    expect(await said(CONFIG, datasources('"trace_id":"(\\w+)"'))).toEqual([]);
  });

  test('a file of some other kind is refused', () => {
    expect(() => companionFrom('x.yaml', 'a: 1')).toThrow('--with: x.yaml is no dashboard of Grafana');
  });
});

const POD = `apiVersion: apps/v1
kind: Deployment
metadata: {name: collector, namespace: monitoring}
spec:
  template:
    metadata: {labels: {app: collector}}
    spec:
      serviceAccountName: collector
      containers:
        - name: collector
          image: otel/opentelemetry-collector-contrib:0.161.0
          args: ["--config=/conf/collector.yaml"]
          ports:
            - {containerPort: 4317, name: grpc}
            - {containerPort: 4318}
            - {containerPort: 8889}
            - {containerPort: 13133}
          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          livenessProbe: {httpGet: {port: 13133}}
          readinessProbe: {httpGet: {port: 13133}}
          volumeMounts: [{name: config, mountPath: /conf}, {name: queue, mountPath: /data}]
      volumes:
        - {name: config, configMap: {name: collector}}
        - {name: queue, hostPath: {path: /var/queue}}
`;
const REST = `---
apiVersion: v1
kind: Service
metadata: {name: collector, namespace: monitoring}
spec: {selector: {app: collector}, ports: [{port: 4317, targetPort: grpc}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: collector, namespace: monitoring}
data: {collector.yaml: ""}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: collector, namespace: monitoring}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: collector}
rules:
  - {apiGroups: [""], resources: [pods, namespaces], verbs: [get, list, watch]}
  - {apiGroups: [apps], resources: [deployments, replicasets], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: collector}
roleRef: {kind: ClusterRole, name: collector}
subjects: [{kind: ServiceAccount, name: collector, namespace: monitoring}]
`;

describe('Kubernetes manifests beside a configuration', () => {
  const whole = POD + REST;
  const podSaid = async (config: string, text: string): Promise<string[]> =>
    (await said(config, text)).filter((line) => !line.includes(' no-memory-limit: '));

  test('nothing is said where all fits', async () => {
    expect(await podSaid(CONFIG, whole)).toEqual([]);
  });

  test.each([
    {
      name: 'ports',
      from: '{containerPort: 4318}',
      to: '{containerPort: 14250}',
      want: [/^13 unnamed-port: .*4318.*otlp::protocols::http/, /^15 idle-port: .*14250/],
    },
    {
      name: 'a Service that goes nowhere',
      from: 'targetPort: grpc',
      to: 'targetPort: 9411',
      want: [/^29 idle-port: Service collector: goes to port 9411/],
    },
    { name: 'no Service', from: 'selector: {app: collector}', to: 'selector: {app: other}', want: [/^13 no-service/] },
    {
      name: 'no ConfigMap',
      from: 'configMap: {name: collector}',
      to: 'configMap: {name: gone}',
      want: [/^23 no-config-map: .*ConfigMap gone/],
    },
    {
      name: 'a file that the ConfigMap lacks',
      from: 'data: {collector.yaml',
      to: 'data: {other.yaml',
      want: [/^12 no-config-map: .*has other\.yaml/],
    },
    {
      name: 'no account',
      from: 'kind: ServiceAccount\nmetadata: {name: collector',
      to: 'kind: ServiceAccount\nmetadata: {name: other',
      want: [/^8 no-account/],
    },
    {
      name: 'no binding',
      from: 'name: collector, namespace: monitoring}]',
      to: 'name: other, namespace: monitoring}]',
      want: [/^8 no-role-binding: .*k8s_attributes gets "forbidden"/],
    },
    {
      name: 'a right that is missing',
      from: '[deployments, replicasets]',
      to: '[replicasets]',
      want: [/^8 missing-right: .*k8s_attributes reads deployments/],
    },
    { name: 'a verb that is missing', from: '[get, list, watch]', to: '[get, list]', want: [/pods/, /namespaces/] },
    {
      name: 'a variable',
      from: 'name: NODE',
      to: 'name: NODE_NAME',
      want: [/^18 no-variable: .*NODE: k8s_attributes finds its node by it/],
    },
    {
      name: 'no probes',
      from: 'livenessProbe',
      to: 'lifecycle',
      want: [/^10 no-probes: .*no livenessProbe; httpGet on port 13133/],
    },
    {
      name: 'a probe of a port where nothing is',
      from: 'livenessProbe: {httpGet: {port: 13133',
      to: 'livenessProbe: {httpGet: {port: 1',
      want: [/^19 failing-probe/],
    },
    {
      name: 'several copies that sample',
      from: 'spec:\n  template',
      to: 'spec:\n  replicas: 3\n  template',
      want: [/^5 split-traces: .*there are 3 of them/, /^5 no-disruption-budget/],
    },
    {
      name: 'one on each node',
      from: 'kind: Deployment',
      to: 'kind: DaemonSet',
      want: [/^2 split-traces: .*one on each node/],
    },
    { name: 'an old image', from: '0.161.0', to: '0.107.0', want: [/^11 old-image/] },
    {
      name: 'a queue that goes with the pod',
      from: 'hostPath: {path: /var/queue}',
      to: 'emptyDir: {}',
      want: [/^21 queue-volume: .*emptyDir/],
    },
    {
      name: 'a queue on no volume',
      from: 'mountPath: /data',
      to: 'mountPath: /other',
      want: [/^21 queue-volume: .*no volume/],
    },
    {
      name: 'what a share of the memory comes to',
      from: 'args:',
      to: 'resources: {limits: {memory: 1Gi}}\n          args:',
      want: [/^12 memory-limit: .*of 1Gi, data is refused from 461 MiB on/],
    },
  ])('$name', async ({ from, to, want }) => {
    const lines = await podSaid(CONFIG, whole.replace(from, to));
    expect(lines).toEqual(want.map((pattern) => expect.stringMatching(pattern)));
  });

  test('a share of the memory of a pod without a limit', async () => {
    expect(await said(CONFIG, whole)).toEqual([expect.stringMatching(/^10 no-memory-limit: .*whole machine's/)]);
    const fixed = CONFIG.replace('limit_percentage: 75, spike_limit_percentage: 30', 'limit_mib: 2000');
    const lines = await said(fixed, whole.replace('args:', 'resources: {limits: {memory: 1Gi}}\n          args:'));
    expect(lines).toEqual([expect.stringMatching(/^12 memory-limit: .*is killed before it refuses anything/)]);
  });

  test('variables that the configuration asks for, and a listener for its own pod alone', async () => {
    const config = CONFIG.replace('"0.0.0.0:4318"', '"localhost:4318"').replace(
      '"x:1"',
      '"${env:TARGET}", "${WITH:-default}"',
    );
    expect(await podSaid(config, whole)).toEqual([
      expect.stringMatching(/^15 idle-port: .*otlp::protocols::http listens on port 4318 for its own pod alone/),
      expect.stringMatching(/^18 no-variable: .*TARGET: the configuration asks for it/),
    ]);
  });

  test('several copies with a budget for their disruption', async () => {
    const budget = `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: collector, namespace: monitoring}
spec: {minAvailable: 1, selector: {matchLabels: {app: collector}}}
`;
    const copies = whole.replace('spec:\n  template', 'spec:\n  replicas: 2\n  template');
    const config = CONFIG.replace(', tail_sampling]', ']');
    expect(await podSaid(config, copies)).toEqual([expect.stringMatching(/^5 no-disruption-budget/)]);
    expect(await podSaid(config, copies + budget)).toEqual([]);
  });

  test.each([
    { extract: 'metadata: [k8s.pod.name, k8s.deployment.name]', reads: [] },
    { extract: 'metadata: [k8s.node.uid]', reads: ['nodes'] },
    { extract: 'metadata: [k8s.cronjob.uid]', reads: ['jobs'] },
    {
      extract: 'annotations: [{from: cronjob, key: a}, {from: statefulset, key: a}]',
      reads: ['statefulsets', 'jobs', 'cronjobs'],
    },
  ])('what k8s_attributes reads: $extract', async ({ extract, reads }) => {
    const config = CONFIG.replace('labels: [{from: deployment, key: team}]', extract);
    const lines = await podSaid(config, whole);
    expect(lines.map((line) => /reads (\w+)/.exec(line)?.[1])).toEqual(reads);
  });

  test('discovery in Kubernetes takes rights, too', async () => {
    const config = CONFIG.replace(
      'static_configs: [{targets: ["x:1"]}]',
      'kubernetes_sd_configs: [{role: endpointslice}]',
    );
    const lines = await podSaid(config, whole);
    expect(lines).toEqual([
      expect.stringMatching(/prometheus reads endpointslices, .*discovery\.k8s\.io/),
      expect.stringMatching(/prometheus reads services/),
    ]);
  });
});

const ARTICLE = join(import.meta.dirname, '../../../../../shared/article');

describe.skipIf(!existsSync(ARTICLE))("the article's files", () => {
  const read = (name: string): string => readFileSync(join(ARTICLE, name), 'utf8');
  const companions = () =>
    ['otel-rules.yaml', 'grafana-dashboard.json', 'otel-collector-daemonset.yaml'].map((name) =>
      companionFrom(name, read(name)),
    );
  const rulesOf = async (text: string): Promise<string[]> =>
    lintWith(await loadText(text), text, companions()).map(({ place, rule }) => `${place.file}:${place.line} ${rule}`);
  const ofManifests = [
    'otel-collector-daemonset.yaml:3 split-traces',
    'otel-collector-daemonset.yaml:16 no-role-binding',
    'otel-collector-daemonset.yaml:18 no-probes',
    'otel-collector-daemonset.yaml:19 old-image',
    'otel-collector-daemonset.yaml:22 no-service',
    'otel-collector-daemonset.yaml:37 memory-limit',
    'otel-collector-daemonset.yaml:42 no-config-map',
  ];

  test('no panel and no alert has its series', async () => {
    expect(await rulesOf(read('otel-collector-config.yaml'))).toEqual([
      ...[7, 15, 23].map((line) => `grafana-dashboard.json:${line} no-such-series`),
      ...ofManifests,
      ...[8, 10, 21, 30].map((line) => `otel-rules.yaml:${line} no-such-series`),
      'otel-rules.yaml:30 own-metrics-unread',
    ]);
  });

  test('with what --fix makes of them, all have', async () => {
    const text = read('otel-collector-config.yaml');
    const options = { file: 'c.yaml', text, config: await loadText(text), namesOnly: false, needsOwnMetrics: true };
    const fixed = fixConfiguration(options).text;
    const fixedCompanions = companions().map((companion) =>
      companionFrom(companion.file, fixCompanion(companion).text),
    );
    const findings = lintWith(await loadText(fixed), fixed, fixedCompanions);
    expect(findings.filter(({ place }) => !place.file.includes('daemonset')).map(({ message }) => message)).toEqual([]);
  });
});
