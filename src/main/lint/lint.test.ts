import { describe, expect, test } from 'vitest';
import { components } from '../components.ts';
import type { Finding } from './finding.ts';
import { lintConfiguration, lintRules } from './lint.ts';
import { loadText } from './testing/load-text.ts';

async function rulesIn(yaml: string): Promise<string[]> {
  return lintRules(await loadText(yaml)).map(({ rule, place }) => `${place.line} ${rule}`);
}

/** A file about which nothing is to be said, with parts put in. */
function fileWith(parts: {
  processors?: string;
  exporters?: string;
  connectors?: string;
  traces?: string;
  more?: string;
}): string {
  return `receivers: {otlp: {protocols: {grpc: {endpoint: "localhost:4317"}}}}
processors: {memory_limiter: {check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20}${parts.processors ?? ''}}
exporters: {debug: ${parts.exporters ?? ''}}
connectors: {${parts.connectors ?? ''}}
extensions: {health_check: }
service:
  extensions: [health_check]
  pipelines:
    traces: ${parts.traces ?? '{receivers: [otlp], processors: [memory_limiter], exporters: [debug]}'}
${parts.more ?? ''}`;
}

const TRACES = (processors: string, exporters = 'debug'): string =>
  `{receivers: [otlp], processors: [memory_limiter, ${processors}], exporters: [${exporters}]}`;
const CACHE = 'decision_cache: {sampled_cache_size: 1}';
const LARGE = 'num_traces: 1000000, decision_wait: 10s';

describe('lint', () => {
  test('a file that is in order has no finding', async () => {
    expect(await rulesIn(fileWith({}))).toEqual([]);
  });

  test.each<{ name: string; parts: Parameters<typeof fileWith>[0]; want: readonly string[] }>([
    {
      name: 'old names of attributes, unless the new one stands beside them',
      parts: {
        processors: `, attributes: {actions: [{key: http.url, action: delete}]}, attributes/2: {actions: [{key: http.url, action: delete}, {key: url.full, action: delete}]}
  , transform: {trace_statements: ['set(span.attributes["x"], span.attributes["http.target"])']}`,
        traces: TRACES('attributes, attributes/2, transform'),
      },
      want: ['2 old-attribute-name', '2 old-attribute-name', '3 old-attribute-name'],
    },
    {
      name: 'a sampler without metrics, without caches, for few traces',
      parts: {
        processors:
          ', tail_sampling: {num_traces: 50000, decision_wait: 10s, policies: [{name: a, type: latency, latency: {threshold_ms: 5}}]}',
        traces: TRACES('tail_sampling'),
      },
      want: ['2 decision-cache', '2 trace-rate', '2 latency-threshold', '9 no-span-metrics'],
    },
    {
      name: 'a sampler that says how many traces it is for',
      parts: {
        processors: `, tail_sampling: {${CACHE}, num_traces: 50000, decision_wait: 10s, expected_new_traces_per_sec: 100, policies: []}`,
        connectors: 'span_metrics: ',
        traces: TRACES('tail_sampling'),
        more: '    traces/all: {receivers: [otlp], exporters: [span_metrics]}\n    metrics: {receivers: [span_metrics], exporters: [debug]}',
      },
      want: [],
    },
    {
      name: 'metrics behind a sampler, under the old name of the connector',
      parts: {
        processors: ', probabilistic_sampler: {sampling_percentage: 5}',
        connectors: 'spanmetrics: ',
        traces: TRACES('probabilistic_sampler', 'spanmetrics'),
      },
      want: ['9 metrics-behind-sampling'],
    },
    {
      name: 'a sampler on each node',
      parts: {
        processors: `, k8sattributes: {filter: {node_from_env_var: NODE}}, tail_sampling: {${CACHE}, ${LARGE}, policies: []}`,
        traces: TRACES('k8sattributes, tail_sampling'),
        more: '    logs: {receivers: [otlp], exporters: [debug]}',
      },
      want: ['9 split-traces', '9 no-span-metrics', '10 no-kubernetes-attributes'],
    },
    {
      name: 'an exporter for Prometheus with a prefix',
      parts: {
        exporters: ', prometheus: {endpoint: ":8889", namespace: otel}',
        more: '    metrics: {receivers: [otlp], exporters: [prometheus]}',
      },
      want: ['3 no-resource-labels', '3 no-exemplars', '3 open-listener', '3 series-prefix'],
    },
    {
      name: 'an exporter for Prometheus as it should be',
      parts: {
        exporters:
          ', prometheus: {endpoint: "localhost:8889", enable_open_metrics: true, resource_constant_labels: {included: ["*"]}}',
        more: '    metrics: {receivers: [otlp], exporters: [prometheus]}',
      },
      want: [],
    },
    {
      name: 'delivery',
      parts: {
        processors:
          ', batch: , memory_limiter/2: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 30}',
        exporters:
          ', otlp: {endpoint: "far:4317", tls: {insecure: true}}, otlp/2: {endpoint: "localhost:4317", tls: {insecure: true}, sending_queue: {storage: file_storage}}, loki: {endpoint: "http://loki:3100/loki/api/v1/push"}',
        traces: TRACES('memory_limiter/2, batch', 'otlp, otlp/2'),
        more: '    logs: {receivers: [otlp], exporters: [loki]}',
      },
      want: ['2 batch-processor', '2 soft-limit', '3 queue-in-memory', '3 plain-text', '3 queue-in-memory'],
    },
  ])('$name', async ({ parts, want }) => {
    expect(await rulesIn(fileWith(parts))).toEqual(want);
  });

  test('nothing is said about what stands behind TLS or a login, or does not exist', async () => {
    const open = fileWith({}).replace('"localhost:4317"', '"0.0.0.0:4317"');
    expect(await rulesIn(open)).toEqual(['1 open-listener']);
    expect(await rulesIn(open.replace('4317"}', '4317", tls: {cert_file: a}}'))).toEqual([]);
    expect(await rulesIn(open.replace('4317"}', '4317", auth: {authenticator: a}}'))).toEqual([]);
    expect(await rulesIn(fileWith({}).replace('[health_check]', '[]'))).toEqual(['6 no-health-check']);
    expect(await rulesIn('a: 1')).toEqual(['1 no-health-check']);
  });

  test('mistakes and warnings of the check stand between them, by line', async () => {
    const found: Finding[] = await lintConfiguration(
      await loadText(
        fileWith({ exporters: ', logging: , nope: ', traces: '{receivers: [otlp], exporters: [logging, none]}' }),
      ),
      components,
    );
    expect(found.map(({ level, rule, place }) => `${place.line} ${level} ${rule}`)).toEqual([
      '2 warning configuration',
      '3 warning configuration',
      '3 warning configuration',
      '3 error configuration',
      '3 warning configuration',
      '9 error configuration',
    ]);
  });
});
