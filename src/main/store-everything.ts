import { type ConfigNode, type MapEntry, type MapNode, nodeAt, withNodeAt } from '#config';

const EXPORTER = 'signalbox';

function isStore(id: unknown): boolean {
  return typeof id === 'string' && id.split('/')[0]!.trim() === EXPORTER;
}

function exportersOf(pipeline: ConfigNode): readonly ConfigNode[] {
  const list = nodeAt(pipeline, ['exporters']);
  return list?.kind === 'list' ? list.items : [];
}

function storesIn(pipeline: ConfigNode): boolean {
  return exportersOf(pipeline).some((item) => item.kind === 'scalar' && isStore(item.value));
}

/** Whether anything of the configuration reaches the store. */
export function storesAnything(root: MapNode): boolean {
  const pipelines = nodeAt(root, ['service', 'pipelines']);
  return pipelines?.kind === 'map' && [...pipelines.entries.values()].some(({ node }) => storesIn(node));
}

/** The configuration with the exporter `signalbox` in every pipeline that has none: what `--store` asks for. */
export function withStoreEverywhere(root: MapNode): MapNode {
  const pipelines = nodeAt(root, ['service', 'pipelines']);
  const exporters = nodeAt(root, ['exporters']);
  // What is no map is said by the check of the whole.
  if (pipelines?.kind !== 'map' || exporters?.kind !== 'map') return root;
  const id = [...exporters.entries.keys()].find(isStore) ?? EXPORTER;
  let result = root;
  if (!exporters.entries.has(id)) {
    const { place } = exporters;
    const empty: MapEntry = { keyPlace: place, node: { kind: 'scalar', place, value: null } };
    result = withNodeAt(result, ['exporters'], { ...exporters, entries: new Map(exporters.entries).set(id, empty) });
  }
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of pipelines.entries) entries.set(key, { ...entry, node: withStore(entry.node, id) });
  return withNodeAt(result, ['service', 'pipelines'], { ...pipelines, entries });
}

function withStore(pipeline: ConfigNode, id: string): ConfigNode {
  const list = nodeAt(pipeline, ['exporters']);
  if (pipeline.kind !== 'map' || list?.kind !== 'list' || storesIn(pipeline)) return pipeline;
  const item: ConfigNode = { kind: 'scalar', place: list.place, value: id };
  return withNodeAt(pipeline, ['exporters'], { ...list, items: [...list.items, item] });
}
