import { ConfigError, ConfigErrors, type ConfigPlace } from '#base';
import { expandNodes } from './expand.ts';
import { mergeNodes, nested, stepsOfKey, withNestedKeys } from './merge.ts';
import type { ConfigNode, MapNode } from './node.ts';
import { processEnvironment, retrieve, type SourceEnvironment, splitUri } from './sources.ts';
import { parseYaml } from './yaml-node.ts';

export interface LoadOptions {
  /** `--config` values in order: a path, or `file:`, `env:`, `yaml:`, `http(s):`. */
  readonly uris: readonly string[];
  /** `--set` values: `a.b=c` or `a::b=c`. They come last. */
  readonly sets?: readonly string[];
  readonly environment?: SourceEnvironment;
}

export interface ConfigWarning {
  readonly message: string;
  readonly place: ConfigPlace;
}

export interface LoadedConfig {
  readonly root: MapNode;
  readonly warnings: readonly ConfigWarning[];
}

/** Reads, merges and expands a configuration as otelcol does. Throws ConfigErrors with everything that was wrong. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const environment = options.environment ?? processEnvironment;
  const errors: ConfigError[] = [];
  let merged: ConfigNode = {
    kind: 'map',
    place: { file: options.uris[0] ?? '', line: 1, column: 1 },
    entries: new Map(),
  };
  const add = async (read: () => Promise<ConfigNode>): Promise<void> => {
    try {
      merged = mergeNodes(merged, topLevelMap(await read()));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(error);
    }
  };
  for (const uri of options.uris) {
    await add(async () => (await retrieve(splitUri(uri, 'file'), environment, undefined)).node);
  }
  for (const set of options.sets ?? []) await add(() => Promise.resolve(parseSet(set)));
  if (errors.length > 0) throw new ConfigErrors(errors);
  const expanded = await expandNodes(merged, environment);
  if (expanded.errors.length > 0) throw new ConfigErrors(expanded.errors);
  return { root: expanded.root as MapNode, warnings: expanded.warnings };
}

function topLevelMap(node: ConfigNode): MapNode {
  if (node.kind === 'scalar' && node.value === null) return { kind: 'map', place: node.place, entries: new Map() };
  if (node.kind !== 'map') {
    throw new ConfigError('', `expected a map with keys such as receivers, got ${kindOf(node)}`, node.place);
  }
  return withNestedKeys(node);
}

function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (typeof node.value === 'string') return 'a text';
  return typeof node.value === 'boolean' ? 'a boolean' : 'a number';
}

function parseSet(set: string): ConfigNode {
  const place = { file: `--set ${set.split('=')[0]!}`, line: 1, column: 1 };
  const equals = set.indexOf('=');
  if (equals <= 0) throw new ConfigError('', `--set needs the form key.path=value, got "${set}"`, place);
  const key = set.slice(0, equals).trim();
  const steps = stepsOfKey(key, key.includes('::') ? '::' : '.', place);
  return nested(steps, parseYaml({ text: set.slice(equals + 1), file: place.file, at: place }), place);
}
