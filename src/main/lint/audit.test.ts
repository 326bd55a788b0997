import { describe, expect, test } from 'vitest';
import { components } from '../components.ts';
import { lintConfiguration } from './lint.ts';
import { loadText } from './testing/load-text.ts';

/** What is usually wrong with a configuration that was taken from an article: what each mistake is called, and where. */

async function findings(yaml: string): Promise<string[]> {
  const found = await lintConfiguration(await loadText(yaml), components);
  return found.map(({ rule, message, place }) => `${place.line} ${rule} ${message}`);
}

/** What is said about a configuration with these lines, by a rule. */
async function said(rule: string, yaml: string): Promise<string[]> {
  const lines = await findings(yaml);
  return lines.filter((line) => line.split(' ')[1] === rule).map((line) => line.replace(` ${rule}`, ''));
}

const SAMPLED = (policies: string, more = ''): string => `receivers: {otlp: {protocols: {grpc: }}}
processors:
  tail_sampling: {${more} policies: [${policies}]}
  probabilistic_sampler: {sampling_percentage: 10}
  k8s_attributes: {filter: {node_from_env_var: NODE}}
exporters: {debug: , prometheus: {endpoint: "localhost:1"}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling], exporters: [debug]}
    metrics: {receivers: [otlp], exporters: [prometheus]}
`;

describe('an audit of a configuration', () => {
  test('an exporter for Loki with its oldest block', async () => {
    const yaml = `exporters:
  loki:
    endpoint: http://loki:3100/loki/api/v1/push
    labels: {attributes: {service.name: service_name}}
service: {pipelines: {logs: {receivers: [otlp], exporters: [loki]}}}
`;
    const checked = await said('configuration', yaml);
    expect(checked).toContainEqual(expect.stringMatching(/^3 exporters::loki::endpoint: .*0\.131.*loki:3100\/otlp/));
    expect(checked).toContainEqual(expect.stringMatching(/^4 exporters::loki::labels: "labels" is gone/));
  });

  test('a redaction that stands in no pipeline', async () => {
    const yaml = SAMPLED('').replace('exporters: {', '  transform: {trace_statements: []}\nexporters: {');
    expect(await said('configuration', yaml)).toContainEqual(
      expect.stringMatching(/^6 processors::transform: .* does nothing: no pipeline uses it$/),
    );
  });

  test('a redaction of attributes under their old names', async () => {
    const yaml = `processors:
  transform:
    trace_statements:
      - replace_pattern(span.attributes["http.url"], "token=[^&]+", "token=x")
`;
    expect(await said('old-attribute-name', yaml)).toEqual([
      expect.stringMatching(
        /^4 processors::transform::trace_statements::0: "http\.url" .* "url\.full" and "url\.query"/,
      ),
    ]);
  });

  test('a tail sampler on each node', async () => {
    const yaml = SAMPLED('').replace('[tail_sampling]', '[k8s_attributes, tail_sampling]');
    expect(await said('split-traces', yaml)).toEqual([
      expect.stringMatching(/^9 .*load_balancing with routing_key: traceID/),
    ]);
    const elsewhere = `${yaml}    traces/2: {receivers: [otlp], processors: [tail_sampling], exporters: [debug]}\n`;
    expect(await said('split-traces', elsewhere)).toHaveLength(2);
  });

  test('series with a prefix, and without the labels of their resource', async () => {
    const yaml = SAMPLED('').replace('endpoint: "localhost:1"', 'endpoint: "localhost:1", namespace: otel');
    expect(await said('series-prefix', yaml)).toEqual([expect.stringMatching(/^6 .*begins with otel_/)]);
    expect(await said('no-resource-labels', yaml)).toEqual([
      expect.stringMatching(/^6 .*by \(service_name\) finds nothing/),
    ]);
  });

  test('a limit of memory that most of is never used', async () => {
    const limiter = (text: string): string =>
      `processors: {memory_limiter: {${text}}}\nservice: {pipelines: {traces: {processors: [memory_limiter]}}}`;
    expect(await said('soft-limit', limiter('limit_percentage: 75, spike_limit_percentage: 30'))).toEqual([
      expect.stringMatching(/^1 .*45% of memory, is where data begins to be refused/),
    ]);
    expect(await said('soft-limit', limiter('limit_mib: 400, spike_limit_mib: 300'))).toHaveLength(1);
    expect(await said('soft-limit', limiter('limit_percentage: 80, spike_limit_percentage: 25'))).toEqual([]);
  });

  test('a tail sampler for fewer traces than arrive, without a cache, with a threshold that changed its meaning', async () => {
    const yaml = SAMPLED(
      '{name: a, type: latency, latency: {threshold_ms: 1000}}',
      'num_traces: 50000, decision_wait: 10s,',
    );
    expect(await said('trace-rate', yaml)).toEqual([expect.stringMatching(/^3 .*from 5000 new traces a second on/)]);
    expect(await said('decision-cache', yaml)).toEqual([expect.stringMatching(/^3 .*sampled_cache_size: 200000/)]);
    expect(await said('latency-threshold', yaml)).toEqual([expect.stringMatching(/^3 .*0\.157/)]);
  });

  test('a share of all traces beside other policies is a note, which no exit code is for', async () => {
    const share = '{name: b, type: probabilistic, probabilistic: {sampling_percentage: 5}}';
    const yaml = SAMPLED(`{name: a, type: status_code, status_code: {status_codes: [ERROR]}}, ${share}`);
    expect(await said('policies-add-up', yaml)).toEqual([
      expect.stringMatching(/^3 .*5 % of the traces that the other policy does not keep/),
    ]);
    expect(await said('policies-add-up', SAMPLED(share))).toEqual([]);
    const levels = await lintConfiguration(await loadText(yaml), components);
    expect(levels.find(({ rule }) => rule === 'policies-add-up')?.level).toBe('note');
  });

  test('a sampler in front of the tail sampler, also in another pipeline', async () => {
    const same = SAMPLED('').replace('[tail_sampling]', '[probabilistic_sampler, tail_sampling]');
    expect(await said('sampled-before', same)).toEqual([
      expect.stringMatching(/^9 .*probabilistic_sampler samples before tail_sampling/),
    ]);
    const apart = `${SAMPLED('').replace('traces: {receivers: [otlp]', 'traces: {receivers: [forward]')}    traces/in: {receivers: [otlp], processors: [probabilistic_sampler], exporters: [forward]}
connectors: {forward: }
`;
    expect(await said('sampled-before', apart)).toHaveLength(1);
    expect(await said('sampled-before', SAMPLED(''))).toEqual([]);
  });

  test('no metrics of spans, or metrics of what is left of them; no exemplars', async () => {
    expect(await said('no-span-metrics', SAMPLED(''))).toHaveLength(1);
    const behind = `${SAMPLED('').replace('exporters: [debug]', 'exporters: [debug, spanmetrics]').replace('metrics: {receivers: [otlp]', 'metrics: {receivers: [spanmetrics]')}connectors: {spanmetrics: }\n`;
    expect(await said('metrics-behind-sampling', behind)).toHaveLength(1);
    expect(await said('no-exemplars', SAMPLED(''))).toEqual([expect.stringMatching(/^6 .*enable_open_metrics: true/)]);
  });

  test('pods that are known for one signal alone', async () => {
    const yaml = SAMPLED('').replace('[tail_sampling]', '[k8s_attributes]');
    expect(await said('no-kubernetes-attributes', yaml)).toEqual([
      expect.stringMatching(/^10 service::pipelines::metrics/),
    ]);
  });

  test('batches that answer before anything is sent, and queues that a restart loses', async () => {
    const yaml = `processors: {batch: }
exporters: {otlp_grpc: {endpoint: "far:4317", tls: {insecure: true}}}
service: {pipelines: {traces: {processors: [batch], exporters: [otlp_grpc]}}}
`;
    expect(await said('batch-processor', yaml)).toEqual([expect.stringMatching(/^1 .*sending_queue: \{batch: \{\}\}/)]);
    expect(await said('queue-in-memory', yaml)).toEqual([expect.stringMatching(/^2 .*storage: file_storage/)]);
    expect(await said('plain-text', yaml)).toEqual([expect.stringMatching(/^2 .*far:4317 can be read on the way/)]);
    expect(await said('no-health-check', yaml)).toHaveLength(1);
  });

  test('ports that are open to everyone', async () => {
    const yaml = SAMPLED('').replace('{grpc: }', '{grpc: {endpoint: "0.0.0.0:4317"}, http: {endpoint: ":4318"}}');
    expect(await said('open-listener', yaml)).toHaveLength(2);
  });

  test('an alias of a type', async () => {
    const yaml = 'exporters:\n  otlp/jaeger: {endpoint: "jaeger:4317"}\n';
    expect(await said('configuration', yaml)).toContainEqual(
      '2 exporters::otlp/jaeger: "otlp" alias is deprecated; use "otlp_grpc" instead',
    );
  });
});
