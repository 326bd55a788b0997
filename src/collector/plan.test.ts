import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, printPlace } from '#config';
import { type Planned, planCollector } from './plan.ts';
import { FakeWorld } from './testing.ts';

async function planOf(yaml: string): Promise<Planned> {
  const environment = {
    env: {},
    readFile: () => Promise.resolve(new TextEncoder().encode(yaml)),
    fetchText: () => Promise.reject(new Error('no network')),
  };
  const { root } = await loadConfig({ uris: ['c.yaml'], environment });
  return planCollector(root, new FakeWorld().registry);
}

async function errorsOf(yaml: string): Promise<string[]> {
  const { errors } = await planOf(yaml);
  return errors.map((e) => `${printPlace(e.place!)} ${e.message}`);
}

const ENDS = 'receivers: {nop: }\nexporters: {nop: }\n';

describe('mistakes have the words of otelcol and a place', () => {
  test.each([
    { name: 'empty file', yaml: '', want: ['c.yaml:1:1 empty configuration file'] },
    {
      name: 'no receivers, exporters, pipelines',
      yaml: 'processors: {nop: }',
      want: [
        'c.yaml:1:1 no receiver configuration specified in config',
        'c.yaml:1:1 no exporter configuration specified in config',
        'c.yaml:1:1 service::pipelines: service must have at least one pipeline',
      ],
    },
    {
      name: 'a pipeline without ends',
      yaml: `${ENDS}service:\n  pipelines:\n    traces:\n`,
      want: [
        'c.yaml:5:5 service::pipelines::traces: must have at least one receiver',
        'c.yaml:5:5 service::pipelines::traces: must have at least one exporter',
      ],
    },
    {
      name: 'undefined references',
      yaml: `${ENDS}service:\n  extensions: [zp]\n  pipelines:\n    traces: {receivers: [nopp], processors: [x], exporters: [y]}`,
      want: [
        'c.yaml:6:26 service::pipelines::traces: references receiver "nopp" which is not configured (did you mean "nop"?)',
        'c.yaml:6:46 service::pipelines::traces: references processor "x" which is not configured',
        'c.yaml:6:62 service::pipelines::traces: references exporter "y" which is not configured',
        'c.yaml:4:16 service::extensions: references extension "zp" which is not configured',
      ],
    },
    {
      name: 'a processor twice',
      yaml: `${ENDS}processors: {nop: }\nservice: {pipelines: {traces: {receivers: [nop], processors: [nop, nop], exporters: [nop]}}}`,
      want: ['c.yaml:4:68 service::pipelines::traces: references processor "nop" multiple times'],
    },
    {
      name: 'unknown types and keys, all at once',
      yaml: `receivers:\n  nop:\n    fial: x\n  what/2:\nexporters: {nop: {timeout: soon}}\nservice: {pipelines: {profiles: {receivers: [nop], exporters: [nop]}, tracs: {receivers: [nop], exporters: [nop]}}}`,
      want: [
        'c.yaml:3:5 \'receivers\' error reading configuration for "nop": decoding failed due to the following error(s): \'\' has invalid keys: fial (did you mean "fail"?)',
        'c.yaml:4:3 \'receivers\' unknown type: "what" for id: "what/2" (valid values: [nop nop_logs])',
        'c.yaml:5:19 exporters::nop::timeout: time: invalid duration "soon"',
        expect.stringContaining(
          'c.yaml:6:23 service::pipelines::profiles: profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate',
        ),
        'c.yaml:6:71 service::pipelines::tracs: unknown pipeline signal: "tracs"; use traces, metrics, logs',
      ],
    },
    {
      name: 'an unsupported signal',
      yaml: 'receivers: {nop_logs: }\nexporters: {nop: }\nservice: {pipelines: {traces: {receivers: [nop_logs], exporters: [nop]}}}',
      want: [
        'c.yaml:3:44 service::pipelines::traces: failed to create "nop_logs" receiver for data type "traces": telemetry type is not supported',
      ],
    },
    {
      name: 'an ambiguous connector',
      yaml: `${ENDS}connectors: {nop: , forward: }\nservice: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}`,
      want: [
        'c.yaml:3:14 \'connectors\' unknown type: "nop" for id: "nop" (valid values: [forward])',
        'c.yaml:3:14 connectors::nop: ambiguous ID: Found both "nop" receiver and "nop" connector. Change one of the components\' IDs to eliminate ambiguity (e.g. rename "nop" connector to "nop/connector")',
      ],
    },
    {
      name: 'connectors with one end',
      yaml: `${ENDS}connectors: {forward: }\nservice: {pipelines: {traces: {receivers: [nop], exporters: [forward]}, logs: {receivers: [forward], exporters: [nop]}}}`,
      want: [
        'c.yaml:3:14 connectors::forward: connector "forward" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
        'c.yaml:3:14 connectors::forward: connector "forward" used as receiver in [logs] pipeline but not used in any supported exporter pipeline',
      ],
    },
    {
      name: 'a cycle',
      yaml: `${ENDS}connectors: {forward: , forward/b: }\nservice: {pipelines: {traces: {receivers: [nop, forward/b], exporters: [forward]}, traces/2: {receivers: [forward], exporters: [forward/b, nop]}}}`,
      want: [
        'c.yaml:3:14 cycle detected: connector "forward" (traces to traces) -> connector "forward/b" (traces to traces) -> connector "forward" (traces to traces)',
      ],
    },
  ])('$name', async ({ yaml, want }) => {
    expect(await errorsOf(yaml)).toEqual(want);
  });
});

describe('warnings', () => {
  test('old names and what nothing uses', async () => {
    const { plan, warnings } = await planOf(
      'receivers:\n  oldnop:\n  nop:\nprocessors:\n  nop/redact:\nexporters: {nop: }\nservice: {pipelines: {traces: {receivers: [oldnop], exporters: [nop]}}}',
    );
    expect(plan).toBeDefined();
    expect(warnings.map(({ message, place }) => `${printPlace(place)} ${message}`)).toEqual([
      'c.yaml:2:3 receivers::oldnop: "oldnop" alias is deprecated; use "nop" instead',
      'c.yaml:3:3 receivers::nop: receiver "nop" is defined but does nothing: no pipeline uses it',
      'c.yaml:5:3 processors::nop/redact: processor "nop/redact" is defined but does nothing: no pipeline uses it',
    ]);
  });
});

const CONFORMANCE = join(import.meta.dirname, '../../../shared/conformance/otelcol-invalid');

/** What otelcol says of each. Its connector `nop` is `forward` here. */
const REFUSED: Readonly<Record<string, string>> = {
  'otelcol-cyclic-connector.yaml':
    'cycle detected: connector "forward/a" (traces to traces) -> connector "forward/a" (traces to traces)',
  'otelcol-invalid-components.yaml':
    '\'processors\' unknown type: "nosuchprocessor" for id: "nosuchprocessor" (valid values: [mutator nop])',
  'otelcol-invalid-connector-unused-exp.yaml':
    'connector "forward/b" used as receiver in [logs/in2] pipeline but not used in any supported exporter pipeline',
  'otelcol-invalid-connector-unused-rec.yaml':
    'connector "forward/b" used as exporter in [logs/in2] pipeline but not used in any supported receiver pipeline',
  'otelcol-invalid-receiver-type.yaml':
    'failed to create "nop_logs" receiver for data type "traces": telemetry type is not supported',
  'otelcol-invalid-telemetry.yaml': 'has invalid keys: unknown',
  'otelcol-invalid.yaml': 'service::pipelines::traces: references processor "invalid" which is not configured',
};

describe.skipIf(!existsSync(CONFORMANCE))('configurations that otelcol refuses (its own test data)', () => {
  test.each(existsSync(CONFORMANCE) ? readdirSync(CONFORMANCE) : [])('%s', async (file) => {
    const yaml = readFileSync(join(CONFORMANCE, file), 'utf8')
      .replaceAll('nop/forward', 'forward/a')
      .replaceAll('nop/connector1', 'forward/b');
    expect((await errorsOf(yaml)).join('\n')).toContain(REFUSED[file]);
  });
});
