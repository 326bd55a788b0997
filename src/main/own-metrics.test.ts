import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, freePort } from '#base/testing.ts';
import { Collector } from '#collector';
import { loadConfig } from '#config';
import { components } from './components.ts';

/**
 * What otelcol 0.159 showed on :8888 with the configuration below and one item of each signal, with `level: normal` and with `detailed`:
 * name, type and labels of each metric that begins with `otelcol_`.
 */
const OTELCOL = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/otelcol-own-metrics.json'), 'utf8'),
) as Readonly<Record<'normal' | 'detailed', readonly string[]>>;

/** Of the exporter below that gathers batches; the configuration of the record had none. */
const BATCHING = [
  'otelcol_exporter_queue_batch_send_size histogram {exporter,server_address,server_port}',
  'otelcol_exporter_queue_batch_send_size_bytes histogram {exporter,server_address,server_port}',
];

const configured = (level: string, port: number): string => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
processors:
  batch: {timeout: 10ms}
  memory_limiter: {check_interval: 1s, limit_mib: 4000}
exporters:
  debug:
  otlp_grpc/dead: {endpoint: "127.0.0.1:1", tls: {insecure: true}, retry_on_failure: {enabled: false}}
  otlp_http/dead: {endpoint: "http://127.0.0.1:1/x", retry_on_failure: {enabled: false}}
  otlp_grpc/batching: {endpoint: "127.0.0.1:1", tls: {insecure: true}, retry_on_failure: {enabled: false}, sending_queue: {batch: {flush_timeout: 1ms}}}
service:
  telemetry:
    logs: {output_paths: []}
    metrics: {level: ${level}, readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug, otlp_grpc/dead, otlp_http/dead, otlp_grpc/batching]}
    logs: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug, otlp_grpc/dead, otlp_http/dead, otlp_grpc/batching]}
    metrics: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug, otlp_grpc/dead, otlp_http/dead, otlp_grpc/batching]}
`;

const REQUESTS = {
  traces: {
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: '01'.repeat(16), spanId: '02'.repeat(8), name: 'x', startTimeUnixNano: '1' }] },
        ],
      },
    ],
  },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }] },
  metrics: {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: [{ asInt: '1' }] } }] }] }],
  },
};

/** `name type {labels}` of each. */
function shapesOf(text: string): ReadonlySet<string> {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1]!, match[2]!]));
  const shapes = new Set<string>();
  for (const match of text.matchAll(/^(otelcol_[^\s{]+)(?:\{(.*)\})? \S+$/gm)) {
    const name = types.has(match[1]!) ? match[1]! : match[1]!.replace(/_(bucket|sum|count)$/, '');
    const labels = [...(match[2] ?? '').matchAll(/(\w+)="/g)]
      .map((label) => label[1]!)
      .filter((label) => label !== 'le');
    shapes.add(`${name} ${types.get(name)} {${labels.sort().join(',')}}`);
  }
  return shapes;
}

test.each(['normal', 'detailed'] as const)(
  'own metrics are named and labelled as those of otelcol: level %s',
  async (level) => {
    const port = await freePort();
    const environment = {
      env: {},
      readFile: () => Promise.resolve(new TextEncoder().encode(configured(level, port))),
      fetchText: () => Promise.reject(new Error('no network')),
    };
    const collector = new Collector({
      registry: components,
      load: () => loadConfig({ uris: ['c.yaml'], environment }),
      version: '0.0.0-test',
      stateDir: '',
      logSink: () => undefined,
    });
    await collector.start();
    try {
      for (const [signal, body] of Object.entries(REQUESTS)) {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        });
        expect(answer.status).toBe(200);
      }
      const wanted = [...OTELCOL[level], ...(level === 'detailed' ? BATCHING : [])];
      const missing = async (): Promise<string[]> => {
        const text = await (await fetch(`http://127.0.0.1:${collector.metricsPorts[0]}/metrics`)).text();
        const shapes = shapesOf(text);
        return wanted.filter((shape) => !shapes.has(shape));
      };
      // The exporters give up on their own time.
      await eventually('all shapes', async () => (await missing()).length === 0).catch(() => undefined);
      expect(await missing()).toEqual([]);
      const text = await (await fetch(`http://127.0.0.1:${collector.metricsPorts[0]}/metrics`)).text();
      expect(text).toContain('otelcol_exporter_send_failed_spans{');
      expect(text).toMatch(
        /exporter="otlp_http\/dead",server_address="127.0.0.1",server_port="1",url_path="\/x\/v1\/traces"\} 1$/m,
      );
      expect(text).not.toMatch(/otel_scope_|_total[{ ]/);
      const details = /_(enqueue_size|queue_batch_send_size|internal_duration|send_size_bytes)/;
      if (level === 'normal') expect(text).not.toMatch(details);
      else {
        expect(text).toMatch(/otelcol_exporter_enqueue_size_bytes_bucket{exporter="otlp_http\/dead",le="128"} \d/);
        expect(text).toMatch(
          /otelcol_exporter_enqueue_size_bytes_bucket{exporter="otlp_http\/dead",le="16777216"} 3$/m,
        );
      }
    } finally {
      await collector.shutdown();
    }
  },
);
