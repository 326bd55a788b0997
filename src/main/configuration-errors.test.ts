import { expect, test } from 'vitest';
import { planCollector } from '#collector';
import { loadConfig } from '#config';
import { components } from './components.ts';

/** What of a configuration is refused, and what loads with a warning, beside the answers of otelcol 0.159 to the same files. */

interface Parts {
  readonly exporters?: string;
  readonly processors?: string;
  readonly receivers?: string;
  readonly telemetry?: string;
  readonly pipelines?: string;
  readonly service?: string;
}

function yamlOf(parts: Parts): string {
  return `receivers: {${parts.receivers ?? 'otlp: {protocols: {grpc: }}'}}
processors: {${parts.processors ?? ''}}
exporters: {debug: , ${parts.exporters ?? ''}}
service:
  telemetry: {${parts.telemetry ?? ''}}
  pipelines: {${parts.pipelines ?? 'traces: {receivers: [otlp], exporters: [debug]}'}}
${parts.service ?? ''}`;
}

async function outcome(yaml: string): Promise<{ errors: string[]; warnings: string[]; resource: unknown }> {
  const environment = {
    env: {},
    readFile: () => Promise.resolve(new TextEncoder().encode(yaml)),
    fetchText: () => Promise.reject(new Error('no network')),
  };
  const { root } = await loadConfig({ uris: ['c.yaml'], environment });
  const { plan, errors, warnings } = await planCollector(root, components);
  const told = warnings.filter(({ message }) => !message.includes('is defined but does nothing'));
  return {
    errors: errors.map((error) => `${error.place?.line} ${error.message}`),
    warnings: told.map(({ message, place }) => `${place.line} ${message}`),
    resource: plan && [...plan.document.service.telemetry.resource],
  };
}

const QUEUED_RETRY = 'every exporter has sending_queue and retry_on_failure of its own, set them there';
const HEADER = 'expected name and value of a header, got';

test.each<{ name: string; parts: Parts; errors?: readonly unknown[]; warnings?: readonly string[] }>([
  { name: 'a level in capitals', parts: { exporters: 'debug/2: {verbosity: Detailed}' } },
  { name: 'levels of telemetry in capitals', parts: { telemetry: 'metrics: {level: Basic}, traces: {level: NONE}' } },
  {
    name: 'telemetry of traces',
    parts: { telemetry: 'traces: {level: none, sampler: {always_on: }, propagators: [b3]}' },
  },
  {
    name: 'what telemetry of traces does not have',
    parts: { telemetry: 'traces: {levl: none}' },
    errors: ['5 \'service::telemetry::traces\' has invalid keys: levl (did you mean "level"?)'],
  },
  { name: 'a port alone for gRPC', parts: { exporters: 'otlp_grpc: {endpoint: ":4319"}' } },
  {
    name: 'a port alone for HTTP',
    parts: { exporters: 'otlp_http: {endpoint: ":4319"}' },
    errors: [expect.stringContaining('got ":4319" (did you mean "http://localhost:4319"?)')],
  },
  {
    name: 'headers as a list',
    parts: { exporters: 'otlp_http: {endpoint: "http://x", headers: [{name: a, value: b}]}' },
  },
  {
    name: 'headers as texts',
    parts: { exporters: 'otlp_http: {endpoint: "http://x", headers: ["a: b", c]}' },
    errors: [
      `3 exporters::otlp_http::headers::0: ${HEADER} a text; write {name: a, value: …}, or a map in place of the list`,
      `3 exporters::otlp_http::headers::1: ${HEADER} a text; write {name: …, value: …}, or a map in place of the list`,
    ],
  },
  {
    name: 'headers as maps in a list',
    parts: { exporters: 'otlp_http: {endpoint: "http://x", headers: [{a: secret}]}' },
    errors: [
      `3 exporters::otlp_http::headers::0: ${HEADER} other keys; write {name: a, value: …}, or a map in place of the list`,
    ],
  },
  {
    name: 'a pipeline of profiles',
    parts: { pipelines: 'profiles: {receivers: [otlp], exporters: [debug]}' },
    errors: [expect.stringContaining('gated under the "service.profilesSupport" feature gate')],
  },
  {
    name: 'the exporter logging',
    parts: { exporters: 'logging: {loglevel: debug, sampling_initial: 5}' },
    warnings: [
      '3 exporters::logging: "logging" alias is deprecated; use "debug" instead',
      '3 exporters::logging::loglevel: "loglevel" is deprecated; use "verbosity: detailed" instead',
    ],
  },
  {
    name: 'settings of the batch processor without effect',
    parts: { processors: 'batch: {timeout: 1s, num_tickers: 4}' },
    warnings: ['2 processors::batch::num_tickers: "num_tickers" has no effect any more; take it out'],
  },
  {
    name: 'a key without an effect that asks for something',
    parts: {
      processors: 'batch: {timeout: 1s}',
      exporters: 'otlp_http: {endpoint: "http://a:1", read_buffer_size: 7}',
    },
    warnings: ['3 exporters::otlp_http::read_buffer_size has no effect: Node chooses the sizes of its buffers itself'],
  },
  {
    name: 'components that are gone',
    parts: { exporters: 'jaeger: {endpoint: "j:14250"}', processors: 'queued_retry: ' },
    errors: [
      `2 'processors' unknown type: "queued_retry" for id: "queued_retry", which is gone: ${QUEUED_RETRY}`,
      expect.stringContaining('which is gone: Jaeger takes OTLP, use otlp_grpc with its port 4317'),
    ],
  },
  {
    name: 'mistakes of the service, beside all others',
    parts: {
      exporters: 'debug/2: {verbosity: x}, nope: , otlp_grpc: ',
      telemetry: 'metrics: {foo: 1}, logs: {level: loud}',
      pipelines: 'traces: {receivers: [otlp], exporter: [debug]}, logs: {receivers: [otpl], exporters: [debug]}',
      service: '  pipes: 1\nsignalbox: {stoarge: }',
    },
    errors: [
      expect.stringContaining("7 'service' has invalid keys: pipes"),
      expect.stringContaining("6 'service::pipelines::traces' has invalid keys: exporter"),
      expect.stringContaining('5 service::telemetry::logs::level: unrecognized level: "loud"'),
      expect.stringContaining("5 'service::telemetry::metrics' has invalid keys: foo"),
      expect.stringContaining("8 'signalbox' has invalid keys: stoarge"),
      expect.stringContaining('3 exporters::debug/2::verbosity'),
      expect.stringContaining('3 \'exporters\' unknown type: "nope"'),
      expect.stringContaining('3 exporters::otlp_grpc::endpoint'),
      expect.stringContaining('6 service::pipelines::logs: references receiver "otpl" which is not configured'),
    ],
  },
  {
    name: 'pipelines that are no map',
    parts: { pipelines: '', service: 'extensions: {nope: }' },
    errors: [
      expect.stringContaining('unknown type: "nope"'),
      expect.stringContaining('service must have at least one pipeline'),
    ],
  },
])('$name', async ({ parts, errors = [], warnings = [] }) => {
  const found = await outcome(yamlOf(parts));
  expect(found.errors).toEqual(errors);
  if (errors.length === 0) expect(found.warnings).toEqual(warnings);
});

test.each([
  {
    name: 'by name',
    resource: '{a: b, service.name: null}',
    want: [
      ['a', 'b'],
      ['service.name', null],
    ],
  },
  {
    name: 'as a list',
    resource: '{attributes: [{name: a, value: b}, {name: n, value: 1}]}',
    want: [
      ['a', 'b'],
      ['n', '1'],
    ],
  },
  { name: 'nothing', resource: '', want: [] },
  { name: 'one that is called attributes', resource: '{attributes: x}', want: [['attributes', 'x']] },
])('attributes of the own resource: $name', async ({ resource, want }) => {
  const { errors, resource: found } = await outcome(yamlOf({ telemetry: `resource: ${resource}` }));
  expect(errors).toEqual([]);
  expect(found).toEqual(want);
});

test.each(['{attributes: [{nme: a}]}', '{attributes: {a: b}}', '{x: y, attributes: [{name: a, value: b}]}'])(
  'a resource that can not be meant is refused: %s',
  async (resource) => {
    const { errors } = await outcome(yamlOf({ telemetry: `resource: ${resource}` }));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatch(/service::telemetry::resource/);
  },
);
