import type { ConfigPlace } from '#base';
import type { StoreLogin } from '#base/store-access.ts';
import {
  type LoadedConfig,
  loadConfig,
  type MapNode,
  mergeNodes,
  nodeAt,
  parseYaml,
  processEnvironment,
  type SourceEnvironment,
} from '#config';
import { type Addresses, addressesIn, METRICS_DEFAULT } from './addresses.ts';
import { BUILTIN_ONLY, type BuiltinOnly, configUris } from './builtin.ts';
import { addressOf, allowedHostsOf, type Flags, featureGatesOf } from './flags.ts';
import { withStoreEverywhere } from './store-everything.ts';
import { UsageError } from './usage.ts';

/**
 * Reads the configuration that the flags name, or the built-in one, with what the flags add to it. Exporters that write to the embedded
 * store get what `loginOf` gives; where nothing is run, nobody needs one.
 */
export async function loadConfiguration(
  flags: Flags,
  loginOf: (addresses: Addresses) => StoreLogin | undefined = () => undefined,
  environment: SourceEnvironment = processEnvironment,
): Promise<LoadedConfig> {
  if (flags.config.length > 0) {
    for (const [name, wayOut] of Object.entries(BUILTIN_ONLY) as [BuiltinOnly, string][]) {
      if (flags.get(name) !== undefined) {
        throw new UsageError(`--${name} has no effect together with --config`, wayOut);
      }
    }
  }
  const loaded = await loadConfig({
    uris: configUris(flags),
    sets: [...metricsReader(flags), ...allowedHosts(flags), ...featureGates(flags), ...flags.set],
    environment,
  });
  const addresses = addressesIn(loaded.root, flags);
  const root = flags.store ? withStoreEverywhere(loaded.root) : loaded.root;
  return { ...loaded, root: withStorage(root, addresses.storeUrl, loginOf(addresses)) };
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

function featureGates(flags: Flags): string[] {
  const gates = featureGatesOf(flags);
  return gates === undefined ? [] : [`signalbox::feature_gates=${JSON.stringify(gates)}`];
}

/**
 * Gives every `signalbox` exporter what it leaves open: the store's address, the rest of `signalbox::storage`, and the login; one with an
 * address or a user of its own gets no login, which would go to another server.
 */
function withStorage(root: MapNode, url: string, login: StoreLogin | undefined): MapNode {
  const exporters = root.entries.get('exporters');
  if (exporters?.node.kind !== 'map') return root;
  const entries = new Map(exporters.node.entries);
  for (const [id, entry] of entries) {
    if (id.split('/')[0]!.trim() !== 'signalbox') continue;
    const { node, keyPlace } = entry;
    const isEmpty = node.kind === 'scalar' && node.value === null;
    if (node.kind !== 'map' && !isEmpty) continue;
    const hasOwn = node.kind === 'map' && ['endpoint', 'username', 'password'].some((key) => node.entries.has(key));
    const defaults = storageDefaults(root, url, hasOwn ? undefined : login, keyPlace);
    entries.set(id, { keyPlace, node: isEmpty ? defaults : mergeNodes(defaults, node) });
  }
  const changed = new Map(root.entries);
  changed.set('exporters', { ...exporters, node: { ...exporters.node, entries } });
  return { ...root, entries: changed };
}

function storageDefaults(root: MapNode, url: string, login: StoreLogin | undefined, place: ConfigPlace): MapNode {
  const storage = nodeAt(root, ['signalbox', 'storage']);
  const entries = new Map(storage?.kind === 'map' ? storage.entries : []);
  for (const key of ['url', 'reader_username', 'reader_password']) entries.delete(key);
  for (const [key, value] of Object.entries({ endpoint: url, ...login })) {
    const node = parseYaml({ text: JSON.stringify(value), file: place.file, at: place });
    entries.set(key, { keyPlace: place, node });
  }
  return { kind: 'map', place, entries };
}
