// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what is tested
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigErrors } from '#base';
import {
  headers,
  integer,
  type LoadedConfig,
  type LoadOptions,
  list,
  loadConfig,
  printPlace,
  readBlock,
  readDocument,
  type SourceEnvironment,
  strictObject,
  text,
  toPlain,
} from './index.ts';

interface Inputs {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly uris?: readonly string[];
  readonly sets?: readonly string[];
}

function load(inputs: Inputs | string): Promise<LoadedConfig> {
  const { files = {}, env = {}, uris, sets } = typeof inputs === 'string' ? { files: { 'c.yaml': inputs } } : inputs;
  const environment: SourceEnvironment = {
    env,
    readFile: (path) => {
      const content = files[path];
      if (typeof content === 'string') return Promise.resolve(new TextEncoder().encode(content));
      if (content !== undefined) return Promise.resolve(content);
      return Promise.reject(Object.assign(new Error('not there'), { code: 'ENOENT' }));
    },
    fetchText: (url) => Promise.resolve(`from: ${url}`),
  };
  const options: LoadOptions = { uris: uris ?? Object.keys(files).slice(0, 1), sets: sets ?? [], environment };
  return loadConfig(options);
}

async function plain(inputs: Inputs | string): Promise<unknown> {
  return toPlain((await load(inputs)).root);
}

async function errorsOf(inputs: Inputs | string): Promise<string[]> {
  try {
    await load(inputs);
  } catch (error) {
    if (error instanceof ConfigErrors) {
      return error.errors.map((e) => `${e.place === undefined ? '' : `${printPlace(e.place)}: `}${e.message}`);
    }
    throw error;
  }
  return [];
}

describe('sources and merging', () => {
  test('later sources win: maps merge, lists are replaced, null wipes', async () => {
    expect(
      await plain({
        files: {
          'a.yaml': 'm: {a: 1, b: {x: 1, y: 2}}\nl: [1, 2]\nw: {a: 1}\ns: 1',
          'b.yaml': 'm: {b: {y: 3, z: 4}}\nl: [3]\nw:\ns: two',
        },
        uris: ['a.yaml', 'file:b.yaml'],
      }),
    ).toEqual({ m: { a: 1, b: { x: 1, y: 3, z: 4 } }, l: [3], w: null, s: 'two' });
  });

  test('every scheme', async () => {
    expect(
      await plain({
        env: { WHOLE: 'a: {b: 1}' },
        uris: ['env:WHOLE', 'yaml:exporters::debug::verbosity: detailed', 'https://host/x'],
        sets: ['a.c=[1, two]', 'a::d=x=y', 'processors.batch/2.timeout=2s'],
      }),
    ).toEqual({
      a: { b: 1, c: [1, 'two'], d: 'x=y' },
      exporters: { debug: { verbosity: 'detailed' } },
      from: 'https://host/x',
      processors: { 'batch/2': { timeout: '2s' } },
    });
  });

  test('aliases and merge keys', async () => {
    expect(await plain('base: &b {a: 1, b: 2}\nuse: {<<: *b, b: 3}\nsame: *b')).toEqual({
      base: { a: 1, b: 2 },
      use: { a: 1, b: 3 },
      same: { a: 1, b: 2 },
    });
  });

  test.each([
    { name: 'a missing file', inputs: { uris: ['no.yaml'] }, want: ['unable to read the file no.yaml: no such file'] },
    {
      name: 'an unknown scheme',
      inputs: { uris: ['ftp://x'] },
      want: ['scheme "ftp" is not supported for uri "ftp://x"; use file, env, yaml, http or https'],
    },
    {
      name: 'broken YAML',
      inputs: 'a: [1\nb: 2',
      want: [expect.stringMatching(/^c.yaml:2:1: cannot read the YAML: /)],
    },
    {
      name: 'a repeated key',
      inputs: 'a: 1\na: 2',
      want: ['c.yaml:2:1: cannot read the YAML: mapping key "a" already defined'],
    },
    {
      name: 'a list at the top',
      inputs: '- a',
      want: ['c.yaml:1:1: expected a map with keys such as receivers, got a list'],
    },
    {
      name: 'a bad --set',
      inputs: { files: { 'c.yaml': '' }, sets: ['abc'] },
      want: ['--set abc:1:1: --set needs the form key.path=value, got "abc"'],
    },
    {
      name: 'aliases that multiply',
      inputs: `a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n${[1, 2, 3, 4, 5, 6]
        .map(
          (i) =>
            `a${i}: &a${i} [${Array(10)
              .fill(`*a${i - 1}`)
              .join()}]`,
        )
        .join('\n')}`,
      want: ['c.yaml:6:10: cannot read the YAML: more than 200000 values; look for aliases that multiply each other'],
    },
    {
      name: 'an alias to itself',
      inputs: 'a: &a {b: *a}',
      want: ['c.yaml:1:11: the value of the anchor &a contains itself'],
    },
  ])('refuses $name', async ({ inputs, want }) => {
    expect(await errorsOf(inputs as Inputs)).toEqual(want);
  });
});

describe('expansion', () => {
  const env = {
    N: '5',
    ZEROS: '0123',
    B: 'true',
    MAP: '{a: 1}',
    EMPTY: '',
    NAME: 'N',
    REF: '${env:N}',
    LOOP: '${env:LOOP}',
    MONEY: 'a$$b',
    QUOTED: '"0123"',
    BROKEN: '[abc',
  };
  test.each([
    { value: '${env:N}', want: 5 },
    { value: '${N}', want: 5 },
    { value: '${B}', want: true },
    { value: '${MAP}', want: { a: 1 } },
    { value: 'x-${N}-y', want: 'x-5-y' },
    { value: '${N}${N}', want: '55' },
    { value: 'p${ZEROS}', want: 'p0123' },
    { value: '${env:MISSING:-fallback}', want: 'fallback' },
    { value: '${MISSING:-7}', want: 7 },
    { value: '${env:EMPTY:-d}', want: null },
    { value: 'a${env:EMPTY:-d}b', want: 'ab' },
    { value: '${env:${env:NAME}}', want: 5 },
    { value: '${env:MISSING:-${N}}', want: 5 },
    { value: '${REF}', want: 5 },
    { value: '$$', want: '$' },
    { value: '$${N}', want: '${N}' },
    { value: '$$$${N}', want: '$${N}' },
    { value: '$N', want: '$N' },
    { value: '${N', want: '${N' },
    { value: '${MONEY}', want: 'a$b' },
    { value: '${QUOTED}', want: '"0123"' },
    { value: '${BROKEN}', want: '[abc' },
    { value: '${yaml:[1, 2]}', want: [1, 2] },
    { value: '${file:part.yaml}', want: { k: 5 } },
    { value: '${https://host/x}', want: { from: 'https://host/x' } },
  ])('$value', async ({ value, want }) => {
    const files = { 'c.yaml': `v: '${value}'`, 'part.yaml': 'k: ${N}' };
    expect(await plain({ files, env })).toEqual({ v: want });
  });

  test.each([
    { value: '${LOOP}', want: 'c.yaml:1:4: too many recursive expansions' },
    {
      value: '${env:1X}',
      want: 'c.yaml:1:4: environment variable "1X" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$',
    },
    { value: 'a${MAP}', want: 'c.yaml:1:4: expanding ${MAP}: expected a value that fits into a text, got a map' },
    {
      value: '${ftp:x}',
      want: 'c.yaml:1:4: scheme "ftp" is not supported for uri "ftp:x"; use file, env, yaml, http or https',
    },
    { value: '${N}'.repeat(101), want: 'c.yaml:1:4: too many references in one value: more than 100' },
  ])('refuses $value', async ({ value, want }) => {
    expect(await errorsOf({ files: { 'c.yaml': `v: '${value}'` }, env })).toEqual([want]);
  });

  test('an unset variable is empty, with one warning', async () => {
    const loaded = await load('a: ${env:NOPE}\nb: x${env:NOPE}');
    expect(toPlain(loaded.root)).toEqual({ a: null, b: 'x' });
    expect(loaded.warnings).toEqual([
      {
        message: 'configuration references unset environment variable "NOPE"; its value is empty',
        place: { file: 'c.yaml', line: 1, column: 4 },
      },
    ]);
  });

  test('values keep their place, whatever file they come from', async () => {
    const files = { 'c.yaml': 'a:\n  b: 1\n  c: ${file:d.yaml}\n', 'd.yaml': '\nq: bad' };
    const { root } = await load({ files, uris: ['c.yaml'] });
    const schema = strictObject({ b: text(), c: strictObject({ q: integer(), z: integer(1) }) });
    const result = readBlock(schema, { root, path: ['a'], subject: 'error reading configuration for "a"' });
    expect('errors' in result && result.errors.map((e) => `${printPlace(e.place!)}: ${e.message}`)).toEqual([
      'c.yaml:2:3: error reading configuration for "a": decoding failed due to the following error(s): \'b\' expected a text, got 1; put it in quotes',
      'd.yaml:2:1: a::c::q: expected a whole number, got "bad"',
    ]);
  });

  test('a value of one reference keeps its spelling where a text is wanted', async () => {
    const files = { 'c.yaml': 'a: {name: "${ZEROS}", count: "${N}", h: {x: "${ZEROS}"}, l: ["${B}"]}' };
    const { root } = await load({ files, env });
    const schema = strictObject({ name: z.string(), count: integer(), h: headers(), l: list(text()) });
    const result = readBlock(schema, { root, path: ['a'] });
    expect(result).toMatchObject({ value: { name: '0123', count: 5, l: ['true'] } });
    expect('value' in result && result.value.h[0]!.value.reveal()).toBe('0123');
  });
});

describe('the document', () => {
  async function read(yaml: string): Promise<string[]> {
    const { errors } = readDocument((await load(yaml)).root);
    return errors.map((e) => `${printPlace(e.place!)}: ${e.message}`);
  }

  test('splits a file into components and service', async () => {
    const yaml = 'receivers:\n  otlp:\n  otlp/ 2 :\nservice:\n  pipelines:\n    traces: {receivers: [otlp]}';
    const { document, errors } = readDocument((await load(yaml)).root);
    expect(errors).toEqual([]);
    expect([...document!.components.receivers.values()].map((entry) => [entry.id, entry.type, entry.path])).toEqual([
      ['otlp', 'otlp', ['receivers', 'otlp']],
      ['otlp/2', 'otlp', ['receivers', 'otlp/ 2']],
    ]);
    expect(document!.service.pipelines.get('traces')).toEqual({ receivers: ['otlp'], processors: [], exporters: [] });
    expect(document!.service.telemetry.metrics.prometheusReaders).toMatchObject([{ port: 8888, withoutUnits: true }]);
  });

  test('collects all mistakes, each with its place', async () => {
    expect(
      await read(
        'recievers:\nreceivers:\n  /x:\n  a-b:\nservice:\n  telemetry:\n    unknown: key\n    logs: {level: loud}\n    metrics: {level: Detailed}\nsignalbox: {storage: {retention: {traces: soon}}}',
      ),
    ).toEqual([
      'c.yaml:1:1: \'\' has invalid keys: recievers (did you mean "receivers"?)',
      'c.yaml:3:3: \'receivers\' in "/x" id: the part before / should not be empty',
      'c.yaml:4:3: \'receivers\' in "a-b" id: invalid character(s) in type "a-b"',
      'c.yaml:8:12: service::telemetry::logs::level: unrecognized level: "loud"; use debug, info, warn or error',
      "c.yaml:7:5: 'service::telemetry' has invalid keys: unknown (valid keys: logs, metrics, traces, resource)",
      'c.yaml:10:35: signalbox::storage::retention::traces: expected a time such as 30d, 2w or 12h, got "soon"',
    ]);
  });

  test('own logs: the keys and defaults of otelcol', async () => {
    const telemetryOf = async (logs: string) =>
      readDocument((await load(`service: {telemetry: {logs: ${logs}}}`)).root).document!.service.telemetry;
    expect((await telemetryOf('{}')).logs).toMatchObject({
      level: 'info',
      encoding: 'console',
      outputPaths: ['stderr'],
      errorOutputPaths: ['stderr'],
      initialFields: new Map(),
      sampling: { tickMs: 10_000, initial: 10, thereafter: 100 },
    });
    const all =
      '{level: ERROR, encoding: json, development: true, disable_caller: true, disable_stacktrace: true, disable_zap_resource: true, ' +
      'sampling: {tick: 1m, initial: 0, thereafter: 7}, output_paths: [stdout, a.log], error_output_paths: [b.log], ' +
      'initial_fields: {zone: a}, processors: [{batch: {exporter: {otlp: {protocol: grpc}}}}]}';
    const { logs, unsupported } = await telemetryOf(all);
    expect(logs).toMatchObject({
      level: 'error',
      encoding: 'json',
      outputPaths: ['stdout', 'a.log'],
      errorOutputPaths: ['b.log'],
      initialFields: new Map([['zone', 'a']]),
      sampling: { tickMs: 60_000, initial: 0, thereafter: 7 },
    });
    expect(unsupported).toEqual(['logs::processors']);
    expect((await telemetryOf('{sampling: {enabled: false}}')).logs.sampling).toBeUndefined();
  });

  test('readers of own metrics', async () => {
    const yaml =
      'service: {telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: 9000}}}}, {periodic: {exporter: {otlp: {endpoint: x}}}}]}}}';
    const metrics = readDocument((await load(yaml)).root).document!.service.telemetry.metrics;
    expect(metrics.prometheusReaders).toMatchObject([{ host: '0.0.0.0', port: 9000, withoutUnits: true }]);
    expect(metrics.unsupportedReaders).toEqual(['periodic otlp']);
  });
});
