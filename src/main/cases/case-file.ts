import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ConfigPlace, messageOf } from '#base';
import { type ConfigNode, parseYaml, splitUri } from '#config';
import type { AnyValue } from '#pdata';
import { type Expected, readExpected } from './expected.ts';
import { readSteps, type Step } from './given.ts';
import { traceIdOf } from './names.ts';
import { asBoolean, asList, asMap, asNumber, asText, entriesOf, mistake, oneOrMore, plainOf } from './reading.ts';

/** A file of cases, read. */
export interface CaseFile {
  readonly file: string;
  /** What `--config` would take; files are looked for beside the file of cases. */
  readonly config: readonly string[];
  readonly sets: readonly string[];
  /** Variables for `${env:NAME}`, which go before those of the process. */
  readonly env: ReadonlyMap<string, string>;
  readonly stubs: ReadonlyMap<string, Stub>;
  readonly seed: number;
  readonly startMs: number;
  readonly cases: readonly TestCase[];
}

/** What stands for a processor: it hands everything on, with some attributes of the resource added. */
export interface Stub {
  readonly resource: ReadonlyMap<string, AnyValue>;
}

export interface TestCase {
  readonly name: string;
  readonly place: ConfigPlace;
  readonly given: readonly Step[];
  readonly outputs: readonly Output[];
  readonly drops: readonly Drop[];
  readonly samples: readonly Sample[];
  /** Part of what a sender is told; undefined: everything is taken. */
  readonly refused: { readonly text: string; readonly place: ConfigPlace } | undefined;
}

/** What arrives at an exporter: `only` these, at least these (`contains`), or these with no other fields (`exact`). */
export interface Output {
  readonly exporter: string;
  readonly place: ConfigPlace;
  readonly mode: 'only' | 'contains' | 'exact';
  readonly items: readonly Expected[];
  /** How many there are in all. */
  readonly count: number | undefined;
}

/** Items that a component leaves out. */
export interface Drop {
  readonly by: string;
  readonly place: ConfigPlace;
  readonly reason: string | undefined;
  readonly count: number | undefined;
  readonly item: Expected | undefined;
}

/** What becomes of a trace. */
export interface Sample {
  readonly label: string;
  readonly traceId: string;
  readonly isKept: boolean;
  readonly place: ConfigPlace;
}

const FILE_KEYS = ['config', 'set', 'env', 'stub', 'seed', 'start', 'cases'];
const CASE_KEYS = ['name', 'given', 'expect', 'dropped', 'sampled', 'refused'];
const DEFAULT_START = '2026-01-01T00:00:00Z';

/** Throws a ConfigError with the place of the first mistake. */
export async function readCaseFile(file: string): Promise<CaseFile> {
  const start = { file, line: 1, column: 1 };
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw mistake(start, `cannot read the file: ${messageOf(error)}`);
  }
  const root = asMap(parseYaml({ text, file }), 'a file of cases');
  const entries = entriesOf(root, FILE_KEYS);
  const config = entries.get('config');
  if (config === undefined)
    throw mistake(root.place, 'config: the configuration to test is missing, such as config: otelcol.yaml');
  const cases = entries.get('cases');
  if (cases === undefined) throw mistake(root.place, 'cases: the list of cases is missing');
  const env = entries.get('env');
  const stub = entries.get('stub');
  const seed = entries.get('seed');
  return {
    file,
    config: oneOrMore(config).map((node) => besideFile(asText(node, 'config'), file)),
    sets: textsIn(entries.get('set'), 'set'),
    env: new Map(env && [...asMap(env, 'env').entries].map(([key, { node }]) => [key, asText(node, key)])),
    stubs: stub === undefined ? new Map() : readStubs(stub),
    seed: seed === undefined ? 1 : asNumber(seed, 'seed'),
    startMs: startOf(entries.get('start')),
    cases: await readCases(cases, file),
  };
}

function besideFile(uri: string, file: string): string {
  const { scheme, rest } = splitUri(uri, 'file');
  return scheme === 'file' ? join(rest.startsWith('/') ? '' : dirname(file), rest) : uri;
}

function textsIn(node: ConfigNode | undefined, what: string): string[] {
  return node === undefined ? [] : oneOrMore(node).map((one) => asText(one, what));
}

function startOf(node: ConfigNode | undefined): number {
  const text = node === undefined ? DEFAULT_START : asText(node, 'start');
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw mistake(node!.place, `start: expected a time such as ${DEFAULT_START}, got "${text}"`);
  return ms;
}

/** A list of ids, or a map from ids to what is added. */
function readStubs(node: ConfigNode): Map<string, Stub> {
  if (node.kind !== 'map') return new Map(textsIn(node, 'stub').map((id) => [id, { resource: new Map() }]));
  return new Map(
    [...node.entries].map(([id, { node: block }]) => {
      const isEmpty = block.kind === 'scalar' && block.value === null;
      const resource = isEmpty ? undefined : entriesOf(asMap(block, id), ['resource']).get('resource');
      return [id, { resource: resource === undefined ? new Map() : valuesIn(resource) }];
    }),
  );
}

function valuesIn(node: ConfigNode): ReadonlyMap<string, AnyValue> {
  const entries = [...asMap(node, 'resource').entries];
  return new Map(
    entries.map(([key, { node: value }]) => {
      const plain = plainOf(value);
      return [key, typeof plain === 'number' && Number.isInteger(plain) ? BigInt(plain) : (plain as AnyValue)];
    }),
  );
}

async function readCases(node: ConfigNode, file: string): Promise<TestCase[]> {
  const cases: TestCase[] = [];
  for (const one of asList(node, 'cases').items) cases.push(await readCase(one, file));
  return cases;
}

async function readCase(node: ConfigNode, file: string): Promise<TestCase> {
  const map = asMap(node, 'a case');
  const entries = entriesOf(map, CASE_KEYS);
  const name = entries.get('name');
  if (name === undefined) throw mistake(node.place, 'name: a case needs one');
  const given = entries.get('given');
  if (given === undefined) throw mistake(node.place, 'given: what goes in is missing');
  const expect = entries.get('expect');
  const dropped = entries.get('dropped');
  const sampled = entries.get('sampled');
  const refused = entries.get('refused');
  if (expect === undefined && dropped === undefined && sampled === undefined && refused === undefined) {
    throw mistake(node.place, 'nothing is expected: a case needs one of expect, dropped, sampled, refused');
  }
  return {
    name: asText(name, 'name'),
    place: node.place,
    given: await readSteps(oneOrMore(given), file),
    outputs:
      expect === undefined
        ? []
        : [...asMap(expect, 'expect').entries].map(([id, entry]) => readOutput(id, entry.node, entry.keyPlace)),
    drops: dropped === undefined ? [] : oneOrMore(dropped).map(readDrop),
    samples: sampled === undefined ? [] : readSamples(sampled),
    refused: refused && { text: asText(refused, 'refused'), place: refused.place },
  };
}

function readOutput(exporter: string, node: ConfigNode, place: ConfigPlace): Output {
  const output = { exporter, place, mode: 'only', items: [], count: undefined } as const;
  if (node.kind !== 'map') return { ...output, items: asList(node, `expect::${exporter}`).items.map(readExpected) };
  const entries = entriesOf(node, ['only', 'contains', 'exact', 'count']);
  const modes = (['only', 'contains', 'exact'] as const).filter((key) => entries.has(key));
  if (modes.length > 1) throw mistake(node.place, `expect::${exporter}: ${modes.join(' and ')} exclude each other`);
  const count = entries.get('count');
  const mode = modes[0] ?? 'contains';
  const items = modes[0] === undefined ? [] : asList(entries.get(mode)!, mode).items.map(readExpected);
  return { ...output, mode, items, count: count && asNumber(count, 'count') };
}

function readDrop(node: ConfigNode): Drop {
  const map = asMap(node, 'dropped');
  const entries = entriesOf(map, ['by', 'reason', 'count', 'item']);
  const by = entries.get('by');
  if (by === undefined) throw mistake(node.place, 'by: the component that leaves the items out is missing');
  const count = entries.get('count');
  const item = entries.get('item');
  const reason = entries.get('reason');
  return {
    by: asText(by, 'by'),
    place: node.place,
    reason: reason && asText(reason, 'reason'),
    count: count && asNumber(count, 'count'),
    item: item && readExpected(item),
  };
}

/** `{ a: true, b: false }`: whether something of the trace arrives at an exporter. */
function readSamples(node: ConfigNode): Sample[] {
  return [...asMap(node, 'sampled').entries].map(([label, entry]) => ({
    label,
    traceId: traceIdOf(label),
    isKept: asBoolean(entry.node, label),
    place: entry.keyPlace,
  }));
}
