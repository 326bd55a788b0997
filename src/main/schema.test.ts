import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { keyRows, namedBlocks, type Schema, serviceSchema, signalboxSchema } from '#config';
import { configurationSchema } from './commands/schema.ts';
import { components } from './components.ts';

const ROOT = join(import.meta.dirname, '../..');
const schema = await configurationSchema();
const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema);
const problemsIn = (yaml: string): string[] => {
  validate(parse(yaml));
  return [...new Set((validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`))];
};

describe('the JSON schema of a configuration', () => {
  test('takes the examples of the documents', () => {
    const examples = globSync(['README.md', 'docs/**/*.md', 'src/*/*/README.md'], { cwd: ROOT }).flatMap((file) =>
      Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm), ([, yaml]) => yaml!)
        // Cases for `signalbox test` and rules are no configuration.
        .filter((yaml) => !/^(?:cases|groups):/m.test(yaml))
        .map((yaml) => ({ file, problems: problemsIn(yaml) })),
    );
    expect(examples.length).toBeGreaterThan(3);
    expect(examples.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  test('takes what may stand in a file: empty blocks, values of the environment, names, older types', () => {
    const yaml = `
receivers:
  otlp: {protocols: {grpc: , http: {endpoint: "\${env:HOST}:4318"}}}
processors:
  batch: {timeout: 1m30s, send_batch_size: "\${env:SIZE}"}
  batch/small:
exporters:
  otlp/old: {endpoint: "a:4317", tls: {insecure: true}, headers: [{name: a, value: b}], timeout: 5000000000}
  signalbox: {spool: {max_size: 2GiB}, retention: {logs: 2w, traces: 0}}
service:
  telemetry: {resource: {a: null}, logs: {initial_fields: {x: 1}}}
  pipelines: {traces/2: {receivers: [otlp], exporters: [otlp/old]}}
signalbox: {allowed_hosts: ["*.example.com"]}
`;
    expect(problemsIn(yaml)).toEqual([]);
  });

  test.each([
    ['an unknown key', 'processors: {batch: {time_out: 1s}}', '/processors/batch must NOT have additional properties'],
    ['an unknown type', 'processors: {bach: }', '/processors must NOT have additional properties'],
    ['a wrong duration', 'processors: {batch: {timeout: 5 minutes}}', '/processors/batch/timeout must match pattern'],
    ['a number out of its range', 'processors: {batch: {send_batch_size: -1}}', 'must be >= 0'],
    ['a wrong word', 'exporters: {debug: {verbosity: loud}}', 'must be equal to one of the allowed values'],
    ['a list in place of a map', 'exporters: {otlp_http: {tls: []}}', '/exporters/otlp_http/tls must be object,null'],
    [
      'a key of a policy',
      'processors: {tail_sampling: {policies: [{name: a, type: latency, latency: {ms: 5}}]}}',
      'latency',
    ],
  ])('refuses %s', (_name, yaml, problem) => {
    expect(problemsIn(yaml).join('\n')).toContain(problem);
  });
});

const blocks = new Map<string, Schema<unknown>>();
for (const source of components.sources) namedBlocks((await source.load()).schema as Schema<unknown>, blocks);

// The keys of components: in their suites.
test.each<[string, Schema<unknown>]>([['service', serviceSchema], ['signalbox', signalboxSchema], ...blocks])(
  'every key says what it means: %s',
  (_name, schemaOfBlock) => {
    const silent = keyRows(schemaOfBlock).filter((row) => row.meaning === '' && row.type !== 'block');
    expect(silent.map(({ path }) => path)).toEqual([]);
  },
);
