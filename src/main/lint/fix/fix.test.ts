import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCollector } from '#collector';
import { components } from '../../components.ts';
import { lintRules } from '../lint.ts';
import { loadText } from '../testing/load-text.ts';
import { type Fixed, fixConfiguration } from './fix.ts';

const SHARED = join(import.meta.dirname, '../../../../../shared');
const ARTICLE = join(SHARED, 'article/otel-collector-config.yaml');
const VALID = join(SHARED, 'conformance/otelcol-valid');

async function fix(text: string, namesOnly = false): Promise<Fixed> {
  return fixConfiguration({ file: 'c.yaml', text, config: await loadText(text), namesOnly });
}

const said = ({ changes }: Fixed): string[] =>
  changes.map(({ kind, message, place }) => `${place.line} ${kind}: ${message}`);

const OLD = `# of a shop
receivers:
  otlp: {protocols: {grpc: {endpoint: localhost:4317}}}
processors:
  # small batches
  batch:
    send_batch_size: 0100   # an octal number
  memory_limiter: &limits {check_interval: 1s, limit_mib: 400}
  probabilistic_sampler: {sampling_percentage: 10}
  transform:
    trace_statements:
      - replace_pattern(span.attributes["http.url"], "key=\\\\w+", "key=x") # keys
exporters:
  logging:
    loglevel: debug   # all of it
  otlp/far: {endpoint: "far:4317"}
  prometheus: {endpoint: localhost:8889, namespace: shop}
service:
  pipelines:
    traces: # all spans
      receivers: [otlp]
      processors: [memory_limiter, probabilistic_sampler, batch]
      exporters: [logging, otlp/far]
    metrics:
      receivers: [otlp]
      exporters: [prometheus]
`;

describe('fix', () => {
  test('writes what was meant, and leaves every other line as it is', async () => {
    const fixed = await fix(OLD);
    expect(fixed.text).toBe(`# of a shop
receivers:
  otlp: {protocols: {grpc: {endpoint: localhost:4317}}}
processors:
  memory_limiter: &limits {check_interval: 1s, limit_mib: 400}
  probabilistic_sampler: {sampling_percentage: 10}
  transform:
    trace_statements:
      - replace_pattern(span.attributes["http.url"], "key=\\\\w+", "key=x") # keys
      - replace_pattern(span.attributes["url.full"], "key=\\\\w+", "key=x")
      - replace_pattern(span.attributes["url.query"], "key=\\\\w+", "key=x")
      - replace_pattern(span.attributes["url.path"], "key=\\\\w+", "key=x")
      - replace_pattern(span.attributes["http.target"], "key=\\\\w+", "key=x")
exporters:
  debug:
    verbosity: detailed # all of it
  otlp_grpc/far: {endpoint: "far:4317", sending_queue: {batch: {sizer: items, min_size: 0100}, storage: file_storage}}
  prometheus: {endpoint: localhost:8889, resource_constant_labels: {included: ["*"]}, enable_open_metrics: true}
connectors:
  span_metrics:
    histogram:
      unit: s
    dimensions:
      - name: http.request.method
      - name: http.response.status_code
    exemplars:
      enabled: true
  forward/sampling:
extensions:
  file_storage:
    directory: /var/lib/otelcol/file_storage
    create_directory: true
  health_check:
service:
  extensions: [file_storage, health_check]
  pipelines:
    traces: # all spans
      receivers: [otlp]
      processors: [memory_limiter, transform]
      exporters: [span_metrics, forward/sampling]
    traces/sampling:
      receivers: [forward/sampling]
      processors: [probabilistic_sampler]
      exporters: [debug, otlp_grpc/far]
    metrics:
      receivers: [otlp, span_metrics]
      exporters: [prometheus]
`);
    expect(said(fixed)).toEqual([
      '6 advice: processors::batch: taken out of the pipeline traces/sampling; otlp/far puts batches together in sending_queue, where nothing is lost unseen',
      '10 advice: processors::transform: put into the pipeline traces, in front of what samples; it stood in none',
      '12 advice: processors::transform: the same is done to url.full, url.query, url.path, http.target, where services have what was in http.url',
      '14 name: exporters::logging is debug today',
      '15 name: exporters::logging: loglevel: debug is verbosity: detailed today',
      '16 advice: exporters::otlp/far: sending_queue is kept by file_storage, over a restart',
      '16 name: exporters::otlp/far is otlp_grpc/far today',
      '17 advice: exporters::prometheus: resource_constant_labels: all; series have service_name and what else their resource has',
      '17 advice: exporters::prometheus: enable_open_metrics: true, for exemplars',
      '17 advice: exporters::prometheus: namespace: shop taken out; series have the names that dashboards and rules ask for',
      '18 advice: extensions::file_storage: added, in /var/lib/otelcol/file_storage, which must outlive the process: in Kubernetes, a volume',
      '18 advice: extensions::health_check: added on port 13133, for probes',
      '20 advice: service::pipelines::traces: span_metrics sees all its spans now and feeds metrics; what samples and exports them is the new pipeline traces/sampling',
    ]);
    const { errors } = await planCollector((await loadText(fixed.text)).root, components);
    expect(errors.map(({ message }) => message)).toEqual([]);
    expect(await fix(fixed.text)).toEqual({ text: fixed.text, changes: [] });
  });

  test('names alone: nothing that the configuration does', async () => {
    const fixed = await fix(OLD, true);
    const lines = OLD.split('\n');
    expect(fixed.text.split('\n').filter((line) => !lines.includes(line))).toEqual([
      '  debug:',
      '    verbosity: detailed # all of it',
      '  otlp_grpc/far: {endpoint: "far:4317"}',
      '      exporters: [debug, otlp_grpc/far]',
    ]);
    expect(new Set(fixed.changes.map(({ kind }) => kind))).toEqual(new Set(['name']));
  });

  test.each([
    {
      name: 'an exporter for Loki, with a tenant',
      old: 'exporters: {loki/a: {endpoint: "http://l:3100/loki/api/v1/push", tenant_id: "7", labels: {attributes: {a: b}}, tls: {insecure: true}}}',
      parts: ['otlp_http/a: {endpoint: "http://l:3100/otlp"', 'X-Scope-OrgID: "7"', 'tls: {insecure: true}'],
      gone: /loki\/a|labels|tenant_id/,
    },
    {
      name: 'an exporter for Jaeger, which takes OTLP',
      old: 'exporters: {jaeger: {endpoint: "j:14250"}}',
      parts: ['otlp_grpc/jaeger: {endpoint: "j:4317"'],
      gone: /14250/,
    },
    {
      name: 'what has no use any more',
      old: 'processors: {queued_retry: }\nextensions: {memory_ballast: {size_mib: 64}, zpages: }\nexporters: {debug: }',
      parts: ['zpages'],
      gone: /queued_retry|memory_ballast/,
    },
    {
      name: 'labels of resources',
      old: 'exporters: {prometheus: {endpoint: ":1", resource_to_telemetry_conversion: {enabled: true, exclude_service_attributes: true}}}',
      parts: [
        'resource_constant_labels: {included: ["*"], excluded: [service.name, service.namespace, service.instance.id]}',
      ],
      gone: /resource_to_telemetry/,
    },
    {
      name: 'the address of the own metrics',
      old: 'service: {telemetry: {metrics: {address: ":8888"}}}',
      parts: ['host: 0.0.0.0', 'port: 8888'],
      gone: /address/,
    },
  ])('$name', async ({ old, parts, gone }) => {
    const fixed = await fix(old);
    for (const part of parts) expect(fixed.text).toContain(part);
    expect(fixed.text).not.toMatch(gone);
  });

  test('values with anchors are not changed where they would change elsewhere, too', async () => {
    const text = `receivers: {otlp: {protocols: {grpc: {endpoint: "localhost:1"}}}}
exporters:
  otlp: &far {endpoint: "far:4317"}
  otlp/2:
    <<: *far
service:
  pipelines:
    traces: {receivers: [otlp], processors: &p [batch], exporters: &e [otlp, otlp/2]}
    logs: {receivers: [otlp], processors: *p, exporters: *e}
processors: {batch: }
`;
    const fixed = await fix(text);
    expect(fixed.text).toBe(
      text
        .replaceAll('otlp:', 'otlp_grpc:')
        .replace('{otlp_grpc: {protocols', '{otlp: {protocols')
        .replaceAll('otlp/2', 'otlp_grpc/2')
        .replace('&e [otlp,', '&e [otlp_grpc,'),
    );
    expect(said(fixed)).toEqual([
      '3 name: exporters::otlp is otlp_grpc today',
      '4 name: exporters::otlp/2 is otlp_grpc/2 today',
      '5 left: a value is used in several places by its anchor: names alone are changed here; write it out in each for the rest',
    ]);
    const { errors } = await planCollector((await loadText(fixed.text)).root, components);
    expect(errors.map(({ message }) => message)).toEqual([]);
  });

  test('line ends stay those of the file', async () => {
    const text = OLD.replaceAll('\n', '\r\n');
    const fixed = await fix(text);
    expect(fixed.text).toBe((await fix(OLD)).text.replaceAll('\n', '\r\n'));
  });

  test('says what it leaves', async () => {
    const fixed = await fix(`receivers: {otlp: {protocols: {grpc: }}}
processors: {batch: , tail_sampling: {policies: []}, k8sattributes: {filter: {node: a}}}
exporters: {kafka: , loki: {endpoint: "\${env:LOKI}"}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [k8sattributes, tail_sampling, batch], exporters: [kafka]}
`);
    expect(said(fixed).filter((line) => line.includes(' left: '))).toEqual([
      '2 left: processors::batch: stays in the pipeline traces: kafka may have no batches of its own',
      expect.stringContaining('2 left: processors::tail_sampling: runs on each node'),
      expect.stringContaining('3 left: exporters::loki: is gone from otelcol'),
      '6 left: service::pipelines::traces: no metrics are made of its spans: there is no pipeline for metrics',
    ]);
  });
});

describe.skipIf(!existsSync(ARTICLE))('fix, on the configuration of the article', () => {
  test('nothing is left but what takes other machines, certificates or knowledge of the traffic', async () => {
    const text = readFileSync(ARTICLE, 'utf8');
    const fixed = await fix(text);
    const rules = lintRules(await loadText(fixed.text)).map(({ rule }) => rule);
    expect([...new Set(rules)].toSorted()).toEqual([
      'latency-threshold',
      'open-listener',
      'plain-text',
      'policies-add-up',
      'split-traces',
      'trace-rate',
    ]);
    const comments = text.split('\n').filter((line) => line.includes('# ') && !line.includes('Batch for efficiency'));
    for (const comment of comments) expect(fixed.text).toContain(comment);
  });
});

describe.skipIf(!existsSync(VALID))('fix, on configurations that others wrote', () => {
  test.each(existsSync(VALID) ? readdirSync(VALID) : [])('%s: makes no mistake, and is done at once', async (file) => {
    const text = readFileSync(join(VALID, file), 'utf8');
    const mistakesIn = async (yaml: string): Promise<string[]> =>
      (await planCollector((await loadText(yaml)).root, components)).errors
        .map(({ message }) => message)
        .filter((message) => !message.includes('unknown type') && !message.includes('must be a URL'));
    const fixed = await fix(text);
    expect(await mistakesIn(fixed.text)).toEqual(await mistakesIn(text));
    expect((await fix(fixed.text)).text).toBe(fixed.text);
  });
});
