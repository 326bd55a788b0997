import { ConfigError, type ConfigPlace } from '#base';
import type { ConfigNode, MapEntry, MapNode } from './node.ts';
import { DEPTH_LIMIT } from './yaml-node.ts';

/**
 * Puts `next` over `base` as otelcol does: maps merge key by key, everything else is replaced, and a key that is null in `next` wipes
 * the map below it.
 */
export function mergeNodes(base: ConfigNode, next: ConfigNode): ConfigNode {
  if (base.kind !== 'map' || next.kind !== 'map') return next;
  const entries = new Map<string, MapEntry>(base.entries);
  for (const [key, entry] of next.entries) {
    const below = base.entries.get(key);
    entries.set(key, below === undefined ? entry : { ...entry, node: mergeNodes(below.node, entry.node) });
  }
  return { kind: 'map', place: base.place, entries };
}

/** Keys of the top level may be paths joined by `::` (`exporters::debug::verbosity: detailed`). */
export function withNestedKeys(root: MapNode): MapNode {
  const result: OwnMap = new Map();
  const own = new Set<ReadonlyMap<string, MapEntry>>();
  for (const [key, { keyPlace, node }] of root.entries) {
    const [first, ...below] = stepsOfKey(key, '::', keyPlace);
    const entry = { keyPlace, node: nested(below, node, keyPlace) };
    putInto(result, new Map([[first!, entry]]), own);
  }
  return { kind: 'map', place: root.place, entries: result };
}

/** The maps of a tree that is being built: each is copied once at most, however many keys come into it. */
type OwnMap = Map<string, MapEntry>;

/** mergeNodes for a map that nobody else has: `own` are the maps below it of which that is true, too. */
function putInto(target: OwnMap, next: ReadonlyMap<string, MapEntry>, own: Set<ReadonlyMap<string, MapEntry>>): void {
  for (const [key, entry] of next) {
    const below = target.get(key)?.node;
    if (below?.kind !== 'map' || entry.node.kind !== 'map') {
      target.set(key, entry);
      continue;
    }
    const entries = own.has(below.entries) ? (below.entries as OwnMap) : new Map(below.entries);
    own.add(entries);
    putInto(entries, entry.node.entries, own);
    target.set(key, { ...entry, node: { ...below, entries } });
  }
}

/** The steps of a key that is a path. Throws a ConfigError for one that is deeper than any configuration. */
export function stepsOfKey(key: string, separator: string, place: ConfigPlace): string[] {
  const steps = key.split(separator);
  if (steps.length <= DEPTH_LIMIT) return steps;
  const message = `the key has ${steps.length} steps, more than ${DEPTH_LIMIT}: "${key.slice(0, 80)}…"`;
  throw new ConfigError('', message, place);
}

/** The node below maps with one key each. */
export function nested(steps: readonly string[], node: ConfigNode, place: ConfigPlace): ConfigNode {
  return steps.reduceRight<ConfigNode>(
    (below, step) => ({ kind: 'map', place, entries: new Map([[step, { keyPlace: place, node: below }]]) }),
    node,
  );
}
