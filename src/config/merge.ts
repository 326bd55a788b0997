import type { ConfigNode, MapEntry, MapNode } from './node.ts';

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
  let result: ConfigNode = { kind: 'map', place: root.place, entries: new Map() };
  for (const [key, entry] of root.entries) {
    const steps = key.split('::');
    let node = entry.node;
    for (let i = steps.length - 1; i > 0; i--) {
      node = {
        kind: 'map',
        place: entry.keyPlace,
        entries: new Map([[steps[i]!, { keyPlace: entry.keyPlace, node }]]),
      };
    }
    const single = new Map([[steps[0]!, { keyPlace: entry.keyPlace, node }]]);
    result = mergeNodes(result, { kind: 'map', place: root.place, entries: single });
  }
  return result as MapNode;
}
