import type { ConfigPlace } from '#base';
import { type LoadedConfig, loadConfig, type MapNode, mergeNodes, nodeAt, parseYaml } from '#config';
import { addressesIn, METRICS_DEFAULT } from './addresses.ts';
import { BUILTIN_ONLY, builtinConfig } from './builtin.ts';
import { addressOf, allowedHostsOf, type Flags } from './flags.ts';
import { UsageError } from './usage.ts';

/** Reads the configuration that the flags name, or the built-in one, with what the flags add to it. */
export async function loadConfiguration(flags: Flags): Promise<LoadedConfig> {
  if (flags.config.length > 0) {
    for (const name of BUILTIN_ONLY) {
      if (flags.get(name) !== undefined) {
        throw new UsageError(
          `--${name} has no effect together with --config`,
          'set the address in the file, or with --set',
        );
      }
    }
  }
  const uris = flags.config.length > 0 ? flags.config : [`yaml:${builtinConfig(flags)}`];
  const loaded = await loadConfig({ uris, sets: [...metricsReader(flags), ...allowedHosts(flags), ...flags.set] });
  return { ...loaded, root: withStorage(loaded.root, addressesIn(loaded.root, flags).storeUrl) };
}

function metricsReader(flags: Flags): string[] {
  if (flags.get('metrics-address') === undefined) return [];
  const { host, port } = addressOf(flags, 'metrics-address', METRICS_DEFAULT);
  const reader = { host, port, without_units: true, without_type_suffix: true, without_scope_info: true };
  const value = JSON.stringify([{ pull: { exporter: { prometheus: reader } } }]);
  return [`service::telemetry::metrics::readers=${value}`];
}

function allowedHosts(flags: Flags): string[] {
  const names = allowedHostsOf(flags);
  return names === undefined ? [] : [`signalbox::allowed_hosts=${JSON.stringify(names)}`];
}

/** Gives every `signalbox` exporter what it leaves open: the store's address, and the rest of `signalbox::storage`. */
function withStorage(root: MapNode, url: string): MapNode {
  const exporters = root.entries.get('exporters');
  if (exporters?.node.kind !== 'map') return root;
  const entries = new Map(exporters.node.entries);
  for (const [id, entry] of entries) {
    if (id.split('/')[0]!.trim() !== 'signalbox') continue;
    const { node, keyPlace } = entry;
    const isEmpty = node.kind === 'scalar' && node.value === null;
    if (node.kind !== 'map' && !isEmpty) continue;
    const defaults = storageDefaults(root, url, keyPlace);
    entries.set(id, { keyPlace, node: isEmpty ? defaults : mergeNodes(defaults, node) });
  }
  const changed = new Map(root.entries);
  changed.set('exporters', { ...exporters, node: { ...exporters.node, entries } });
  return { ...root, entries: changed };
}

function storageDefaults(root: MapNode, url: string, place: ConfigPlace): MapNode {
  const storage = nodeAt(root, ['signalbox', 'storage']);
  const entries = new Map(storage?.kind === 'map' ? storage.entries : []);
  entries.delete('url');
  const endpoint = parseYaml({ text: JSON.stringify(url), file: place.file, at: place });
  entries.set('endpoint', { keyPlace: place, node: endpoint });
  return { kind: 'map', place, entries };
}
